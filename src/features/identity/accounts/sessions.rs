//! Middleware that finds the visitor behind a request, and the session and device cookies.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header::COOKIE},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::Duration;
use uuid::Uuid;

use super::{model, store};
use crate::{
    access::{Origin, Reach, Role, Scope},
    db::{Mode, SessionRow, Silence},
    kernel::{Day, Error, NetworkId, Result},
    web::{App, Face, Visitor},
};

/// A session seen less than this many seconds ago is not updated again.
const TOUCH_SECONDS: i64 = 60;

pub async fn find_visitor(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if let Some((network, token)) = session_cookie(&app, request.headers()) {
        let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
        match visitor_of(&app, network, &token, origin).await {
            Ok(Some(visitor)) => {
                request.extensions_mut().insert(visitor);
            }
            Ok(None) => {}
            Err(error) => return error.into_response(),
        }
    }
    next.run(request).await
}

async fn visitor_of(app: &App, network: NetworkId, token: &str, origin: Origin) -> Result<Option<Visitor>> {
    let Some((row, now)) = app.db.session(network, &model::token_hash(token)).await? else {
        return Ok(None);
    };
    let role =
        Role::parse(&row.role).ok_or_else(|| Error::bug(format!("role {} of session {}", row.role, row.session_id)))?;
    let today = Day::of(now);
    let granted = row.since <= today && row.until.is_none_or(|until| today <= until);
    if !granted || !model::alive(role, row.began_at, row.seen_at, now) {
        return Ok(None);
    }
    let stale = now - row.seen_at > Duration::seconds(TOUCH_SECONDS);
    let visitor = visitor(network, role, row, origin);
    if stale {
        let mut tx = app.db.begin(&visitor.scope, Mode::Write).await?;
        store::touch_session(&mut tx, visitor.session).await?;
        tx.commit_silently(Silence::SessionSeen).await?;
    }
    Ok(Some(visitor))
}

fn visitor(network: NetworkId, role: Role, row: SessionRow, origin: Origin) -> Visitor {
    let actor = match &row.acting_for {
        Some(absent) => format!("{}（代{absent}，{}）", row.display_name, role.label()),
        None => format!("{}（{}）", row.display_name, role.label()),
    };
    Visitor {
        name: row.display_name,
        role,
        scope: Scope {
            network,
            reach: Reach { division: row.division, stations: row.stations, agency: row.agency },
            role: Some(role),
            account: Some(row.account_id),
            actor,
            origin,
        },
        account: row.account_id,
        person: row.person,
        session: row.session_id,
        password_is_code: row.password_is_code,
        grants: row.grant_count,
        acting_for: row.acting_for,
        place: row.division_name,
        face: Face {
            code: row.network_code,
            network: row.network_name,
            authority: row.authority,
            logo_text: row.logo_text,
            contact: row.contact,
            general_label: row.general_label,
            township_label: row.township_label,
            village_label: row.village_label,
        },
        root: row.network_root,
    }
}

const SESSION: &str = "session";
const DEVICE: &str = "device";
/// Time for which a device is remembered without a sign-in: a year, in seconds.
const DEVICE_LASTS: u32 = 31_536_000;

/// The full name of one of our cookies.
fn cookie_name(app: &App, name: &str) -> String {
    if app.secure { format!("__Host-{name}") } else { name.to_owned() }
}

fn cookie<'a>(app: &App, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let wanted = cookie_name(app, name);
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| {
        let (name, value) = cookie.split_once('=')?;
        (name == wanted).then_some(value)
    })
}

/// The network and the token in the session cookie.
pub fn session_cookie(app: &App, headers: &HeaderMap) -> Option<(NetworkId, String)> {
    let (network, token) = cookie(app, headers, SESSION)?.split_once('.')?;
    Some((NetworkId(Uuid::try_parse(network).ok()?), token.to_owned()))
}

/// The token of a device that has signed in before.
pub fn device_cookie(app: &App, headers: &HeaderMap) -> Option<String> {
    cookie(app, headers, DEVICE).map(ToOwned::to_owned)
}

/// The header that sets the session cookie or, without a session, deletes it.
pub fn set_cookie(app: &App, session: Option<(NetworkId, &str)>) -> HeaderValue {
    match session {
        Some((network, token)) => written(app, SESSION, &format!("{}.{token}", network.0.simple()), ""),
        None => written(app, SESSION, "", "; Max-Age=0"),
    }
}

/// The header that sets the cookie of a remembered device.
pub fn set_device_cookie(app: &App, token: &str) -> HeaderValue {
    written(app, DEVICE, token, &format!("; Max-Age={DEVICE_LASTS}"))
}

fn written(app: &App, name: &str, value: &str, lasts: &str) -> HeaderValue {
    let secure = if app.secure { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{lasts}{secure}", cookie_name(app, name));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
