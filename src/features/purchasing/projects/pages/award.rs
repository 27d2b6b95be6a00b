//! The page of bids and the award of a project to an agency.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::{
    model::{BidsForm, State},
    store::{self, Plan, Project},
};
use crate::{
    db::{Entry, Tx},
    features::{
        people::staff,
        places::agencies::{self, Eligibility},
    },
    kernel::{AgencyId, Day, Error, Problems, ProjectId, Result, yuan},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "purchasing/projects/award.html")]
struct Edit {
    chrome: Chrome,
    project: Project,
    form: BidsForm,
    agencies: Vec<(String, String)>,
    /// The eligibility conditions of the chosen agency.
    conditions: Vec<(String, bool)>,
    problems: Problems,
}

async fn eligibility(tx: &mut Tx, agency: AgencyId) -> Result<Eligibility> {
    let agency = agencies::find(tx, agency).await?;
    agencies::eligibility(tx, &agency).await
}

/// The conditions an agency must meet to be awarded a project, and whether it meets each.
async fn conditions(tx: &mut Tx, agency: AgencyId) -> Result<Vec<(String, bool)>> {
    let eligibility = eligibility(tx, agency).await?;
    let (full_time, certified) = staff::of_agency(tx, agency).await?;
    let mut conditions = eligibility.conditions();
    let words = match full_time {
        0 => "人员名册里没有这家机构的专职人员，不能核对持证比例（要求三分之一以上）".to_owned(),
        _ => format!("专职人员 {full_time} 人，持证 {certified} 人（要求三分之一以上）"),
    };
    conditions.push((words, full_time > 0 && certified * 3 >= full_time));
    Ok(conditions)
}

impl Edit {
    async fn page(visit: &Visit, tx: &mut Tx, project: Project, form: BidsForm, problems: Problems) -> Result<Self> {
        let chosen = form.agency.parse::<AgencyId>().ok();
        let mut agencies = vec![(String::new(), "还没有选定".to_owned())];
        let known = agencies::choices(tx, project.agency).await?;
        agencies.extend(known.into_iter().map(|(id, name)| (id.to_string(), name)));
        let conditions = match chosen {
            Some(agency) => conditions(tx, agency).await?,
            None => vec![],
        };
        Ok(Self { chrome: visit.chrome(), project, form, agencies, conditions, problems })
    }
}

fn form_of(project: &Project, plan: &Plan) -> BidsForm {
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    BidsForm {
        version: project.version,
        go: String::new(),
        notice_on: day(project.notice_on),
        awarded_on: day(project.awarded_on),
        agency: project.agency.map(|id| id.to_string()).unwrap_or_default(),
        committed_hours: project.committed_hours.map(|hours| hours.to_string()).unwrap_or_default(),
        bidder: plan.bids.iter().map(|bid| bid.bidder.clone()).collect(),
        price: plan.bids.iter().map(|bid| yuan(bid.price)).collect(),
        score: plan
            .bids
            .iter()
            .map(|bid| bid.score_centi.map(|score| crate::kernel::amount_text(i64::from(score), 2)).unwrap_or_default())
            .collect(),
        note: plan.bids.iter().map(|bid| bid.note.clone()).collect(),
    }
}

pub async fn edit(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    let form = form_of(&project, &store::plan(&mut tx, id).await?);
    Ok(Html(Edit::page(&visit, &mut tx, project, form, Problems::default()).await?).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<ProjectId>, Form(mut form): Form<BidsForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    if project.state() != State::Procuring {
        return Err(Error::refused("备案并开始采购以后才能登记采购结果。请先在项目概况里推进。"));
    }
    if form.go == "row" || form.go == "look" {
        return Ok(Html(Edit::page(&visit, &mut tx, project, form, Problems::default()).await?).into_response());
    }
    let mut problems = Problems::default();
    let today = tx.today();
    let mut past = |field, typed: &str| {
        let day = if typed.trim().is_empty() { None } else { problems.check(field, typed.parse::<Day>()) };
        if day.is_some_and(|day| day > today) {
            problems.note(field, "日期不能晚于今天。");
        }
        day
    };
    let (notice_on, awarded_on) = (past("notice_on", &form.notice_on), past("awarded_on", &form.awarded_on));
    if let (Some(notice_on), Some(awarded_on)) = (notice_on, awarded_on)
        && awarded_on < notice_on
    {
        problems.note("awarded_on", "成交（中标）日期不能早于公告日期。");
    }
    let choices = agencies::choices(&mut tx, project.agency).await?;
    let agency = match form.agency.as_str() {
        "" => None,
        typed => {
            let found = choices.iter().find(|(id, _)| id.to_string() == typed);
            problems.check("agency", found.ok_or("这家机构现在不能承接新的项目，请从列出的机构里选择。"))
        }
    };
    if let Some((agency, _)) = agency
        && let Some(why) = eligibility(&mut tx, *agency).await?.refused()
    {
        problems.note("agency", why);
    }
    let hours = form.hours(&mut problems);
    let bids = form.bids(agency.map_or("", |(_, name)| name), &mut problems);
    match bids.iter().find(|bid| bid.won) {
        Some(bid) if bid.price > project.budget => {
            let why = format!("成交的报价 {} 元超过预算 {} 元，请核对。", yuan(bid.price), yuan(project.budget));
            problems.note("bids", why);
        }
        None if agency.is_some() && !bids.is_empty() => {
            problems.note("agency", "选定的机构不在上面的投标人里，请核对名称（要和名册里的全称一致）。");
        }
        _ => {}
    }
    let saved = if problems.is_empty() {
        project.version = form.version;
        let agency = agency.map(|(id, name)| (*id, name.as_str()));
        let days = (notice_on, awarded_on, hours);
        checked(store::set_award(&mut tx, &project, &bids, agency, days).await)?
    } else {
        Err(problems)
    };
    if let Err(problems) = saved {
        let project = store::find(&mut tx, id).await?;
        form.version = project.version;
        return Ok(Invalid(Edit::page(&visit, &mut tx, project, form, problems).await?).into_response());
    }
    let conditions = match agency {
        Some((agency, _)) => conditions(&mut tx, *agency).await?,
        None => vec![],
    };
    let after = json!({
        "agency": agency.map(|(_, name)| name), "awarded_on": awarded_on, "notice_on": notice_on,
        "committed_hours": hours, "bids": bids, "conditions": conditions,
    });
    let before = json!({ "agency": project.agency_name, "awarded_on": project.awarded_on });
    tx.record(Entry::new("登记项目采购结果", "project", id, &project.name).before(before).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&project.path(), "saved"))
}
