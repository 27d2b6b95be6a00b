//! The home page after sign-in: the visitor's place, stations or administrative work.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::{
    place::{self, Filter},
    todo,
};
use crate::{
    access::{Act, Role},
    features::places::stations::{self, Row},
    kernel::{Paging, Result},
    web::{Chrome, Html, Query, TodoItem, Visit, filters, see_other},
};

/// The visitor's stations listed on the page; the register has the rest.
const STATIONS: i64 = 50;

#[derive(Template)]
#[template(path = "dashboards/own_stations.html")]
struct OwnStations {
    chrome: Chrome,
    stations: Vec<Row>,
    more: bool,
    todo: Vec<TodoItem>,
}

impl OwnStations {
    fn title(&self) -> &'static str {
        match self.chrome.role() {
            Some(Role::AgencyManager) => "本机构运营的站点",
            Some(Role::Evaluator) => "请您评估的站点",
            _ => "我的站点",
        }
    }
}

pub async fn show(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let chrome = visit.chrome();
    if chrome.may(Act::ReadFigures) {
        let place = visit.visitor.scope.reach.division.clone();
        return place::of(&visit, &place, &filter, paging).await;
    }
    if chrome.may(Act::ReadStations) {
        let mut tx = visit.begin().await?;
        let mut stations = stations::of_reach(&mut tx, STATIONS + 1).await?;
        let shown = usize::try_from(STATIONS).unwrap_or(usize::MAX);
        let more = stations.len() > shown;
        stations.truncate(shown);
        let todo = todo::of(&visit, &mut tx).await?;
        return Ok(Html(OwnStations { chrome, stations, more, todo }).into_response());
    }
    let work = [
        (Act::ManageAccounts, "/accounts"),
        (Act::ManageGrants, "/grants"),
        (Act::ReadTrail, "/trail"),
        (Act::FoundNetworks, "/networks"),
    ];
    let path = work.iter().find(|(act, _)| chrome.may(*act)).map_or("/account", |(_, path)| path);
    Ok(see_other(path))
}
