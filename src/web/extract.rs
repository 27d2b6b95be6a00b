//! Wrappers around axum's extractors that fail with our own errors.

#![expect(clippy::disallowed_types, reason = "here the originals are wrapped")]

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Multipart, Request, multipart::MultipartError},
    http::{StatusCode, request::Parts},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;

use super::App;
use crate::kernel::{Error, Result};

/// Path parameters; an invalid id is a page that does not exist.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        match axum::extract::Path::from_request_parts(parts, app).await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            Err(_) => Err(Error::NotFound),
        }
    }
}

/// The query string; a key may repeat.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        match axum_extra::extract::Query::from_request_parts(parts, app).await {
            Ok(axum_extra::extract::Query(query)) => Ok(Self(query)),
            Err(_) => Err(Error::NotFound),
        }
    }
}

/// The fields of a submitted form; a key may repeat.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        match axum_extra::extract::Form::from_request(request, app).await {
            Ok(axum_extra::extract::Form(form)) => Ok(Self(form)),
            Err(refused) => Err(match refused.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
                _ => Error::refused("表单没有完整收到，没有保存。请返回上一页再提交一次。"),
            }),
        }
    }
}

/// The single file of a form, in full; empty if none was chosen.
#[derive(Debug)]
pub struct Upload {
    pub file_name: String,
    pub bytes: Bytes,
}

impl FromRequest<App> for Upload {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        Ok(read_parts(request, app).await?.1)
    }
}

/// The fields of a submitted form, and its file if there is one.
#[derive(Debug)]
pub struct FormWithFile<T>(pub T, pub Upload);

impl<T: DeserializeOwned> FromRequest<App> for FormWithFile<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (fields, file) = read_parts(request, app).await?;
        let form = serde_json::from_value(serde_json::Value::Object(fields));
        let form = form.map_err(|_| Error::refused("表单没有完整收到，没有保存。请返回上一页再提交一次。"))?;
        Ok(Self(form, file))
    }
}

/// Reads a multipart body into its fields and its file.
async fn read_parts(request: Request, app: &App) -> Result<(serde_json::Map<String, serde_json::Value>, Upload)> {
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::refused("文件没有完整收到，请再上传一次。"),
    };
    let mut parts = Multipart::from_request(request, app)
        .await
        .map_err(|_| Error::refused("没有收到文件，请选择文件后再上传。"))?;
    let mut fields = serde_json::Map::new();
    let mut file = Upload { file_name: String::new(), bytes: Bytes::new() };
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        if let Some(file_name) = part.file_name().map(ToOwned::to_owned) {
            file = Upload { file_name, bytes: part.bytes().await.map_err(broken)? };
        } else if let Some(name) = part.name().map(ToOwned::to_owned) {
            fields.insert(name, part.text().await.map_err(broken)?.into());
        }
    }
    Ok((fields, file))
}
