//! The register of agencies, its form and its export.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{
    model::{Agency, AgencyForm, Domain, Grade, Inspection, Standing},
    store::{self, Filter},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    kernel::{AgencyId, Listed, Paging, Problems, Result, line, number},
    web::{
        Cell, Chrome, Column, Form, Html, Invalid, Path, Query, Sheet, Turn, Visit, checked, filters, form_key, key_of,
        see_other_done,
    },
};

#[derive(Template)]
#[template(path = "places/agencies/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    agencies: Listed<Agency>,
    turn: Turn,
}

pub async fn index(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let agencies = store::page(&mut tx, &filter, paging).await?;
    let turn = Turn::of("/agencies", &filter, &agencies);
    Ok(Html(Index { chrome: visit.chrome(), filter, agencies, turn }).into_response())
}

/// Rows held in memory at a time while an export is written.
const CHUNK: i64 = 2000;

pub async fn export(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let heads = [
        ("名称", 32),
        ("统一社会信用代码", 22),
        ("法定代表人", 14),
        ("等级", 8),
        ("成立日期", 12),
        ("登记机关", 20),
        ("服务领域", 36),
        ("联系人", 14),
        ("电话", 18),
        ("状态", 10),
        ("状态原因", 30),
        ("管辖内运营站点", 16),
    ];
    let columns = heads.map(|(head, width)| Column::new(head, width));
    let mut tx = visit.begin_export().await?;
    let mut sheet = Sheet::new("承接机构", &columns, false)?;
    let mut written = 0;
    loop {
        let rows = store::rows(&mut tx, &filter, CHUNK, written).await?;
        for agency in &rows {
            let founded_on = agency.founded_on.map(|day| day.to_string()).unwrap_or_default();
            let domains = agency.domain_names();
            sheet.row([
                Cell::Text(&agency.name),
                Cell::Text(&agency.credit_code),
                Cell::Text(&agency.legal_person),
                Cell::Text(agency.grade.label()),
                Cell::Text(&founded_on),
                Cell::Text(&agency.registered_with),
                Cell::Text(&domains),
                Cell::Text(&agency.contact),
                Cell::Text(&agency.phone),
                Cell::Text(agency.standing.label()),
                Cell::Text(&agency.standing_reason),
                Cell::Number(agency.stations),
            ])?;
        }
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        written += count;
        if count < CHUNK {
            break;
        }
    }
    let after = serde_json::json!({ "rows": written, "filter": filter });
    tx.record(Entry::new("导出承接机构名册", "agencies", "", "承接机构名册").after(after)).await?;
    let day = tx.today();
    tx.commit().await?;
    sheet.finish(&format!("承接机构_{day}.xlsx")).await
}

#[derive(Template)]
#[template(path = "places/agencies/edit.html")]
struct Edit {
    chrome: Chrome,
    /// `None` for a new agency.
    id: Option<AgencyId>,
    form: AgencyForm,
    problems: Problems,
}

pub async fn new(visit: Visit) -> Html<impl Template> {
    let form = AgencyForm { key: form_key(), ..AgencyForm::default() };
    Html(Edit { chrome: visit.chrome(), id: None, form, problems: Problems::default() })
}

pub async fn create(visit: Visit, Form(form): Form<AgencyForm>) -> Result<Response> {
    let again = |form, problems| Invalid(Edit { chrome: visit.chrome(), id: None, form, problems }).into_response();
    let mut tx = visit.begin().await?;
    let agency = match form.read(AgencyId::new(), tx.today()) {
        Ok(agency) => agency,
        Err(problems) => return Ok(again(form, problems)),
    };
    let there = format!("/agencies/{}", agency.id);
    if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
        return Ok(see_other_done(&before, "again"));
    }
    if let Err(problems) = checked(store::insert(&mut tx, &agency).await)? {
        return Ok(again(form, problems));
    }
    tx.record(Entry::new("新建承接机构", "agency", agency.id, &agency.name).after(&agency)).await?;
    tx.commit().await?;
    Ok(see_other_done(&there, "created"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StandingForm {
    standing: String,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InspectionForm {
    year: String,
    result: String,
}

#[derive(Template)]
#[template(path = "places/agencies/show.html")]
struct Show {
    chrome: Chrome,
    agency: Agency,
    inspections: Vec<(i32, Inspection)>,
    standing: StandingForm,
    inspection: InspectionForm,
    problems: Problems,
}

impl Show {
    async fn page(visit: &Visit, tx: &mut Tx, id: AgencyId) -> Result<Self> {
        let agency = store::find(tx, id).await?;
        let standing = StandingForm { standing: agency.standing.as_str().to_owned(), reason: String::new() };
        let last_year = tx.today().year() - 1;
        Ok(Self {
            chrome: visit.chrome(),
            agency,
            inspections: store::inspections(tx, id).await?,
            standing,
            inspection: InspectionForm { year: last_year.to_string(), result: String::new() },
            problems: Problems::default(),
        })
    }
}

pub async fn show(visit: Visit, Path(id): Path<AgencyId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    Ok(Html(Show::page(&visit, &mut tx, id).await?).into_response())
}

pub async fn edit(visit: Visit, Path(id): Path<AgencyId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let form = AgencyForm::of(&store::find(&mut tx, id).await?);
    Ok(Html(Edit { chrome: visit.chrome(), id: Some(id), form, problems: Problems::default() }).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<AgencyId>, Form(mut form): Form<AgencyForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let before = store::find(&mut tx, id).await?;
    let saved = match form.read(id, tx.today()) {
        Ok(agency) => checked(store::update(&mut tx, &agency).await)?.map(|()| agency),
        Err(problems) => Err(problems),
    };
    match saved {
        Ok(agency) => {
            tx.record(Entry::new("修改承接机构", "agency", id, &agency.name).before(&before).after(&agency)).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/agencies/{id}"), "saved"))
        }
        Err(problems) => {
            form.version = before.version;
            Ok(Invalid(Edit { chrome: visit.chrome(), id: Some(id), form, problems }).into_response())
        }
    }
}

pub async fn set_standing(visit: Visit, Path(id): Path<AgencyId>, Form(form): Form<StandingForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let before = store::find(&mut tx, id).await?;
    let mut problems = Problems::default();
    let standing = problems.check("standing", Standing::parse(&form.standing).ok_or("请选择状态。"));
    let reason = problems.check("reason", line(&form.reason, 2, 200));
    if standing == Some(before.standing) {
        problems.note("standing", format!("现在已经是「{}」。", before.standing.label()));
    }
    let (Some(standing), Some(reason), true) = (standing, reason, problems.is_empty()) else {
        let page = Show { standing: form, problems, ..Show::page(&visit, &mut tx, id).await? };
        return Ok(Invalid(page).into_response());
    };
    store::set_standing(&mut tx, id, standing, &reason).await?;
    let entry = Entry::new("变更承接机构状态", "agency", id, &before.name);
    let entry = entry.before(serde_json::json!({ "state": before.standing.label(), "reason": before.standing_reason }));
    tx.record(entry.after(serde_json::json!({ "state": standing.label(), "reason": reason }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/agencies/{id}"), "state"))
}

pub async fn inspect(visit: Visit, Path(id): Path<AgencyId>, Form(form): Form<InspectionForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let agency = store::find(&mut tx, id).await?;
    let this_year = tx.today().year();
    let mut problems = Problems::default();
    let year = problems.check("year", number(&form.year));
    let result = problems.check("result", Inspection::parse(&form.result).ok_or("请选择年检结果。"));
    if year.is_some_and(|year| year < 1990 || year > this_year) {
        problems.note("year", format!("年份请填 1990 到 {this_year}。"));
    }
    let (Some(year), Some(result), true) = (year, result, problems.is_empty()) else {
        let page = Show { inspection: form, problems, ..Show::page(&visit, &mut tx, id).await? };
        return Ok(Invalid(page).into_response());
    };
    let before = store::inspections(&mut tx, id).await?.into_iter().find(|(of, _)| *of == year);
    store::inspect(&mut tx, id, year, result).await?;
    let entry = Entry::new("登记年检结果", "agency", id, &agency.name);
    let entry = entry.before(serde_json::json!({ "year": year, "result": before.map(|(_, result)| result.label()) }));
    tx.record(entry.after(serde_json::json!({ "year": year, "result": result.label() }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/agencies/{id}"), "saved"))
}
