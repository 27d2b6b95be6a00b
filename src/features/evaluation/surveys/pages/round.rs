//! The survey of a round: its dates, its questions, slips for all stations, closing.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::{
    close,
    model::{FEWEST, MOST_SLIPS, Party, Survey, SurveyForm, SurveyPlan, Tally, weighed_text},
    store::{self, Surveyed},
};
use crate::{
    db::{Entry, Tx},
    features::evaluation::{
        evaluations::{self, Round, State},
        rubrics,
    },
    kernel::{Day, Error, Listed, Paging, Problems, Result, RoundId, number},
    web::{
        Cell, Chrome, Column, Form, Html, Invalid, Path, Query, Sheet, Turn, Visit, filters, see_other, see_other_done,
    },
};

#[derive(Template)]
#[template(path = "evaluation/surveys/round.html")]
struct Show {
    chrome: Chrome,
    round: Round,
    survey: Option<Survey>,
    rows: Listed<Surveyed>,
    turn: Turn,
    today: Day,
    /// Texts of the rubric lines bound to the survey; empty if there are none.
    bound: Vec<String>,
    form: SlipsForm,
    problems: Problems,
}

impl Show {
    fn is_closed(&self) -> bool {
        self.survey.as_ref().is_some_and(|survey| survey.closed_at.is_some())
    }

    fn whole(&self, row: &Surveyed) -> Option<String> {
        weighed_text(&row.tallies(), self.round.weights)
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        round: Round,
        paging: Paging,
        form: SlipsForm,
        problems: Problems,
    ) -> Result<Self> {
        tx.lead_round(round.id).await?;
        let survey = store::find(tx, round.id).await?;
        let rubric = rubrics::find(tx, round.rubric).await?;
        let bound = rubric.leaves().filter(|line| line.is_surveyed());
        let bound = bound.map(|line| format!("{} {}", line.code, line.text)).collect();
        let rows = store::page(tx, round.id, paging).await?;
        let turn = Turn::of(&format!("{}/survey", round.path()), &(), &rows);
        let today = tx.today();
        Ok(Self { chrome: visit.chrome(), round, survey, rows, turn, today, bound, form, problems })
    }
}

pub async fn show(visit: Visit, Path(id): Path<RoundId>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = evaluations::led_round(&mut tx, &visit, id).await?;
    let page = Show::page(&visit, &mut tx, round, paging, SlipsForm::usual(), Problems::default()).await?;
    Ok(Html(page).into_response())
}

#[derive(Template)]
#[template(path = "evaluation/surveys/edit.html")]
struct Edit {
    chrome: Chrome,
    round: Round,
    is_new: bool,
    /// True if somebody has answered, so the questions are fixed.
    is_answered: bool,
    form: SurveyForm,
    problems: Problems,
}

pub async fn edit(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = evaluations::led_round(&mut tx, &visit, id).await?;
    tx.lead_round(id).await?;
    let is_answered = store::has_answers(&mut tx, id).await?;
    let survey = store::find(&mut tx, id).await?;
    let form = match &survey {
        Some(survey) if survey.closed_at.is_some() => return Ok(see_other(&format!("{}/survey", round.path()))),
        Some(survey) => {
            let questions = survey.questions.clone();
            let plan = SurveyPlan { opens_on: survey.opens_on, closes_on: survey.closes_on, questions };
            SurveyForm::of(&plan, survey.version)
        }
        None => SurveyForm::of(&SurveyPlan::usual(tx.today(), round.onsite_until), 0),
    };
    let page = Edit {
        chrome: visit.chrome(),
        round,
        is_new: survey.is_none(),
        is_answered,
        form,
        problems: Problems::default(),
    };
    Ok(Html(page).into_response())
}

pub async fn save(visit: Visit, Path(id): Path<RoundId>, Form(form): Form<SurveyForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = evaluations::led_round(&mut tx, &visit, id).await?;
    tx.lead_round(id).await?;
    let before = store::find(&mut tx, id).await?;
    let is_new = form.version == 0;
    let is_answered = store::has_answers(&mut tx, id).await?;
    let again = |problems| {
        Ok(Invalid(Edit {
            chrome: visit.chrome(),
            round: round.clone(),
            is_new,
            is_answered,
            form: form.clone(),
            problems,
        })
        .into_response())
    };
    let plan = match form.read() {
        Ok(plan) if plan.closes_on < tx.today() => {
            return again(Problems::one("closes_on", "结束日期不能早于今天。"));
        }
        Ok(plan) => plan,
        Err(problems) => return again(problems),
    };
    if is_new && round.stage().is_out() {
        return Err(Error::refused("这一轮的结果已经发布，不能再做满意度调查。"));
    }
    let (done, act) = if is_new {
        (store::add(&mut tx, id, &plan).await?, "开始满意度调查")
    } else {
        (store::change(&mut tx, id, form.version, &plan).await?, "修改满意度调查")
    };
    if !done {
        return again(Problems::one(
            "clients",
            if is_answered {
                "已经收到问卷，题目不能再改，只能改日期；也可能刚才有人改过或结束了调查。请刷新页面核对。"
            } else {
                "刚才有人改过或结束了这次调查，没有保存。请刷新页面核对。"
            },
        ));
    }
    let before = before.map(
        |survey| json!({ "opens_on": survey.opens_on, "closes_on": survey.closes_on, "questions": survey.questions }),
    );
    tx.record(Entry::new(act, "evaluation_round", id, &round.name).before(before).after(&plan)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/survey", round.path()), if is_new { "survey_opened" } else { "saved" }))
}

/// The raw form for the number of slips per station, by party.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SlipsForm {
    pub clients: String,
    pub purchasers: String,
    pub executors: String,
}

impl SlipsForm {
    /// Thirty clients, and a few more purchasers and executors than the minimum of answers.
    fn usual() -> Self {
        Self { clients: "30".to_owned(), purchasers: "6".to_owned(), executors: "6".to_owned() }
    }

    fn read(&self) -> Result<Vec<(Party, i16)>, Problems> {
        let mut problems = Problems::default();
        let typed = [&self.clients, &self.purchasers, &self.executors];
        let mut wanted = vec![];
        for (party, typed) in Party::ALL.iter().zip(typed) {
            match slips(typed) {
                Ok(count) => wanted.push((*party, count)),
                Err(why) => problems.note(party.as_str(), why),
            }
        }
        if problems.is_empty() { Ok(wanted) } else { Err(problems) }
    }
}

/// Parses the number of slips for a party of a station.
pub(super) fn slips(typed: &str) -> Result<i16, String> {
    let count = if typed.trim().is_empty() { Ok(0) } else { number(typed) };
    let count = count.ok().and_then(|count| i16::try_from(count).ok());
    count.filter(|count| (0..=MOST_SLIPS).contains(count)).ok_or(format!("请填 0 到 {MOST_SLIPS} 的整数。"))
}

/// Loads the survey of a round; refuses if it is closed or does not exist.
pub(super) async fn open_survey(tx: &mut Tx, round: RoundId) -> Result<Survey> {
    match store::find(tx, round).await? {
        Some(survey) if survey.closed_at.is_none() => Ok(survey),
        Some(_) => Err(Error::refused("满意度调查已经结束，不能再发问卷、录入或修改。")),
        None => Err(Error::refused("这一轮还没有满意度调查，请先在轮次的「满意度调查」里开始。")),
    }
}

/// Creates slips until every station of the round has the requested number.
pub async fn top_up(visit: Visit, Path(id): Path<RoundId>, Form(form): Form<SlipsForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = evaluations::led_round(&mut tx, &visit, id).await?;
    open_survey(&mut tx, id).await?;
    let wanted = match form.read() {
        Ok(wanted) => wanted,
        Err(problems) => {
            let page = Show::page(&visit, &mut tx, round, Paging::default(), form, problems).await?;
            return Ok(Invalid(page).into_response());
        }
    };
    let subjects = evaluations::subjects(&mut tx, id).await?;
    let of: Vec<_> = subjects
        .into_iter()
        .filter(|one| one.state != State::Excluded)
        .map(|one| (one.id, one.station, one.division))
        .collect();
    let mut made = 0;
    for (party, to) in &wanted {
        made += store::top_up(&mut tx, &of, id, *party, *to).await?;
    }
    let after = json!({ "to": wanted, "stations": of.len(), "made": made });
    tx.record(Entry::new("生成满意度问卷码", "evaluation_round", id, &round.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/survey", round.path()), "slips"))
}

pub async fn close(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = evaluations::led_round(&mut tx, &visit, id).await?;
    let survey = open_survey(&mut tx, id).await?;
    tx.lead_round(id).await?;
    close::close_survey(&mut tx, &round, survey.version).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/survey", round.path()), "survey_closed"))
}

/// A party's satisfaction as the text of a cell.
fn told(tally: &Tally, is_closed: bool) -> String {
    match tally.percent() {
        Some(percent) => percent,
        None if !is_closed => String::new(),
        None if tally.answers == 0 => "没有收到".to_owned(),
        None => format!("不满 {FEWEST} 份，不公开"),
    }
}

/// Exports the results of a round's survey, one row per station.
pub async fn export(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let round = evaluations::led_round(&mut tx, &visit, id).await?;
    tx.lead_round(id).await?;
    let rows = store::surveyed(&mut tx, id, None, (3000, 0)).await?;
    let is_closed = store::find(&mut tx, id).await?.is_some_and(|survey| survey.closed_at.is_some());
    let columns = [
        Column::new("站点", 34),
        Column::new("区划", 16),
        Column::new("服务对象发放", 14),
        Column::new("服务对象回收", 14),
        Column::new("服务对象满意度", 16),
        Column::new("购买方发放", 12),
        Column::new("购买方回收", 12),
        Column::new("购买方满意度", 14),
        Column::new("执行方发放", 12),
        Column::new("执行方回收", 12),
        Column::new("执行方满意度", 14),
        Column::new("综合满意度", 12),
    ];
    let mut sheet = Sheet::new("满意度调查", &columns, false)?;
    for row in &rows {
        let whole = weighed_text(&row.tallies(), round.weights).unwrap_or_default();
        let shares: Vec<_> = row.parties.iter().map(|standing| told(&standing.tally, is_closed)).collect();
        let of_parties = row.parties.iter().zip(&shares).flat_map(|(standing, share)| {
            [Cell::Number(standing.slips), Cell::Number(standing.tally.answers), Cell::Text(share)]
        });
        let head = [Cell::Text(&row.station_name), Cell::Text(&row.division_name)];
        sheet.row(head.into_iter().chain(of_parties).chain([Cell::Text(&whole)]))?;
    }
    tx.record(Entry::new("导出满意度调查", "evaluation_round", id, &round.name).after(json!({ "rows": rows.len() })))
        .await?;
    tx.commit().await?;
    sheet.finish(&format!("{}_满意度调查.xlsx", round.name)).await
}
