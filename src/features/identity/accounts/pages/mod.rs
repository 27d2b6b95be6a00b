//! Pages of accounts: sign-in, the visitor's own account, administration and bulk creation.

pub mod admin;
pub mod bulk;
pub mod own;
pub mod sign_in;

use crate::{
    kernel::{Error, Result},
    web::App,
};

/// Runs password work off the async threads, two at a time in the whole server.
pub(super) async fn off_thread<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let permit = app.hashing.clone().acquire_owned().await.map_err(Error::bug)?;
    tokio::task::spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    })
    .await
    .map_err(Error::bug)?
}
