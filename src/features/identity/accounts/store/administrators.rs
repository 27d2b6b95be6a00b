//! Statements on the holders of the three administrator roles (三员).

use crate::{
    access::Role,
    db::Tx,
    kernel::{AccountId, Result},
};

/// Locks the network's administration until this transaction ends, so that two administrators can't
/// remove each other at the same moment.
pub async fn take_administration(tx: &mut Tx) -> Result<()> {
    sqlx::query!(r#"select version from settings for update"#).fetch_optional(tx.conn()).await?;
    Ok(())
}

/// The administrator roles that an account holds today, not as a deputy.
pub async fn administers(tx: &mut Tx, account: AccountId) -> Result<Vec<Role>> {
    let today = tx.today();
    let roles = sqlx::query_scalar!(
        "
        select distinct role from grants
        where account_id = $1 and role in ('system_admin', 'security_admin', 'audit_admin')
          and ended_at is null and since <= $2 and (until is null or until >= $2) and acting_for is null
        ",
        account.0,
        today.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(roles.iter().filter_map(|role| Role::parse(role)).collect())
}

/// The first of these roles without a holder today who could sign in.
pub async fn unheld(tx: &mut Tx, roles: &[Role]) -> Result<Option<Role>> {
    let today = tx.today();
    let names: Vec<String> = roles.iter().map(|role| role.as_str().to_owned()).collect();
    let unheld = sqlx::query_scalar!(
        r#"
        select asked.role as "role!" from unnest($1::text[]) as asked (role)
        where not exists (
            select from grants join accounts on accounts.network_id = grants.network_id and accounts.id = account_id
            where grants.role = asked.role and ended_at is null and since <= $2 and (until is null or until >= $2)
              and acting_for is null and left_at is null and locked_at is null)
        order by role limit 1
        "#,
        &names,
        today.0,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(unheld.and_then(|role| Role::parse(&role)))
}
