//! Screens.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::store::{self, Agency};
use crate::{
    access::Act,
    db::Entry,
    kernel::{AgencyId, Listed, Paging, Result, credit_code, line, phone},
    web::{
        Chrome, Form, Html, Invalid, Path, Problems, Query, Turn, Visit, checked, form_key, key_of, see_other,
        see_other_done,
    },
};

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    q: String,
}

#[derive(Template)]
#[template(path = "agencies/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    agencies: Listed<Agency>,
    turn: Turn,
}

pub async fn index(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let agencies = store::page(&mut tx, filter.q.trim(), paging).await?;
    let turn = Turn::of("/agencies", &filter, &agencies);
    Ok(Html(Index { chrome: visit.chrome(), filter, agencies, turn }).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AgencyForm {
    key: String,
    name: String,
    credit_code: String,
    contact: String,
    phone: String,
    version: i32,
}

impl AgencyForm {
    fn read(&self, id: AgencyId) -> Result<Agency, Problems> {
        let mut problems = Problems::default();
        let agency = Agency {
            id,
            name: problems.check("name", line(&self.name, 2, 60)).unwrap_or_default(),
            credit_code: problems.check("credit_code", credit_code(&self.credit_code)).unwrap_or_default(),
            contact: problems.check("contact", line(&self.contact, 0, 40)).unwrap_or_default(),
            phone: problems.check("phone", phone(&self.phone)).unwrap_or_default(),
            version: self.version,
            stations: 0,
        };
        problems.or(agency)
    }
}

#[derive(Template)]
#[template(path = "agencies/edit.html")]
struct Edit {
    chrome: Chrome,
    /// `None`: a new one.
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
    let agency = match form.read(AgencyId::new()) {
        Ok(agency) => agency,
        Err(problems) => return Ok(again(form, problems)),
    };
    let mut tx = visit.begin().await?;
    if let Some(before) = tx.once(key_of(&form.key)?, "/agencies").await? {
        return Ok(see_other(&before));
    }
    if let Err(problems) = checked(store::insert(&mut tx, &agency).await)? {
        return Ok(again(form, problems));
    }
    tx.record(Entry::new("新建承接机构", "agency", agency.id, &agency.name).after(&agency)).await?;
    tx.commit().await?;
    Ok(see_other_done("/agencies", "created"))
}

pub async fn edit(visit: Visit, Path(id): Path<AgencyId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let now = store::find(&mut tx, id).await?;
    let form = AgencyForm {
        key: String::new(),
        name: now.name,
        credit_code: now.credit_code,
        contact: now.contact,
        phone: now.phone,
        version: now.version,
    };
    Ok(Html(Edit { chrome: visit.chrome(), id: Some(id), form, problems: Problems::default() }).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<AgencyId>, Form(form): Form<AgencyForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let before = store::find(&mut tx, id).await?;
    let saved = match form.read(id) {
        Ok(agency) => checked(store::update(&mut tx, &agency).await)?.map(|()| agency),
        Err(problems) => Err(problems),
    };
    match saved {
        Ok(agency) => {
            tx.record(Entry::new("修改承接机构", "agency", id, &agency.name).before(&before).after(&agency)).await?;
            tx.commit().await?;
            Ok(see_other_done("/agencies", "saved"))
        }
        Err(problems) => Ok(Invalid(Edit { chrome: visit.chrome(), id: Some(id), form, problems }).into_response()),
    }
}
