//! Uploaded files: evidence, scans, portraits.
//!
//! What comes in is judged by its content, not its name. Pictures are decoded and
//! encoded again, which leaves position, camera and whatever else hid in them behind; a
//! PDF must be whole and bring neither scripts nor other files. The bytes lie sealed in
//! the file store under a number; the row here says what they are. Nobody lists files:
//! a feature serves one through a route of its own, after it has found, within reach,
//! the row that names it. Served bytes are inert: to save, not to run.

mod model;
mod store;

pub use model::{Judged, judge};
pub use store::{SWEEP, TAKE_AWAY, keep, remove, serve, sweep, take_away, usage};

use crate::{
    kernel::{Error, Result},
    web::{App, Upload},
};

/// Judges an upload away from the threads that answer, two at a time: a large picture
/// takes memory. `None`: no file was chosen.
pub async fn read(app: &App, upload: Upload) -> Result<Option<Judged>> {
    if upload.bytes.is_empty() {
        return Ok(None);
    }
    let _slot = app.hashing.acquire().await.map_err(Error::bug)?;
    let judged = tokio::task::spawn_blocking(move || judge(&upload.file_name, &upload.bytes));
    judged.await.map_err(Error::bug)?.map(Some).map_err(|why| Error::at("file", why))
}
