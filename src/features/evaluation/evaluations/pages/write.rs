//! Planning a round, adding stations to it, and opening it for self-scoring.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::{Combination, Round, RoundForm, Stage, State, Step},
        store::{self, Mark},
    },
    led_round,
    own::fill_figures,
};
use crate::{
    db::{Entry, Tx},
    features::{
        evaluation::rubrics::{self, Rubric},
        places::{divisions, stations::StationLevel},
    },
    kernel::{Error, EvaluationId, Problems, Result, RoundId, RubricId},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, form_key, key_of, see_other_done},
};

#[derive(Template)]
#[template(path = "evaluation/evaluations/edit.html")]
struct Edit {
    chrome: Chrome,
    /// `None` for a new round.
    round: Option<Round>,
    rubrics: Vec<(RubricId, String)>,
    form: RoundForm,
    problems: Problems,
}

impl Edit {
    fn rubric_choices(&self) -> Vec<(String, String)> {
        let all = self.rubrics.iter().map(|(id, name)| (id.to_string(), name.clone()));
        [(String::new(), "请选择".to_owned())].into_iter().chain(all).collect()
    }

    fn combinations(&self) -> Vec<(&'static str, &'static str)> {
        Combination::choices()
    }

    /// The parties of the satisfaction survey with the weight typed for each.
    fn weights(&self) -> Vec<(&str, &str)> {
        let typed = |at: usize| self.form.weight.get(at).map_or("", String::as_str);
        ["服务对象", "购买方（乡镇、街道）", "执行方"]
            .into_iter()
            .enumerate()
            .map(|(at, label)| (label, typed(at)))
            .collect()
    }

    /// The grades with the bound and quota typed for each.
    fn bands(&self) -> Vec<(&str, &str, &str)> {
        let RoundForm { band, from, quota, .. } = &self.form;
        let cells = from.iter().map(String::as_str).zip(quota.iter().map(String::as_str));
        band.iter().map(String::as_str).zip(cells).map(|(label, (from, quota))| (label, from, quota)).collect()
    }

    fn levels(&self) -> [(&'static str, &'static str); 3] {
        [StationLevel::General, StationLevel::Township, StationLevel::Village]
            .map(|level| (level.as_str(), level.label()))
    }

    fn takes(&self, level: &str) -> bool {
        self.form.levels.iter().any(|taken| taken == level)
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        round: Option<Round>,
        form: RoundForm,
        problems: Problems,
    ) -> Result<Self> {
        let place =
            round.as_ref().map_or_else(|| visit.visitor.scope.reach.division.clone(), |round| round.division.clone());
        let rubrics = rubrics::published(tx, &place).await?;
        Ok(Self { chrome: visit.chrome(), round, rubrics, form, problems })
    }
}

pub async fn new(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let year = tx.today().year();
    let reach = visit.visitor.scope.reach.division.clone();
    let rubrics = rubrics::published(&mut tx, &reach).await?;
    let mut form = RoundForm {
        key: form_key(),
        division: reach.to_string(),
        year: year.to_string(),
        name: format!("{year} 年度社工站评估"),
        notice_days: "7".to_owned(),
        appeal_days: "5".to_owned(),
        scorers: "3".to_owned(),
        needs_finance: "yes".to_owned(),
        combination: Combination::Mean.as_str().to_owned(),
        spread: "20%".to_owned(),
        weight: ["60", "25", "15"].map(str::to_owned).to_vec(),
        holds: ["payment", "renewal"].map(str::to_owned).to_vec(),
        levels: vec![StationLevel::Township.as_str().to_owned()],
        ..RoundForm::default()
    };
    if let Some((id, _)) = rubrics.first() {
        form.rubric = id.to_string();
        form.grades_of(&rubrics::find(&mut tx, *id).await?.grades);
    }
    Ok(Html(Edit { chrome: visit.chrome(), round: None, rubrics, form, problems: Problems::default() }).into_response())
}

/// The rubric chosen on the form, if the place may score by it.
async fn chosen(tx: &mut Tx, form: &RoundForm, place: &crate::kernel::DivisionCode) -> Result<Option<Rubric>> {
    let Ok(id) = form.rubric.parse::<RubricId>() else { return Ok(None) };
    match rubrics::find(tx, id).await {
        Ok(rubric) if rubric.state == rubrics::State::Published && rubric.division.contains(place) => Ok(Some(rubric)),
        Ok(_) | Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

const NO_RUBRIC: &str = "请选择一份已发布的评分细则。还没有的，先到「评分细则」新建并发布。";

pub async fn create(visit: Visit, Form(mut form): Form<RoundForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let reach = visit.visitor.scope.reach.division.clone();
    let mut problems = Problems::default();
    let place = problems.check("division", divisions::called(&mut tx, &reach, &form.division).await?);
    let rubric = match &place {
        Some(place) => chosen(&mut tx, &form, &place.code).await?,
        None => None,
    };
    let levels: Vec<_> = form.levels.iter().filter_map(|level| StationLevel::parse(level)).collect();
    if levels.is_empty() {
        problems.note("levels", "请至少选一类站点。");
    }
    let plan = if let Some(rubric) = &rubric {
        form.grades_of(&rubric.grades);
        form.read(rubric).map_err(|found| problems.absorb(found)).ok()
    } else {
        problems.note("rubric", NO_RUBRIC);
        None
    };
    if plan.as_ref().is_some_and(|plan| plan.self_until < tx.today()) {
        problems.note("self_until", "自评截止日期不能早于今天。");
    }
    let (Some(place), Some(rubric), Some(plan), true) = (place, rubric, plan, problems.is_empty()) else {
        return Ok(Invalid(Edit::page(&visit, &mut tx, None, form, problems).await?).into_response());
    };
    let id = RoundId::new();
    let there = format!("/evaluations/rounds/{id}");
    if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
        return Ok(see_other_done(&before, "again"));
    }
    if let Err(found) = checked(store::add(&mut tx, id, &place.code, rubric.id, &plan).await)? {
        return Ok(Invalid(Edit::page(&visit, &mut tx, None, form, found).await?).into_response());
    }
    let round = store::find_round(&mut tx, id).await?;
    let came = store::invite(&mut tx, &round, &levels).await?;
    let after = json!({ "plan": plan, "rubric": rubric.title(), "stations": came });
    tx.record(Entry::new("新建评估轮次", "evaluation_round", id, &plan.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&there, "created"))
}

pub async fn edit(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    let form = RoundForm::of(&round);
    Ok(Html(Edit::page(&visit, &mut tx, Some(round), form, Problems::default()).await?).into_response())
}

const MODERATED: &str =
    "已经有站点完成合议：专家数、合成方式、分差、权重和等级不能再改，只能改名称和时间。请把它们改回原来的再保存。";

const RELEASED: &str = "这一轮的结果已经发布，不能再改。";

pub async fn update(visit: Visit, Path(id): Path<RoundId>, Form(mut form): Form<RoundForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    if round.released_at.is_some() {
        return Err(Error::refused(RELEASED));
    }
    // A running round keeps the rubric it was opened with.
    let rubric = if round.opened_at.is_some() {
        Some(rubrics::find(&mut tx, round.rubric).await?)
    } else {
        chosen(&mut tx, &form, &round.division).await?
    };
    let read = match &rubric {
        Some(rubric) => {
            form.grades_of(&rubric.grades);
            form.read(rubric)
        }
        None => Err(Problems::one("rubric", NO_RUBRIC)),
    };
    let read = match read {
        Ok(plan) if !round.scores_as(&plan) && store::has_moderated(&mut tx, id).await? => {
            Err(Problems::one("bands", MODERATED))
        }
        read => read,
    };
    let saved = match (read, &rubric) {
        (Ok(plan), Some(rubric)) => {
            checked(store::change(&mut tx, &round, form.version, rubric.id, &plan).await)?.map(|()| plan)
        }
        (Err(problems), _) => Err(problems),
        (Ok(_), None) => return Err(Error::bug("a plan without its rubric")),
    };
    match saved {
        Ok(plan) => {
            let before = json!({ "self_until": round.self_until, "onsite_until": round.onsite_until,
                "scorers": round.scorers, "combination": round.combination, "weights": round.weights, "bands": round.bands });
            let entry = Entry::new("修改评估轮次", "evaluation_round", id, &plan.name);
            tx.record(entry.before(before).after(&plan)).await?;
            tx.commit().await?;
            Ok(see_other_done(&round.path(), "saved"))
        }
        Err(problems) => Ok(Invalid(Edit::page(&visit, &mut tx, Some(round), form, problems).await?).into_response()),
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Levels {
    levels: Vec<String>,
}

/// Adds more stations to the round, by level.
pub async fn invite(visit: Visit, Path(id): Path<RoundId>, Form(form): Form<Levels>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    if round.stage() != Stage::Planned {
        return Err(Error::refused("自评已经开放，不能再加站点。"));
    }
    let levels: Vec<_> = form.levels.iter().filter_map(|level| StationLevel::parse(level)).collect();
    let came = store::invite(&mut tx, &round, &levels).await?;
    let after = json!({ "levels": form.levels, "stations": came });
    tx.record(Entry::new("加入评估站点", "evaluation_round", id, &round.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&round.path(), "saved"))
}

/// Removes a station from a round that is not open yet.
pub async fn uninvite(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let evaluation = store::find(&mut tx, id).await?;
    let round = led_round(&mut tx, &visit, evaluation.round).await?;
    if !store::uninvite(&mut tx, id).await? {
        return Err(Error::refused(
            "自评已经开放，站点不能从名单里去掉；不再评估的，请在站点的评估页办理「退出本轮」。",
        ));
    }
    let entry = Entry::new("去掉评估站点", "evaluation_round", round.id, &round.name);
    tx.record(entry.before(json!({ "station": evaluation.station_name }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&round.path(), "deleted"))
}

/// Opens self-scoring for all stations of a round and fills in the system's figures.
pub async fn open(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    begin_self_scores(&mut tx, &round).await?;
    tx.commit().await?;
    Ok(see_other_done(&round.path(), "opened"))
}

/// The work behind `open`, shared with the demo.
pub async fn begin_self_scores(tx: &mut Tx, round: &Round) -> Result<()> {
    let subjects = store::subjects(tx, round.id).await?;
    if subjects.is_empty() {
        return Err(Error::refused("这一轮还没有站点，请先选好站点再开放自评。"));
    }
    if round.self_until < tx.today() {
        return Err(Error::refused("自评截止日期已经过了，请先修改轮次的日期。"));
    }
    let rubric = rubrics::find(tx, round.rubric).await?;
    store::mark(tx, round, Mark::Opened).await?;
    let ids: Vec<_> = subjects.iter().map(|one| (one.id, one.last_seq)).collect();
    let way = (State::Scheduled, State::SelfScoring, Step::Open);
    store::step_all(tx, &ids, way, "").await?;
    fill_figures(tx, round, &rubric, &subjects.iter().collect::<Vec<_>>()).await?;
    let after = json!({ "stations": subjects.len(), "rubric": rubric.title(), "self_until": round.self_until });
    tx.record(Entry::new("开放自评", "evaluation_round", round.id, &round.name).after(after)).await
}

pub async fn remove(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    store::remove(&mut tx, &round).await?;
    tx.record(Entry::new("删除评估轮次", "evaluation_round", id, &round.name)).await?;
    tx.commit().await?;
    Ok(see_other_done("/evaluations", "deleted"))
}
