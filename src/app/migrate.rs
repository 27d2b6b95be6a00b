//! Bringing a database to this version's schema, as its owner.

use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

/// For how many months ahead the audit trail has partitions.
const MONTHS_AHEAD: i32 = 24;

/// Runs what is missing of the migrations and makes audit partitions ahead.
pub async fn migrate(owner: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = owner.clone().connect().await?;
    sqlx::migrate!().run(&mut connection).await?;
    make_partitions(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// One partition a month, from the month before this one (a clock may be set in
/// tests, a month may end while we run) to `MONTHS_AHEAD` after it. Partitions get
/// no grants: rows go in and out through the parent, under its policy.
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
