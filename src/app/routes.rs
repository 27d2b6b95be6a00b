//! Every route there is, and what lies around them.

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
    features::{
        accounts::{self, sessions},
        agencies, appraisals, boundaries, calendar, certificates, consequences, deliverables, divisions, education,
        evaluations, filings, funds, grants, indicators, jobs, networks, notices, oversight, panels, payments, persons,
        projects, publications, readiness, reports, rollups, rubrics, scoring, spending, staff, stations, surveys,
        tasks, trail,
    },
    kernel::{Error, Result},
    web::{App, Routes, Who::Anyone, error_pages, refuse_foreign_post, serve_asset, serve_worker},
};

/// The route table: features in ladder order, dashboards last.
pub fn routes() -> Routes {
    Routes::default()
        .get("/static/{hash}/{name}", Anyone, serve_asset)
        .get("/worker.js", Anyone, serve_worker)
        .get("/healthz", Anyone, healthz)
        .get("/readyz", Anyone, readyz)
        .post("/large-type", Anyone, layers::large_type)
        .merge(trail::routes())
        .merge(jobs::routes())
        .merge(accounts::routes())
        .merge(networks::routes())
        .merge(divisions::routes())
        .merge(agencies::routes())
        .merge(stations::routes())
        .merge(boundaries::routes())
        .merge(readiness::routes())
        .merge(persons::routes())
        .merge(certificates::routes())
        .merge(education::routes())
        .merge(staff::routes())
        .merge(calendar::routes())
        .merge(indicators::routes())
        .merge(notices::routes())
        .merge(reports::routes())
        .merge(rollups::routes())
        .merge(consequences::routes())
        .merge(funds::routes())
        .merge(projects::routes())
        .merge(appraisals::routes())
        .merge(spending::routes())
        .merge(payments::routes())
        .merge(deliverables::routes())
        .merge(filings::routes())
        .merge(oversight::routes())
        .merge(rubrics::routes())
        .merge(evaluations::routes())
        .merge(surveys::routes())
        .merge(panels::routes())
        .merge(scoring::routes())
        .merge(publications::routes())
        .merge(tasks::routes())
        .merge(grants::routes())
        .merge(dashboards::routes())
}

/// The routes within their layers, outermost first in what a request meets:
/// request id and log line, headers, compression, error pages, time limit, foreign
/// posts, session, error pages in that session's frame, guard, handler.
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

/// The process is alive.
async fn healthz() -> &'static str {
    "ok"
}

/// The database answers, and the audit trail has somewhere to write.
async fn readyz(State(app): State<App>) -> Result<Response> {
    let months = app.db.check().await?;
    let (status, words) = match months {
        0 => (StatusCode::SERVICE_UNAVAILABLE, "no audit partition for next month: run `station-network migrate`"),
        1 => (StatusCode::OK, "ready; audit partitions end next month: run `station-network migrate`"),
        _ => (StatusCode::OK, "ready"),
    };
    Ok((status, words).into_response())
}
