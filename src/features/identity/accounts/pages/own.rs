//! The visitor's own account: password, e-mail address and sessions.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::super::{
    confirm::knows_password,
    hashing::off_thread,
    model,
    store::{self, OwnSession},
};
use crate::{
    db::{Entry, Tx},
    kernel::{Problems, Result, SessionId},
    web::{App, Chrome, Form, Html, Invalid, Path, Visit, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "identity/accounts/own.html")]
struct Own {
    chrome: Chrome,
    person: store::Person,
    place: String,
    sessions: Vec<OwnSession>,
    this: SessionId,
    email: String,
    problems: Problems,
}

impl Own {
    async fn page(visit: &Visit, tx: &mut Tx, email: String, problems: Problems) -> Result<Self> {
        Ok(Self {
            chrome: visit.chrome(),
            person: store::find(tx, visit.visitor.account).await?,
            place: visit.visitor.place.clone().unwrap_or_else(|| visit.visitor.scope.reach.division.to_string()),
            sessions: store::sessions(tx, visit.visitor.account).await?,
            this: visit.visitor.session,
            email,
            problems,
        })
    }
}

pub async fn show(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let email = store::email(&mut tx, visit.visitor.account).await?;
    Ok(Html(Own::page(&visit, &mut tx, email, Problems::default()).await?).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EmailForm {
    email: String,
}

/// Sets the address to which notices are also mailed; empty: none.
pub async fn set_email(visit: Visit, Form(form): Form<EmailForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let typed = form.email.trim();
    if !model::is_email(typed) {
        let problems = Problems::one("email", "请填写邮箱地址，例如 name@example.cn；不要邮件提醒的空着。");
        return Ok(Invalid(Own::page(&visit, &mut tx, form.email.clone(), problems).await?).into_response());
    }
    store::set_email(&mut tx, visit.visitor.account, typed).await?;
    let entry = Entry::new("修改提醒邮箱", "account", visit.visitor.account, &visit.visitor.name);
    tx.record(entry.after(if typed.is_empty() { "没有" } else { "已填" })).await?;
    tx.commit().await?;
    Ok(see_other_done("/account", "saved"))
}

pub async fn end_session(visit: Visit, Path(id): Path<SessionId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    store::end_session(&mut tx, visit.visitor.account, id).await?;
    tx.record(Entry::new("退出其他设备", "session", id, &visit.visitor.name)).await?;
    tx.commit().await?;
    Ok(see_other_done("/account", "ended"))
}

impl Own {
    /// The browser's everyday name, from its user agent.
    fn browser(&self, agent: &str) -> String {
        let first =
            |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
        let browser = first(&[
            ("MicroMessenger", "微信"),
            ("DingTalk", "钉钉"),
            ("Qaxbrowser", "奇安信浏览器"),
            ("Edg", "Edge"),
            ("Firefox", "Firefox"),
            ("Chrome", "Chrome"),
            ("Safari", "Safari"),
        ]);
        let system = first(&[
            ("Windows", "Windows"),
            ("Android", "安卓"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Mac OS", "Mac"),
            ("UOS", "统信 UOS"),
            ("Kylin", "麒麟"),
            ("Linux", "Linux"),
        ]);
        format!("{}（{}）", browser.unwrap_or("其他浏览器"), system.unwrap_or("其他系统"))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    current: String,
    new: String,
    again: String,
}

#[derive(Template)]
#[template(path = "identity/accounts/password.html")]
struct Password {
    chrome: Chrome,
    problems: Problems,
    /// First sign-in: the visitor signed in with a code and has not chosen a password yet.
    first: bool,
}

impl Password {
    fn page(visit: &Visit, problems: Problems) -> Self {
        Self { chrome: visit.chrome(), problems, first: visit.visitor.password_is_code }
    }
}

pub async fn password(visit: Visit) -> Html<impl Template> {
    Html(Password::page(&visit, Problems::default()))
}

pub async fn change_password(State(app): State<App>, visit: Visit, Form(form): Form<PasswordForm>) -> Result<Response> {
    let mut problems = Problems::default();
    if !knows_password(&app, &visit, &form.current).await? {
        problems.note(
            "current",
            if visit.visitor.password_is_code {
                "一次性密码不对，请照密码条重新填写。"
            } else {
                "现在的密码不对，请重新填写。"
            },
        );
    }
    let user_name = {
        let mut tx = visit.begin().await?;
        store::find(&mut tx, visit.visitor.account).await?.user_name
    };
    problems
        .check("new", model::check_password(&form.new, &[&user_name, &visit.visitor.name, &visit.visitor.face.code]));
    if form.new == form.current && !form.new.is_empty() {
        problems.note("new", "新密码和现在的密码一样，请换一个。");
    }
    if form.new != form.again {
        problems.note("again", "两次填写的新密码不一样，请重新填写。");
    }
    if !problems.is_empty() {
        return Ok(Invalid(Password::page(&visit, problems)).into_response());
    }
    let new = form.new.clone();
    let hash = off_thread(&app, move || model::hash_password(&new)).await?;
    let mut tx = visit.begin().await?;
    store::set_password(&mut tx, visit.visitor.account, &hash).await?;
    store::end_sessions(&mut tx, visit.visitor.account, Some(visit.visitor.session)).await?;
    tx.record(Entry::new("修改密码", "account", visit.visitor.account, &visit.visitor.name)).await?;
    tx.commit().await?;
    Ok(see_other_done("/account", "password"))
}
