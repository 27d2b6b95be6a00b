//! The overview of plans and agreements, the page of one filing, and the export.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::store::{self, Agreement, County, Filed, Filing, Kind, State};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::purchasing::projects,
    kernel::{Day, DivisionCode, Error, FilingId, Listed, Paging, Problems, ProjectId, Result, line, plain_yuan},
    web::{Cell, Chrome, Column, Form, Html, Invalid, Path, Query, Sheet, Turn, Visit, filters, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    year: Option<i16>,
    /// The list that is being paged: plans or agreements.
    of: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PlanForm {
    year: Option<i16>,
    document: String,
    words: String,
}

#[derive(Template)]
#[template(path = "purchasing/filings/index.html")]
struct Index {
    chrome: Chrome,
    year: i16,
    this_year: i16,
    counties: Listed<County>,
    agreements: Listed<Agreement>,
    turns: (Turn, Turn),
    /// The projects of the visitor's own county plan, ready to file.
    own: Option<Vec<Filed>>,
    due_on: Day,
    today: Day,
    form: PlanForm,
    problems: Problems,
}

/// The deadline for a year's plan: 31 March.
fn plan_due(year: i16) -> Day {
    Day::end_of(i32::from(year) - 1).plus_months(3)
}

/// The county whose plan this visitor files.
fn county_of(visit: &Visit) -> Option<DivisionCode> {
    let reach = &visit.visitor.scope.reach.division;
    (visit.visitor.role.may(Act::WriteProjects) && reach.as_str().len() == 6).then(|| reach.clone())
}

impl Index {
    fn years(&self) -> Vec<i16> {
        let mut years: Vec<i16> = (self.this_year - 2..=self.this_year + 1).rev().collect();
        if !years.contains(&self.year) {
            years.push(self.year);
        }
        years
    }

    /// The row of the visitor's own county.
    fn own_county(&self) -> Option<&County> {
        self.own.as_ref().and_then(|_| self.counties.rows.first())
    }

    /// True when nothing is filed yet, the plan was returned, or projects were added since.
    fn may_file(&self) -> bool {
        self.own_county().is_some_and(|county| match county.state {
            None | Some(State::Returned) => true,
            Some(State::Submitted) => false,
            Some(State::Acknowledged) => county.planned > 0,
        })
    }

    fn sum(&self) -> i64 {
        self.own.iter().flatten().map(|filed| filed.amount).sum()
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        (filter, paging): (Filter, Paging),
        form: PlanForm,
        problems: Problems,
    ) -> Result<Self> {
        let today = tx.today();
        let this_year = i16::try_from(today.year()).unwrap_or(2000);
        let year = filter.year.filter(|year| (2000..=2100).contains(year)).unwrap_or(this_year);
        let first = Paging::default();
        let (of_counties, of_agreements) = if filter.of == "agreements" { (first, paging) } else { (paging, first) };
        let counties = store::counties(tx, year, of_counties).await?;
        let total = store::count_agreements(tx, year).await?;
        let of_agreements = of_agreements.within(total);
        let rows = store::agreements(tx, year, of_agreements.size(), of_agreements.offset()).await?;
        let agreements = Listed { rows, total, paging: of_agreements };
        let own = match county_of(visit) {
            Some(county) => Some(store::plannable(tx, &county, year).await?),
            None => None,
        };
        let to = |of: &str| Filter { year: Some(year), of: of.to_owned() };
        let turns = (Turn::of("/filings", &to(""), &counties), Turn::of("/filings", &to("agreements"), &agreements));
        let due_on = plan_due(year);
        Ok(Self {
            chrome: visit.chrome(),
            year,
            this_year,
            counties,
            agreements,
            turns,
            own,
            due_on,
            today,
            form,
            problems,
        })
    }
}

pub async fn index(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let page = Index::page(&visit, &mut tx, (filter, paging), PlanForm::default(), Problems::default()).await?;
    Ok(Html(page).into_response())
}

pub async fn submit_plan(visit: Visit, Form(form): Form<PlanForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let county =
        county_of(&visit).ok_or_else(|| Error::refused("年度计划由县（市、区）报送。请用只管一个县的岗位办理。"))?;
    let year = form.year.filter(|year| (2000..=2100).contains(year)).ok_or(Error::NotFound)?;
    let mut problems = Problems::default();
    let document = problems.check("document", line(&form.document, 2, 80));
    let words = problems.check("words", line(&form.words, 0, 300));
    let content = store::plannable(&mut tx, &county, year).await?;
    if content.is_empty() {
        problems.note("document", "这一年还没有项目，请先新建项目再报计划。");
    }
    let (Some(document), Some(words), true) = (document, words, problems.is_empty()) else {
        let filter = (Filter { year: Some(year), of: String::new() }, Paging::default());
        return Ok(Invalid(Index::page(&visit, &mut tx, filter, form, problems).await?).into_response());
    };
    store::file_plan(&mut tx, &county, year, (&document, &words), &content).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/filings?year={year}"), "filed"))
}

pub async fn submit_agreement(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::find(&mut tx, id).await?;
    if project.is_drafted() || project.terms.signed_on.is_none() {
        return Err(Error::refused("签约以后才能报协议备案。"));
    }
    let document = project.terms.contract_number.clone();
    store::file_agreement(&mut tx, &project, &document, "").await?;
    tx.commit().await?;
    Ok(see_other_done(&project.path(), "filed"))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    decision: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "purchasing/filings/show.html")]
struct Show {
    chrome: Chrome,
    filing: Filing,
    may_decide: bool,
    reason: String,
    problems: Problems,
}

/// True if this visitor decides on the county's filing: the authority above or, where the network
/// has none, the county on behalf of the authority outside.
fn may_decide(visit: &Visit, filing: &Filing) -> bool {
    let is_above = visit.visitor.scope.reach.division != filing.division;
    visit.visitor.role.may(Act::AcknowledgeFilings) && is_above || visit.rules(Act::WriteProjects)
}

pub async fn show(visit: Visit, Path(id): Path<FilingId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let filing = store::find(&mut tx, id).await?;
    let may_decide = filing.state == State::Submitted && may_decide(&visit, &filing);
    let page =
        Show { chrome: visit.chrome(), filing, may_decide, reason: String::new(), problems: Problems::default() };
    Ok(Html(page).into_response())
}

pub async fn decide(visit: Visit, Path(id): Path<FilingId>, Form(form): Form<DecisionForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let filing = store::find(&mut tx, id).await?;
    if !may_decide(&visit, &filing) {
        return Err(Error::Forbidden);
    }
    let mut problems = Problems::default();
    let reason = match form.decision.as_str() {
        "acknowledge" => None,
        "return" => problems.check("reason", line(&form.reason, 2, 300)),
        _ => {
            problems.note("decision", "请选择确认备案或退回。");
            None
        }
    };
    if !problems.is_empty() {
        let page = Show { chrome: visit.chrome(), filing, may_decide: true, reason: form.reason, problems };
        return Ok(Invalid(page).into_response());
    }
    store::decide(&mut tx, &filing, reason.as_deref()).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/filings/{id}"), "saved"))
}

/// Rows held in memory at a time during an export.
const CHUNK: i64 = 2000;

pub async fn export(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let heads = [
        ("项目编号", 18),
        ("项目", 34),
        ("购买方", 14),
        ("签订日期", 12),
        ("合同金额（元）", 16),
        ("协议备案", 14),
        ("报送时间", 18),
        ("是否逾期", 10),
    ];
    let columns = heads.map(|(head, width)| Column::new(head, width));
    let mut tx = visit.begin_export().await?;
    let today = tx.today();
    let this_year = i16::try_from(today.year()).unwrap_or(2000);
    let year = filter.year.filter(|year| (2000..=2100).contains(year)).unwrap_or(this_year);
    let mut sheet = Sheet::new("协议备案", &columns, false)?;
    let mut written = 0;
    loop {
        let rows = store::agreements(&mut tx, year, CHUNK, written).await?;
        for row in &rows {
            let signed_on = row.signed_on.map(|day| day.to_string()).unwrap_or_default();
            let amount = plain_yuan(row.contract_sum);
            let at = row.submitted_at.map(|at| crate::kernel::moment(&at)).unwrap_or_default();
            let is_late = row.was_late() || row.tag(&today).0 == "bad" && row.state.is_none();
            sheet.row([
                Cell::Text(&row.number),
                Cell::Text(&row.name),
                Cell::Text(&row.division_name),
                Cell::Text(&signed_on),
                Cell::Amount(&amount),
                Cell::Text(row.tag(&today).1),
                Cell::Text(&at),
                Cell::Text(if is_late { "是" } else { "否" }),
            ])?;
        }
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        written += count;
        if count < CHUNK {
            break;
        }
    }
    let after = serde_json::json!({ "rows": written, "year": year });
    tx.record(Entry::new("导出协议备案情况", "filings", "", "协议备案").after(after)).await?;
    tx.commit().await?;
    sheet.finish(&format!("协议备案_{year}.xlsx")).await
}
