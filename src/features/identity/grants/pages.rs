//! The security administrator's pages: the register of grants, a new grant, deputies and switching.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::{
    model::{conflict, grantable, misfit},
    store::{self, Grant},
};
use crate::{
    access::Role,
    db::{Entry, Tx},
    features::{
        identity::accounts::{self, NewGrant, Person},
        places::{agencies, divisions},
    },
    kernel::{AccountId, AgencyId, Day, DivisionCode, Error, GrantId, Listed, Paging, Problems, Result, StationId},
    web::{Chrome, Form, Html, Invalid, Path, Query, Turn, Visit, checked, filters, form_key, key_of, see_other_done},
};

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    q: String,
    role: String,
    ended: String,
}

#[derive(Template)]
#[template(path = "identity/grants/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    grants: Listed<Grant>,
    turn: Turn,
    roles: Vec<Role>,
    today: Day,
}

pub async fn index(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let grants = store::page(&mut tx, filter.q.trim(), &filter.role, !filter.ended.is_empty(), paging).await?;
    let turn = Turn::of("/grants", &filter, &grants);
    let today = tx.today();
    Ok(Html(Index { chrome: visit.chrome(), filter, grants, turn, roles: grantable(), today }).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrantForm {
    key: String,
    /// Search text for people; the one chosen is `account`.
    q: String,
    account: String,
    role: String,
    division: String,
    stations: String,
    agency: String,
    since: String,
    until: String,
}

#[derive(Template)]
#[template(path = "identity/grants/new.html")]
struct New {
    chrome: Chrome,
    form: GrantForm,
    problems: Problems,
    people: Vec<Person>,
    roles: Vec<(&'static str, &'static str)>,
    agencies: Vec<(String, String)>,
}

impl New {
    /// True for the chosen person: the one typed, or the only one found.
    fn is_chosen(&self, person: &Person) -> bool {
        self.people.len() == 1 || self.form.account == person.id.to_string()
    }

    async fn page(visit: &Visit, tx: &mut Tx, form: GrantForm, problems: Problems) -> Result<Self> {
        let mut people = accounts::people_named(tx, form.q.trim(), 50).await?;
        people.retain(|person| person.id != visit.visitor.account);
        let mut choices = vec![(String::new(), "（不是机构负责人）".to_owned())];
        choices.extend(agencies::choices(tx, None).await?.into_iter().map(|(id, name)| (id.to_string(), name)));
        let mut roles = vec![("", "请选择")];
        roles.extend(grantable().into_iter().map(|role| (role.as_str(), role.label())));
        Ok(Self { chrome: visit.chrome(), form, problems, people, roles, agencies: choices })
    }
}

pub async fn new(visit: Visit, Query(form): Query<GrantForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let since = if form.since.is_empty() { tx.today().to_string() } else { form.since.clone() };
    let form = GrantForm { key: form_key(), since, ..form };
    Ok(Html(New::page(&visit, &mut tx, form, Problems::default()).await?).into_response())
}

pub async fn create(visit: Visit, Form(form): Form<GrantForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let new = match checked(read(&visit, &mut tx, &form).await)? {
        Ok(new) => new,
        Err(problems) => return Ok(Invalid(New::page(&visit, &mut tx, form, problems).await?).into_response()),
    };
    if let Some(before) = tx.once(key_of(&form.key)?, "/grants").await? {
        return Ok(see_other_done(&before, "again"));
    }
    let person = accounts::find(&mut tx, new.account).await?;
    let id = match checked(accounts::insert_grant(&mut tx, &new).await)? {
        Ok(id) => id,
        Err(problems) => return Ok(Invalid(New::page(&visit, &mut tx, form, problems).await?).into_response()),
    };
    let after = serde_json::json!({
        "role": new.role.as_str(), "division": new.division, "stations": new.stations, "agency": new.agency,
        "since": new.since, "until": new.until,
    });
    let label = format!("{}：{}", person.display_name, new.role.label());
    tx.record(Entry::new("授权", "grant", id, label).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done("/grants", "granted"))
}

/// Validates a grant as typed against the register.
async fn read(visit: &Visit, tx: &mut Tx, form: &GrantForm) -> Result<NewGrant> {
    let mut problems = Problems::default();
    let account = problems.check("account", form.account.parse::<AccountId>().or(Err("请选择授权给谁。")));
    let role = Role::parse(&form.role).filter(|role| grantable().contains(role));
    let role = problems.check("role", role.ok_or("请选择岗位。"));
    let since = problems.check("since", form.since.parse::<Day>());
    let until = match form.until.trim() {
        "" => Some(None),
        typed => problems.check("until", typed.parse::<Day>()).map(Some),
    };
    if let (Some(since), Some(Some(until))) = (since, until)
        && until < since
    {
        problems.note("until", "结束日期不能早于开始日期。");
    }
    let division = division(visit, tx, &form.division, role, &mut problems).await?;
    let stations = stations(tx, form, role, division.as_ref(), &mut problems).await?;
    let agency = problems.check("agency", agency(&form.agency, role));
    if let (Some(account), Some(role)) = (account, role) {
        if account == visit.visitor.account {
            problems.note("account", "不能给自己授权，请由另一位安全管理员办理。");
        }
        let today = tx.today();
        let grants = store::of_account(tx, account).await?;
        let held: Vec<Role> = grants
            .iter()
            .filter(|grant| grant.ended_at.is_none())
            .filter(|grant| grant.until.is_none_or(|until| until >= today))
            .filter_map(Grant::role)
            .collect();
        if let Some(why) = conflict(&held, role) {
            problems.note("role", why);
        }
        let mut wanted = stations.clone();
        wanted.sort();
        let same = |grant: &Grant| {
            let mut there = grant.station_ids.clone();
            there.sort();
            grant.ended_at.is_none()
                && grant.until.is_none_or(|until| until >= today)
                && grant.role() == Some(role)
                && Some(&grant.division) == division.as_ref()
                && grant.agency_id == agency.flatten()
                && there == wanted
        };
        if grants.iter().any(same) {
            problems.note("role", "这个人已经有一项同样的授权。要改起止日期，请先终止原来的。");
        }
        if role == Role::Evaluator && until == Some(None) {
            problems.note("until", "评估专家请填结束日期，也就是这一轮评估结束的日期。");
        }
    }
    match (account, role, since, until, division, agency) {
        (Some(account), Some(role), Some(since), Some(until), Some(division), Some(agency)) if problems.is_empty() => {
            Ok(NewGrant { account, role, division, agency, stations, since, until, acting_for: None })
        }
        _ => Err(problems.into()),
    }
}

/// The division that a grant covers, by code or by name. The network's root may be named before its
/// divisions are imported.
async fn division(
    visit: &Visit,
    tx: &mut Tx,
    typed: &str,
    role: Option<Role>,
    problems: &mut Problems,
) -> Result<Option<DivisionCode>> {
    let root = &visit.visitor.root;
    if divisions::root(tx).await?.is_none() {
        if DivisionCode::parse(typed).is_ok_and(|code| code == *root) {
            return Ok(Some(root.clone()));
        }
        problems.note("division", "本网络还没有导入区划，请联系平台运营方导入；在那以前只能填最高一级的代码。");
        return Ok(None);
    }
    match divisions::called(tx, root, typed).await? {
        Ok(division) => match role.and_then(|role| misfit(role, division.level, division.code == *root)) {
            Some(why) => problems.note("division", why),
            None => return Ok(Some(division.code)),
        },
        Err(why) => problems.note("division", why),
    }
    Ok(None)
}

/// The stations a grant is limited to, by code or name, within its division.
async fn stations(
    tx: &mut Tx,
    form: &GrantForm,
    role: Option<Role>,
    division: Option<&DivisionCode>,
    problems: &mut Problems,
) -> Result<Vec<StationId>> {
    let names: BTreeSet<String> = form
        .stations
        .split(['\n', '，', ',', '、', ';', '；'])
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let Some(role) = role.filter(|role| role.names_stations()) else {
        if !names.is_empty() {
            problems.note("stations", "只有站长、社工和评估专家要填站点，其他岗位请空着。");
        }
        return Ok(vec![]);
    };
    if names.is_empty() && role != Role::Evaluator {
        problems.note("stations", "请填写站点的编号或名称。");
    }
    let names: Vec<String> = names.into_iter().collect();
    let mut found = store::stations_called(tx, &names).await?;
    let outside = found.clone();
    if let Some(division) = division {
        found.retain(|station| division.contains(&station.division));
    }
    for name in &names {
        let here: Vec<&str> =
            found.iter().filter(|station| station.asked == *name).map(|station| station.code.as_str()).collect();
        match here.len() {
            1 => {}
            0 if outside.iter().any(|station| station.asked == *name) => {
                problems.note("stations", format!("「{name}」不在所填的管辖区划里。"));
            }
            0 => problems.note("stations", format!("没有站点叫「{name}」，请核对编号或名称。")),
            _ => problems.note("stations", format!("有几个站点叫「{name}」，请改填编号：{}。", here.join("、"))),
        }
    }
    Ok(found.into_iter().map(|station| station.id).collect())
}

fn agency(typed: &str, role: Option<Role>) -> Result<Option<AgencyId>, &'static str> {
    match (typed, role) {
        ("", Some(Role::AgencyManager)) => Err("请选择是哪家机构的负责人。"),
        ("", _) => Ok(None),
        (_, Some(role)) if role != Role::AgencyManager => {
            Err("只有承接机构负责人要选机构，其他岗位请选「不是机构负责人」。")
        }
        (id, _) => id.parse().map(Some).map_err(|_| "请选择机构。"),
    }
}

pub async fn end(visit: Visit, Path(id): Path<GrantId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let grant = store::find(&mut tx, id).await?;
    if grant.account_id == visit.visitor.account {
        return Err(Error::refused("不能终止自己的授权，请由另一位安全管理员办理。"));
    }
    accounts::take_administration(&mut tx).await?;
    let held = accounts::administers(&mut tx, grant.account_id).await?;
    store::end(&mut tx, id).await?;
    if accounts::unheld(&mut tx, &held).await?.is_some() {
        let why = format!("{}是本网络唯一的{}，不能终止。请先给别人授权。", grant.display_name, grant.role_label());
        return Err(Error::refused(why));
    }
    let label = format!("{}：{}", grant.display_name, grant.role_label());
    let before = serde_json::json!({ "role": grant.role_label(), "division": grant.reach(), "since": grant.since, "until": grant.until });
    tx.record(Entry::new("终止授权", "grant", id, label).before(before)).await?;
    tx.commit().await?;
    Ok(see_other_done("/grants", "revoked"))
}

#[derive(Template)]
#[template(path = "identity/grants/deputy.html")]
struct Deputy {
    chrome: Chrome,
    grant: Grant,
    form: GrantForm,
    problems: Problems,
    people: Vec<Person>,
}

impl Deputy {
    /// True for the chosen person: the one typed, or the only one found.
    fn is_chosen(&self, person: &Person) -> bool {
        self.people.len() == 1 || self.form.account == person.id.to_string()
    }

    async fn page(visit: &Visit, tx: &mut Tx, grant: Grant, form: GrantForm, problems: Problems) -> Result<Self> {
        let mut people = accounts::people_named(tx, form.q.trim(), 50).await?;
        people.retain(|person| person.id != grant.account_id && person.id != visit.visitor.account);
        Ok(Self { chrome: visit.chrome(), grant, form, problems, people })
    }
}

pub async fn deputy(visit: Visit, Path(id): Path<GrantId>, Query(form): Query<GrantForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let grant = store::find(&mut tx, id).await?;
    let since = if form.since.is_empty() { tx.today().to_string() } else { form.since.clone() };
    let form = GrantForm { key: form_key(), since, ..form };
    Ok(Html(Deputy::page(&visit, &mut tx, grant, form, Problems::default()).await?).into_response())
}

/// The longest term of a deputy, in days.
const LONGEST: i64 = 92;

pub async fn appoint(visit: Visit, Path(id): Path<GrantId>, Form(form): Form<GrantForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let grant = store::find(&mut tx, id).await?;
    let role = grant.role().ok_or(Error::NotFound)?;
    let mut problems = Problems::default();
    let account = problems.check("account", form.account.parse::<AccountId>().or(Err("请选择由谁代理。")));
    let since = problems.check("since", form.since.parse::<Day>());
    let until = problems.check("until", form.until.parse::<Day>());
    if let (Some(since), Some(until)) = (since, until)
        && (until < since || (until.0 - since.0).num_days() > LONGEST)
    {
        problems.note("until", "结束日期不能早于开始日期，代理最长三个月。");
    }
    if until.is_some_and(|until| until < tx.today()) {
        problems.note("until", "结束日期已经过去，请核对。");
    }
    if grant.acting_for.is_some() {
        problems.note("account", "这本身是一项代理，不能再转给别人代理。");
    }
    if let Some(account) = account {
        if account == visit.visitor.account || account == grant.account_id {
            problems.note("account", "请选择另一个人。");
        }
        let today = tx.today();
        let grants = store::of_account(&mut tx, account).await?;
        let held: Vec<Role> = grants
            .iter()
            .filter(|grant| grant.ended_at.is_none())
            .filter(|held| held.until.is_none_or(|until| until >= today))
            .filter_map(Grant::role)
            .collect();
        if let Some(why) = conflict(&held, role) {
            problems.note("account", why);
        }
    }
    let (Some(account), Some(since), Some(until), true) = (account, since, until, problems.is_empty()) else {
        return Ok(Invalid(Deputy::page(&visit, &mut tx, grant, form, problems).await?).into_response());
    };
    if let Some(before) = tx.once(key_of(&form.key)?, "/grants").await? {
        return Ok(see_other_done(&before, "again"));
    }
    let person = accounts::find(&mut tx, account).await?;
    let new = NewGrant {
        account,
        role,
        division: grant.division.clone(),
        agency: grant.agency_id,
        stations: grant.station_ids.clone(),
        since,
        until: Some(until),
        acting_for: Some(grant.account_id),
    };
    let made = match checked(accounts::insert_grant(&mut tx, &new).await)? {
        Ok(made) => made,
        Err(problems) => {
            return Ok(Invalid(Deputy::page(&visit, &mut tx, grant, form, problems).await?).into_response());
        }
    };
    let label = format!("{}代{}：{}", person.display_name, grant.display_name, role.label());
    tx.record(
        Entry::new("设置代理", "grant", made, label).after(serde_json::json!({ "since": since, "until": until })),
    )
    .await?;
    tx.commit().await?;
    Ok(see_other_done("/grants", "granted"))
}

#[derive(Template)]
#[template(path = "identity/grants/own.html")]
struct Own {
    chrome: Chrome,
    grants: Vec<Grant>,
    today: Day,
}

pub async fn own(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin_wide().await?;
    let grants = store::of_account(&mut tx, visit.visitor.account).await?;
    let today = tx.today();
    Ok(Html(Own { chrome: visit.chrome(), grants, today }).into_response())
}

pub async fn switch(visit: Visit, Path(id): Path<GrantId>) -> Result<Response> {
    let mut tx = visit.begin_wide().await?;
    store::switch(&mut tx, visit.visitor.session, visit.visitor.account, id).await?;
    let grant = store::find(&mut tx, id).await?;
    tx.record(Entry::new("切换岗位", "grant", id, grant.role_label())).await?;
    tx.commit().await?;
    Ok(see_other_done("/", "switched"))
}
