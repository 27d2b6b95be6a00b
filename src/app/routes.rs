//! The table of all routes, and the layers around them.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
};
use tower_http::{CompressionLevel, compression::CompressionLayer, csrf::CsrfLayer};

use super::layers;
use crate::{
    dashboards,
    features::{self, identity::accounts::sessions},
    kernel::{Error, Result},
    web::{App, Routes, Who::Anyone, error_pages, refuse_foreign_post, serve_asset, serve_worker},
};

/// The route table, from the lowest feature up; dashboards last.
pub fn routes() -> Routes {
    Routes::default()
        .get("/static/{hash}/{name}", Anyone, serve_asset)
        .get("/worker.js", Anyone, serve_worker)
        .get("/healthz", Anyone, healthz)
        .get("/readyz", Anyone, readyz)
        .post("/large-type", Anyone, layers::large_type)
        .merge(features::ground::routes())
        .merge(features::places::routes())
        .merge(features::identity::routes())
        .merge(features::reporting::routes())
        .merge(features::people::routes())
        .merge(features::purchasing::routes())
        .merge(features::evaluation::routes())
        .merge(dashboards::routes())
}

/// The routes inside their layers. A request meets, from the outside in: request id and log line,
/// headers, compression, error pages, time limit, cross-site posts, session, error pages in the
/// session's frame, guard, handler.
pub fn router(app: App) -> Router {
    let csrf = CsrfLayer::new().with_rejection_response(|_: tower_http::csrf::ProtectionError| refuse_foreign_post());
    routes()
        .into_router()
        .fallback(|| async { Error::NotFound })
        .method_not_allowed_fallback(|| async { Error::NotFound })
        .layer(middleware::from_fn(error_pages))
        .layer(middleware::from_fn_with_state(app.clone(), sessions::find_visitor))
        .layer(csrf)
        .layer(middleware::from_fn(layers::bounded))
        .layer(middleware::from_fn(error_pages))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(middleware::from_fn_with_state(app.secure, layers::headers))
        .layer(middleware::from_fn(layers::observe))
        .with_state(app)
}

/// Answers while the process is alive.
async fn healthz() -> &'static str {
    "ok"
}

/// Succeeds if the database answers and the audit trail has a partition for next month.
async fn readyz(State(app): State<App>) -> Result<Response> {
    let months = app.db.check().await?;
    let (status, words) = match months {
        0 => (StatusCode::SERVICE_UNAVAILABLE, "no audit partition for next month: run `station-network migrate`"),
        1 => (StatusCode::OK, "ready; audit partitions end next month: run `station-network migrate`"),
        _ => (StatusCode::OK, "ready"),
    };
    Ok((status, words).into_response())
}
