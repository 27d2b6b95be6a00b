//! The password asked for again, before something that must not happen at a desk left alone.

use super::{hashing::off_thread, model, store};
use crate::{
    db::{Entry, Silence},
    kernel::{Error, Result},
    web::{App, Visit},
};

/// True if the text is the visitor's password, or the code that stands in for it. Asked again
/// before anything that must not happen at an unattended desk. Attempts are counted as at sign-in,
/// but separately.
pub async fn knows_password(app: &App, visit: &Visit, typed: &str) -> Result<bool> {
    let (user_name, hash) = {
        let mut tx = visit.begin().await?;
        let person = store::find(&mut tx, visit.visitor.account).await?;
        let door = store::door(&mut tx, &person.user_name).await?.ok_or(Error::NotFound)?;
        store::admit(&mut tx, &person.user_name, store::INSIDE).await?;
        tx.commit_silently(Silence::TryCounted).await?;
        (person.user_name, door.password_hash)
    };
    let typed = if visit.visitor.password_is_code { model::plain_code(typed) } else { typed.to_owned() };
    let knows = off_thread(app, move || Ok(model::password_matches(&typed, &hash))).await?;
    let mut tx = visit.begin().await?;
    if knows {
        store::forget_tries(&mut tx, &user_name, store::INSIDE).await?;
        tx.commit_silently(Silence::TryCounted).await?;
        return Ok(true);
    }
    let entry = Entry::new("再次核对密码失败", "account", visit.visitor.account, &visit.visitor.name);
    tx.record(entry).await?;
    tx.commit().await?;
    Ok(false)
}
