//! The route table: each route names the visitors it admits.

use axum::{
    Extension, Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, Request},
    handler::Handler,
    http::{Method, header::CONTENT_TYPE},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};

use super::{App, Unsent, Visitor, see_other, signed_out};
use crate::{
    access::{Act, Role},
    kernel::Error,
};

/// The visitors that a route admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anyone,
    /// Any signed-in visitor, even one who must change the password first.
    Newcomer,
    SignedIn,
    May(Act),
}

impl Who {
    pub fn admits(self, role: Option<Role>) -> bool {
        match (self, role) {
            (Self::Anyone, _) | (Self::Newcomer | Self::SignedIn, Some(_)) => true,
            (Self::May(act), Some(role)) => role.may(act),
            (_, None) => false,
        }
    }
}

/// One entry of the route table.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub who: Who,
}

/// Maximum body size in bytes of a form, and of a form with a file.
const FORM: usize = 512 * 1024;
const UPLOAD: usize = 10 * 1024 * 1024 + 64 * 1024;

/// A feature's routes. Each must state the visitors it admits, and `tests/it/policy.rs` checks
/// the whole table.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    table: Vec<Route>,
}

impl Routes {
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, who: Who, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::GET, MethodFilter::GET, path, who, FORM, handler)
    }

    #[must_use]
    pub fn post<H, T>(self, path: &'static str, who: Who, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::POST, MethodFilter::POST, path, who, FORM, handler)
    }

    /// Adds a POST route that accepts a file.
    #[must_use]
    pub fn upload<H, T>(self, path: &'static str, who: Who, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::POST, MethodFilter::POST, path, who, UPLOAD, handler)
    }

    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.table.extend(other.table);
        Self { router: self.router.merge(other.router), table: self.table }
    }

    pub fn table(&self) -> &[Route] {
        &self.table
    }

    pub fn into_router(self) -> Router<App> {
        self.router
    }

    fn add<H, T>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        who: Who,
        limit: usize,
        handler: H,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.table.push(Route { method, path, who });
        let guard = middleware::from_fn(move |visitor, request, next| guard(who, visitor, request, next));
        let route = on(filter, handler).route_layer(guard).layer(DefaultBodyLimit::max(limit));
        #[expect(clippy::disallowed_methods, reason = "this is where routes come from")]
        let router = self.router.route(path, route);
        Self { router, table: self.table }
    }
}

/// Response for a visitor without a session, perhaps an expired one: the sign-in page keeps a
/// submitted form, to send it again after sign-in.
async fn at_the_door(request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let is_form = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if request.method() != Method::POST || !is_form {
        return Error::SignedOut.into_response();
    }
    let typed = to_bytes(request.into_body(), FORM).await.unwrap_or_default();
    match Unsent::keep(path, &typed) {
        Some(unsent) => signed_out(unsent),
        None => Error::SignedOut.into_response(),
    }
}

/// Refuses before anything is looked up, so that every id gets the same answer.
async fn guard(who: Who, visitor: Option<Extension<Visitor>>, request: Request, next: Next) -> Response {
    let Some(Extension(visitor)) = visitor else {
        return match who {
            Who::Anyone => next.run(request).await,
            _ => at_the_door(request).await,
        };
    };
    if visitor.password_is_code && !matches!(who, Who::Anyone | Who::Newcomer) {
        return see_other("/account/password");
    }
    if who.admits(Some(visitor.role)) { next.run(request).await } else { Error::Forbidden.into_response() }
}
