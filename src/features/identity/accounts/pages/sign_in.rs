//! The sign-in page, and the form that was left unsent when a session ended.

use askama::Template;
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::super::{
    hashing::off_thread,
    model::{self, Caller},
    sessions, store,
};
use crate::{
    access::{Origin, Scope},
    db::{Entry, Mode, Silence},
    kernel::{Error, NetworkId, Result, hex},
    web::{App, Chrome, Form, Html, Query, Unsent, Visit, Visitor, filters, print_page, redirect_home, see_other},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignInForm {
    name: String,
    password: String,
    next: String,
    ended: String,
    /// A form submitted after its session had ended, kept on the page.
    #[serde(flatten)]
    unsent: Unsent,
}

/// After sign-in: the form that was kept.
#[derive(Template)]
#[template(path = "identity/accounts/resume.html")]
struct Resume {
    chrome: Chrome,
    unsent: Unsent,
}

#[derive(Template)]
#[template(path = "identity/accounts/sign_in.html")]
struct SignIn {
    chrome: Chrome,
    name: String,
    next: String,
    refusal: Option<String>,
    /// True if a bare user name is enough: the installation serves one network.
    bare: bool,
    contact: String,
    /// True if the session here has ended.
    ended: bool,
    unsent: Unsent,
}

impl SignIn {
    async fn page(app: &App, form: &SignInForm, refusal: Option<String>) -> Result<Self> {
        Ok(Self {
            chrome: Chrome::default(),
            name: form.name.clone(),
            next: form.next.clone(),
            refusal,
            bare: app.home_network.is_some(),
            contact: contact(app).await?,
            ended: !form.ended.is_empty(),
            unsent: form.unsent.clone(),
        })
    }
}

/// The person to call about a forgotten password, if the network is known.
async fn contact(app: &App) -> Result<String> {
    let Some(code) = &app.home_network else { return Ok(String::new()) };
    let Some(network) = app.db.network_by_code(code).await? else { return Ok(String::new()) };
    let mut tx = app.db.begin(&Scope::of_system(network, "登录"), Mode::Read).await?;
    Ok(store::contact(&mut tx).await?.unwrap_or_default())
}

pub async fn show(
    State(app): State<App>,
    visitor: Option<Extension<Visitor>>,
    Query(form): Query<SignInForm>,
) -> Result<Response> {
    if visitor.is_some() {
        return Ok(redirect_home());
    }
    Ok(Html(SignIn::page(&app, &SignInForm { name: String::new(), ..form }, None).await?).into_response())
}

/// The outcome of a sign-in attempt.
enum Answer {
    In {
        network: NetworkId,
        token: String,
        /// The new token of a device that was unknown.
        device: Option<String>,
    },
    Refused(StatusCode, String),
}

pub async fn create(
    State(app): State<App>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response> {
    match try_door(&app, origin, &headers, &form).await? {
        Answer::In { network, token, device } => {
            let unsent = form.unsent;
            let mut response = if unsent.fields().is_empty() {
                see_other(model::safe_next(&form.next))
            } else {
                print_page(Resume { chrome: Chrome::default(), unsent })
            };
            response.headers_mut().append(header::SET_COOKIE, sessions::set_cookie(&app, Some((network, &token))));
            if let Some(device) = device {
                response.headers_mut().append(header::SET_COOKIE, sessions::set_device_cookie(&app, &device));
            }
            Ok(response)
        }
        Answer::Refused(status, why) => {
            let page = SignIn::page(&app, &form, Some(why)).await?;
            Ok((status, Html(page)).into_response())
        }
    }
}

const WRONG: &str = "用户名或密码不对，请核对后再试。忘记密码请联系管理员重置。";

async fn try_door(app: &App, origin: Origin, headers: &HeaderMap, form: &SignInForm) -> Result<Answer> {
    let refused = |why: &str| Answer::Refused(StatusCode::UNPROCESSABLE_ENTITY, why.to_owned());
    let caller = Caller::read(&form.name);
    if caller.name.chars().count() > 64 || form.password.chars().count() > 256 {
        return Ok(refused("用户名或密码太长，请核对后再试。"));
    }
    if caller.name.is_empty() || form.password.is_empty() {
        return Ok(refused("请填写用户名和密码。"));
    }
    let Some(network) = network_of(app, &caller).await? else {
        // An unknown network answers as slowly as a known one.
        let password = form.password.clone();
        off_thread(app, move || Ok(model::password_matches(&password, model::NOBODY))).await?;
        return Ok(refused(if caller.network.is_none() {
            "请用「用户名@网络」的样子登录，例如 wangfang@panzhihua。"
        } else {
            WRONG
        }));
    };

    let mut scope = Scope::of_system(network, &format!("{}（登录）", caller.name)).from(origin);
    let (door, device) = match come_to_door(app, &scope, headers, &caller.name).await {
        Err(wait @ Error::TooMany(_)) => {
            return Ok(Answer::Refused(StatusCode::TOO_MANY_REQUESTS, wait.to_string()));
        }
        come => come?,
    };

    let hash = door.as_ref().map_or_else(|| model::NOBODY.to_owned(), |door| door.password_hash.clone());
    let given = door.as_ref().is_some_and(|door| door.password_is_code);
    let password = if given { model::plain_code(&form.password) } else { form.password.clone() };
    let matches = off_thread(app, move || Ok(model::password_matches(&password, &hash))).await?;

    if let Some(door) = door.as_ref().filter(|_| matches) {
        scope.actor = format!("{}（{}）", door.display_name, caller.name);
    }
    let mut tx = app.db.begin(&scope, Mode::Write).await?;
    let Some(door) = door.filter(|_| matches) else {
        tx.record(Entry::new("登录失败", "account", &caller.name, &caller.name)).await?;
        tx.commit().await?;
        return Ok(refused(WRONG));
    };
    let shut = if door.left_at.is_some() {
        Some("这个账号已经办理离岗，不能再登录。")
    } else if door.locked_at.is_some() {
        Some("这个账号已被锁定，请联系系统管理员。")
    } else if door.password_is_code && door.password_until.is_some_and(|until| until < tx.now()) {
        Some("这个一次性密码已经过期，请联系系统管理员重新发放。")
    } else {
        None
    };
    let grant = store::grant_for_today(&mut tx, door.id).await?;
    let (None, Some(grant)) = (shut, grant) else {
        let why = shut.unwrap_or("密码正确，但这个账号目前没有可用的岗位。请联系安全管理员授权。");
        tx.record(Entry::new("登录被拒", "account", door.id, &door.display_name).after(why)).await?;
        tx.commit().await?;
        return Ok(refused(why));
    };
    store::forget_tries(&mut tx, &caller.name, &device).await?;
    if let Some((before, token)) = sessions::session_cookie(app, headers)
        && before == network
    {
        store::end_session_of_token(&mut tx, &model::token_hash(&token)).await?;
    }
    let (token, token_hash) = model::new_token()?;
    let browser = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let browser: String = browser.chars().take(200).collect();
    let session = store::insert_session(&mut tx, door.id, grant, &token_hash, &browser).await?;
    let device = if device == store::STRANGER {
        let (device, device_hash) = model::new_token()?;
        store::remember_device(&mut tx, door.id, &device_hash).await?;
        Some(device)
    } else {
        None
    };
    tx.record(Entry::new("登录", "session", session, &door.display_name)).await?;
    tx.commit().await?;
    Ok(Answer::In { network, token, device })
}

/// The account under a user name, if it exists, and the device the attempt comes from. Counts the
/// attempt before the password is checked.
async fn come_to_door(
    app: &App,
    scope: &Scope,
    headers: &HeaderMap,
    user_name: &str,
) -> Result<(Option<store::Door>, String)> {
    let mut tx = app.db.begin(scope, Mode::Write).await?;
    let door = store::door(&mut tx, user_name).await?;
    let mut device = store::STRANGER.to_owned();
    if let (Some(door), Some(token)) = (&door, sessions::device_cookie(app, headers)) {
        let hash = model::token_hash(&token);
        if store::knows_device(&mut tx, door.id, &hash).await? {
            device = hex(&hash);
        }
    }
    store::admit(&mut tx, user_name, &device).await?;
    tx.commit_silently(Silence::TryCounted).await?;
    Ok((door, device))
}

/// The network the caller means. `operator` is the platform's user name everywhere, so no network
/// can have an account of that name.
async fn network_of(app: &App, caller: &Caller) -> Result<Option<NetworkId>> {
    match (&caller.network, &app.home_network) {
        (Some(code), _) => app.db.network_by_code(code).await,
        (None, _) if caller.name == "operator" => Ok(app.platform),
        (None, Some(code)) => app.db.network_by_code(code).await,
        (None, None) => Ok(None),
    }
}

pub async fn destroy(State(app): State<App>, visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    store::end_session(&mut tx, visit.visitor.account, visit.visitor.session).await?;
    tx.record(Entry::new("退出登录", "session", visit.visitor.session, &visit.visitor.name)).await?;
    tx.commit().await?;
    let mut response = see_other("/sign-in");
    response.headers_mut().append(header::SET_COOKIE, sessions::set_cookie(&app, None));
    response.headers_mut().insert("clear-site-data", header::HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}
