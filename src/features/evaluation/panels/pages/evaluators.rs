//! The register of evaluators and the form for their profiles.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::{
    model::{Background, Certified},
    store::{self, NewProfile, Profile},
};
use crate::{
    db::{Entry, Tx},
    features::places::{agencies, divisions},
    kernel::{AccountId, AgencyId, Error, Problems, Result, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "evaluation/panels/evaluators.html")]
struct Index {
    chrome: Chrome,
    profiles: Vec<Profile>,
}

pub async fn index(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let profiles = store::profiles(&mut tx).await?;
    Ok(Html(Index { chrome: visit.chrome(), profiles }).into_response())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProfileForm {
    version: i32,
    employer: String,
    agency: String,
    background: String,
    is_finance: String,
    certified: String,
    place: String,
}

#[derive(Template)]
#[template(path = "evaluation/panels/evaluator.html")]
struct Edit {
    chrome: Chrome,
    profile: Profile,
    agencies: Vec<(AgencyId, String)>,
    form: ProfileForm,
    problems: Problems,
}

impl Edit {
    fn agency_choices(&self) -> Vec<(String, String)> {
        let all = self.agencies.iter().map(|(id, name)| (id.to_string(), name.clone()));
        [(String::new(), "不在承接机构任职".to_owned())].into_iter().chain(all).collect()
    }
}

async fn profile(tx: &mut Tx, id: AccountId) -> Result<Profile> {
    store::profiles(tx).await?.into_iter().find(|profile| profile.account == id).ok_or(Error::NotFound)
}

pub async fn edit(visit: Visit, Path(id): Path<AccountId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let profile = profile(&mut tx, id).await?;
    let agencies = agencies::choices(&mut tx, profile.agency).await?;
    let form = ProfileForm {
        version: profile.version,
        employer: profile.employer.clone(),
        agency: profile.agency.map(|id| id.to_string()).unwrap_or_default(),
        background: profile.background.as_str().to_owned(),
        is_finance: if profile.is_finance { "yes" } else { "" }.to_owned(),
        certified: profile.certified.as_str().to_owned(),
        place: profile.place.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    let page = Edit { chrome: visit.chrome(), profile, agencies, form, problems: Problems::default() };
    Ok(Html(page).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<AccountId>, Form(form): Form<ProfileForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let before = profile(&mut tx, id).await?;
    let agencies = agencies::choices(&mut tx, before.agency).await?;
    let mut problems = Problems::default();
    let employer = problems.check("employer", line(&form.employer, 0, 60));
    let agency = form.agency.parse::<AgencyId>().ok().filter(|id| agencies.iter().any(|(known, _)| known == id));
    if agency.is_none() && !form.agency.is_empty() {
        problems.note("agency", "没有这个承接机构，请从列表中选择。");
    }
    let background = Background::parse(&form.background);
    if background.is_none() {
        problems.note("background", "请选择专家的来源。");
    }
    let certified = Certified::parse(&form.certified).unwrap_or(Certified::None);
    let root = visit.visitor.root.clone();
    let place = problems.check("place", divisions::asked(&mut tx, &root, &form.place).await?);
    let (Some(employer), Some(background), Some(place), true) = (employer, background, place, problems.is_empty())
    else {
        let page = Edit { chrome: visit.chrome(), profile: before, agencies, form, problems };
        return Ok(Invalid(page).into_response());
    };
    let new = NewProfile {
        employer,
        agency,
        background,
        is_finance: form.is_finance == "yes",
        certified,
        place: place.map(|place| place.code),
    };
    store::put_profile(&mut tx, id, form.version, &new).await?;
    let was = json!({ "employer": before.employer, "agency": before.agency_name, "is_finance": before.is_finance, "place": before.place });
    tx.record(Entry::new("登记评估专家资料", "account", id, &before.name).before(was).after(&new)).await?;
    tx.commit().await?;
    Ok(see_other_done("/evaluators", "saved"))
}
