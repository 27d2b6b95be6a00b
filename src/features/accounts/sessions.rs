//! Finds the person behind a request.

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

/// A session that was seen less than this long ago is not touched again.
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

fn cookie_name(app: &App) -> &'static str {
    if app.secure { "__Host-session" } else { "session" }
}

/// The network and the token that a session cookie carries.
pub fn session_cookie(app: &App, headers: &HeaderMap) -> Option<(NetworkId, String)> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    let value = cookies.split("; ").find_map(|cookie| {
        let (name, value) = cookie.split_once('=')?;
        (name == cookie_name(app)).then_some(value)
    })?;
    let (network, token) = value.split_once('.')?;
    Some((NetworkId(Uuid::try_parse(network).ok()?), token.to_owned()))
}

/// The header that sets the cookie; without a token, that takes it away.
pub fn set_cookie(app: &App, session: Option<(NetworkId, &str)>) -> HeaderValue {
    let (name, secure) = (cookie_name(app), if app.secure { "; Secure" } else { "" });
    let text = match session {
        Some((network, token)) => {
            format!("{name}={}.{token}; Path=/; HttpOnly; SameSite=Lax{secure}", network.0.simple())
        }
        None => format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}"),
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
