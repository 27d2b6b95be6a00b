//! The score sheet of a panel member: their stations, a station's lines, one line at a time.

use std::collections::HashMap;

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::store::{self, Assigned, Given, NewScore};
use crate::features::evaluation::rubrics::Method;
use crate::{
    db::{Entry, Tx},
    features::{
        evaluation::{
            evaluations::{self, Evaluation, Evidence, Figure, OwnAnswer, Part, Round, State, Step, Typed},
            panels,
            rubrics::{self, Kind, Line, Rubric},
        },
        places::standing::{self, OpenOrder},
    },
    kernel::{AccountId, Day, Error, EvaluationId, Points, Problems, Result, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, form_key, key_of, see_other_done},
};

#[derive(Template)]
#[template(path = "evaluation/scoring/index.html")]
struct Index {
    chrome: Chrome,
    assigned: Vec<Assigned>,
    today: Day,
}

pub async fn index(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let assigned = store::assigned(&mut tx, visit.visitor.account).await?;
    let today = tx.today();
    Ok(Html(Index { chrome: visit.chrome(), assigned, today }).into_response())
}

/// A station the visitor has a seat for, with everything shown beside the sheet.
pub(super) struct Seated {
    pub(super) evaluation: Evaluation,
    round: Round,
    pub(super) rubric: Rubric,
    parts: Vec<Part>,
    pub(super) account: AccountId,
    own: HashMap<String, OwnAnswer>,
    evidence: Vec<Evidence>,
    given: Vec<Given>,
    /// Orders from earlier evaluations that are still open.
    orders: Vec<OpenOrder>,
    /// True once the visitor has submitted the sheet.
    is_submitted: bool,
    comment: String,
}

impl Seated {
    pub(super) async fn find(tx: &mut Tx, visit: &Visit, id: EvaluationId) -> Result<Self> {
        let (evaluation, round, parts) = evaluations::head_of(tx, visit, id).await?;
        let account = visit.visitor.account;
        let seats = panels::seats(tx, round.id).await?;
        let seat =
            seats.into_iter().find(|seat| seat.evaluation == id && seat.account == account).ok_or(Error::NotFound)?;
        if !parts.iter().any(|(path, _)| *path == "/sheet") {
            return Err(Error::refused("实地评估还没有开始，开始以后才能评分。"));
        }
        let rubric = rubrics::find(tx, round.rubric).await?;
        tx.open_scored(id).await?;
        let given = store::given(tx, id).await?;
        let (own, evidence) = evaluations::own(tx, id).await?;
        let own = own.into_iter().map(|own| (own.code.clone(), own)).collect();
        let orders = standing::open_of(tx, evaluation.station, id).await?;
        let is_submitted = seat.submitted_at.is_some();
        let comment = seat.comment;
        Ok(Self { evaluation, round, rubric, parts, account, own, evidence, given, orders, is_submitted, comment })
    }

    pub(super) fn may_write(&self) -> bool {
        self.evaluation.state == State::OnSite && !self.is_submitted
    }

    pub(super) fn mine(&self, code: &str) -> Option<&Given> {
        self.given.iter().find(|given| given.account_id == self.account && given.code == code)
    }

    /// The other members' scores at a line; empty until all have submitted.
    fn others(&self, code: &str) -> Vec<&Given> {
        self.given.iter().filter(|given| given.account_id != self.account && given.code == code).collect()
    }

    fn leaves(&self) -> Vec<&Line> {
        self.rubric.leaves().collect()
    }

    fn missing(&self) -> Vec<&Line> {
        self.rubric.leaves().filter(|line| self.mine(&line.code).is_none()).collect()
    }

    fn proof(&self, code: &str) -> Vec<&Evidence> {
        self.evidence.iter().filter(|row| row.code == code).collect()
    }

    fn sheet(&self) -> String {
        format!("{}/sheet", self.evaluation.path())
    }

    /// The path of the next line without a score of the visitor's, starting at `code` and
    /// skipping the lines just scored; the sheet's own path if there is none.
    pub(super) fn next_open(&self, code: &str, but: &[&str]) -> String {
        let leaves = self.leaves();
        let at = leaves.iter().position(|leaf| leaf.code == code).unwrap_or(0);
        let open = |line: &&&Line| !but.contains(&line.code.as_str()) && self.mine(&line.code).is_none();
        let next = leaves[at..].iter().find(open).or_else(|| leaves.iter().find(open));
        next.map_or_else(|| self.sheet(), |line| format!("{}/{}", self.sheet(), line.code))
    }
}

#[derive(Template)]
#[template(path = "evaluation/scoring/sheet.html")]
struct Show {
    chrome: Chrome,
    seated: Seated,
    form: SubmitForm,
    problems: Problems,
}

impl Show {
    /// Scored and bonus lines less deductions, from the visitor's scores so far.
    fn total(&self) -> Points {
        self.seated.rubric.leaves().fold(Points::ZERO, |sum, line| {
            let points = self.seated.mine(&line.code).map_or(Points::ZERO, |given| given.points);
            match line.kind {
                Kind::Scored | Kind::Bonus => sum + points,
                Kind::Deduction => sum - points,
                _ => sum,
            }
        })
    }

    fn next(&self) -> Option<&Line> {
        self.seated.missing().first().copied()
    }

    fn group<'a>(&'a self, line: &'a Line) -> &'a str {
        let mut at = line;
        while let Some(parent) = at.parent.as_deref().and_then(|code| self.seated.rubric.line(code)) {
            at = parent;
        }
        if at.code == line.code { line.kind.label() } else { &at.text }
    }
}

pub async fn show(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let seated = Seated::find(&mut tx, &visit, id).await?;
    let form = SubmitForm { comment: seated.comment.clone() };
    Ok(Html(Show { chrome: visit.chrome(), seated, form, problems: Problems::default() }).into_response())
}

#[derive(Template)]
#[template(path = "evaluation/scoring/print.html")]
struct Print {
    chrome: Chrome,
    seated: Seated,
    printed_at: String,
}

/// The sheet on A4, ready to be signed.
pub async fn print(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let seated = Seated::find(&mut tx, &visit, id).await?;
    let printed_at = crate::kernel::moment(&tx.now());
    Ok(Html(Print { chrome: visit.chrome(), seated, printed_at }).into_response())
}

#[derive(Template)]
#[template(path = "evaluation/scoring/line.html")]
struct Edit {
    chrome: Chrome,
    seated: Seated,
    code: String,
    typed: Typed,
    key: String,
    version: i32,
    why: Option<String>,
}

impl Edit {
    fn line(&self) -> Option<&Line> {
        self.seated.rubric.line(&self.code)
    }

    /// True if the system has a figure here; a score equal to it needs no reason.
    fn has_figure(&self) -> bool {
        self.own().is_some_and(|own| !own.figure.is_empty())
    }

    fn own(&self) -> Option<&OwnAnswer> {
        self.seated.own.get(&self.code)
    }

    /// Position of the line, from 1, and the number of lines.
    fn place(&self) -> (usize, usize) {
        let leaves = self.seated.leaves();
        (leaves.iter().position(|line| line.code == self.code).map_or(0, |at| at + 1), leaves.len())
    }

    fn beside(&self, by: isize) -> Option<&Line> {
        let leaves = self.seated.leaves();
        let at = leaves.iter().position(|line| line.code == self.code)?.checked_add_signed(by)?;
        leaves.get(at).copied()
    }

    /// The path of the next line; empty on the last.
    fn next_path(&self) -> String {
        let next = self.beside(1).map(|line| format!("{}/sheet/{}", self.seated.evaluation.path(), line.code));
        next.unwrap_or_default()
    }

    fn figure_path(&self, line: &Line) -> String {
        line.source
            .map(|source| Figure::path(source, self.seated.evaluation.id, self.seated.evaluation.station))
            .unwrap_or_default()
    }
}

pub async fn edit(visit: Visit, Path((id, code)): Path<(EvaluationId, String)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let seated = Seated::find(&mut tx, &visit, id).await?;
    let line = seated.rubric.leaves().find(|line| line.code == code).ok_or(Error::NotFound)?;
    let mut typed = Typed::default();
    let mut version = 0;
    if let Some(given) = seated.mine(&code) {
        typed.put(line, &given.answer, &given.reason);
        version = given.version;
    } else if let Some(own) = seated.own.get(&code).filter(|own| !own.figure.is_empty()) {
        // Prefill the answer from the system's figure.
        typed.put(line, &own.answer, "");
    }
    let page = Edit { chrome: visit.chrome(), seated, code, typed, key: form_key(), version, why: None };
    Ok(Html(page).into_response())
}

/// The prompt for a reason, if this score needs one.
fn wants_reason(
    line: &Line,
    points: Points,
    own: Option<&OwnAnswer>,
    answer: &rubrics::Answer,
) -> Option<&'static str> {
    let figure = own.filter(|own| !own.figure.is_empty());
    if figure.is_some_and(|own| own.answer == *answer) {
        return None;
    }
    match line.kind {
        _ if figure.is_some() => Some("和系统数据不一样，请写明原因。"),
        Kind::Scored if points < line.points => Some("没有给满分，请写明扣分原因。"),
        Kind::Bonus if points > Points::ZERO => Some("给了加分，请写明依据。"),
        Kind::Deduction if points > Points::ZERO => Some("扣了分，请写明原因。"),
        Kind::Veto | Kind::Cap | Kind::Ineligible if points > Points::ZERO => Some("请写明查实的情况。"),
        _ => None,
    }
}

/// Validates the form of a line as a score.
pub(super) fn read(seated: &Seated, line: &Line, typed: &Typed) -> Result<NewScore, String> {
    let (answer, reason) = typed.at(line).read(line)?;
    let answer = answer.ok_or("请先评分，再保存。")?;
    let points = line.value(&answer)?;
    if reason.chars().count() < 2
        && let Some(why) = wants_reason(line, points, seated.own.get(&line.code), &answer)
    {
        return Err(format!("{why}至少 2 个字。"));
    }
    let version = typed.get("version").parse().unwrap_or(0);
    let key = key_of(typed.get("key")).map_err(|_| "页面已过期，请刷新后再评。".to_owned())?;
    let corrects = typed.get("corrects").split(' ').filter_map(|key| key.parse().ok()).collect();
    Ok(NewScore { code: line.code.clone(), answer, points, reason, version, key, corrects })
}

pub(super) const SUBMITTED: &str = "您已经提交了这个站点的评分，不能再改。确实要改的，请联系组织评估的部门退回。";

pub async fn save(
    visit: Visit,
    Path((id, code)): Path<(EvaluationId, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let typed = Typed(pairs);
    let mut tx = visit.begin().await?;
    let seated = Seated::find(&mut tx, &visit, id).await?;
    if !seated.may_write() {
        return Err(Error::refused(SUBMITTED));
    }
    let line = seated.rubric.leaves().find(|line| line.code == code).ok_or(Error::NotFound)?.clone();
    let again = |seated, why, typed: Typed, version| {
        let key = form_key();
        Invalid(Edit { chrome: visit.chrome(), seated, code: code.clone(), typed, key, version, why: Some(why) })
            .into_response()
    };
    let score = match read(&seated, &line, &typed) {
        Ok(score) => score,
        Err(why) => {
            let version = typed.get("version").parse().unwrap_or(0);
            return Ok(again(seated, why, typed, version));
        }
    };
    let stale =
        store::put_scores(&mut tx, seated.rubric.id, &seated.evaluation, seated.account, std::slice::from_ref(&score))
            .await?;
    if !stale.is_empty() {
        let mine = seated.mine(&code);
        let version = mine.map_or(0, |given| given.version);
        let there = mine.map(|given| line.words_of(&given.points)).unwrap_or_default();
        let why = format!("您在别的设备上已经评过这一项（{there}）。下面是您现在填的，再按一次保存就改成这个。");
        return Ok(again(seated, why, typed, version));
    }
    let before = seated.mine(&code).map(|given| json!({ "points": given.points, "reason": given.reason }));
    let after = json!({ "line": code, "points": score.points, "answer": score.answer, "reason": score.reason });
    let entry = Entry::new("专家评分", "evaluation", id, &seated.evaluation.station_name);
    tx.record(entry.before(before).after(after)).await?;
    tx.commit().await?;
    let then = if typed.get("then") == "sheet" { seated.sheet() } else { seated.next_open(&code, &[&code]) };
    Ok(see_other_done(&then, "saved"))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SubmitForm {
    comment: String,
}

pub async fn submit(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<SubmitForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut seated = Seated::find(&mut tx, &visit, id).await?;
    if !seated.may_write() {
        return Err(Error::refused("您已经提交了这个站点的评分。"));
    }
    let mut problems = Problems::default();
    let comment = problems.check("comment", line(&form.comment, 0, 1000));
    let missing = seated.missing().len();
    if missing > 0 {
        problems.note("missing", format!("还有 {missing} 项没有评，评完才能提交。"));
    }
    let (Some(comment), true) = (comment, problems.is_empty()) else {
        return Ok(Invalid(Show { chrome: visit.chrome(), seated, form, problems }).into_response());
    };
    let all = panels::submitted(&mut tx, id, seated.account, &comment).await?;
    // A panel that lost a member waits for a replacement, or for the round's leader to end it.
    let seats = panels::seats(&mut tx, seated.round.id).await?;
    if all && panels::is_whole(&seated.round, &seats, id) {
        evaluations::step(&mut tx, &mut seated.evaluation, Step::Score, "").await?;
    }
    let entry = Entry::new("提交专家评分", "evaluation", id, &seated.evaluation.station_name);
    tx.record(entry.after(json!({ "round": seated.round.name, "all_submitted": all }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/sheet", seated.evaluation.path()), "sheet"))
}
