//! Uploaded files: evidence, scans, portraits.
//!
//! A file is judged by its content, not its name. Pictures are decoded and encoded again, which
//! strips position, camera and anything else hidden in them; a PDF must be complete and contain
//! neither scripts nor embedded files. The bytes are stored encrypted in the file store under an
//! id; the row here describes them. There is no list of files: a feature serves one through its own
//! route, after it has found, within reach, the row that refers to it. Files are served inert, to
//! be saved and not run.

mod model;
mod store;

pub use model::{Judged, judge};
pub use store::{SWEEP, TAKE_AWAY, keep, remove, serve, sweep, take_away, usage};

use crate::{
    kernel::{Error, Result},
    web::{App, Upload},
};

/// Judges an upload on a blocking thread, two at a time including password hashing: a large picture
/// takes much memory. `None`: no file was chosen.
pub async fn read(app: &App, upload: Upload) -> Result<Option<Judged>> {
    if upload.bytes.is_empty() {
        return Ok(None);
    }
    let _slot = app.hashing.acquire().await.map_err(Error::bug)?;
    let judged = tokio::task::spawn_blocking(move || judge(&upload.file_name, &upload.bytes));
    judged.await.map_err(Error::bug)?.map(Some).map_err(|why| Error::at("file", why))
}
