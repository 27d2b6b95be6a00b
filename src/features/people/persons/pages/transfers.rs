//! Pages of transfers: immediate within reach, on request beyond it.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        people::persons::{
            model::{Person, Post, PostForm, read_end},
            store::{self, Transfer, TransferState},
        },
        places::{
            divisions,
            stations::{self, Filter as StationFilter},
        },
    },
    kernel::{
        Day, Error, Listed, Paging, PersonId, PostId, Problems, Result, StationId, TransferId, line, masked_name,
    },
    web::{Chrome, Form, Html, Invalid, Path, Query, Turn, Visit, checked, filters, see_other_done},
};

const STATIONS: i64 = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MoveForm {
    station: String,
    /// First day at the new station.
    on: String,
    reason: String,
    /// Destination beyond reach: a code or a name.
    to: String,
}

#[derive(Template)]
#[template(path = "people/persons/transfer.html")]
struct Move {
    chrome: Chrome,
    person: Person,
    main: Option<Post>,
    stations: Vec<(String, String)>,
    form: MoveForm,
    problems: Problems,
}

/// Stations of a place to which a person can be moved.
async fn targets(tx: &mut Tx, division: &str, but: Option<StationId>) -> Result<Vec<(String, String)>> {
    let filter = StationFilter { division: division.to_owned(), ..StationFilter::default() };
    let rows = stations::rows(tx, &filter.wanted(), STATIONS, 0).await?;
    let mut choices = vec![(String::new(), "请选择".to_owned())];
    choices.extend(
        rows.into_iter()
            .filter(|row| Some(row.id) != but && row.state != stations::State::Closed)
            .map(|row| (row.id.to_string(), format!("{}（{}）", row.name, row.code))),
    );
    Ok(choices)
}

/// Code prefix within which the visitor may move a person alone. An agency's stations lie in
/// several counties, so its manager is limited to the person's county.
pub(super) fn own_ground<'a>(visit: &Visit, person: &'a Person) -> &'a str {
    let code = person.division.as_str();
    if visit.visitor.scope.reach.agency.is_some() { &code[..code.len().min(6)] } else { "" }
}

impl Move {
    async fn page(visit: &Visit, tx: &mut Tx, person: Person, form: MoveForm, problems: Problems) -> Result<Self> {
        let main = main_post(tx, person.id).await?;
        let stations = targets(tx, own_ground(visit, &person), person.station).await?;
        Ok(Self { chrome: visit.chrome(), person, main, stations, form, problems })
    }
}

/// The current main post.
async fn main_post(tx: &mut Tx, person: PersonId) -> Result<Option<Post>> {
    let today = tx.today();
    let posts = store::posts_of(tx, person).await?;
    Ok(posts.into_iter().find(|post| post.facts.is_main && post.facts.span.until.is_none_or(|until| until >= today)))
}

pub async fn new(visit: Visit, Path(id): Path<PersonId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let form = MoveForm { on: tx.today().after().to_string(), ..MoveForm::default() };
    Ok(Html(Move::page(&visit, &mut tx, person, form, Problems::default()).await?).into_response())
}

/// Ends the main post the day before and begins it anew at another station.
async fn carry_over(
    tx: &mut Tx,
    person: &Person,
    main: &Post,
    to: StationId,
    on: &str,
    why: &str,
) -> Result<(), Stopped> {
    let mut problems = Problems::default();
    let first = problems.check("on", on.parse::<Day>());
    let Some(first) = first else { return Err(Stopped::Typed(problems)) };
    if first <= main.facts.span.since {
        let why = format!("要晚于现在这段任职的到岗日期 {}。", main.facts.span.since);
        return Err(Stopped::Typed(Problems::one("on", why)));
    }
    let (last, reason) = read_end(main, &first.before().to_string(), why).map_err(|found| {
        let mut problems = Problems::default();
        for problem in found.all() {
            problems.note(if problem.field == "until" { "on" } else { problem.field }, &problem.why);
        }
        Stopped::Typed(problems)
    })?;
    let station = stations::find(tx, to).await?;
    store::end_post(tx, main, last, &reason).await?;
    let mut next = main.facts.clone();
    next.span.since = first;
    next.span.until = None;
    checked(store::insert_post(tx, PostId::new(), person, &station, &next).await)?.map_err(Stopped::Typed)?;
    let entry = Entry::new("调动人员", "person", person.id, &person.name);
    let (from, to) = (
        json!({ "station": main.station_name, "until": last }),
        json!({ "station": station.name, "since": first, "reason": reason }),
    );
    tx.record(entry.before(from).after(to)).await?;
    Ok(())
}

/// Why a move failed: invalid input, or an error.
enum Stopped {
    Typed(Problems),
    Went(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Went(error)
    }
}

pub async fn create(visit: Visit, Path(id): Path<PersonId>, Form(form): Form<MoveForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let there = format!("/persons/{id}");
    let problems = match (form.station.parse::<StationId>(), form.to.trim()) {
        (Ok(_), to) if !to.is_empty() => Problems::one(
            "to",
            "上面已经选了站点，这里就不填；要申请调到管辖范围之外的，请把上面的站点改回「请选择」。",
        ),
        (Ok(station), _) => {
            if !stations::find(&mut tx, station).await?.division.as_str().starts_with(own_ground(&visit, &person)) {
                return Err(Error::refused("跨县（区）的调动要由上级办理，请返回上一页，在「调往」里填写去向。"));
            }
            let asked = store::transfers_of(&mut tx, id).await?;
            if asked.iter().any(|transfer| transfer.state == TransferState::Asked) {
                return Err(Error::refused(
                    "这个人有一份等待办理的调出申请，请先在人员页面上撤回，再办管辖范围内的调动。",
                ));
            }
            let Some(main) = main_post(&mut tx, id).await? else {
                return Err(Error::refused("这个人现在没有主要任职，请直接登记新的任职。"));
            };
            match carry_over(&mut tx, &person, &main, station, &form.on, &form.reason).await {
                Ok(()) => {
                    tx.commit().await?;
                    return Ok(see_other_done(&there, "saved"));
                }
                Err(Stopped::Typed(problems)) => problems,
                Err(Stopped::Went(error)) => return Err(error),
            }
        }
        (Err(_), "") => Problems::one("station", "请选择调到哪个站点；要调到管辖范围之外的，请填下面的「调往」。"),
        (Err(_), to) => match checked(request(&visit, &mut tx, &person, to, &form.reason).await)? {
            Ok(()) => {
                tx.commit().await?;
                return Ok(see_other_done(&there, "asked"));
            }
            Err(problems) => problems,
        },
    };
    // Rolls back the attempt; the form is shown again as typed.
    drop(tx);
    let mut tx = visit.begin().await?;
    Ok(Invalid(Move::page(&visit, &mut tx, person, form, problems).await?).into_response())
}

/// Requests the transfer from the level above.
async fn request(visit: &Visit, tx: &mut Tx, person: &Person, to: &str, reason: &str) -> Result<()> {
    let mut problems = Problems::default();
    let reason = problems.check("reason", line(reason, 2, 200));
    let root = visit.visitor.root.clone();
    let place = problems.check("to", divisions::called(tx, &root, to).await?);
    let (Some(reason), Some(place)) = (reason, place) else { return Err(problems.into()) };
    let reach = &visit.visitor.scope.reach;
    let own = reach.stations.is_none() && reach.division.contains(&place.code);
    let ground = own_ground(visit, person);
    if own || !ground.is_empty() && place.code.as_str().starts_with(ground) {
        return Err(Error::at("to", "这个地方在您的管辖范围内，请直接在上面选择站点。"));
    }
    let id = TransferId::new();
    store::ask(tx, id, person, &place.code, &reason).await?;
    let entry = Entry::new("申请调出", "person", person.id, &person.name);
    tx.record(entry.after(json!({ "to": place.name, "reason": reason }))).await
}

#[derive(Template)]
#[template(path = "people/persons/transfers.html")]
struct Index {
    chrome: Chrome,
    transfers: Listed<Transfer>,
    turn: Turn,
}

impl Index {
    fn name(&self, transfer: &Transfer) -> String {
        shown_name(&self.chrome, &transfer.person_name)
    }
}

fn shown_name(chrome: &Chrome, name: &str) -> String {
    if chrome.may(Act::ReadNames) { name.to_owned() } else { masked_name(name) }
}

pub async fn index(visit: Visit, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let transfers = store::transfers(&mut tx, paging).await?;
    let turn = Turn::of("/transfers", &(), &transfers);
    Ok(Html(Index { chrome: visit.chrome(), transfers, turn }).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecideForm {
    station: String,
    on: String,
    decision: String,
    refuse: String,
}

#[derive(Template)]
#[template(path = "people/persons/transfer_show.html")]
struct Show {
    chrome: Chrome,
    transfer: Transfer,
    /// True if the destination is within reach as well.
    reached: bool,
    stations: Vec<(String, String)>,
    form: DecideForm,
    problems: Problems,
}

impl Show {
    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        transfer: Transfer,
        form: DecideForm,
        problems: Problems,
    ) -> Result<Self> {
        let reached = visit.visitor.scope.reach.division.contains(&transfer.to);
        let stations = if reached { targets(tx, transfer.to.as_str(), None).await? } else { vec![] };
        Ok(Self { chrome: visit.chrome(), transfer, reached, stations, form, problems })
    }

    fn name(&self) -> String {
        shown_name(&self.chrome, &self.transfer.person_name)
    }
}

pub async fn show(visit: Visit, Path(id): Path<TransferId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let transfer = store::find_transfer(&mut tx, id).await?;
    let form = DecideForm { on: tx.today().after().to_string(), ..DecideForm::default() };
    Ok(Html(Show::page(&visit, &mut tx, transfer, form, Problems::default()).await?).into_response())
}

pub async fn decide(visit: Visit, Path(id): Path<TransferId>, Form(form): Form<DecideForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let transfer = store::find_transfer(&mut tx, id).await?;
    let person = store::find(&mut tx, transfer.person).await?;
    if !form.refuse.is_empty() {
        let mut problems = Problems::default();
        if let Some(why) = problems.check("decision", line(&form.decision, 2, 200)) {
            store::decide(&mut tx, id, TransferState::Refused, &why).await?;
            let entry = Entry::new("不同意调出", "person", person.id, &person.name);
            tx.record(entry.after(json!({ "to": transfer.to_name, "reason": why }))).await?;
            tx.commit().await?;
            return Ok(see_other_done("/transfers", "saved"));
        }
        return Ok(Invalid(Show::page(&visit, &mut tx, transfer, form, problems).await?).into_response());
    }
    let problems = match form.station.parse::<StationId>() {
        Ok(station) => {
            let main = main_post(&mut tx, person.id).await?;
            let name = stations::find(&mut tx, station).await?.name;
            let decision = format!("调到{name}，{} 起。{}", form.on.trim(), form.decision.trim());
            store::decide(&mut tx, id, TransferState::CarriedOut, &decision).await?;
            let carried = match &main {
                Some(main) => carry_over(&mut tx, &person, main, station, &form.on, &transfer.reason).await,
                None => begin_again(&mut tx, &person, station, &form.on).await,
            };
            match carried {
                Ok(()) => {
                    tx.commit().await?;
                    return Ok(see_other_done("/transfers", "saved"));
                }
                Err(Stopped::Typed(problems)) => problems,
                Err(Stopped::Went(error)) => return Err(error),
            }
        }
        Err(_) => Problems::one("station", "请选择调到哪个站点。"),
    };
    drop(tx);
    let mut tx = visit.begin().await?;
    Ok(Invalid(Show::page(&visit, &mut tx, transfer, form, problems).await?).into_response())
}

/// Starts a new main post for a person who has none left.
async fn begin_again(tx: &mut Tx, person: &Person, to: StationId, on: &str) -> Result<(), Stopped> {
    let station = stations::find(tx, to).await?;
    let form = PostForm { since: on.to_owned(), ..PostForm::usual(tx.today()) };
    let new = form.read(tx.today()).map_err(|found| {
        let why = found.on("since").unwrap_or("请核对日期。").to_owned();
        Stopped::Typed(Problems::one("on", why))
    })?;
    checked(store::insert_post(tx, PostId::new(), person, &station, &new).await)?.map_err(Stopped::Typed)?;
    tx.record(Entry::new("调动人员", "person", person.id, &person.name).after((&station.name, &new))).await?;
    Ok(())
}

pub async fn withdraw(visit: Visit, Path(id): Path<TransferId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let transfer = store::find_transfer(&mut tx, id).await?;
    store::decide(&mut tx, id, TransferState::Withdrawn, "").await?;
    tx.record(Entry::new("撤回调出申请", "person", transfer.person, &transfer.person_name)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/persons/{}", transfer.person), "saved"))
}
