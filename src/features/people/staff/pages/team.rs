//! A station's team: its members, their certificates and the forecast.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::register::best;
use crate::{
    access::Act,
    features::{
        people::{
            certificates::{self, Certificate, Level},
            persons::{self, Post, PostRole},
            staff::{
                model::{Forecast, Interval, LEAST, count_on, forecast, intervals, masked, validity},
                store,
            },
        },
        places::stations::{self, Station},
    },
    kernel::{Day, PersonId, Result, StationId},
    web::{Chrome, Html, Path, Visit, filters},
};

struct Member {
    post: Post,
    name: String,
    /// True if the person's own page is within reach.
    known: bool,
    best: Option<(Level, String, &'static str)>,
    mismatch: Option<String>,
}

#[derive(Template)]
#[template(path = "people/staff/team.html")]
struct Team {
    chrome: Chrome,
    station: Station,
    now: Vec<Member>,
    /// Former and future members.
    others: Vec<Member>,
    counting: usize,
    forecast: Forecast,
    has_head: bool,
    today: Day,
}

pub async fn show(visit: Visit, Path(id): Path<StationId>) -> Result<Response> {
    let chrome = visit.chrome();
    let names = chrome.may(Act::ReadNames);
    let mut tx = visit.begin().await?;
    let today = tx.today();
    let station = stations::find(&mut tx, id).await?;
    let posts = persons::all_of_station(&mut tx, id).await?;
    let ids: Vec<PersonId> = posts.iter().map(|post| post.person).collect();
    let known: HashSet<PersonId> = if chrome.may(Act::ReadPersons) {
        store::visible(&mut tx, &ids).await?.into_iter().collect()
    } else {
        HashSet::new()
    };
    let certificates = certificates::find_all(&mut tx, &ids).await?;
    let mut of: HashMap<PersonId, Vec<&Certificate>> = HashMap::new();
    for certificate in &certificates {
        of.entry(certificate.person).or_default().push(certificate);
    }
    let own = |person: &PersonId| of.get(person).map_or(&[][..], Vec::as_slice);
    let spans: Vec<Interval> = posts
        .iter()
        .flat_map(|post| {
            let counted = own(&post.person).iter().filter(|certificate| certificates::counts(certificate.level));
            let valid: Vec<_> = counted.flat_map(|certificate| validity(&certificate.registrations)).collect();
            let name = masked(&post.person_name, names);
            let span = post.facts.span;
            intervals(post.person, &name, (span.since, span.until, post.facts.contract_until), &valid)
        })
        .collect();
    let (mut now, others): (Vec<Member>, Vec<Member>) = posts
        .into_iter()
        .map(|post| {
            let own = own(&post.person);
            Member {
                name: masked(&post.person_name, names),
                known: known.contains(&post.person),
                best: best(own, today),
                mismatch: certificates::ladder(post.facts.rank, own.first().map(|certificate| certificate.level)),
                post,
            }
        })
        .partition(|member| member.post.facts.span.covers(today));
    now.sort_by_key(|member| member.post.facts.role);
    let page = Team {
        chrome,
        counting: count_on(&spans, today),
        forecast: forecast(&spans, today),
        has_head: now.iter().any(|member| member.post.facts.role == PostRole::Head),
        station,
        now,
        others,
        today,
    };
    Ok(Html(page).into_response())
}
