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

/// Who may walk a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anyone,
    /// Whoever is signed in, even with a password that must be changed first.
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

/// One line of the route table.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub who: Who,
}

/// How much a form may send, and a form with a file.
const FORM: usize = 512 * 1024;
const UPLOAD: usize = 10 * 1024 * 1024 + 64 * 1024;

/// A feature's routes. Each names who may walk it; there is no way to leave it
/// out, and `tests/it/policy.rs` reads the whole table back.
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

    /// A POST that brings a file.
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

/// Nobody is signed in, perhaps not any more: a form that was typed is kept on the page of
/// the door, to be sent again behind it.
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

/// Refuses before anything is looked up: the same answer for every id.
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
