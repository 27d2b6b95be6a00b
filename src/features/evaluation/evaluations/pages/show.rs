//! A station's evaluation: its self-scores, its history and the leader's steps.

use std::collections::HashMap;

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::{Figure, Round, State, Step},
        store::{self, Evaluation, Evidence, OwnAnswer, StepRow},
    },
    Part, leads, led_round, parts_of, whole,
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        evaluation::rubrics::{Line, Rubric},
        places::standing::{self, OpenOrder},
    },
    kernel::{Day, Error, EvaluationId, Points, Problems, Result, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, see_other_done},
};

/// A station's self-scores and evidence, by line.
pub struct Own {
    pub answers: HashMap<String, OwnAnswer>,
    pub evidence: Vec<Evidence>,
}

impl Own {
    pub async fn of(tx: &mut Tx, id: EvaluationId) -> Result<Self> {
        let (answers, evidence) = store::own(tx, id).await?;
        let answers = answers.into_iter().map(|own| (own.code.clone(), own)).collect();
        Ok(Self { answers, evidence })
    }

    pub fn at(&self, code: &str) -> Option<&OwnAnswer> {
        self.answers.get(code)
    }

    pub fn proof<'a>(&'a self, code: &'a str) -> Vec<&'a Evidence> {
        self.evidence.iter().filter(|row| row.code == code).collect()
    }

    /// The total of a line and everything below it; `None` while an answer is missing.
    pub fn sum(&self, rubric: &Rubric, line: &Line) -> Option<Points> {
        if !rubric.has_children(&line.code) {
            return self.at(&line.code).and_then(|own| own.points);
        }
        let mut sum = Points::ZERO;
        for child in rubric.children(Some(&line.code)) {
            sum += self.sum(rubric, child)?;
        }
        Some(if line.kind == crate::features::evaluation::rubrics::Kind::Scored { sum } else { sum.min(line.points) })
    }

    /// Lines the station must answer and has not.
    pub fn missing<'a>(&self, rubric: &'a Rubric) -> Vec<&'a Line> {
        let asked = rubric.leaves().filter(|line| line.is_asked_of_station());
        asked.filter(|line| self.at(&line.code).is_none_or(|own| own.points.is_none())).collect()
    }
}

#[derive(Template)]
#[template(path = "evaluation/evaluations/show.html")]
struct Show {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    rubric: Rubric,
    parts: Vec<Part>,
    own: Own,
    steps: Vec<StepRow>,
    /// Orders from earlier evaluations that are still open.
    orders: Vec<OpenOrder>,
    leads: bool,
    today: Day,
    form: MoveForm,
    problems: Problems,
}

impl Show {
    /// True if the station's head may edit now.
    fn may_write(&self) -> bool {
        self.chrome.may(Act::ScoreOwnStation) && self.evaluation.state.takes_self_scores()
    }

    fn total(&self) -> Points {
        let own = |line: &&Line| self.own.sum(&self.rubric, line);
        let top: Vec<_> = self.rubric.children(None).collect();
        top.iter().filter(|line| line.kind.has_points()).fold(Points::ZERO, |sum, line| {
            let points = own(line).unwrap_or_default();
            if line.kind == crate::features::evaluation::rubrics::Kind::Deduction { sum - points } else { sum + points }
        })
    }

    fn indent(&self, line: &Line) -> &'static str {
        ["", "deep1", "deep2", "deep2"][self.rubric.depth(line).clamp(1, 4) - 1]
    }

    fn figure_path(&self, line: &Line) -> String {
        line.source.map(|source| Figure::path(source, self.evaluation.id, self.evaluation.station)).unwrap_or_default()
    }

    /// The step that returned the self-evaluation, while the station is fixing it.
    fn returned(&self) -> Option<&StepRow> {
        let last = self.steps.last();
        last.filter(|step| step.act == Step::Return && self.evaluation.state == State::SelfScoring)
    }

    fn is_late(&self) -> bool {
        self.evaluation.state == State::SelfScoring && self.evaluation.self_until < self.today
    }

    /// The steps, with a reason, that the round's leader may take here.
    fn moves(&self) -> Vec<Step> {
        let may = |step: &Step| match step {
            Step::Return | Step::Exclude => self.evaluation.state.after(*step).is_ok(),
            Step::Submit => self.is_late(),
            _ => false,
        };
        if self.leads { Step::ALL.iter().copied().filter(may).collect() } else { vec![] }
    }

    fn move_label(&self, step: &Step) -> &'static str {
        match step {
            Step::Return => "退回站点补充自评",
            Step::Submit => "按逾期未自评处理，直接进入实地评估",
            _ => "退出本轮评估",
        }
    }

    async fn page(visit: &Visit, tx: &mut Tx, id: EvaluationId, form: MoveForm, problems: Problems) -> Result<Self> {
        let (evaluation, round, rubric) = whole(tx, id).await?;
        let own = Own::of(tx, id).await?;
        let steps = store::steps(tx, id).await?;
        let orders = standing::open_of(tx, evaluation.station, id).await?;
        let (chrome, leads, today) = (visit.chrome(), leads(visit, &round), tx.today());
        let parts = parts_of(&chrome, evaluation.state, leads);
        Ok(Self { chrome, evaluation, round, rubric, parts, own, steps, orders, leads, today, form, problems })
    }
}

pub async fn show(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let page = Show::page(&visit, &mut tx, id, MoveForm::default(), Problems::default()).await?;
    Ok(Html(page).into_response())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MoveForm {
    pub step: String,
    pub words: String,
    pub until: String,
    pub why: String,
}

/// Minimum number of days a station gets after its self-evaluation is returned.
const MEND_DAYS: i64 = 5;

/// Returns a self-evaluation, accepts it as it stands, or excludes the station.
pub async fn advance(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<MoveForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut evaluation = store::find(&mut tx, id).await?;
    let round = led_round(&mut tx, &visit, evaluation.round).await?;
    let Some(step) = Step::parse(&form.step).filter(|step| matches!(step, Step::Return | Step::Submit | Step::Exclude))
    else {
        return Err(Error::NotFound);
    };
    if step == Step::Submit && evaluation.self_until >= tx.today() {
        return Err(Error::refused("自评还没有到期，由站点自己提交。"));
    }
    let words = match line(&form.words, 2, 300) {
        Ok(words) => words,
        Err(why) => {
            let page = Show::page(&visit, &mut tx, id, form, Problems::one("words", why)).await?;
            return Ok(Invalid(page).into_response());
        }
    };
    store::step(&mut tx, &mut evaluation, step, &words).await?;
    // A station that has to fix something gets a few days for it.
    let until = tx.today().plus_days(MEND_DAYS);
    if step == Step::Return && evaluation.self_until < until {
        store::extend(&mut tx, id, until, "退回补充自评").await?;
    }
    let after = json!({ "step": step.label(), "state": evaluation.state.label(), "words": words, "round": round.name });
    tx.record(Entry::new("推进站点评估", "evaluation", id, &evaluation.station_name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&evaluation.path(), "state"))
}

pub async fn extend(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<MoveForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let evaluation = store::find(&mut tx, id).await?;
    let round = led_round(&mut tx, &visit, evaluation.round).await?;
    let mut problems = Problems::default();
    let until = problems.check("until", form.until.parse::<Day>());
    if until.is_some_and(|until| until <= evaluation.self_until || until < tx.today()) {
        problems.note("until", "新的截止日期要晚于原来的，也不能早于今天。");
    }
    if until.is_some_and(|until| until > round.onsite_until) {
        problems.note("until", format!("实地评估到 {} 结束，自评不能延到那以后。", round.onsite_until));
    }
    let why = problems.check("why", line(&form.why, 2, 200));
    let (Some(until), Some(why), true) = (until, why, problems.is_empty()) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, id, form, problems).await?).into_response());
    };
    if !store::extend(&mut tx, id, until, &why).await? {
        return Err(Error::refused("自评已经提交，不用延期。"));
    }
    let before = json!({ "self_until": evaluation.self_until });
    let entry = Entry::new("延长自评期限", "evaluation", id, &evaluation.station_name);
    tx.record(entry.before(before).after(json!({ "self_until": until, "why": why }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&evaluation.path(), "extended"))
}

#[derive(Template)]
#[template(path = "evaluation/evaluations/print.html")]
struct Print {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    rubric: Rubric,
    own: Own,
    printed_at: String,
}

/// The self-evaluation on A4, ready to be stamped.
pub async fn print(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, round, rubric) = whole(&mut tx, id).await?;
    let own = Own::of(&mut tx, id).await?;
    let printed_at = crate::kernel::moment(&tx.now());
    Ok(Html(Print { chrome: visit.chrome(), evaluation, round, rubric, own, printed_at }).into_response())
}
