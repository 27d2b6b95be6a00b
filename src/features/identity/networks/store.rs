//! Statements behind networks, their founding and their settings.

use chrono::{DateTime, Utc};

use super::model::{NewNetwork, Settings};
use crate::{
    db::{AtField, Entry, Tx},
    kernel::{DivisionCode, Error, NetworkId, Result},
};

/// A network as the operator sees it: its name, and nothing inside.
#[derive(Debug)]
pub struct Founded {
    pub code: String,
    pub name: String,
    pub root: DivisionCode,
    pub created_at: DateTime<Utc>,
}

/// All networks except the platform's own.
pub async fn all(tx: &mut Tx, platform: &str) -> Result<Vec<Founded>> {
    let networks = sqlx::query_as!(
        Founded,
        r#"select code, name, root as "root: DivisionCode", created_at from networks where code <> $1 order by created_at desc, code"#,
        platform,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(networks)
}

/// Founds a network and switches to it, in the same transaction.
pub async fn found(tx: &mut Tx, new: &NewNetwork) -> Result<NetworkId> {
    let (id, now) = (NetworkId::new(), tx.now());
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "insert into networks (id, code, name, root, created_at) values ($1, $2, $3, $4, $5)",
        id.0,
        new.code,
        new.name,
        new.root.as_str(),
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&[("networks_code_once", "code", "这个网络代号已经有了，请换一个。")])?;
    point.commit().await?;
    tx.cross_into(id).await?;
    let logo: String = new.authority.chars().take(1).collect();
    sqlx::query!(
        "
        insert into settings (authority, general_label, township_label, village_label, logo_text, contact)
        values ($1, '社工总站', '社工站', '社工室', $2, $3)
        ",
        new.authority,
        logo,
        new.contact,
    )
    .execute(tx.conn())
    .await?;
    tx.record(Entry::new("建立网络", "network", id, &new.name)).await?;
    Ok(id)
}

pub async fn settings(tx: &mut Tx) -> Result<Settings> {
    let settings = sqlx::query_as!(
        Settings,
        "select authority, general_label, township_label, village_label, logo_text, contact, file_quota_mb, version from settings",
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(settings)
}

/// Saves the settings; refuses if somebody else saved first.
pub async fn save_settings(tx: &mut Tx, new: &Settings) -> Result<()> {
    let saved = sqlx::query!(
        "
        update settings set authority = $1, general_label = $2, township_label = $3, village_label = $4,
            logo_text = $5, contact = $6, file_quota_mb = $7, version = version + 1
        where version = $8
        ",
        new.authority,
        new.general_label,
        new.township_label,
        new.village_label,
        new.logo_text,
        new.contact,
        new.file_quota_mb,
        new.version,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if saved == 1 {
        Ok(())
    } else {
        Err(Error::refused("刚才有人改过网络设置，您的修改没有保存。请刷新后核对再改。"))
    }
}

/// The root division of this transaction's network.
pub async fn root(tx: &mut Tx) -> Result<DivisionCode> {
    let network = tx.scope().network;
    let root = sqlx::query_scalar!(r#"select root as "root: DivisionCode" from networks where id = $1"#, network.0)
        .fetch_one(tx.conn())
        .await?;
    Ok(root)
}
