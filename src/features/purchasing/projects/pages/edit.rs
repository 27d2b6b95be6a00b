//! The form of a project's facts, stations and funds.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::super::{
    findings,
    model::{Category, Draft, Method, ProjectForm, amounts, kept_reasons, weigh},
    store::{self, Plan, Project},
};
use crate::{
    db::{Entry, Tx},
    features::{
        places::{
            divisions,
            stations::{self, StationLevel},
        },
        purchasing::funds::{Finding, Purpose, Source},
    },
    kernel::{DivisionCode, Level, Problems, ProjectId, Result, RuleId, StationId, yuan},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, form_key, key_of, see_other_done},
};

#[derive(Template)]
#[template(path = "purchasing/projects/edit.html")]
struct Edit {
    chrome: Chrome,
    /// `None` for a new project.
    project: Option<Project>,
    /// True if the form must ask for the purchaser, because the visitor reaches more than one
    /// county.
    names_place: bool,
    form: ProjectForm,
    townships: Vec<(String, String)>,
    stations: Vec<(StationId, String)>,
    /// Soft rules that are not kept and need a reason.
    soft: Vec<Finding>,
    problems: Problems,
}

/// The form's choices: the purchaser's townships and stations.
struct Choices {
    townships: Vec<(String, String)>,
    stations: Vec<(StationId, String)>,
}

/// The most stations offered; a county has a few hundred at most.
const STATIONS: i64 = 600;

impl Choices {
    async fn of(tx: &mut Tx, visit: &Visit, place: Option<&DivisionCode>) -> Result<Self> {
        let reach = &visit.visitor.scope.reach.division;
        let mut townships = vec![(String::new(), "不落在某个乡镇（街道）".to_owned())];
        let county = place.unwrap_or(reach);
        if county.as_str().len() == 6 {
            let children = divisions::children(tx, county).await?;
            townships.extend(children.into_iter().map(|place| (place.code.to_string(), place.name)));
        }
        let rows = stations::of_reach(tx, STATIONS).await?;
        let stations = rows
            .into_iter()
            .filter(|row| row.level != StationLevel::Village && county.contains(&row.division))
            .map(|row| (row.id, row.name))
            .collect();
        Ok(Self { townships, stations })
    }
}

impl Edit {
    fn sources(&self) -> Vec<(&'static str, &'static str)> {
        [("", "")].into_iter().chain(Source::choices()).collect()
    }

    fn purposes(&self) -> Vec<(&'static str, &'static str)> {
        [("", "没有使用福彩公益金")].into_iter().chain(Purpose::choices()).collect()
    }

    fn reason(&self, rule: &RuleId) -> &str {
        self.form.reason_for(*rule)
    }

    /// Reasons typed for rules the page no longer asks about.
    fn kept_reasons(&self) -> Vec<(&str, &str)> {
        kept_reasons(&self.form.rule, &self.form.reason, &self.soft)
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        project: Option<Project>,
        form: ProjectForm,
        (soft, problems): (Vec<Finding>, Problems),
    ) -> Result<Self> {
        let reach = &visit.visitor.scope.reach.division;
        let place = project.as_ref().map(|project| &project.division);
        let choices = Choices::of(tx, visit, place).await?;
        Ok(Self {
            chrome: visit.chrome(),
            names_place: project.is_none() && reach.as_str().len() != 6,
            project,
            form,
            townships: choices.townships,
            stations: choices.stations,
            soft,
            problems,
        })
    }
}

/// A validated form: the draft and the reasons given, or the soft rules that need a reason and the
/// problems found.
type Read = Result<(Draft, Vec<(RuleId, String)>), (Vec<Finding>, Problems)>;

/// Validates a form against the places and stations within reach and the rules of its funds.
async fn read(
    tx: &mut Tx,
    visit: &Visit,
    (id, division): (ProjectId, Option<DivisionCode>),
    form: &ProjectForm,
    plan: Option<&Plan>,
) -> Result<Read> {
    let reach = visit.visitor.scope.reach.division.clone();
    let place = match division {
        Some(division) => Ok(division),
        None if reach.as_str().len() == 6 => Ok(reach),
        None => match divisions::called(tx, &reach, &form.division).await? {
            Ok(place) if place.level == Level::County => Ok(place.code),
            Ok(_) => Err("购买方是县（市、区），请填县的代码或名称。".to_owned()),
            Err(why) => Err(why),
        },
    };
    let township = DivisionCode::parse(&form.township).ok().filter(|code| code.as_str().len() == 9);
    let place_known = place.clone().unwrap_or_else(|_| DivisionCode::country());
    let read = form.read(place_known.clone(), township);
    let mut problems = Problems::default();
    if let Err(why) = place {
        problems.note("division", why);
    }
    let draft = match read {
        Ok(draft) if problems.is_empty() => draft,
        Ok(_) => return Ok(Err((vec![], problems))),
        Err(found) => {
            problems.absorb(found);
            return Ok(Err((vec![], problems)));
        }
    };
    let known = Choices::of(tx, visit, Some(&place_known)).await?;
    if draft.stations.iter().any(|id| !known.stations.iter().any(|(station, _)| station == id)) {
        problems.note("stations", "有站点不在购买方的县里，请重新勾选。");
    }
    if let Some(township) = &draft.township
        && !known.townships.iter().any(|(code, _)| code == township.as_str())
    {
        problems.note("township", "请从列出的乡镇（街道）里选择。");
    }
    let mut facts = plan.map(|plan| plan.facts(draft.lottery_purpose)).unwrap_or_default();
    facts.amounts = amounts(&draft.sources);
    facts.purpose = draft.lottery_purpose;
    let today = tx.today();
    let findings = findings(tx, id, &draft.division, today, &draft.sources, facts).await?;
    let reasons = weigh(&findings, "sources", |rule| form.reason_for(rule).to_owned(), &mut problems);
    if problems.is_empty() {
        return Ok(Ok((draft, reasons)));
    }
    let soft = findings.into_iter().filter(Finding::wants_reason).collect();
    Ok(Err((soft, problems)))
}

pub async fn new(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let reach = visit.visitor.scope.reach.division.clone();
    let year = i16::try_from(tx.today().year()).unwrap_or(2000);
    let number =
        if reach.as_str().len() == 6 { store::number_after(&mut tx, &reach, year).await? } else { String::new() };
    let form = ProjectForm { key: form_key(), number, year: year.to_string(), ..ProjectForm::default() };
    Ok(Html(Edit::page(&visit, &mut tx, None, form, Default::default()).await?).into_response())
}

pub async fn create(visit: Visit, Form(form): Form<ProjectForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    if form.go == "row" {
        return Ok(Html(Edit::page(&visit, &mut tx, None, form, Default::default()).await?).into_response());
    }
    let id = ProjectId::new();
    let (draft, reasons) = match read(&mut tx, &visit, (id, None), &form, None).await? {
        Ok(read) => read,
        Err(wrong) => return Ok(Invalid(Edit::page(&visit, &mut tx, None, form, wrong).await?).into_response()),
    };
    let there = format!("/projects/{id}");
    if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
        return Ok(see_other_done(&before, "again"));
    }
    if let Err(problems) = checked(store::insert(&mut tx, id, &draft).await)? {
        let page = Edit::page(&visit, &mut tx, None, form, (vec![], problems)).await?;
        return Ok(Invalid(page).into_response());
    }
    store::keep_waivers(&mut tx, id, &draft.division, &reasons).await?;
    tx.record(Entry::new("新建项目", "project", id, &draft.name).after(&draft)).await?;
    tx.commit().await?;
    Ok(see_other_done(&there, "created"))
}

pub async fn edit(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    let plan = store::plan(&mut tx, id).await?;
    let mut form = ProjectForm::of(&project.draft(&plan), project.version);
    form.rule = plan.waivers.iter().map(|waiver| waiver.rule_id.to_string()).collect();
    form.reason = plan.waivers.iter().map(|waiver| waiver.reason.clone()).collect();
    let today = tx.today();
    let facts = plan.facts(project.lottery_purpose);
    let findings = findings(&mut tx, id, &project.division, today, &plan.sources, facts).await?;
    let soft = findings.into_iter().filter(Finding::wants_reason).collect();
    let page = Edit::page(&visit, &mut tx, Some(project), form, (soft, Problems::default())).await?;
    Ok(Html(page).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<ProjectId>, Form(mut form): Form<ProjectForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    if form.go == "row" {
        let page = Edit::page(&visit, &mut tx, Some(project), form, Default::default()).await?;
        return Ok(Html(page).into_response());
    }
    let plan = store::plan(&mut tx, id).await?;
    let place = (id, Some(project.division.clone()));
    let (draft, reasons) = match read(&mut tx, &visit, place, &form, Some(&plan)).await? {
        Ok(read) => read,
        Err(wrong) => {
            return Ok(Invalid(Edit::page(&visit, &mut tx, Some(project), form, wrong).await?).into_response());
        }
    };
    if let Some(filed) = store::filed_budget(&mut tx, &project).await?
        && filed != draft.budget
    {
        let why = format!(
            "这个项目已按 {} 元报送备案，预算不能再改。签约可以少于预算；要增加的请上级退回备案后修改，已经备案的请另立项目。",
            yuan(filed)
        );
        let page = Edit::page(&visit, &mut tx, Some(project), form, (vec![], Problems::one("budget", why))).await?;
        return Ok(Invalid(page).into_response());
    }
    if project.contract_sum > draft.budget {
        let why = "预算不能少于已经填好的合同金额，请先改合同明细。";
        let page = Edit::page(&visit, &mut tx, Some(project), form, (vec![], Problems::one("budget", why))).await?;
        return Ok(Invalid(page).into_response());
    }
    if let Err(problems) = checked(store::update(&mut tx, id, form.version, &draft).await)? {
        form.version = project.version;
        let page = Edit::page(&visit, &mut tx, Some(project), form, (vec![], problems)).await?;
        return Ok(Invalid(page).into_response());
    }
    store::keep_waivers(&mut tx, id, &draft.division, &reasons).await?;
    let before = project.draft(&plan);
    tx.record(Entry::new("修改项目", "project", id, &draft.name).before(&before).after(&draft)).await?;
    tx.commit().await?;
    Ok(see_other_done(&project.path(), "saved"))
}
