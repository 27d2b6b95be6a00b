//! The system administrator's register of accounts: creation, codes, locks and departures.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::super::{
    hashing::off_thread,
    model::{self, Code},
    store::{self, Person},
};
use crate::{
    access::Role,
    db::{Entry, Tx},
    kernel::{AccountId, Day, Error, Listed, Paging, Problems, Result, line, phone},
    web::{
        App, Chrome, Form, Html, Invalid, Path, Query, Turn, Visit, checked, filters, form_key, key_of, print_page,
        see_other_done,
    },
};

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    q: String,
    standing: String,
}

#[derive(Template)]
#[template(path = "identity/accounts/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    people: Listed<Person>,
    turn: Turn,
}

impl Index {
    fn standings(&self) -> [(&'static str, &'static str); 5] {
        [("", "全部"), ("open", "在岗"), ("never", "从未登录"), ("locked", "已锁定"), ("left", "已离岗")]
    }
}

pub async fn index(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let people = store::page(&mut tx, filter.q.trim(), &filter.standing, paging).await?;
    let turn = Turn::of("/accounts", &filter, &people);
    Ok(Html(Index { chrome: visit.chrome(), filter, people, turn }).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountForm {
    key: String,
    user_name: String,
    display_name: String,
    phone: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "identity/accounts/new.html")]
struct New {
    chrome: Chrome,
    form: AccountForm,
    problems: Problems,
}

pub async fn new(visit: Visit) -> Html<impl Template> {
    let form = AccountForm { key: form_key(), ..AccountForm::default() };
    Html(New { chrome: visit.chrome(), form, problems: Problems::default() })
}

/// A code on paper: its recipient, where to sign in, what to type.
#[derive(Debug)]
pub(super) struct Slip {
    pub display_name: String,
    pub user_name: String,
    pub code: Code,
}

#[derive(Template)]
#[template(path = "identity/accounts/slips.html")]
pub(super) struct Slips {
    chrome: Chrome,
    slips: Vec<Slip>,
    /// Suffix to type after every user name, where the bare name is not enough.
    behind: String,
    network: String,
    contact: String,
    until: Day,
}

impl Slips {
    pub(super) fn page(app: &App, visit: &Visit, slips: Vec<Slip>, today: Day) -> Response {
        let face = visit.visitor.face.clone();
        let home = app.home_network.as_deref() == Some(face.code.as_str());
        print_page(Self {
            chrome: visit.chrome(),
            slips,
            behind: if home { String::new() } else { format!("@{}", face.code) },
            network: face.network,
            contact: face.contact,
            until: Day(today.0 + chrono::Days::new(model::CODE_DAYS.unsigned_abs())),
        })
    }
}

pub async fn create(State(app): State<App>, visit: Visit, Form(form): Form<AccountForm>) -> Result<Response> {
    let new = match model::read_account(&form.user_name, &form.display_name, &form.phone) {
        Ok(new) => new,
        Err(problems) => return Ok(Invalid(New { chrome: visit.chrome(), form, problems }).into_response()),
    };
    let (id, code) = (AccountId::new(), model::new_code()?);
    let secret = code.clone();
    let hash = off_thread(&app, move || model::hash_code(&secret)).await?;
    let mut tx = visit.begin().await?;
    if let Some(before) = tx.once(key_of(&form.key)?, &format!("/accounts/{id}")).await? {
        return Ok(see_other_done(&before, "again"));
    }
    if let Err(problems) = checked(store::insert(&mut tx, &new, &hash, id).await)? {
        return Ok(Invalid(New { chrome: visit.chrome(), form, problems }).into_response());
    }
    let after = serde_json::json!({ "user_name": new.user_name, "display_name": new.display_name, "phone": new.phone });
    tx.record(Entry::new("新建账号", "account", id, &new.display_name).after(after)).await?;
    let today = tx.today();
    tx.commit().await?;
    let slip = Slip { display_name: new.display_name, user_name: new.user_name, code };
    Ok(Slips::page(&app, &visit, vec![slip], today))
}

#[derive(Template)]
#[template(path = "identity/accounts/show.html")]
struct Show {
    chrome: Chrome,
    person: Person,
    form: AccountForm,
    problems: Problems,
    key: String,
    own: bool,
    /// Seconds until this account can be tried again from an unknown device.
    wait: i64,
}

impl Show {
    async fn page(visit: &Visit, tx: &mut Tx, person: Person, form: AccountForm, problems: Problems) -> Result<Self> {
        let own = person.id == visit.visitor.account;
        let wait = store::wait_of_strangers(tx, &person.user_name).await?;
        Ok(Self { chrome: visit.chrome(), person, form, problems, key: form_key(), own, wait })
    }
}

pub async fn show(visit: Visit, Path(id): Path<AccountId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let form = AccountForm {
        display_name: person.display_name.clone(),
        phone: person.phone.clone(),
        version: person.version,
        ..AccountForm::default()
    };
    Ok(Html(Show::page(&visit, &mut tx, person, form, Problems::default()).await?).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<AccountId>, Form(form): Form<AccountForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let mut problems = Problems::default();
    let display_name = problems.check("display_name", line(&form.display_name, 1, 40));
    let phone = problems.check("phone", phone(&form.phone));
    let (Some(display_name), Some(phone)) = (display_name, phone) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, person, form, problems).await?).into_response());
    };
    store::update(&mut tx, id, form.version, &display_name, &phone).await?;
    let after = store::find(&mut tx, id).await?;
    tx.record(Entry::new("修改账号", "account", id, &after.display_name).before(&person).after(&after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/accounts/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct KeyForm {
    key: String,
}

/// Replaces a forgotten password with a one-time code on a slip.
pub async fn give_code(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<AccountId>,
    Form(form): Form<KeyForm>,
) -> Result<Response> {
    let code = model::new_code()?;
    let secret = code.clone();
    let hash = off_thread(&app, move || model::hash_code(&secret)).await?;
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    if person.left_at.is_some() {
        return Err(Error::refused("这个账号已经离岗，不能再发一次性密码。"));
    }
    if store::guards_others(&mut tx, id).await? {
        let why =
            "安全管理员和审计管理员的密码不由系统管理员重置，请联系平台运营方（命令 station-network user code）。";
        return Err(Error::refused(why));
    }
    if let Some(before) = tx.once(key_of(&form.key)?, &format!("/accounts/{id}")).await? {
        return Ok(see_other_done(&before, "again"));
    }
    store::set_code(&mut tx, id, &hash).await?;
    store::end_sessions(&mut tx, id, None).await?;
    store::forget_all_tries(&mut tx, &person.user_name).await?;
    tx.record(Entry::new("发放一次性密码", "account", id, &person.display_name)).await?;
    let today = tx.today();
    tx.commit().await?;
    let slip = Slip { display_name: person.display_name, user_name: person.user_name, code };
    Ok(Slips::page(&app, &visit, vec![slip], today))
}

pub async fn lock(visit: Visit, Path(id): Path<AccountId>) -> Result<Response> {
    not_oneself(&visit, id)?;
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let held = held_administration(&mut tx, id).await?;
    store::set_locked(&mut tx, id, true).await?;
    not_the_last(&mut tx, &person, &held, "锁定").await?;
    store::end_sessions(&mut tx, id, None).await?;
    tx.record(Entry::new("锁定账号", "account", id, &person.display_name)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/accounts/{id}"), "locked"))
}

pub async fn unlock(visit: Visit, Path(id): Path<AccountId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let waited = store::forget_all_tries(&mut tx, &person.user_name).await?;
    if person.locked_at.is_some() || !waited {
        store::set_locked(&mut tx, id, false).await?;
    }
    let act = if person.locked_at.is_some() { "解锁账号" } else { "解除输错密码的等待" };
    tx.record(Entry::new(act, "account", id, &person.display_name)).await?;
    tx.commit().await?;
    let done = if person.locked_at.is_some() { "unlocked" } else { "wait_lifted" };
    Ok(see_other_done(&format!("/accounts/{id}"), done))
}

pub async fn leave(visit: Visit, Path(id): Path<AccountId>) -> Result<Response> {
    not_oneself(&visit, id)?;
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let held = held_administration(&mut tx, id).await?;
    let grants = store::leave(&mut tx, id).await?;
    not_the_last(&mut tx, &person, &held, "办理离岗").await?;
    let grants: Vec<_> =
        grants.iter().map(|grant| (grant.to_string(), person.display_name.clone(), serde_json::Value::Null)).collect();
    tx.record_all("离岗终止授权", "grant", &grants).await?;
    tx.record(Entry::new("办理离岗", "account", id, &person.display_name)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/accounts/{id}"), "left"))
}

/// The administrator roles an account holds; locks them until this transaction ends, so that nobody
/// else changes their holders.
async fn held_administration(tx: &mut Tx, id: AccountId) -> Result<Vec<Role>> {
    store::take_administration(tx).await?;
    store::administers(tx, id).await
}

/// Refuses the change just made to an account if it leaves the network without one kind of
/// administrator.
async fn not_the_last(tx: &mut Tx, person: &Person, held: &[Role], what: &str) -> Result<()> {
    let Some(role) = store::unheld(tx, held).await? else { return Ok(()) };
    let (name, role) = (&person.display_name, role.label());
    Err(Error::refused(format!("{name}是本网络唯一的{role}，不能{what}。请先由安全管理员给别人授权。")))
}

/// Administrators may not lock themselves out: nobody could let them in again.
fn not_oneself(visit: &Visit, id: AccountId) -> Result<()> {
    if visit.visitor.account == id {
        return Err(Error::refused("不能对自己的账号做这个操作，请由另一位系统管理员办理。"));
    }
    Ok(())
}
