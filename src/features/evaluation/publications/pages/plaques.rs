//! Plaques of a round: awarded by grade, revoked with a reason, public in the network.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        award as act,
        store::{self, Plaque},
    },
    led_final,
};
use crate::{
    db::{Entry, Tx},
    features::evaluation::evaluations::{self, Round, Stage},
    kernel::{Day, Error, EvaluationId, Problems, Result, RoundId, line},
    web::{Cell, Chrome, Column, Form, Html, Invalid, Path, Sheet, Visit, filters, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AwardForm {
    grade: Vec<String>,
    plaque_on: String,
    valid_until: String,
    words: String,
}

#[derive(Template)]
#[template(path = "evaluation/publications/plaques.html")]
struct Show {
    chrome: Chrome,
    round: Round,
    leads: bool,
    plaques: Vec<Plaque>,
    today: Day,
    form: AwardForm,
    /// The plaque whose revocation failed.
    about: Option<EvaluationId>,
    problems: Problems,
}

impl Show {
    fn takes(&self, grade: &str) -> bool {
        self.form.grade.iter().any(|taken| taken == grade)
    }

    fn is_about(&self, plaque: &Plaque) -> bool {
        self.about == Some(plaque.evaluation)
    }

    fn grades(&self) -> Vec<&str> {
        plaque_grades(&self.round)
    }

    async fn page(tx: &mut Tx, visit: &Visit, id: RoundId, form: AwardForm, problems: Problems) -> Result<Self> {
        let round = evaluations::find_round(tx, id).await?;
        if !round.stage().is_out() {
            return Err(Error::NotFound);
        }
        let plaques = store::plaques(tx, id).await?;
        let (leads, today) = (evaluations::leads(visit, &round), tx.today());
        Ok(Self { chrome: visit.chrome(), round, leads, plaques, today, form, about: None, problems })
    }
}

/// Grades that qualify for a plaque: all but the lowest.
fn plaque_grades(round: &Round) -> Vec<&str> {
    let bands = &round.bands;
    bands.iter().take(bands.len().saturating_sub(1)).map(|band| band.label.as_str()).collect()
}

pub async fn show(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let form = AwardForm { plaque_on: tx.today().to_string(), ..AwardForm::default() };
    let mut page = Show::page(&mut tx, &visit, id, form, Problems::default()).await?;
    page.form.grade = page.grades().first().map(ToString::to_string).into_iter().collect();
    Ok(Html(page).into_response())
}

pub async fn award(visit: Visit, Path(id): Path<RoundId>, Form(form): Form<AwardForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_final(&mut tx, &visit, id).await?;
    let mut problems = Problems::default();
    let awarded_on = problems.check("plaque_on", form.plaque_on.parse::<Day>());
    let finalized_on = round.finalized_at.map(Day::of);
    if awarded_on.is_some_and(|on| on > tx.today() || finalized_on.is_some_and(|day| on < day)) {
        problems.note("plaque_on", "授牌日期不能早于定稿那天，也不能晚于今天。");
    }
    let valid_until = match form.valid_until.trim() {
        "" => None,
        typed => problems.check("valid_until", typed.parse::<Day>()),
    };
    if valid_until.is_some_and(|until| awarded_on.is_some_and(|on| until <= on)) {
        problems.note("valid_until", "有效期要晚于授牌日期；长期有效的不用填。");
    }
    let may_have = plaque_grades(&round);
    if form.grade.is_empty() || !form.grade.iter().all(|grade| may_have.contains(&grade.as_str())) {
        problems.note("grade", "请勾选哪些等级授牌；最低一档不授牌。");
    }
    if let (Some(awarded_on), true) = (awarded_on, problems.is_empty()) {
        if act::award_plaques(&mut tx, &round, &form.grade, (awarded_on, valid_until)).await? == 0 {
            problems.note("grade", "这些等级的站点都已经授过牌，没有新增。");
        } else {
            tx.commit().await?;
            return Ok(see_other_done(&format!("{}/plaques", round.path()), "awarded"));
        }
    }
    Ok(Invalid(Show::page(&mut tx, &visit, id, form, problems).await?).into_response())
}

pub async fn revoke(visit: Visit, Path(of): Path<EvaluationId>, Form(form): Form<AwardForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let evaluation = evaluations::find(&mut tx, of).await?;
    let round = led_final(&mut tx, &visit, evaluation.round).await?;
    let words = match line(&form.words, 4, 200) {
        Ok(words) => words,
        Err(why) => {
            let mut page = Show::page(&mut tx, &visit, round.id, form, Problems::one("words", why)).await?;
            page.about = Some(of);
            return Ok(Invalid(page).into_response());
        }
    };
    let number = store::revoke(&mut tx, of, &words).await?;
    let number = number.ok_or_else(|| Error::refused("这块牌子已经收回。"))?;
    let entry = Entry::new("收回牌匾", "evaluation", of, &evaluation.station_name);
    tx.record(entry.after(json!({ "number": number, "why": words }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/plaques", round.path()), "taken_back"))
}

pub async fn export(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let round = evaluations::find_round(&mut tx, id).await?;
    let plaques = store::plaques(&mut tx, id).await?;
    let columns = [
        Column::new("编号", 12),
        Column::new("站点", 34),
        Column::new("区划", 16),
        Column::new("等级", 10),
        Column::new("授牌日期", 12),
        Column::new("有效期到", 12),
        Column::new("收回日期", 12),
        Column::new("收回原因", 40),
    ];
    let mut sheet = Sheet::new("授牌名单", &columns, false)?;
    for row in &plaques {
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        let days = [day(Some(row.awarded_on)), day(row.valid_until), day(row.revoked_on)];
        sheet.row([
            Cell::Text(&row.number),
            Cell::Text(&row.station_name),
            Cell::Text(&row.division_name),
            Cell::Text(&row.grade),
            Cell::Text(&days[0]),
            Cell::Text(&days[1]),
            Cell::Text(&days[2]),
            Cell::Text(&row.revoked_why),
        ])?;
    }
    tx.record(Entry::new("导出授牌名单", "evaluation_round", id, &round.name).after(json!({ "rows": plaques.len() })))
        .await?;
    tx.commit().await?;
    sheet.finish(&format!("{}_授牌名单.xlsx", round.name)).await
}
