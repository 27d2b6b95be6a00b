//! Pages on which a post is entered, corrected and ended.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::model::{PostKind, PostRank, PostRole, RecruitRoute};
use super::transfers::own_ground;
use crate::{
    db::{Entry, Tx},
    features::{
        people::persons::{
            model::{NewPost, Person, Post, PostForm, read_end},
            store,
        },
        places::stations,
    },
    kernel::{DivisionCode, Error, PersonId, PostId, Problems, Result, StationId},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, form_key, key_of, see_other_done},
};

/// Maximum number of stations in the list; a visitor who reaches more types a code.
const STATIONS: i64 = 500;

#[derive(Template)]
#[template(path = "people/persons/post.html")]
struct Edit {
    chrome: Chrome,
    person: Person,
    post: Option<Post>,
    form: PostForm,
    stations: Vec<(String, String)>,
    until: String,
    reason: String,
    problems: Problems,
}

impl Edit {
    fn title(&self) -> &'static str {
        if self.post.is_some() { "更正任职" } else { "登记任职" }
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        person: Person,
        post: Option<Post>,
        form: PostForm,
        problems: Problems,
    ) -> Result<Self> {
        let found = match post {
            None => stations::of_reach(tx, STATIONS).await?,
            Some(_) => vec![],
        };
        let stations = found.into_iter().map(|row| (row.id.to_string(), format!("{}（{}）", row.name, row.code)));
        let (until, reason) = (tx.today().to_string(), String::new());
        Ok(Self {
            chrome: visit.chrome(),
            person,
            post,
            form,
            stations: [(String::new(), "请选择".to_owned())].into_iter().chain(stations).collect(),
            until,
            reason,
            problems,
        })
    }
}

pub async fn new(visit: Visit, Path(id): Path<PersonId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let posts = store::posts_of(&mut tx, id).await?;
    let today = tx.today();
    let has_main = posts.iter().any(|post| post.facts.is_main && post.facts.span.until.is_none());
    let usual = PostForm::usual(today);
    let form = PostForm {
        key: form_key(),
        is_main: if has_main { String::new() } else { "on".to_owned() },
        is_full_time: if has_main { "no".to_owned() } else { usual.is_full_time.clone() },
        ..usual
    };
    Ok(Html(Edit::page(&visit, &mut tx, person, None, form, Problems::default()).await?).into_response())
}

pub async fn create(visit: Visit, Path(id): Path<PersonId>, Form(form): Form<PostForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let there = format!("/persons/{id}");
    let station = match form.station.parse::<StationId>() {
        Ok(station) => Some(stations::find(&mut tx, station).await?),
        Err(_) => None,
    };
    let mut problems = Problems::default();
    if station.is_none() {
        problems.note("station", "请选择站点。");
    }
    let typed = form.read(tx.today()).and_then(|new| match &station {
        Some(station) => suits(&visit, &person, &station.division, new),
        None => Ok(new),
    });
    let read = match (typed, station) {
        (Ok(new), Some(station)) => Ok((new, station)),
        (read, _) => {
            problems.absorb(read.err().unwrap_or_default());
            Err(problems)
        }
    };
    let saved = match read {
        Ok((new, station)) => {
            if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
                return Ok(see_other_done(&before, "again"));
            }
            checked(store::insert_post(&mut tx, PostId::new(), &person, &station, &new).await)?.map(|()| (new, station))
        }
        Err(problems) => Err(problems),
    };
    match saved {
        Ok((new, station)) => {
            tx.record(Entry::new("登记任职", "person", id, &person.name).after((&station.name, &new))).await?;
            tx.commit().await?;
            Ok(see_other_done(&there, "saved"))
        }
        Err(problems) => Ok(Invalid(Edit::page(&visit, &mut tx, person, None, form, problems).await?).into_response()),
    }
}

/// Refuses a post before its holder's sixteenth birthday, and a main post with which an agency's
/// manager would take a person to another county.
fn suits(visit: &Visit, person: &Person, at: &DivisionCode, new: NewPost) -> Result<NewPost, Problems> {
    person.grown_on("since", new.span.since)?;
    if new.is_main && !at.as_str().starts_with(own_ground(visit, person)) {
        return Err(Problems::one("station", "跨县（区）的主要任职要由上级办理，请用「调动」提出申请。"));
    }
    Ok(new)
}

/// A post and its holder, if both are within reach.
async fn both(tx: &mut Tx, id: PostId) -> Result<(Post, Person)> {
    let post = store::find_post(tx, id).await?;
    let person = store::find(tx, post.person).await?;
    Ok((post, person))
}

pub async fn edit(visit: Visit, Path(id): Path<PostId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (post, person) = both(&mut tx, id).await?;
    let form = PostForm::of(&post);
    Ok(Html(Edit::page(&visit, &mut tx, person, Some(post), form, Problems::default()).await?).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<PostId>, Form(mut form): Form<PostForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (post, person) = both(&mut tx, id).await?;
    let saved = match form.read(tx.today()).and_then(|new| suits(&visit, &person, &post.division, new)) {
        Ok(new) => checked(store::change_post(&mut tx, &post, form.version, &new).await)?.map(|()| new),
        Err(problems) => Err(problems),
    };
    match saved {
        Ok(new) => {
            let entry = Entry::new("更正任职", "person", person.id, &person.name);
            tx.record(entry.before((&post.station_name, &post.facts)).after((&post.station_name, &new))).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/persons/{}", person.id), "saved"))
        }
        Err(problems) => {
            form.version = post.version;
            let page = Edit::page(&visit, &mut tx, person, Some(post), form, problems).await?;
            Ok(Invalid(page).into_response())
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    until: String,
    reason: String,
}

pub async fn end(visit: Visit, Path(id): Path<PostId>, Form(form): Form<EndForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (post, person) = both(&mut tx, id).await?;
    match read_end(&post, &form.until, &form.reason) {
        Ok((last, reason)) => {
            store::end_post(&mut tx, &post, last, &reason).await?;
            let entry = Entry::new("办理离岗", "person", person.id, &person.name);
            tx.record(entry.after(json!({ "station": post.station_name, "until": last, "reason": reason }))).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/persons/{}", person.id), "saved"))
        }
        Err(problems) => {
            let typed = PostForm::of(&post);
            let page = Edit::page(&visit, &mut tx, person, Some(post), typed, problems).await?;
            Ok(Invalid(Edit { until: form.until, reason: form.reason, ..page }).into_response())
        }
    }
}

pub async fn remove(visit: Visit, Path(id): Path<PostId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (post, person) = both(&mut tx, id).await?;
    if store::posts_of(&mut tx, person.id).await?.len() < 2 {
        return Err(Error::refused("这是这个人唯一的一段任职，不能删除；填错了请直接更正，人已离开请办理离岗。"));
    }
    store::remove_post(&mut tx, id).await?;
    let entry = Entry::new("删除误录的任职", "person", person.id, &person.name);
    tx.record(entry.before((&post.station_name, &post.facts))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/persons/{}", person.id), "deleted"))
}
