//! The panels of a round with their draw, and the panel of one station.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::{Candidate, draw},
        store::{self, Conflict, Profile, Seat},
    },
    led, led_round,
};
use crate::{
    db::{Entry, Tx},
    features::evaluation::evaluations::{self, Evaluation, Part, Round, State, Step},
    kernel::{AccountId, Day, Error, EvaluationId, Problems, Result, RoundId, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "evaluation/panels/round.html")]
struct OfRound {
    chrome: Chrome,
    round: Round,
    subjects: Vec<Evaluation>,
    seats: Vec<Seat>,
    profiles: Vec<Profile>,
    seed: String,
    problems: Problems,
}

impl OfRound {
    fn of(&self, id: &EvaluationId) -> Vec<&Seat> {
        self.seats.iter().filter(|seat| seat.evaluation == *id).collect()
    }

    fn takes_draws(&self) -> bool {
        takes_draws(&self.round)
    }

    fn load(&self, account: &AccountId) -> usize {
        self.seats.iter().filter(|seat| seat.account == *account).count()
    }

    fn is_whole(&self, id: &EvaluationId) -> bool {
        store::is_whole(&self.round, &self.seats, *id)
    }

    /// Number of submitted stations whose panel is complete and can start its visit.
    fn ready(&self) -> usize {
        self.subjects.iter().filter(|one| one.state == State::Submitted && self.is_whole(&one.id)).count()
    }

    async fn page(visit: &Visit, tx: &mut Tx, round: Round, seed: String, problems: Problems) -> Result<Self> {
        let subjects = evaluations::subjects(tx, round.id).await?;
        let seats = store::seats(tx, round.id).await?;
        let profiles = store::profiles(tx).await?;
        let seed = if seed.is_empty() { round.seed.clone() } else { seed };
        Ok(Self { chrome: visit.chrome(), round, subjects, seats, profiles, seed, problems })
    }
}

pub async fn of_round(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    Ok(Html(OfRound::page(&visit, &mut tx, round, String::new(), Problems::default()).await?).into_response())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DrawForm {
    seed: String,
    picked: Vec<String>,
}

/// True while panels of the round may still be drawn.
fn takes_draws(round: &Round) -> bool {
    !round.stage().is_out()
}

/// Draws panels for all stations that take seats; existing seats stay.
pub async fn draw_all(visit: Visit, Path(id): Path<RoundId>, Form(form): Form<DrawForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    if !takes_draws(&round) {
        return Err(Error::refused("这一轮的结果已经发布，不能再抽取专家。"));
    }
    let mut problems = Problems::default();
    let seed = problems.check("seed", line(&form.seed, 4, 60));
    let profiles = store::profiles(&mut tx).await?;
    let candidates: Vec<Candidate> = profiles
        .iter()
        .filter(|profile| form.picked.contains(&profile.account.to_string()))
        .map(|profile| Candidate { account: profile.account, is_finance: profile.is_finance })
        .collect();
    if candidates.is_empty() {
        problems.note("picked", "请勾选参加抽取的专家。");
    } else if round.needs_finance && !candidates.iter().any(|candidate| candidate.is_finance) {
        problems.note("picked", "每站至少要 1 名财务专家，请勾选，或先在专家资料里标明谁是财务专家。");
    }
    let (Some(seed), true) = (seed, problems.is_empty()) else {
        return Ok(Invalid(OfRound::page(&visit, &mut tx, round, form.seed, problems).await?).into_response());
    };
    let subjects = evaluations::subjects(&mut tx, id).await?;
    let open: Vec<_> = subjects.iter().filter(|one| one.state.takes_seats()).collect();
    let ids: Vec<_> = open.iter().map(|one| one.id).collect();
    let accounts: Vec<_> = candidates.iter().map(|candidate| candidate.account).collect();
    let found = store::conflicts(&mut tx, &ids, &accounts).await?;
    let conflict: BTreeSet<_> = found.iter().map(|conflict| (conflict.evaluation, conflict.account)).collect();
    let mut kept: BTreeMap<EvaluationId, Vec<AccountId>> = BTreeMap::new();
    for seat in store::seats(&mut tx, id).await? {
        kept.entry(seat.evaluation).or_default().push(seat.account);
    }
    let per = usize::try_from(round.scorers).unwrap_or(1);
    let drawn = draw(&seed, &ids, &candidates, (per, round.needs_finance), &conflict, &kept);
    for (evaluation, account) in &drawn.seats {
        if let Some(one) = open.iter().find(|one| one.id == *evaluation) {
            store::clear_and_seat(&mut tx, one, *account).await?;
        }
    }
    evaluations::keep_seed(&mut tx, &round, &seed).await?;
    store::grant_seats(&mut tx, &round).await?;
    let after = json!({ "seed": seed, "candidates": accounts, "conflicts": conflict.len(), "seats": drawn.seats, "short": drawn.short });
    tx.record(Entry::new("抽取评估专家", "evaluation_round", id, &round.name).after(after)).await?;
    tx.commit().await?;
    let done = if drawn.short.is_empty() { "drawn" } else { "drawn_short" };
    Ok(see_other_done(&format!("{}/panels", round.path()), done))
}

/// Starts the visits of all stations with a complete panel.
pub async fn start_all(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    let seats = store::seats(&mut tx, id).await?;
    let subjects = evaluations::subjects(&mut tx, id).await?;
    let ready: Vec<_> = subjects
        .iter()
        .filter(|one| one.state == State::Submitted && store::is_whole(&round, &seats, one.id))
        .map(|one| (one.id, one.last_seq))
        .collect();
    if ready.is_empty() {
        return Err(Error::refused("没有可以开始的站点：要先提交自评，并安排好专家。"));
    }
    evaluations::step_all(&mut tx, &ready, (State::Submitted, State::OnSite, Step::Visit), "").await?;
    let entry = Entry::new("开始实地评估", "evaluation_round", id, &round.name);
    tx.record(entry.after(json!({ "stations": ready.len() }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/panels", round.path()), "state"))
}

#[derive(Template)]
#[template(path = "evaluation/panels/panel.html")]
struct Show {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    parts: Vec<Part>,
    seats: Vec<Seat>,
    profiles: Vec<Profile>,
    conflicts: Vec<Conflict>,
    loads: HashMap<AccountId, usize>,
    form: SeatForm,
    problems: Problems,
}

impl Show {
    fn sits(&self, account: &AccountId) -> bool {
        self.seats.iter().any(|seat| seat.account == *account)
    }

    fn why(&self, account: &AccountId) -> Vec<&Conflict> {
        self.conflicts.iter().filter(|conflict| conflict.account == *account).collect()
    }

    fn load(&self, account: &AccountId) -> usize {
        self.loads.get(account).copied().unwrap_or(0)
    }

    fn is_whole(&self) -> bool {
        store::is_whole(&self.round, &self.seats, self.evaluation.id)
    }

    fn all_submitted(&self) -> bool {
        !self.seats.is_empty() && self.seats.iter().all(|seat| seat.submitted_at.is_some())
    }

    async fn page(visit: &Visit, tx: &mut Tx, id: EvaluationId, form: SeatForm, problems: Problems) -> Result<Self> {
        let (evaluation, round) = led(tx, visit, id).await?;
        let parts = evaluations::parts_of(&visit.chrome(), evaluation.state, true);
        let all = store::seats(tx, round.id).await?;
        let mut loads: HashMap<AccountId, usize> = HashMap::new();
        for seat in &all {
            *loads.entry(seat.account).or_default() += 1;
        }
        let seats = all.into_iter().filter(|seat| seat.evaluation == id).collect();
        let profiles = store::profiles(tx).await?;
        let accounts: Vec<_> = profiles.iter().map(|profile| profile.account).collect();
        let conflicts = store::conflicts(tx, &[id], &accounts).await?;
        let mut form = form;
        if problems.is_empty() {
            form.on = evaluation.visit_on.map(|day| day.to_string()).unwrap_or_default();
            form.note.clone_from(&evaluation.visit_note);
        }
        Ok(Self { chrome: visit.chrome(), evaluation, round, parts, seats, profiles, conflicts, loads, form, problems })
    }
}

pub async fn show(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    Ok(Html(Show::page(&visit, &mut tx, id, SeatForm::default(), Problems::default()).await?).into_response())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SeatForm {
    account: String,
    words: String,
    on: String,
    note: String,
}

const TOO_LATE: &str = "专家已经全部评完，不能再换。";

pub async fn seat(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<SeatForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, round) = led(&mut tx, &visit, id).await?;
    if !evaluation.state.takes_seats() {
        return Err(Error::refused(TOO_LATE));
    }
    let profiles = store::profiles(&mut tx).await?;
    let Some(profile) = profiles.into_iter().find(|profile| profile.account.to_string() == form.account) else {
        let problems = Problems::one("account", "请选择一位专家。");
        return Ok(Invalid(Show::page(&visit, &mut tx, id, form, problems).await?).into_response());
    };
    if let Err(problems) = checked(store::clear_and_seat(&mut tx, &evaluation, profile.account).await)? {
        return Ok(Invalid(Show::page(&visit, &mut tx, id, form, problems).await?).into_response());
    }
    store::grant_seats(&mut tx, &round).await?;
    let entry = Entry::new("安排评估专家", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "account": profile.account, "name": profile.name }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/panel", evaluation.path()), "saved"))
}

pub async fn unseat(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<SeatForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, round) = led(&mut tx, &visit, id).await?;
    if !evaluation.state.takes_seats() {
        return Err(Error::refused(TOO_LATE));
    }
    let account: AccountId = form.account.parse().map_err(|_| Error::NotFound)?;
    let words = match line(&form.words, 2, 200) {
        Ok(words) => words,
        Err(why) => {
            let page = Show::page(&visit, &mut tx, id, form, Problems::one("words", why)).await?;
            return Ok(Invalid(page).into_response());
        }
    };
    tx.lead_round(round.id).await?;
    let scores = store::unseat(&mut tx, id, account).await?.ok_or(Error::NotFound)?;
    store::grant_seats(&mut tx, &round).await?;
    let entry = Entry::new("换下评估专家", "evaluation", id, &evaluation.station_name);
    tx.record(entry.before(json!({ "account": account, "scores": scores })).after(json!({ "words": words }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/panel", evaluation.path()), "saved"))
}

/// Sets the day of the panel's visit.
pub async fn visit_on(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<SeatForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, round) = led(&mut tx, &visit, id).await?;
    let mut problems = Problems::default();
    let on = match form.on.trim() {
        "" => None,
        typed => problems.check("on", typed.parse::<Day>()),
    };
    if on.is_some_and(|on| on < round.onsite_from || on > round.onsite_until) {
        problems.note("on", format!("本轮实地评估在 {} 至 {} 之间。", round.onsite_from, round.onsite_until));
    }
    let note = problems.check("note", line(&form.note, 0, 60));
    let (Some(note), true) = (note, problems.is_empty()) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, id, form, problems).await?).into_response());
    };
    evaluations::set_visit(&mut tx, id, on, &note).await?;
    let before = json!({ "on": evaluation.visit_on, "note": evaluation.visit_note });
    let entry = Entry::new("安排实地评估日期", "evaluation", id, &evaluation.station_name);
    tx.record(entry.before(before).after(json!({ "on": on, "note": note }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/panel", evaluation.path()), "saved"))
}

pub async fn start(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut evaluation, round) = led(&mut tx, &visit, id).await?;
    let seats = store::seats(&mut tx, round.id).await?;
    if !store::is_whole(&round, &seats, id) {
        return Err(Error::refused(format!(
            "专家还没有安排好：每站 {} 名{}。",
            round.scorers,
            if round.needs_finance { "，至少 1 名财务专家" } else { "" }
        )));
    }
    evaluations::step(&mut tx, &mut evaluation, Step::Visit, "").await?;
    let entry = Entry::new("开始实地评估", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "round": round.name }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/panel", evaluation.path()), "state"))
}

/// Ends the scoring of a station with the members at hand: for panels that lost a member and
/// cannot replace them.
pub async fn close(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut evaluation, round) = led(&mut tx, &visit, id).await?;
    let seats = store::seats(&mut tx, round.id).await?;
    let here: Vec<_> = seats.iter().filter(|seat| seat.evaluation == id).collect();
    if here.is_empty() || here.iter().any(|seat| seat.submitted_at.is_none()) {
        return Err(Error::refused("还有专家没有提交评分，不能结束。"));
    }
    evaluations::step(&mut tx, &mut evaluation, Step::Score, "").await?;
    let entry = Entry::new("结束专家评分", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "seats": here.len(), "wanted": round.scorers }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/panel", evaluation.path()), "state"))
}
