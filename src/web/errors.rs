//! Error pages. An [`Error`] leaves its handler as a bare status with its message attached;
//! [`error_pages`] renders it in the layout.

use askama::Template;
use axum::{
    Extension,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Chrome, Html, Visitor, filters, visit};
use crate::{
    access::Origin,
    kernel::{Error, url_part},
};

/// Message for the visitor, carried from the error to its page.
#[derive(Clone, Debug)]
struct Told(String);

/// Marks a request from another site.
#[derive(Clone, Debug)]
struct Foreign;

/// Marks a request without a session; the page leads to sign-in and back.
#[derive(Clone, Debug)]
struct AtTheDoor;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::SignedOut => return (StatusCode::SEE_OTHER, Extension(AtTheDoor)).into_response(),
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Problems(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::Unsure | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(cause) => {
                tracing::error!(error = ?cause, "request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let mut response = (status, Extension(Told(self.to_string()))).into_response();
        let wait = match self {
            Self::TooMany(seconds) => seconds,
            Self::Unavailable | Self::Unsure | Self::Busy => 60,
            _ => return response,
        };
        response.headers_mut().insert(header::RETRY_AFTER, wait.into());
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    chrome: Chrome,
    status: u16,
    title: &'static str,
    told: String,
    advice: &'static str,
    request_id: String,
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => "这里不归您办理",
        StatusCode::NOT_FOUND => "没有这个页面",
        StatusCode::CONFLICT => "没有保存",
        StatusCode::UNPROCESSABLE_ENTITY => "有内容需要核对",
        StatusCode::PAYLOAD_TOO_LARGE => "文件太大",
        StatusCode::TOO_MANY_REQUESTS => "请稍等一会儿",
        StatusCode::SERVICE_UNAVAILABLE => "暂时不能使用",
        _ => "出了问题",
    }
}

fn advice(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => "如果您兼任别的岗位，请在「我的账号」里切换；需要新的岗位，请联系本网络的安全管理员。",
        StatusCode::NOT_FOUND => "请核对网址，或从左边的菜单、上面的搜索重新进入。",
        StatusCode::CONFLICT => "请按上面说的办理。刚才填了内容的，返回上一页，浏览器会保留。",
        StatusCode::UNPROCESSABLE_ENTITY => "请返回上一页，浏览器会保留您填的内容；核对后再提交一次。",
        StatusCode::PAYLOAD_TOO_LARGE => "表格请控制在 10 MB 以内；可以分成几个文件上传。",
        StatusCode::TOO_MANY_REQUESTS => "这是为了防止有人猜密码。等到时间后照常登录即可。",
        StatusCode::SERVICE_UNAVAILABLE => "请不要关闭本页，过一分钟后刷新；表单里填的内容用浏览器的「后退」可以找回。",
        _ => "请过一会儿再试；如果还是这样，请把下面的请求编号告诉管理员。",
    }
}

pub async fn error_pages(
    visitor: Option<Extension<Visitor>>,
    origin: Option<Extension<Origin>>,
    request: Request,
    next: Next,
) -> Response {
    let wanted = request.uri().path_and_query().map(|wanted| wanted.as_str().to_owned()).unwrap_or_default();
    let safe = request.method().is_safe();
    let chrome = Chrome {
        visitor: visitor.map(|Extension(visitor)| visitor),
        path: request.uri().path().to_owned(),
        told: None,
        large_type: visit::large_type(request.headers()),
    };
    let response = next.run(request).await;
    if response.extensions().get::<AtTheDoor>().is_some() {
        let door = match safe {
            true if wanted == "/" => "/sign-in".to_owned(),
            true => format!("/sign-in?next={}", url_part(&wanted)),
            false => "/sign-in?ended=1".to_owned(),
        };
        let location = HeaderValue::from_str(&door).unwrap_or(HeaderValue::from_static("/sign-in"));
        return (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    }
    let status = response.status();
    let Some(Told(told)) = response.extensions().get::<Told>().cloned() else {
        return response;
    };
    let foreign = response.extensions().get::<Foreign>().is_some();
    let wait = response.headers().get(header::RETRY_AFTER).cloned();
    let page = ErrorPage {
        chrome,
        status: status.as_u16(),
        title: if foreign { "请求来源不对" } else { title(status) },
        told,
        advice: if foreign {
            "如果您确实在平台的页面上操作，请刷新后再试；还是这样，请把请求编号告诉管理员。"
        } else {
            advice(status)
        },
        request_id: origin.map(|Extension(origin)| origin.request_id).unwrap_or_default(),
    };
    let mut response = (status, Html(page)).into_response();
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

/// The response to a POST from another site.
pub fn refuse_foreign_post() -> Response {
    let words = "这个请求不是从本平台的页面发出的，没有执行。请从平台的页面重新操作。";
    (StatusCode::FORBIDDEN, Extension(Told(words.to_owned())), Extension(Foreign)).into_response()
}
