//! Pages on which a person is entered and changed, with photo and linked account.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::super::model::{Education, PoliticalStatus, PostKind, PostRank, PostRole, RecruitRoute};
use crate::{
    db::{Entry, Tx},
    features::{
        ground::files,
        people::persons::{
            model::{Base, Employer, Person, PersonForm, PostForm},
            store,
        },
        places::{
            agencies,
            stations::{self, Filter as StationFilter, Row as StationRow, Station},
        },
    },
    kernel::{AgencyId, Error, Listed, Paging, PersonId, PostId, Problems, Result, StationId},
    web::{
        App, Chrome, Form, Html, Invalid, Path, Query, Turn, Upload, Visit, checked, filters, form_key, key_of,
        see_other_done,
    },
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    station: String,
    q: String,
}

/// Choice of the station for a new person.
#[derive(Template)]
#[template(path = "people/persons/where.html")]
struct Where {
    chrome: Chrome,
    q: String,
    stations: Listed<StationRow>,
    turn: Turn,
}

/// The form of a new person, with the main post.
#[derive(Template)]
#[template(path = "people/persons/new.html")]
struct New {
    chrome: Chrome,
    station: Station,
    form: PersonForm,
    post: PostForm,
    agencies: Vec<(String, String)>,
    problems: Problems,
}

/// Agencies that can be chosen as employer; an agency's manager can choose only the own agency.
async fn employers(visit: &Visit, tx: &mut Tx, keep: Option<AgencyId>) -> Result<Vec<(String, String)>> {
    let own = visit.visitor.scope.reach.agency;
    let found = agencies::choices(tx, keep.or(own)).await?;
    let mut choices = vec![];
    if own.is_none() {
        choices.push((String::new(), "（不是承接机构，填下面的聘用单位）".to_owned()));
    }
    choices.extend(
        found.into_iter().filter(|(id, _)| own.is_none_or(|own| own == *id)).map(|(id, name)| (id.to_string(), name)),
    );
    Ok(choices)
}

/// Limits an agency's manager to the agency's own people.
fn own_people_only(visit: &Visit, person: &Person) -> Result<(), Problems> {
    match visit.visitor.scope.reach.agency {
        Some(own) if person.employer != Employer::Agency(own) => {
            Err(Problems::one("agency", "您只能登记和修改本机构的人员，请选择本机构。"))
        }
        _ => Ok(()),
    }
}

pub async fn new(visit: Visit, Query(at): Query<At>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let chosen = match at.station.parse::<StationId>() {
        Ok(id) => Some(id),
        Err(_) => match visit.visitor.scope.reach.stations.as_deref() {
            Some([only]) => Some(*only),
            _ => None,
        },
    };
    let Some(id) = chosen else {
        let filter = StationFilter { q: at.q.clone(), ..StationFilter::default() };
        let (stations, _) = stations::page(&mut tx, &filter.wanted(), paging).await?;
        let turn = Turn::of("/persons/new", &filter, &stations);
        return Ok(Html(Where { chrome: visit.chrome(), q: at.q, stations, turn }).into_response());
    };
    let station = stations::find(&mut tx, id).await?;
    let mut form = PersonForm { key: form_key(), ..PersonForm::default() };
    if let Some(agency) = visit.visitor.scope.reach.agency.or(station.agency_id) {
        form.agency = agency.to_string();
    } else {
        form.employer.clone_from(&visit.visitor.face.authority);
    }
    let post = PostForm { station: id.to_string(), ..PostForm::usual(tx.today()) };
    let agencies = employers(&visit, &mut tx, station.agency_id).await?;
    let problems = Problems::default();
    Ok(Html(New { chrome: visit.chrome(), station, form, post, agencies, problems }).into_response())
}

/// Both halves of the form arrive together; they share `key`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Both {
    #[serde(flatten)]
    person: PersonForm,
    station: String,
    role: String,
    is_full_time: String,
    kind: String,
    route: String,
    rank: String,
    since: String,
    contract_until: String,
}

impl Both {
    fn post(&self) -> PostForm {
        PostForm {
            station: self.station.clone(),
            role: self.role.clone(),
            is_full_time: self.is_full_time.clone(),
            is_main: "on".to_owned(),
            kind: self.kind.clone(),
            route: self.route.clone(),
            rank: self.rank.clone(),
            since: self.since.clone(),
            contract_until: self.contract_until.clone(),
            ..PostForm::default()
        }
    }
}

pub async fn create(visit: Visit, Form(both): Form<Both>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station_id: StationId = both.station.parse().map_err(|_| Error::NotFound)?;
    let station = stations::find(&mut tx, station_id).await?;
    let post = both.post();
    let base = Base::at(station.division.clone(), station.id);
    let read = match (both.person.read(&base, tx.today()), post.read(tx.today())) {
        (Ok(person), Ok(new)) => own_people_only(&visit, &person)
            .and_then(|()| person.grown_on("since", new.span.since))
            .map(|()| (person, new)),
        (person, new) => {
            let mut problems = person.err().unwrap_or_default();
            problems.absorb(new.err().unwrap_or_default());
            Err(problems)
        }
    };
    let saved = match read {
        Ok((person, new)) => {
            let there = format!("/persons/{}", person.id);
            if let Some(before) = tx.once(key_of(&both.person.key)?, &there).await? {
                return Ok(see_other_done(&before, "again"));
            }
            match checked(store::insert(&mut tx, &person).await)? {
                Ok(()) => {
                    let inserted = store::insert_post(&mut tx, PostId::new(), &person, &station, &new).await;
                    checked(inserted)?.map(|()| (person, new, there))
                }
                Err(problems) => Err(problems),
            }
        }
        Err(problems) => Err(problems),
    };
    match saved {
        Ok((person, new, there)) => {
            tx.record(Entry::new("登记人员", "person", person.id, &person.name).after(&person)).await?;
            tx.record(Entry::new("登记任职", "person", person.id, &person.name).after((&station.name, &new))).await?;
            tx.commit().await?;
            Ok(see_other_done(&there, "created"))
        }
        Err(problems) => {
            let agencies = employers(&visit, &mut tx, station.agency_id).await?;
            let page = New { chrome: visit.chrome(), station, form: both.person, post, agencies, problems };
            Ok(Invalid(page).into_response())
        }
    }
}

#[derive(Template)]
#[template(path = "people/persons/edit.html")]
struct Edit {
    chrome: Chrome,
    person: Person,
    form: PersonForm,
    agencies: Vec<(String, String)>,
    user_name: String,
    problems: Problems,
}

impl Edit {
    async fn page(visit: &Visit, tx: &mut Tx, person: Person, form: PersonForm, problems: Problems) -> Result<Self> {
        let keep = match person.employer {
            Employer::Agency(id) => Some(id),
            Employer::Authority(_) => None,
        };
        let agencies = employers(visit, tx, keep).await?;
        let user_name = store::of_account(tx, person.id).await?.unwrap_or_default();
        Ok(Self { chrome: visit.chrome(), person, form, agencies, user_name, problems })
    }

    fn id_hint(&self) -> String {
        if self.person.id_number.is_empty() {
            "18 位。".to_owned()
        } else {
            format!("已登记 {}。不改就空着；要去掉就填「无」。", self.person.masked_id_number())
        }
    }

    fn phone_hint(&self) -> String {
        if self.person.phone.is_empty() {
            String::new()
        } else {
            format!("已登记 {}。不改就空着；要去掉就填「无」。", self.person.masked_phone())
        }
    }
}

pub async fn edit(visit: Visit, Path(id): Path<PersonId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let form = PersonForm::of(&person);
    Ok(Html(Edit::page(&visit, &mut tx, person, form, Problems::default()).await?).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<PersonId>, Form(mut form): Form<PersonForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let before = store::find(&mut tx, id).await?;
    let read = form.read(&Base::of(&before), tx.today());
    let saved = match read.and_then(|person| own_people_only(&visit, &person).map(|()| person)) {
        Ok(person) => checked(store::update(&mut tx, &person).await)?.map(|()| person),
        Err(problems) => Err(problems),
    };
    match saved {
        Ok(person) => {
            tx.record(Entry::new("修改人员", "person", id, &person.name).before(&before).after(&person)).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/persons/{id}"), "saved"))
        }
        Err(problems) => {
            form.version = before.version;
            Ok(Invalid(Edit::page(&visit, &mut tx, before, form, problems).await?).into_response())
        }
    }
}

pub async fn photo(State(app): State<App>, visit: Visit, Path(id): Path<PersonId>, upload: Upload) -> Result<Response> {
    let read = checked(files::read(&app, upload).await)?;
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let kept = match read {
        Ok(Some(file)) if file.mime == "application/pdf" => Err(Problems::one("file", "照片请上传 jpg 或 png 图片。")),
        Ok(Some(file)) => checked(files::keep(&mut tx, &file).await)?,
        Ok(None) => Err(Problems::one("file", "请选择一张照片。")),
        Err(problems) => Err(problems),
    };
    match kept {
        Ok(file) => {
            if let Some(old) = person.photo {
                files::remove(&mut tx, old).await?;
            }
            store::set_photo(&mut tx, id, file).await?;
            tx.record(Entry::new("上传人员照片", "person", id, &person.name)).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/persons/{id}"), "saved"))
        }
        Err(problems) => {
            let form = PersonForm::of(&person);
            Ok(Invalid(Edit::page(&visit, &mut tx, person, form, problems).await?).into_response())
        }
    }
}

pub async fn show_photo(visit: Visit, Path(id): Path<PersonId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let photo = store::find(&mut tx, id).await?.photo.ok_or(Error::NotFound)?;
    files::serve(&mut tx, photo).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountForm {
    user_name: String,
}

/// Links an account to this person, so that its holder finds their own record.
pub async fn link_account(visit: Visit, Path(id): Path<PersonId>, Form(form): Form<AccountForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    if form.user_name.trim().is_empty() {
        store::unlink_account(&mut tx, id).await?;
        tx.record(Entry::new("取消关联账号", "person", id, &person.name)).await?;
        tx.commit().await?;
        return Ok(see_other_done(&format!("/persons/{id}"), "saved"));
    }
    match checked(store::link_account(&mut tx, id, form.user_name.trim()).await)? {
        Ok(account) => {
            let entry = Entry::new("关联账号", "person", id, &person.name);
            tx.record(entry.after(serde_json::json!({ "account": account, "user_name": form.user_name }))).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/persons/{id}"), "saved"))
        }
        Err(problems) => {
            let typed = PersonForm::of(&person);
            let page = Edit::page(&visit, &mut tx, person, typed, problems).await?;
            Ok(Invalid(Edit { user_name: form.user_name, ..page }).into_response())
        }
    }
}
