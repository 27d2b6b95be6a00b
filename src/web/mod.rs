//! Shared parts of every page: the route table, extractors, forms, layout, errors.

mod assets;
pub mod chart;
mod chrome;
mod document;
mod errors;
mod extract;
pub mod filters;
mod form;
mod html;
mod qr;
mod routes;
mod sheet;
mod table;
mod todo;
mod unsent;
mod visit;
mod workbook;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::{db::Db, kernel::NetworkId};

pub use assets::{asset, serve_asset, serve_worker};
pub use chart::Chart;
pub use chrome::{Chrome, Face};
pub use document::Document;
pub use errors::{error_pages, refuse_foreign_post};
pub use extract::{Form, FormWithFile, Path, Query, Upload};
pub use form::{checked, form_key, key_of, label_of};
pub use html::{Html, Invalid, download, print_page, redirect_home, see_other, see_other_done};
pub use qr::Qr;
pub use routes::{Route, Routes, Who};
pub use sheet::{Cell, Column, Sheet};
pub use table::{Turn, hidden_fields, query_string};
pub use todo::{Mark, TodoItem};
pub use unsent::{Unsent, signed_out};
pub use visit::{Visit, Visitor};
pub use workbook::{Row, open_workbook};

/// Application state, available to every handler. Kept small on purpose.
#[derive(Clone, Debug)]
pub struct App {
    pub db: Db,
    /// The network assumed for a bare user name, if the installation serves only one.
    pub home_network: Option<Arc<str>>,
    /// The platform's own network, whose accounts are operators.
    pub platform: Option<NetworkId>,
    /// Public base URL for printed matter, `https://host`; empty if not configured.
    pub site: Arc<str>,
    /// If true, cookies are HTTPS-only and carry the `__Host-` prefix.
    pub secure: bool,
    /// Limits password hashing to two at once, because each takes 19 MiB.
    pub hashing: Arc<Semaphore>,
}
