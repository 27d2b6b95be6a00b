//! Embedded files of `static/`, served under URLs with a content hash and cached for ever.

use std::{collections::HashMap, sync::LazyLock};

use axum::{
    body::Bytes,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use super::Path;
use crate::kernel::{Error, Result, hex};

#[derive(RustEmbed)]
#[folder = "static/"]
#[exclude = "*.md"]
struct Files;

struct Asset {
    body: Bytes,
    hash: String,
    mime: &'static str,
}

static ALL: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let load = |name: std::borrow::Cow<'static, str>| {
        let file = Files::get(&name)?;
        let hash = hex(&file.metadata.sha256_hash()[..6]);
        let mime = match name.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        };
        Some((name.into_owned(), Asset { body: Bytes::from(file.data.into_owned()), hash, mime }))
    };
    Files::iter().filter_map(load).collect()
});

/// The URL of a file in `static/`; it changes with the content.
pub fn asset(name: &str) -> String {
    match ALL.get(name) {
        Some(asset) => format!("/static/{}/{name}", asset.hash),
        None => format!("/static/missing/{name}"),
    }
}

/// Serves the service worker under a fixed path, because its scope is the folder it is served
/// from; browsers revalidate it every time.
pub async fn serve_worker() -> Result<Response> {
    let asset = ALL.get("worker.js").ok_or(Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.mime)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, asset.body.clone()).into_response())
}

pub async fn serve_asset(Path((_hash, name)): Path<(String, String)>) -> Result<Response> {
    let asset = ALL.get(&name).ok_or(Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.mime)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, asset.body.clone()).into_response())
}
