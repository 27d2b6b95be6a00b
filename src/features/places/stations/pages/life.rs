//! Pages for the events of a station's life: change of state, move, merger and served divisions.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{
    super::{
        model::{State, StationLevel},
        store::{self, Following, Station},
    },
    list::Show,
};
use crate::{
    db::{Entry, Tx},
    features::places::divisions::{self, Division},
    kernel::{Day, DivisionCode, Error, Problems, Result, StationId, line},
    web::{Chrome, Form, Html, Invalid, Path, Query, Visit, checked, filters, see_other_done},
};

/// Reads a day that must not be in the future.
fn past_day(typed: &str, today: Day) -> Result<Day, &'static str> {
    match typed.parse::<Day>()? {
        day if day > today => Err("日期不能晚于今天。到那一天再来登记。"),
        day => Ok(day),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StateForm {
    version: i32,
    state: String,
    on: String,
    reason: String,
    /// Closed because it was entered by mistake.
    mistake: String,
}

#[derive(Template)]
#[template(path = "places/stations/state.html")]
struct StatePage {
    chrome: Chrome,
    station: Station,
    form: StateForm,
    problems: Problems,
}

impl StatePage {
    fn choices(&self) -> Vec<(&'static str, &'static str)> {
        self.station.state.next().into_iter().map(|state| (state.as_str(), state.label())).collect()
    }
}

pub async fn state(visit: Visit, Path(id): Path<StationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = store::find(&mut tx, id).await?;
    let form = StateForm { version: station.version, on: tx.today().to_string(), ..StateForm::default() };
    Ok(Html(StatePage { chrome: visit.chrome(), station, form, problems: Problems::default() }).into_response())
}

pub async fn change_state(visit: Visit, Path(id): Path<StationId>, Form(form): Form<StateForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut station = store::find(&mut tx, id).await?;
    let mut problems = Problems::default();
    let next = problems.check("state", State::parse(&form.state).ok_or("请选择要改成的状态。"));
    let on = problems.check("on", past_day(&form.on, tx.today()));
    let reason = problems.check("reason", line(&form.reason, 2, 200));
    let (Some(next), Some(on), Some(reason)) = (next, on, reason) else {
        return Ok(Invalid(StatePage { chrome: visit.chrome(), station, form, problems }).into_response());
    };
    let before = station.state.after(next).map(|_| station.state)?;
    station.version = form.version;
    match checked(close_or_change(&mut tx, &station, next, on, &reason, !form.mistake.is_empty()).await)? {
        Ok(()) => {
            let entry = Entry::new("变更站点状态", "station", id, &station.name);
            let entry = entry.before(serde_json::json!({ "state": before }));
            tx.record(entry.after(
                serde_json::json!({ "state": next, "on": on, "reason": reason, "mistake": !form.mistake.is_empty() }),
            ))
            .await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/stations/{id}"), "state"))
        }
        Err(found) => {
            let found = found.all().first().cloned();
            let (field, why) = found.map_or(("on", String::new()), |problem| (problem.field, problem.why));
            let problems = Problems::one(if field == "since" { "on" } else { field }, why);
            Ok(Invalid(StatePage { chrome: visit.chrome(), station, form, problems }).into_response())
        }
    }
}

/// Refuses to close a station that still has stations below it; one closed as a mistake no longer
/// counts as built.
async fn close_or_change(
    tx: &mut Tx,
    station: &Station,
    next: State,
    on: Day,
    reason: &str,
    mistake: bool,
) -> Result<()> {
    if next == State::Closed {
        let rooms = store::following(tx, station.id).await?.rooms;
        if !rooms.is_empty() {
            let why =
                format!("还有 {} 个所属站点在名册里。请先用「合并」把它们交给别的站，或逐个改上级站点。", rooms.len());
            return Err(Error::at("state", why));
        }
    }
    store::set_state(tx, station, next, on, reason).await?;
    if next == State::Closed && mistake {
        store::never_opened(tx, station).await?;
    }
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MoveForm {
    version: i32,
    to: String,
    parent: String,
    on: String,
    reason: String,
    /// Set once the visitor has seen the dry run.
    confirmed: String,
}

#[derive(Template)]
#[template(path = "places/stations/move.html")]
struct MovePage {
    chrome: Chrome,
    station: Station,
    from: Division,
    form: MoveForm,
    problems: Problems,
    /// The dry run: the target division, the new parent, and what moves along.
    plan: Option<MovePlan>,
}

#[derive(Debug)]
struct MovePlan {
    to: Division,
    on: Day,
    parents: Vec<(String, String)>,
    following: Following,
}

impl MovePage {
    async fn page(visit: &Visit, tx: &mut Tx, station: Station, form: MoveForm, problems: Problems) -> Result<Self> {
        let from = divisions::find(tx, &station.division).await?;
        Ok(Self { chrome: visit.chrome(), station, from, form, problems, plan: None })
    }
}

pub async fn moving(visit: Visit, Path(id): Path<StationId>, Query(form): Query<MoveForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = store::find(&mut tx, id).await?;
    let form = MoveForm {
        version: station.version,
        on: if form.on.is_empty() { tx.today().to_string() } else { form.on.clone() },
        ..form
    };
    Ok(Html(MovePage::page(&visit, &mut tx, station, form, Problems::default()).await?).into_response())
}

/// Without confirmation, a dry run; with it, the move.
pub async fn relocate(visit: Visit, Path(id): Path<StationId>, Form(form): Form<MoveForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut station = store::find(&mut tx, id).await?;
    let mut problems = Problems::default();
    let on = problems.check("on", past_day(&form.on, tx.today()));
    let reason = problems.check("reason", line(&form.reason, 2, 200));
    let to = target(&visit, &mut tx, &station, &form.to, &mut problems).await?;
    let (Some(to), Some(on), Some(reason)) = (to, on, reason) else {
        return Ok(Invalid(MovePage::page(&visit, &mut tx, station, form, problems).await?).into_response());
    };
    let possible = store::possible_parents(&mut tx, &to.code, station.level).await?;
    let parent = possible.iter().find(|(parent, _)| parent.to_string() == form.parent).map(|(parent, _)| *parent);
    if form.confirmed.is_empty() {
        let mut parents = vec![(String::new(), "（没有）".to_owned())];
        parents.extend(possible.into_iter().map(|(id, name)| (id.to_string(), name)));
        let parent = parents.get(1).map(|(id, _)| id.clone()).unwrap_or_default();
        let following = store::following(&mut tx, id).await?;
        let mut page = MovePage::page(&visit, &mut tx, station, MoveForm { parent, ..form }, problems).await?;
        page.plan = Some(MovePlan { to, on, parents, following });
        return Ok(Html(page).into_response());
    }
    let before = serde_json::json!({ "division": station.division, "parent": station.parent_name });
    station.version = form.version;
    match checked(store::relocate(&mut tx, &station, &to.code, parent, on, &reason).await)? {
        Ok(grants) => {
            let after = serde_json::json!({ "division": to.code, "parent": form.parent, "on": on, "reason": reason });
            tx.record(Entry::new("迁移站点", "station", id, &station.name).before(before).after(after)).await?;
            let after = serde_json::json!({ "division": to.code, "station": station.name });
            let grants: Vec<_> =
                grants.iter().map(|id| (id.to_string(), station.name.clone(), after.clone())).collect();
            tx.record_all("授权随站点迁移", "grant", &grants).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/stations/{id}"), "moved"))
        }
        Err(found) => {
            let why = found.all().first().map_or("", |problem| problem.why.as_str());
            let problems = Problems::one(if why.contains("总站") { "to" } else { "on" }, why);
            Ok(Invalid(MovePage::page(&visit, &mut tx, station, form, problems).await?).into_response())
        }
    }
}

/// The division to move to, by code or name: within reach, not ended, not the present one, and of a
/// level that suits the station.
async fn target(
    visit: &Visit,
    tx: &mut Tx,
    station: &Station,
    typed: &str,
    problems: &mut Problems,
) -> Result<Option<Division>> {
    let why = match divisions::called(tx, &visit.visitor.scope.reach.division, typed).await? {
        Err(why) => why,
        Ok(to) if to.until.is_some() => "这个区划已经撤并，请填并入的区划。".to_owned(),
        Ok(to) if to.code == station.division => "站点已经在这个区划里。".to_owned(),
        Ok(to) if StationLevel::within(to.level) != Some(station.level) => {
            format!("{}是{}，这个站点不能放到那一级。", to.name, to.level.label())
        }
        Ok(to) => return Ok(Some(to)),
    };
    problems.note("to", why);
    Ok(None)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MergeForm {
    version: i32,
    into: String,
    on: String,
    reason: String,
    confirmed: String,
}

#[derive(Template)]
#[template(path = "places/stations/merge.html")]
struct MergePage {
    chrome: Chrome,
    station: Station,
    form: MergeForm,
    problems: Problems,
    others: Vec<(String, String)>,
    plan: Option<(Station, Day, Following)>,
}

impl MergePage {
    async fn page(visit: &Visit, tx: &mut Tx, station: Station, form: MergeForm, problems: Problems) -> Result<Self> {
        let mut others = vec![(String::new(), "请选择".to_owned())];
        others.extend(store::siblings(tx, &station).await?.into_iter().map(|(id, name)| (id.to_string(), name)));
        Ok(Self { chrome: visit.chrome(), station, form, problems, others, plan: None })
    }
}

pub async fn merging(visit: Visit, Path(id): Path<StationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = store::find(&mut tx, id).await?;
    let form = MergeForm { version: station.version, on: tx.today().to_string(), ..MergeForm::default() };
    Ok(Html(MergePage::page(&visit, &mut tx, station, form, Problems::default()).await?).into_response())
}

pub async fn merge(visit: Visit, Path(id): Path<StationId>, Form(form): Form<MergeForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut station = store::find(&mut tx, id).await?;
    station.state.after(State::Closed)?;
    let mut problems = Problems::default();
    let siblings = store::siblings(&mut tx, &station).await?;
    let into = siblings.iter().find(|(other, _)| other.to_string() == form.into).map(|(other, _)| *other);
    let into = problems.check("into", into.ok_or("请选择并入哪个站点。"));
    let on = problems.check("on", past_day(&form.on, tx.today()));
    let reason = problems.check("reason", line(&form.reason, 2, 200));
    let (Some(into), Some(on), Some(reason)) = (into, on, reason) else {
        return Ok(Invalid(MergePage::page(&visit, &mut tx, station, form, problems).await?).into_response());
    };
    let into = store::find(&mut tx, into).await?;
    let following = store::following(&mut tx, id).await?;
    if form.confirmed.is_empty() {
        let mut page = MergePage::page(&visit, &mut tx, station, form, problems).await?;
        page.plan = Some((into, on, following));
        return Ok(Html(page).into_response());
    }
    station.version = form.version;
    let done = async {
        store::set_state(&mut tx, &station, State::Closed, on, &format!("并入{}：{reason}", into.name)).await?;
        store::hand_over_rooms(&mut tx, &following.rooms, into.id, on).await?;
        store::hand_over_served(&mut tx, &station, &into).await?;
        divisions::mark(&mut tx, &[&station.division, &into.division]).await
    };
    match checked(done.await)? {
        Ok(()) => {
            let after =
                serde_json::json!({ "into": into.name, "on": on, "reason": reason, "rooms": following.rooms.len() });
            tx.record(Entry::new("合并站点", "station", id, &station.name).after(&after)).await?;
            let took = serde_json::json!({ "merged": station.name, "on": on, "rooms": following.rooms.len() });
            tx.record(Entry::new("接收合并", "station", into.id, &into.name).after(took)).await?;
            for (room, name) in &following.rooms {
                tx.record(
                    Entry::new("变更上级站点", "station", room, name)
                        .after(serde_json::json!({ "parent": into.name, "on": on })),
                )
                .await?;
            }
            tx.commit().await?;
            Ok(see_other_done(&format!("/stations/{}", into.id), "merged"))
        }
        Err(found) => {
            let problems = Problems::one("on", found.all().first().map_or("", |problem| problem.why.as_str()));
            drop(tx);
            let mut tx = visit.begin().await?;
            let station = store::find(&mut tx, id).await?;
            Ok(Invalid(MergePage::page(&visit, &mut tx, station, form, problems).await?).into_response())
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServedForm {
    served: String,
}

pub async fn serve(visit: Visit, Path(id): Path<StationId>, Form(form): Form<ServedForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = store::find(&mut tx, id).await?;
    let refused = |why: &str| Err(Problems::one("served", why));
    let added = match divisions::called(&mut tx, &visit.visitor.scope.reach.division, &form.served).await? {
        Err(why) => refused(&format!("{why}跨县（区）的片区请由上级登记。")),
        Ok(there) if there.code == station.division => refused("本站所在的区划本来就在服务范围里，不用添加。"),
        Ok(there) if there.code.as_str().len() < 9 => refused("请填写乡镇（街道）或村（社区）。"),
        Ok(there) if there.until.is_some() => refused("这个区划已经撤并，请填并入的区划。"),
        Ok(there) => checked(store::serve(&mut tx, &station, &there.code).await)?.map(|()| there.code),
    };
    match added {
        Ok(code) => {
            tx.record(
                Entry::new("增加服务区划", "station", id, &station.name).after(serde_json::json!({ "served": code })),
            )
            .await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/stations/{id}"), "saved"))
        }
        Err(problems) => Ok(Invalid(Show::page(&visit, &mut tx, id, problems, form.served).await?).into_response()),
    }
}

pub async fn unserve(visit: Visit, Path((id, code)): Path<(StationId, DivisionCode)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = store::find(&mut tx, id).await?;
    store::unserve(&mut tx, id, &code).await?;
    tx.record(Entry::new("减少服务区划", "station", id, &station.name).before(serde_json::json!({ "served": code })))
        .await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/stations/{id}"), "saved"))
}
