//! A station's result and how it was reached, down to each score, without names.

use std::collections::HashMap;

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::super::{
    model::{LineOutcome, top_lines, top_values},
    store::{self, Given, PastGrade, ResultRow, Settled},
};
use crate::{
    db::Tx,
    features::{
        evaluation::{
            evaluations::{self, Evaluation, OwnAnswer, Part, Round, State},
            rubrics::{self, Kind, Line, Rubric},
        },
        places::stations::{self, Station},
    },
    kernel::{AccountId, Error, EvaluationId, Points, Result, StationId, half_up},
    web::{Chart, Chrome, Html, Path, Visit, chart, filters},
};

#[derive(Template)]
#[template(path = "evaluation/scoring/result.html")]
struct Show {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    rubric: Rubric,
    parts: Vec<Part>,
    result: ResultRow,
    own: HashMap<String, OwnAnswer>,
    given: Vec<Given>,
    settled: Vec<Settled>,
    /// The panel, in the order used by the results.
    scorers: Vec<AccountId>,
    history: Vec<PastGrade>,
    chart: Chart,
}

impl Show {
    fn line(&self, code: &str) -> Option<&LineOutcome> {
        self.result.outcome.line(code)
    }

    /// The reason that each panel member gave at a line.
    fn reasons(&self, code: &str) -> Vec<(usize, &str)> {
        let of = |account: &AccountId| self.scorers.iter().position(|scorer| scorer == account).map_or(0, |at| at + 1);
        let given = self.given.iter().filter(|given| given.code == code && !given.reason.is_empty());
        given.map(|given| (of(&given.account_id), given.reason.as_str())).collect()
    }

    fn settled(&self, code: &str) -> Option<&Settled> {
        self.settled.iter().find(|settled| settled.code == code)
    }

    fn own(&self, line: &Line) -> String {
        self.own
            .get(&line.code)
            .and_then(|own| own.points)
            .map_or_else(|| "—".to_owned(), |points| line.words_of(&points))
    }

    fn tops(&self) -> Vec<(&Line, Points)> {
        top_lines(&self.rubric, &self.result.outcome)
    }

    fn lines(&self) -> Vec<&Line> {
        self.rubric.leaves().collect()
    }
}

/// Share of each section's points in the result and in the self-score, in whole percent.
fn shares(rubric: &Rubric, result: &ResultRow, own: &HashMap<String, OwnAnswer>) -> Chart {
    let own = own.iter().filter_map(|(code, own)| Some((code.as_str(), own.points?))).collect();
    let share = |points: Points, of: &Line| half_up(i128::from(points.0) * 100, i128::from(of.points.0));
    let parts = top_lines(rubric, &result.outcome).into_iter().zip(top_values(rubric, &own));
    let scored = parts.filter(|((line, _), _)| line.kind == Kind::Scored);
    let rows = scored.map(|((line, got), (_, said))| (line.text.clone(), vec![share(got, line), share(said, line)]));
    let series = ["得分率（%）", "自评得分率（%）"].map(str::to_owned);
    chart::radar("各部分得分率", &series, rows.collect())
}

/// Loads the released result of an evaluation.
pub async fn released(
    tx: &mut Tx,
    visit: &Visit,
    id: EvaluationId,
) -> Result<(Evaluation, Round, Vec<Part>, ResultRow)> {
    let (evaluation, round, parts) = evaluations::head_of(tx, visit, id).await?;
    tx.open_released_round(round.id).await?;
    let mut rows = store::results(tx, round.id, Some(id)).await?;
    let result = rows.pop().ok_or(Error::NotFound)?;
    Ok((evaluation, round, parts, result))
}

pub async fn show(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, round, parts, result) = released(&mut tx, &visit, id).await?;
    let rubric = rubrics::find(&mut tx, round.rubric).await?;
    let own = evaluations::own_answers(&mut tx, id).await?.into_iter().map(|own| (own.code.clone(), own)).collect();
    let given = store::given(&mut tx, id).await?;
    let settled = store::settled(&mut tx, id).await?;
    let history = store::results_of_station(&mut tx, evaluation.station).await?;
    let mut scorers: Vec<AccountId> = given.iter().map(|given| given.account_id).collect();
    scorers.sort_unstable();
    scorers.dedup();
    let chart = shares(&rubric, &result, &own);
    let chrome = visit.chrome();
    let page = Show { chrome, evaluation, round, rubric, parts, result, own, given, settled, scorers, history, chart };
    Ok(Html(page).into_response())
}

#[derive(Template)]
#[template(path = "evaluation/scoring/station.html")]
struct OfStation {
    chrome: Chrome,
    station: Station,
    /// Year, round, evaluation, state.
    evaluations: Vec<(i16, String, EvaluationId, State)>,
    grades: Vec<PastGrade>,
}

impl OfStation {
    fn grade(&self, id: &EvaluationId) -> Option<&PastGrade> {
        self.grades.iter().find(|grade| grade.evaluation == *id)
    }
}

/// A station's evaluations over the years, with the released grades.
pub async fn of_station(visit: Visit, Path(id): Path<StationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = stations::find(&mut tx, id).await?;
    let evaluations = evaluations::of_station(&mut tx, id).await?;
    let grades = store::results_of_station(&mut tx, id).await?;
    Ok(Html(OfStation { chrome: visit.chrome(), station, evaluations, grades }).into_response())
}
