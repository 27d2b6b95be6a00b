//! Responses of handlers: pages, redirects after a write, downloads.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::kernel::{Error, url_part};

/// Renders a page as the response.
#[derive(Debug)]
pub struct Html<T>(pub T);

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => {
                let headers = [
                    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                ];
                (headers, html).into_response()
            }
            Err(error) => Error::Internal(error.into()).into_response(),
        }
    }
}

/// Renders the same form again with its problems: 422.
#[derive(Debug)]
pub struct Invalid<T>(pub T);

impl<T: Template> IntoResponse for Invalid<T> {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Html(self.0)).into_response()
    }
}

/// A page shown once, in response to a POST, such as a slip with a code.
pub fn print_page<T: Template>(page: T) -> Response {
    Html(page).into_response()
}

/// Redirects after a write to its result.
pub fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Redirects after a write to its result, with a flash message. `done` is a key of `visit::told`.
pub fn see_other_done(path: &str, done: &str) -> Response {
    let sign = if path.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{path}{sign}done={done}")).into_response()
}

pub fn redirect_home() -> Response {
    Redirect::to("/").into_response()
}

/// A file download; the name may be in any script.
pub fn download(file_name: &str, mime: &'static str, body: Body) -> Response {
    let encoded = url_part(file_name);
    let disposition = format!("attachment; filename*=UTF-8''{encoded}");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(mime)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment")),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}
