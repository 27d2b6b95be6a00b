//! Brings a database to this version's schema, logged in as its owner.

use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

/// Months ahead for which the audit trail has partitions.
const MONTHS_AHEAD: i32 = 24;

/// Runs the pending migrations and creates audit partitions ahead.
pub async fn migrate(owner: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = owner.clone().connect().await?;
    sqlx::migrate!().run(&mut connection).await?;
    make_partitions(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Creates one partition a month, from last month (tests may set the clock back, and a month may
/// end while we run) to `MONTHS_AHEAD` months ahead. Partitions get no grants: rows are read and
/// written through the parent, under its policy.
async fn make_partitions(connection: &mut PgConnection) -> anyhow::Result<()> {
    let months: Vec<(String, String, String)> = sqlx::query_as(
        "
        select to_char(month, 'YYYYMM'), month::text || ' Asia/Shanghai', (month + interval '1 month')::text || ' Asia/Shanghai'
        from generate_series(-1, $1) as step,
            lateral (select date_trunc('month', transaction_timestamp() at time zone 'Asia/Shanghai') + make_interval(months => step) as month) as months
        where to_regclass('audit_' || to_char(month, 'YYYYMM')) is null
        ",
    )
    .bind(MONTHS_AHEAD)
    .fetch_all(&mut *connection)
    .await?;
    for (name, from, to) in months {
        let create = sqlx::AssertSqlSafe(format!(
            "create table audit_{name} partition of audit for values from ('{from}') to ('{to}'); revoke all on audit_{name} from public"
        ));
        sqlx::raw_sql(create).execute(&mut *connection).await?;
    }
    Ok(())
}
