//! The forms that add a station, place by place, and edit it.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::super::{
    model::{BuildRoute, OperationMode, Recognition, State, StationForm, StationLevel},
    store::{self, Station},
};
use crate::{
    db::{Entry, Tx},
    features::places::{
        agencies,
        divisions::{self, Division},
    },
    kernel::{AgencyId, Day, DivisionCode, Error, Problems, Result, StationId},
    web::{Chrome, Form, Html, Invalid, Path, Query, Visit, checked, filters, form_key, key_of, see_other_done},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    at: String,
    /// Set if the place itself is chosen, not one inside it.
    here: String,
}

/// Choosing the place of a new station: one step down the tree.
#[derive(Template)]
#[template(path = "places/stations/where.html")]
struct Where {
    chrome: Chrome,
    around: Vec<Division>,
    place: Division,
    children: Vec<(Division, i64)>,
}

impl Where {
    fn fits(&self, division: &Division) -> bool {
        StationLevel::within(division.level).is_some()
    }
}

pub async fn new(visit: Visit, Query(at): Query<At>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let reach = &visit.visitor.scope.reach.division;
    let code = match at.at.as_str() {
        "" => reach.clone(),
        at => DivisionCode::parse(at).map_err(|_| Error::NotFound)?,
    };
    let mut around = divisions::ancestors(&mut tx, &code).await?;
    around.retain(|above| reach.contains(&above.code));
    let place = around.pop().filter(|place| place.code == code && place.until.is_none()).ok_or(Error::NotFound)?;
    if !at.here.is_empty() && StationLevel::within(place.level).is_some() {
        let form = StationForm {
            key: form_key(),
            code: store::next_code(&mut tx, &code).await?,
            division: code.to_string(),
            state: State::Operating.as_str().to_owned(),
            operation_mode: OperationMode::SelfRun.as_str().to_owned(),
            ..StationForm::default()
        };
        let page = Edit::page(&visit, &mut tx, place, None, form, Problems::default()).await?;
        return Ok(Html(page).into_response());
    }
    let children = divisions::children(&mut tx, &code).await?;
    let codes: Vec<String> = children.iter().map(|child| child.code.to_string()).collect();
    let counts = store::open(&mut tx, &codes).await?;
    let children = children
        .into_iter()
        .filter(|child| child.until.is_none())
        .map(|child| {
            let count = counts.iter().find(|(code, _)| code == child.code.as_str()).map_or(0, |(_, count)| *count);
            (child, count)
        })
        .collect();
    Ok(Html(Where { chrome: visit.chrome(), around, place, children }).into_response())
}

/// The form of a new or existing station.
#[derive(Template)]
#[template(path = "places/stations/edit.html")]
struct Edit {
    chrome: Chrome,
    place: Division,
    station: Option<Station>,
    form: StationForm,
    problems: Problems,
    parents: Vec<(String, String)>,
    agencies: Vec<(String, String)>,
}

impl Edit {
    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        place: Division,
        station: Option<Station>,
        mut form: StationForm,
        problems: Problems,
    ) -> Result<Self> {
        let level = match &station {
            Some(station) => station.level,
            None => StationLevel::within(place.level).ok_or(Error::NotFound)?,
        };
        let choices = |found: Vec<(StationId, String)>| found.into_iter().map(|(id, name)| (id.to_string(), name));
        let found: Vec<_> = choices(store::possible_parents(tx, &place.code, level).await?).collect();
        if station.is_none() && form.parent.is_empty() && problems.is_empty() {
            form.parent = found.first().map(|(id, _)| id.clone()).unwrap_or_default();
        }
        let mut parents = vec![(String::new(), "（没有）".to_owned())];
        // Keeps the present parent among the choices, even if it could no longer be chosen.
        if let Some((id, name)) =
            station.as_ref().and_then(|station| Some((station.parent_id?, station.parent_name.clone()?)))
            && !found.iter().any(|(other, _)| *other == id.to_string())
        {
            parents.push((id.to_string(), name));
        }
        parents.extend(
            found.into_iter().filter(|(id, _)| station.as_ref().is_none_or(|station| station.id.to_string() != *id)),
        );
        let mut choices = vec![(String::new(), "（没有）".to_owned())];
        choices.extend(
            agencies::choices(tx, station.as_ref().and_then(|station| station.agency_id))
                .await?
                .into_iter()
                .map(|(id, name): (AgencyId, String)| (id.to_string(), name)),
        );
        Ok(Self { chrome: visit.chrome(), place, station, form, problems, parents, agencies: choices })
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        State::choices().into_iter().filter(|(state, _)| *state != State::Closed.as_str()).collect()
    }

    fn level(&self) -> &str {
        let level = match &self.station {
            Some(station) => Some(station.level),
            None => StationLevel::within(self.place.level),
        };
        level.map_or("", |level| self.chrome.station_level(level.as_str()))
    }
}

/// The place named in a form, if it is within reach and has not ended.
async fn place(visit: &Visit, tx: &mut Tx, code: &str) -> Result<Division> {
    let code = DivisionCode::parse(code).map_err(|_| Error::NotFound)?;
    if !visit.visitor.scope.reach.division.contains(&code) {
        return Err(Error::NotFound);
    }
    let place = divisions::find(tx, &code).await?;
    if place.until.is_some() {
        return Err(Error::refused("这个区划已经撤并，请在并入的区划里新建站点。"));
    }
    Ok(place)
}

/// Refuses an agency that may not take on work, unless it already runs the station.
async fn check_agency(tx: &mut Tx, agency: Option<AgencyId>, has: Option<AgencyId>) -> Result<()> {
    let Some(agency) = agency.filter(|agency| Some(*agency) != has) else { return Ok(()) };
    if agencies::choices(tx, None).await?.iter().any(|(id, _)| *id == agency) {
        Ok(())
    } else {
        Err(Error::at("agency", "这家机构不在名册里，或者已暂停、禁止承接，不能承接新的站点。"))
    }
}

/// Refuses a parent that is not among the possible ones, or any other id.
async fn check_parent(tx: &mut Tx, place: &DivisionCode, level: StationLevel, parent: Option<StationId>) -> Result<()> {
    let Some(parent) = parent else { return Ok(()) };
    let possible = store::possible_parents(tx, place, level).await?;
    if possible.iter().any(|(id, _)| *id == parent) {
        Ok(())
    } else {
        Err(Error::at("parent", "请从列出的上级站点里选择。"))
    }
}

pub async fn create(visit: Visit, Form(form): Form<StationForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let place = place(&visit, &mut tx, &form.division).await?;
    let id = StationId::new();
    let made = match form.station(&place.code, place.level, tx.today()) {
        Ok(station) => {
            if let Some(before) = tx.once(key_of(&form.key)?, &format!("/stations/{id}")).await? {
                return Ok(see_other_done(&before, "again"));
            }
            let fits = check_agency(&mut tx, station.facts.agency, None)
                .await
                .and(check_parent(&mut tx, &place.code, station.level, station.facts.parent).await);
            match checked(fits)? {
                Ok(()) => checked(store::insert(&mut tx, id, &station).await)?.map(|()| station),
                Err(problems) => Err(problems),
            }
        }
        Err(problems) => Err(problems),
    };
    match made {
        Ok(station) => {
            tx.record(Entry::new("新建站点", "station", id, &station.facts.name).after(&station)).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/stations/{id}"), "created"))
        }
        Err(problems) => {
            let page = Edit::page(&visit, &mut tx, place, None, form, problems).await?;
            Ok(Invalid(page).into_response())
        }
    }
}

/// A station as its form.
pub(super) fn form_of(station: &Station, today: Day) -> StationForm {
    let tick = |ticked: bool| if ticked { "on".to_owned() } else { String::new() };
    StationForm {
        key: String::new(),
        version: station.version,
        code: station.code.clone(),
        name: station.name.clone(),
        division: station.division.to_string(),
        parent: station.parent_id.map(|id| id.to_string()).unwrap_or_default(),
        state: station.state.as_str().to_owned(),
        opened_on: station.opened_on.map(|day| day.to_string()).unwrap_or_default(),
        operation_mode: station.operation_mode.as_str().to_owned(),
        agency: station.agency_id.map(|id| id.to_string()).unwrap_or_default(),
        build_route: station.build_route.as_str().to_owned(),
        is_provincial_pilot: tick(station.is_provincial_pilot),
        is_governance_pilot: tick(station.is_governance_pilot),
        is_merged_area: tick(station.is_merged_area),
        recognition: station.recognition.as_str().to_owned(),
        address: station.address.clone(),
        position: station.position().map(|position| position.to_string()).unwrap_or_default(),
        phone: station.phone.clone(),
        venue: station.venue.clone(),
        area_m2: station.area_m2.map(|area| area.to_string()).unwrap_or_default(),
        since: today.to_string(),
    }
}

pub async fn edit(visit: Visit, Path(id): Path<StationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = store::find(&mut tx, id).await?;
    let place = divisions::find(&mut tx, &station.division).await?;
    let form = form_of(&station, tx.today());
    Ok(Html(Edit::page(&visit, &mut tx, place, Some(station), form, Problems::default()).await?).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<StationId>, Form(mut form): Form<StationForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let before = store::find(&mut tx, id).await?;
    match checked(save(&mut tx, &before, &form).await)? {
        Ok(()) => {
            let after = store::find(&mut tx, id).await?;
            tx.record(Entry::new("修改站点", "station", id, &after.name).before(before.facts()).after(after.facts()))
                .await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/stations/{id}"), "saved"))
        }
        Err(first) => {
            let mut problems = Problems::default();
            form.facts(&mut problems);
            let problems = if problems.is_empty() { first } else { problems };
            // Somebody else saved first: the input stays, and submitting again overwrites.
            form.version = before.version;
            let place = divisions::find(&mut tx, &before.division).await?;
            let page = Edit::page(&visit, &mut tx, place, Some(before), form, problems).await?;
            Ok(Invalid(page).into_response())
        }
    }
}

/// Saves an edit; a new name or parent begins a new period.
async fn save(tx: &mut Tx, before: &Station, form: &StationForm) -> Result<()> {
    let mut problems = Problems::default();
    let facts = form.facts(&mut problems).filter(|_| problems.is_empty());
    let Some(facts) = facts else {
        return Err(Error::at("code", "有内容需要核对。"));
    };
    let turns = facts.name != before.name || facts.parent != before.parent_id;
    if facts.parent != before.parent_id {
        check_parent(tx, &before.division, before.level, facts.parent).await?;
    }
    check_agency(tx, facts.agency, before.agency_id).await?;
    let since: Day = form.since.parse().map_err(|why: &str| Error::at("since", why))?;
    if since > tx.today() {
        return Err(Error::at("since", "变更日期不能晚于今天。到那一天再来登记。"));
    }
    store::update(tx, before.id, form.version, &facts).await?;
    if turns {
        store::turn_over(tx, before.id, since, "").await?;
    }
    divisions::mark(tx, &[&before.division]).await
}
