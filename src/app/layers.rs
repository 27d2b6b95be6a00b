//! Middleware every request passes before its route: log line, time limit, headers, large type.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;
use uuid::Uuid;

use crate::{access::Origin, kernel::Error, web::see_other};

/// Time limit of a request, its body included.
const LIMIT: Duration = Duration::from_mins(1);

/// True if the proxy in front is trusted to name the client's address (`X-Forwarded-For`).
#[derive(Clone, Copy, Debug)]
pub struct TrustProxy(pub bool);

/// Gives the request an id, logs it in one line and counts it.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let request_id = Uuid::new_v4().simple().to_string()[..12].to_owned();
    let (mut address, method) = (address(&request), request.method().clone());
    let mut path = request.uri().path().to_owned();
    // Survey answers are anonymous in the log too: neither the slip nor the address appears.
    if path.starts_with("/survey/") {
        (path, address) = ("/survey/…".to_owned(), String::new());
    }
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(Origin { request_id: request_id.clone(), address: address.clone() });
    let span = tracing::info_span!("request", id = %request_id);
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    span.in_scope(|| {
        tracing::info!(%method, path, status, ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX), %address, "answered");
    });
    let labels = [("method", method.as_str().to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_seconds", "route" => route).record(took.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

fn address(request: &Request) -> String {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| peer.ip().to_string())
        .unwrap_or_default();
    let trusted = request.extensions().get::<TrustProxy>().is_some_and(|trust| trust.0);
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    match forwarded.filter(|_| trusted).and_then(|list| list.rsplit(',').next()) {
        Some(last) => last.trim().chars().take(45).collect(),
        None => peer,
    }
}

/// Runs the handler in its own task, so that a browser that disconnects cannot cancel it half-way.
/// Answers without it when the time limit is over. A panic fails only its own request.
pub async fn bounded(request: Request, next: Next) -> Response {
    let task = tokio::spawn(next.run(request).in_current_span());
    match tokio::time::timeout(LIMIT, task).await {
        Ok(Ok(response)) => response,
        Ok(Err(panicked)) => Error::bug(panicked).into_response(),
        // The handler goes on in its task; each of its statements has its own time limit.
        Err(_) => Error::Unsure.into_response(),
    }
}

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; manifest-src 'self'";

/// Sets the same security headers on every response, errors and files included.
pub async fn headers(State(secure): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let fixed: [(HeaderName, &str); 6] = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        // An uploaded file carries its own stricter policy.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if secure {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

/// Turns large type (大字版) on or off for this browser, and goes back.
pub async fn large_type(headers: HeaderMap) -> Response {
    let on = headers
        .get(header::COOKIE)
        .and_then(|cookies| cookies.to_str().ok())
        .is_some_and(|cookies| cookies.contains("large_type=1"));
    let cookie = if on {
        "large_type=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly"
    } else {
        "large_type=1; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
    };
    let back = headers
        .get(header::REFERER)
        .and_then(|referer| referer.to_str().ok())
        .and_then(|referer| referer.splitn(4, '/').nth(3))
        .map_or_else(|| "/".to_owned(), |path| format!("/{}", path.trim_start_matches('/')));
    let mut response = see_other(&back);
    response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static(cookie));
    response
}
