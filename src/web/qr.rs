//! QR codes for printed pages, each drawn as a single SVG path.

use std::fmt::Write;

use axum::http::{HeaderMap, header::HOST};
use fast_qr::{ECL, QRBuilder};

use super::App;
use crate::kernel::{Error, Result};

/// A text encoded as a QR code.
#[derive(Clone, Debug)]
pub struct Qr {
    /// The dark squares, as the `d` attribute of an SVG path.
    pub path: String,
    /// Width and height in squares, including the quiet zone.
    pub size: usize,
}

/// Width in squares of the quiet zone around a code.
const QUIET: usize = 4;

impl Qr {
    pub fn of(text: &str) -> Result<Self> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().map_err(|error| Error::bug(format!("{error:?}")))?;
        let mut path = String::new();
        for y in 0..code.size {
            let mut x = 0;
            while x < code.size {
                let dark = (x..code.size).take_while(|at| code[y][*at].value()).count();
                if dark > 0 {
                    // Writing to a string does not fail.
                    let _ = write!(path, "M{} {}h{dark}v1h-{dark}z", x + QUIET, y + QUIET);
                }
                x += dark.max(1);
            }
        }
        Ok(Self { path, size: code.size + 2 * QUIET })
    }
}

impl App {
    /// The public URL of one of our paths: under the configured site if there is one, otherwise
    /// under the host name of this request.
    pub fn address(&self, headers: &HeaderMap, path: &str) -> String {
        if !self.site.is_empty() {
            return format!("{}{path}", self.site);
        }
        let scheme = if self.secure { "https" } else { "http" };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        format!("{scheme}://{host}{path}")
    }
}
