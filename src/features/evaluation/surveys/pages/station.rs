//! A station's survey: its result, slips to print, and entry of answers from paper.

use askama::Template;
use axum::{
    extract::State as Shared,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::{Channel, FEWEST, Party, Ratings, STEPS, Survey, weighed_text},
        store::{self, Standing},
    },
    round::{open_survey, slips as read_slips},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::evaluation::evaluations::{self, Evaluation, Part, Round, State, Typed},
    kernel::{Error, EvaluationId, Paging, Problems, Result, line},
    web::{
        App, Chrome, Form, Html, Invalid, Path, Qr, Query, Turn, Visit, filters, form_key, key_of, see_other,
        see_other_done,
    },
};

#[derive(Template)]
#[template(path = "evaluation/surveys/station.html")]
struct Show {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    parts: Vec<Part>,
    leads: bool,
    survey: Option<Survey>,
    parties: Vec<Standing>,
    remarks: Vec<(Party, String)>,
    slips: String,
    problems: Problems,
}

impl Show {
    fn whole(&self) -> Option<String> {
        let tallies: Vec<_> = self.parties.iter().map(|standing| standing.tally).collect();
        weighed_text(&tallies, self.round.weights)
    }

    fn is_open(&self) -> bool {
        self.survey.as_ref().is_some_and(|survey| survey.closed_at.is_none())
    }

    fn written(&self, party: &Party) -> Vec<&str> {
        self.remarks.iter().filter(|(of, _)| of == party).map(|(_, words)| words.as_str()).collect()
    }

    async fn page(visit: &Visit, tx: &mut Tx, id: EvaluationId, slips: String, problems: Problems) -> Result<Self> {
        let (evaluation, round, parts) = evaluations::head_of(tx, visit, id).await?;
        let leads = evaluations::leads(visit, &round);
        if leads {
            tx.lead_round(round.id).await?;
        } else if evaluation.state.is_released() {
            tx.open_released_round(round.id).await?;
        }
        let survey = store::find(tx, round.id).await?;
        let found = store::surveyed(tx, round.id, Some(id), (1, 0)).await?;
        let parties = found.into_iter().next().map(|row| row.parties.0).unwrap_or_default();
        // Remarks are for the round's leaders and, after the release, for the station's head.
        let remarks = if leads || visit.visitor.role.may(Act::ScoreOwnStation) && evaluation.state.is_released() {
            store::remarks(tx, id).await?
        } else {
            vec![]
        };
        Ok(Self { chrome: visit.chrome(), evaluation, round, parts, leads, survey, parties, remarks, slips, problems })
    }
}

pub async fn show(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let page = Show::page(&visit, &mut tx, id, String::new(), Problems::default()).await?;
    Ok(Html(page).into_response())
}

/// Loads an evaluation and its open survey; the visitor must lead the round.
async fn surveyed(tx: &mut Tx, visit: &Visit, id: EvaluationId) -> Result<(Evaluation, Round, Survey)> {
    let evaluation = evaluations::find(tx, id).await?;
    let round = evaluations::led_round(tx, visit, evaluation.round).await?;
    if evaluation.state == State::Excluded {
        return Err(Error::refused("这个站点已经退出本轮，不再做满意度调查。"));
    }
    let survey = open_survey(tx, round.id).await?;
    Ok((evaluation, round, survey))
}

fn party_of(typed: &str) -> Result<Party> {
    Party::ALL.iter().copied().find(|party| party.as_str() == typed).ok_or(Error::NotFound)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TopUpForm {
    slips: String,
}

pub async fn top_up(
    visit: Visit,
    Path((id, party)): Path<(EvaluationId, String)>,
    Form(form): Form<TopUpForm>,
) -> Result<Response> {
    let party = party_of(&party)?;
    let mut tx = visit.begin().await?;
    let (evaluation, round, _) = surveyed(&mut tx, &visit, id).await?;
    let to = match read_slips(&form.slips) {
        Ok(to) => to,
        Err(why) => {
            let problems = Problems::one("slips", why);
            return Ok(Invalid(Show::page(&visit, &mut tx, id, form.slips, problems).await?).into_response());
        }
    };
    let of = [(evaluation.id, evaluation.station, evaluation.division.clone())];
    let made = store::top_up(&mut tx, &of, round.id, party, to).await?;
    let entry = Entry::new("生成满意度问卷码", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "party": party, "to": to, "made": made }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/survey/{}/slips?size=100", evaluation.path(), party.as_str()), "slips"))
}

#[derive(Template)]
#[template(path = "evaluation/surveys/slips.html")]
struct Slips {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    survey: Survey,
    party: Party,
    /// Serial, code, address.
    slips: Vec<(i16, Qr, String)>,
    turn: Turn,
}

/// Unused slips, to be printed and cut.
pub async fn slips(
    visit: Visit,
    Shared(app): Shared<App>,
    headers: HeaderMap,
    Path((id, party)): Path<(EvaluationId, String)>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    let party = party_of(&party)?;
    let mut tx = visit.begin().await?;
    let (evaluation, round, survey) = surveyed(&mut tx, &visit, id).await?;
    let unused = store::unused(&mut tx, id, party, paging).await?;
    let network = &visit.visitor.face.code;
    let slip = |(serial, token): &(i16, String)| {
        let address = app.address(&headers, &format!("/survey/{network}/{token}"));
        Ok((*serial, Qr::of(&address)?, address))
    };
    let slips = unused.rows.iter().map(slip).collect::<Result<_>>()?;
    let turn = Turn::of(&format!("{}/survey/{}/slips", evaluation.path(), party.as_str()), &(), &unused);
    Ok(Html(Slips { chrome: visit.chrome(), evaluation, round, survey, party, slips, turn }).into_response())
}

/// Number of questionnaires per entry page.
const ROWS: usize = 10;

/// Entry of many questionnaires on one page. The fields of row `2` are `r.2.0`, `r.2.1` …
/// (the step of each question) and `w.2` (words).
#[derive(Template)]
#[template(path = "evaluation/surveys/entry.html")]
struct Entries {
    chrome: Chrome,
    evaluation: Evaluation,
    parts: Vec<Part>,
    survey: Survey,
    party: Party,
    key: String,
    typed: Typed,
    /// Row number and error.
    wrong: Vec<(usize, String)>,
    problems: Problems,
}

impl Entries {
    fn rows(&self) -> std::ops::Range<usize> {
        0..ROWS
    }

    fn rating(&self, row: &usize, question: &usize) -> &str {
        self.typed.get(&format!("r.{row}.{question}"))
    }

    fn words(&self, row: &usize) -> &str {
        self.typed.get(&format!("w.{row}"))
    }

    fn why(&self, row: &usize) -> Option<&str> {
        self.wrong.iter().find(|(at, _)| at == row).map(|(_, why)| why.as_str())
    }

    fn channels(&self) -> Vec<(&'static str, &'static str)> {
        let typed = |channel: &&Channel| **channel != Channel::Slip;
        Channel::ALL.iter().filter(typed).map(|channel| (channel.as_str(), channel.label())).collect()
    }
}

#[derive(Template)]
#[template(path = "evaluation/surveys/paper.html")]
struct Paper {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    survey: Survey,
    party: Party,
}

/// A blank questionnaire on A4, for people without a mobile phone.
pub async fn paper(visit: Visit, Path((id, party)): Path<(EvaluationId, String)>) -> Result<Response> {
    let party = party_of(&party)?;
    let mut tx = visit.begin().await?;
    let (evaluation, round, survey) = surveyed(&mut tx, &visit, id).await?;
    Ok(Html(Paper { chrome: visit.chrome(), evaluation, round, survey, party }).into_response())
}

pub async fn entry(visit: Visit, Path((id, party)): Path<(EvaluationId, String)>) -> Result<Response> {
    let party = party_of(&party)?;
    let mut tx = visit.begin().await?;
    let (evaluation, round, parts) = evaluations::head_of(&mut tx, &visit, id).await?;
    let closed = store::find(&mut tx, round.id).await?.is_some_and(|survey| survey.closed_at.is_some());
    if closed && evaluations::leads(&visit, &round) {
        return Ok(see_other(&format!("{}/survey", evaluation.path())));
    }
    let (_, _, survey) = surveyed(&mut tx, &visit, id).await?;
    let (key, problems) = (form_key(), Problems::default());
    let chrome = visit.chrome();
    Ok(Html(Entries {
        chrome,
        evaluation,
        parts,
        survey,
        party,
        key,
        typed: Typed::default(),
        wrong: vec![],
        problems,
    })
    .into_response())
}

/// Saves typed questionnaires. Empty rows are skipped; one invalid row stops the whole page
/// from being saved.
pub async fn enter(
    visit: Visit,
    Path((id, party)): Path<(EvaluationId, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let (party, typed) = (party_of(&party)?, Typed(pairs));
    let mut tx = visit.begin().await?;
    let (evaluation, _, parts) = evaluations::head_of(&mut tx, &visit, id).await?;
    let (_, _, survey) = surveyed(&mut tx, &visit, id).await?;
    tx.lead_round(evaluation.round).await?;
    let mut problems = Problems::default();
    let channel = Channel::parse(typed.get("channel")).filter(|channel| *channel != Channel::Slip);
    if channel.is_none() {
        problems.note("channel", "请选择问卷是怎么得来的。");
    }
    let by = problems.check("by", line(typed.get("by"), 2, 40));
    let (mut answers, mut wrong) = (vec![], vec![]);
    let asked = survey.of(&party).len();
    for row in 0..ROWS {
        let steps: Vec<_> = (0..asked).map(|at| typed.get(&format!("r.{row}.{at}"))).collect();
        let words = line(typed.get(&format!("w.{row}")), 0, 300);
        if steps.iter().all(|step| step.is_empty()) && words.as_ref().is_ok_and(String::is_empty) {
            continue;
        }
        match (Ratings::read(steps.into_iter()), words) {
            (Ok(ratings), Ok(words)) => answers.push((ratings, words)),
            (Err(why), _) | (_, Err(why)) => wrong.push((row, why)),
        }
    }
    if answers.is_empty() && wrong.is_empty() {
        problems.note("rows", "请至少录入一份问卷。");
    }
    for (row, why) in &wrong {
        problems.note("rows", format!("第 {} 份：{why}", row + 1));
    }
    let (Some(channel), Some(by), true) = (channel, by, problems.is_empty()) else {
        let (chrome, key) = (visit.chrome(), typed.get("key").to_owned());
        let page = Entries { chrome, evaluation, parts, survey, party, key, typed, wrong, problems };
        return Ok(Invalid(page).into_response());
    };
    let there = format!("{}/survey", evaluation.path());
    if let Some(before) = tx.once(key_of(typed.get("key"))?, &there).await? {
        return Ok(see_other_done(&before, "again"));
    }
    store::put_answers(&mut tx, &evaluation, (party, channel, &by), &answers).await?;
    let entry = Entry::new("录入满意度问卷", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "party": party, "channel": channel, "by": by, "answers": answers.len() }))).await?;
    tx.commit().await?;
    let then = if typed.get("then") == "more" { format!("{there}/{}/entry", party.as_str()) } else { there };
    Ok(see_other_done(&then, "answers_kept"))
}
