//! Password hashing off the async threads, a few at a time in the whole server.

use crate::{
    kernel::{Error, Result},
    web::App,
};

/// Runs password work off the async threads, two at a time in the whole server.
pub async fn off_thread<T: Send + 'static>(app: &App, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let permit = app.hashing.clone().acquire_owned().await.map_err(Error::bug)?;
    tokio::task::spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    })
    .await
    .map_err(Error::bug)?
}
