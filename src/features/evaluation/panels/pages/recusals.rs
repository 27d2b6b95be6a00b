//! Recusals: declared by evaluators, requested by stations, entered and decided by leaders.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::{
    model::{Origin, RecusalReason, RecusalState},
    store::{self, Profile, Recusal, RecusalFilter, Seat},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        evaluation::evaluations::{self, Evaluation, Part, State, Step},
        places::stations,
    },
    kernel::{AccountId, DivisionCode, Error, EvaluationId, Listed, Paging, Problems, Result, StationId, line},
    web::{Chrome, Form, Html, Invalid, Path, Query, Turn, Visit, filters, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RecusalForm {
    station: String,
    account: String,
    seq: i16,
    reason: String,
    words: String,
    decision: String,
}

impl RecusalForm {
    /// Validates the reason and the words.
    fn read(&self, problems: &mut Problems) -> (Option<RecusalReason>, Option<String>) {
        let reason = RecusalReason::parse(&self.reason);
        if reason.is_none() {
            problems.note("reason", "请选择回避的原因。");
        }
        (reason, problems.check("words", line(&self.words, 2, 200)))
    }
}

#[derive(Template)]
#[template(path = "evaluation/panels/recusals.html")]
struct Index {
    chrome: Chrome,
    recusals: Listed<Recusal>,
    filter: RecusalFilter,
    turn: Turn,
    /// Evaluators for whom the round's leader may enter a recusal.
    profiles: Vec<Profile>,
    /// Stations the declaration may name.
    stations: Vec<(StationId, DivisionCode, String)>,
    form: RecusalForm,
    problems: Problems,
}

impl Index {
    fn may_decide(&self, row: &Recusal) -> bool {
        self.chrome.may(Act::RunEvaluations) && row.state == RecusalState::Asked
    }

    /// Evaluators must not read what a station said about them.
    fn may_read(&self, row: &Recusal) -> bool {
        self.chrome.may(Act::RunEvaluations) || row.origin == Origin::Declared
    }

    /// The station's name, even where the evaluator does not reach the station.
    fn station<'a>(&'a self, row: &'a Recusal) -> &'a str {
        let known = self.stations.iter().find(|(id, ..)| *id == row.station);
        known.map_or(row.station_name.as_str(), |(.., name)| name)
    }

    fn reasons(&self) -> Vec<(&'static str, &'static str)> {
        [("", "请选择")].into_iter().chain(RecusalReason::choices()).collect()
    }

    fn station_choices(&self) -> Vec<(String, String)> {
        let all = self.stations.iter().map(|(id, _, name)| (id.to_string(), name.clone()));
        [(String::new(), "请选择".to_owned())].into_iter().chain(all).collect()
    }

    fn profile_choices(&self) -> Vec<(String, String)> {
        let all = self.profiles.iter().map(|profile| (profile.account.to_string(), profile.name.clone()));
        [(String::new(), "请选择".to_owned())].into_iter().chain(all).collect()
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        (filter, paging): (RecusalFilter, Paging),
        (form, problems): (RecusalForm, Problems),
    ) -> Result<Self> {
        let recusals = store::recusals(tx, None, &filter, paging).await?;
        let turn = Turn::of("/recusals", &filter, &recusals);
        let role = visit.visitor.role;
        let stations = match () {
            () if role.may(Act::ScoreStations) => ahead(visit).await?,
            () if role.may(Act::RunEvaluations) => store::stations_ahead(tx).await?,
            () => vec![],
        };
        let profiles = if role.may(Act::RunEvaluations) { store::profiles(tx).await? } else { vec![] };
        Ok(Self { chrome: visit.chrome(), recusals, filter, turn, profiles, stations, form, problems })
    }
}

/// Stations due for evaluation, read across the network: evaluators declare conflicts before
/// they reach any of them.
async fn ahead(visit: &Visit) -> Result<Vec<(StationId, DivisionCode, String)>> {
    let mut wide = visit.begin_wide().await?;
    store::stations_ahead(&mut wide).await
}

pub async fn index(
    visit: Visit,
    Query(filter): Query<RecusalFilter>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    Ok(Html(Index::page(&visit, &mut tx, (filter, paging), Default::default()).await?).into_response())
}

/// The round's leader enters a recusal received on paper; entering it also decides it.
pub async fn enter(visit: Visit, Form(form): Form<RecusalForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut problems = Problems::default();
    let stations = store::stations_ahead(&mut tx).await?;
    let station = stations.iter().find(|(id, ..)| id.to_string() == form.station);
    if station.is_none() {
        problems.note("station", "请选择站点。");
    }
    let profiles = store::profiles(&mut tx).await?;
    let profile = profiles.iter().find(|profile| profile.account.to_string() == form.account);
    if profile.is_none() {
        problems.note("account", "请选择专家。");
    }
    let (reason, words) = form.read(&mut problems);
    let (Some((station, division, name)), Some(profile), Some(reason), Some(words), true) =
        (station, profile, reason, words, problems.is_empty())
    else {
        let page = Index::page(&visit, &mut tx, Default::default(), (form, problems)).await?;
        return Ok(Invalid(page).into_response());
    };
    let seq = store::recuse(&mut tx, (*station, division), profile.account, (Origin::Entered, reason, &words)).await?;
    store::decide(&mut tx, (*station, profile.account, seq), true, "").await?;
    let struck = strike_all(&mut tx, *station, profile.account).await?;
    let after = json!({ "account": profile.account, "reason": reason.label(), "words": words, "struck": struck });
    tx.record(Entry::new("登记回避", "station", station, name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done("/recusals", "saved"))
}

/// Removes an evaluator from all running panels of a station, with their scores; deleting
/// those needs the rights of the round's leader.
async fn strike_all(tx: &mut Tx, station: StationId, account: AccountId) -> Result<Vec<EvaluationId>> {
    let mut struck = vec![];
    for (evaluation, round) in store::seats_at(tx, station, account).await? {
        tx.lead_round(round).await?;
        store::strike(tx, evaluation, account, "已决定回避").await?;
        let round = evaluations::find_round(tx, round).await?;
        store::grant_seats(tx, &round).await?;
        // A moderated result included their scores, so moderation has to be repeated.
        let mut one = evaluations::find(tx, evaluation).await?;
        if one.state == State::Moderated {
            evaluations::step(tx, &mut one, Step::Reconsider, "专家回避，评分作废").await?;
        }
        struck.push(evaluation);
    }
    Ok(struck)
}

/// Evaluators declare their own conflict with a station.
pub async fn declare(visit: Visit, Form(form): Form<RecusalForm>) -> Result<Response> {
    let mut problems = Problems::default();
    let stations = ahead(&visit).await?;
    let station = stations.iter().find(|(id, ..)| id.to_string() == form.station);
    if station.is_none() {
        problems.note("station", "请选择站点。");
    }
    let (reason, words) = form.read(&mut problems);
    let mut tx = visit.begin().await?;
    let (Some((station, division, name)), Some(reason), Some(words), true) =
        (station, reason, words, problems.is_empty())
    else {
        let page = Index::page(&visit, &mut tx, Default::default(), (form, problems)).await?;
        return Ok(Invalid(page).into_response());
    };
    let account = visit.visitor.account;
    store::recuse(&mut tx, (*station, division), account, (Origin::Declared, reason, &words)).await?;
    let after = json!({ "account": account, "reason": reason.label(), "words": words });
    tx.record(Entry::new("申报回避", "station", station, name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done("/recusals", "asked"))
}

/// Decides a recusal. Approval removes the seat and the scores given on it.
pub async fn decide(visit: Visit, Path(id): Path<StationId>, Form(form): Form<RecusalForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = stations::find(&mut tx, id).await?;
    let account: AccountId = form.account.parse().map_err(|_| Error::NotFound)?;
    let approve = match RecusalState::parse(&form.decision) {
        Some(RecusalState::Approved) => true,
        Some(RecusalState::Rejected) => false,
        _ => return Err(Error::NotFound),
    };
    let words = match line(&form.words, if approve { 0 } else { 2 }, 200) {
        Ok(words) => words,
        Err(why) => {
            let problems = Problems::one("words", format!("{}：{why}", station.name));
            let page = Index::page(&visit, &mut tx, Default::default(), (form, problems)).await?;
            return Ok(Invalid(page).into_response());
        }
    };
    if !store::decide(&mut tx, (id, account, form.seq), approve, &words).await? {
        return Err(Error::refused("这条回避已经有人决定了，请刷新后再看。"));
    }
    let struck = if approve { strike_all(&mut tx, id, account).await? } else { vec![] };
    let after = json!({ "account": account, "approved": approve, "words": words, "struck": struck });
    tx.record(Entry::new("决定回避", "station", id, &station.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done("/recusals", "saved"))
}

#[derive(Template)]
#[template(path = "evaluation/panels/request.html")]
struct OfStation {
    chrome: Chrome,
    evaluation: Evaluation,
    parts: Vec<Part>,
    seats: Vec<Seat>,
    recusals: Listed<Recusal>,
    form: RecusalForm,
    problems: Problems,
}

impl OfStation {
    fn reasons(&self) -> Vec<(&'static str, &'static str)> {
        [("", "请选择")].into_iter().chain(RecusalReason::choices()).collect()
    }

    fn seat_choices(&self) -> Vec<(String, String)> {
        let all = self.seats.iter().map(|seat| (seat.account.to_string(), seat.name.clone()));
        [(String::new(), "请选择".to_owned())].into_iter().chain(all).collect()
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        id: EvaluationId,
        (form, problems): (RecusalForm, Problems),
    ) -> Result<Self> {
        let (evaluation, round, parts) = evaluations::head_of(tx, visit, id).await?;
        let seats = store::seats(tx, round.id).await?.into_iter().filter(|seat| seat.evaluation == id).collect();
        // A station sees only requests by stations; other recusals are for the round's leaders.
        let asked = RecusalFilter { origin: Origin::Requested.as_str().to_owned(), ..RecusalFilter::default() };
        let recusals = store::recusals(tx, Some(evaluation.station), &asked, Paging::default()).await?;
        Ok(Self { chrome: visit.chrome(), evaluation, parts, seats, recusals, form, problems })
    }
}

pub async fn of_station(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    Ok(Html(OfStation::page(&visit, &mut tx, id, Default::default()).await?).into_response())
}

/// A station asks for a member of its panel to withdraw.
pub async fn request(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<RecusalForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, round, _) = evaluations::head_of(&mut tx, &visit, id).await?;
    if !evaluation.state.takes_seats() {
        return Err(Error::refused("专家已经评完，不能再申请回避。对结果有意见的，公示以后可以申请复核。"));
    }
    let mut problems = Problems::default();
    let seats = store::seats(&mut tx, round.id).await?;
    let seat = seats.iter().find(|seat| seat.evaluation == id && seat.account.to_string() == form.account);
    if seat.is_none() {
        problems.note("account", "请选择要回避的专家。");
    }
    let before =
        store::recusals(&mut tx, Some(evaluation.station), &RecusalFilter::default(), Paging::default()).await?;
    let is_open = |row: &&Recusal| row.account.to_string() == form.account && row.state != RecusalState::Rejected;
    if before.rows.iter().any(|row| is_open(&row)) {
        problems.note("account", "这位专家的回避已经申请过，请等组织方决定。");
    }
    let (reason, words) = form.read(&mut problems);
    let (Some(seat), Some(reason), Some(words), true) = (seat, reason, words, problems.is_empty()) else {
        return Ok(Invalid(OfStation::page(&visit, &mut tx, id, (form, problems)).await?).into_response());
    };
    let of = (evaluation.station, &evaluation.division);
    store::recuse(&mut tx, of, seat.account, (Origin::Requested, reason, &words)).await?;
    let after = json!({ "account": seat.account, "name": seat.name, "reason": reason.label(), "words": words });
    tx.record(Entry::new("申请专家回避", "evaluation", id, &evaluation.station_name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/recusals", evaluation.path()), "asked"))
}
