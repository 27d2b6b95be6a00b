//! Pages of a person's certificates: the form, the scan, and the steps of registration.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    model::{CertificateForm, Level, RegistrationForm, RegistrationKind, RegistrationState, valid_to},
    store::{self, Certificate, Step},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        ground::files,
        people::persons::{self, Person},
    },
    kernel::{CertificateId, Day, Error, PersonId, Problems, RegistrationId, Result},
    web::{App, Chrome, Form, Html, Invalid, Path, Upload, Visit, checked, filters, form_key, key_of, see_other_done},
};

#[derive(Template)]
#[template(path = "people/certificates/new.html")]
struct New {
    chrome: Chrome,
    person: Person,
    form: CertificateForm,
    problems: Problems,
}

pub async fn new(visit: Visit, Path(id): Path<PersonId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = persons::find(&mut tx, id).await?;
    let form = CertificateForm { key: form_key(), ..CertificateForm::default() };
    Ok(Html(New { chrome: visit.chrome(), person, form, problems: Problems::default() }).into_response())
}

pub async fn create(visit: Visit, Path(id): Path<PersonId>, Form(form): Form<CertificateForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = persons::find(&mut tx, id).await?;
    let certificate = CertificateId::new();
    let there = format!("/certificates/{certificate}");
    let saved = match form
        .read(tx.today())
        .and_then(|(new, from)| person.grown_on("issued_on", new.issued_on).map(|()| (new, from)))
    {
        Ok((new, from)) => {
            if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
                return Ok(see_other_done(&before, "again"));
            }
            checked(store::insert(&mut tx, certificate, id, &new).await)?.map(|()| (new, from))
        }
        Err(problems) => Err(problems),
    };
    match saved {
        Ok((new, from)) => {
            if from.is_some() {
                // Earlier registrations are unknown; this is the first on record.
                let (kind, state) = (RegistrationKind::First, RegistrationState::Completed);
                store::register(&mut tx, certificate, id, kind, state, from).await?;
            }
            let entry = Entry::new("登记证书", "person", id, &person.name);
            tx.record(
                entry.after(json!({ "level": new.level.label(), "issued_on": new.issued_on, "valid_from": from })),
            )
            .await?;
            tx.commit().await?;
            Ok(see_other_done(&there, "created"))
        }
        Err(problems) => Ok(Invalid(New { chrome: visit.chrome(), person, form, problems }).into_response()),
    }
}

#[derive(Template)]
#[template(path = "people/certificates/show.html")]
struct Show {
    chrome: Chrome,
    person: Person,
    certificate: Certificate,
    steps: Vec<Step>,
    today: Day,
    form: CertificateForm,
    registration: RegistrationForm,
    problems: Problems,
}

impl Show {
    async fn page(visit: &Visit, tx: &mut Tx, certificate: Certificate) -> Result<Self> {
        let person = persons::find(tx, certificate.person).await?;
        let form = CertificateForm {
            version: certificate.version,
            level: certificate.level.as_str().to_owned(),
            number: certificate.number.clone(),
            issued_on: certificate.issued_on.to_string(),
            ..CertificateForm::default()
        };
        let last =
            certificate.registrations.iter().filter_map(|registration| registration.valid).map(|(_, to)| to).max();
        let kind = if last.is_some() { RegistrationKind::Renewal } else { RegistrationKind::First };
        let registration = RegistrationForm {
            key: form_key(),
            kind: kind.as_str().to_owned(),
            state: RegistrationState::Completed.as_str().to_owned(),
            valid_from: last.map(|day| day.after().to_string()).unwrap_or_default(),
            ..RegistrationForm::default()
        };
        Ok(Self {
            chrome: visit.chrome(),
            person,
            steps: store::steps(tx, certificate.id).await?,
            today: tx.today(),
            certificate,
            form,
            registration,
            problems: Problems::default(),
        })
    }

    fn underway(&self) -> bool {
        self.certificate.registrations.iter().any(|registration| !registration.state.is_complete())
    }

    fn steps_of(&self, id: &RegistrationId) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.registration == *id)
    }
}

/// A certificate whose person is within reach.
async fn reached(tx: &mut Tx, id: CertificateId) -> Result<Certificate> {
    let certificate = store::find(tx, id).await?;
    persons::find(tx, certificate.person).await?;
    Ok(certificate)
}

pub async fn show(visit: Visit, Path(id): Path<CertificateId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let certificate = store::find(&mut tx, id).await?;
    Ok(Html(Show::page(&visit, &mut tx, certificate).await?).into_response())
}

pub async fn update(
    visit: Visit,
    Path(id): Path<CertificateId>,
    Form(mut form): Form<CertificateForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let before = store::find(&mut tx, id).await?;
    let person = persons::find(&mut tx, before.person).await?;
    let read = form.read(tx.today()).and_then(|(new, _)| person.grown_on("issued_on", new.issued_on).map(|()| new));
    let saved = match read {
        Ok(new) => checked(store::update(&mut tx, id, form.version, &new).await)?.map(|()| new),
        Err(problems) => Err(problems),
    };
    match saved {
        Ok(new) => {
            let told = |level: Level, day: Day| json!({ "level": level.label(), "issued_on": day });
            let entry = Entry::new("修改证书", "person", person.id, &person.name);
            tx.record(entry.before(told(before.level, before.issued_on)).after(told(new.level, new.issued_on))).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/certificates/{id}"), "saved"))
        }
        Err(problems) => {
            form.version = before.version;
            let page = Show { form, problems, ..Show::page(&visit, &mut tx, before).await? };
            Ok(Invalid(page).into_response())
        }
    }
}

pub async fn scan(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<CertificateId>,
    upload: Upload,
) -> Result<Response> {
    let read = checked(files::read(&app, upload).await)?;
    let mut tx = visit.begin().await?;
    let certificate = reached(&mut tx, id).await?;
    let kept = match read {
        Ok(Some(file)) => checked(files::keep(&mut tx, &file).await)?,
        Ok(None) => Err(Problems::one("file", "请选择证书的扫描件或照片。")),
        Err(problems) => Err(problems),
    };
    match kept {
        Ok(file) => {
            if let Some(old) = certificate.scan {
                files::remove(&mut tx, old).await?;
            }
            store::set_scan(&mut tx, id, file).await?;
            let person = persons::find(&mut tx, certificate.person).await?;
            tx.record(Entry::new("上传证书扫描件", "person", person.id, &person.name)).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/certificates/{id}"), "saved"))
        }
        Err(problems) => {
            let page = Show { problems, ..Show::page(&visit, &mut tx, certificate).await? };
            Ok(Invalid(page).into_response())
        }
    }
}

pub async fn show_scan(visit: Visit, Path(id): Path<CertificateId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let scan = reached(&mut tx, id).await?.scan.ok_or(Error::NotFound)?;
    files::serve(&mut tx, scan).await
}

pub async fn remove(visit: Visit, Path(id): Path<CertificateId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let certificate = reached(&mut tx, id).await?;
    if !certificate.registrations.is_empty() {
        return Err(Error::refused("这本证书已有登记记录，不能删除；填错了请直接修改。"));
    }
    store::remove(&mut tx, id).await?;
    if let Some(scan) = certificate.scan {
        files::remove(&mut tx, scan).await?;
    }
    let person = persons::find(&mut tx, certificate.person).await?;
    let entry = Entry::new("删除误录的证书", "person", person.id, &person.name);
    tx.record(entry.before(json!({ "level": certificate.level.label() }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/persons/{}", person.id), "deleted"))
}

pub async fn register(
    visit: Visit,
    Path(id): Path<CertificateId>,
    Form(form): Form<RegistrationForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let certificate = reached(&mut tx, id).await?;
    let there = format!("/certificates/{id}");
    let saved = match form.read(certificate.issued_on, &certificate.registrations, tx.today()) {
        Ok((kind, state, from)) => {
            if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
                return Ok(see_other_done(&before, "again"));
            }
            let registered = store::register(&mut tx, id, certificate.person, kind, state, from).await;
            checked(registered)?.map(|_| (kind, state, from))
        }
        Err(problems) => Err(problems),
    };
    match saved {
        Ok((kind, state, from)) => {
            let person = persons::find(&mut tx, certificate.person).await?;
            let entry = Entry::new("登记证书注册", "person", person.id, &person.name);
            let after = json!({ "kind": kind.label(), "state": state.label(), "valid_from": from, "valid_to": from.map(valid_to) });
            tx.record(entry.after(after)).await?;
            tx.commit().await?;
            Ok(see_other_done(&there, "saved"))
        }
        Err(problems) => {
            let page = Show { registration: form, problems, ..Show::page(&visit, &mut tx, certificate).await? };
            Ok(Invalid(page).into_response())
        }
    }
}

pub async fn step(
    visit: Visit,
    Path(id): Path<RegistrationId>,
    Form(form): Form<RegistrationForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let certificate = store::of_registration(&mut tx, id).await?;
    let person = persons::find(&mut tx, certificate.person).await?;
    let registration =
        certificate.registrations.iter().find(|registration| registration.id == id).cloned().ok_or(Error::NotFound)?;
    let mut problems = Problems::default();
    let others: Vec<_> = certificate.registrations.iter().filter(|other| other.id != id).cloned().collect();
    let form = match registration.valid {
        // Issuing the booklet keeps the validity.
        Some((from, _)) => RegistrationForm { valid_from: from.to_string(), ..form },
        None => form,
    };
    let (state, from) = form.read_state(certificate.issued_on, &others, tx.today(), &mut problems);
    if state.is_some_and(|state| !registration.state.next().contains(&state)) {
        problems.note("state", format!("现在是「{}」，不能变成这个状态，请刷新后再看。", registration.state.label()));
    }
    let stepped = match (state, problems.is_empty()) {
        (Some(state), true) => {
            checked(store::step(&mut tx, person.id, &registration, state, from).await)?.map(|()| state)
        }
        _ => Err(problems),
    };
    match stepped {
        Ok(state) => {
            let entry = Entry::new("更新登记状态", "person", person.id, &person.name);
            let entry = entry.before(json!({ "state": registration.state.label() }));
            tx.record(entry.after(json!({ "state": state.label(), "valid_from": from }))).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/certificates/{}", certificate.id), "saved"))
        }
        Err(problems) => {
            let page = Show::page(&visit, &mut tx, certificate).await?;
            let registration = RegistrationForm { valid_from: form.valid_from, ..page.registration.clone() };
            Ok(Invalid(Show { registration, problems, ..page }).into_response())
        }
    }
}

/// Removes a certificate's newest registration if it was entered by mistake.
pub async fn remove_registration(visit: Visit, Path(id): Path<RegistrationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let certificate = store::of_registration(&mut tx, id).await?;
    let person = persons::find(&mut tx, certificate.person).await?;
    let Some(newest) = certificate.registrations.first().filter(|newest| newest.id == id) else {
        return Err(Error::refused("只能删除最近的一次登记；更早的要从最近的一次开始，逐次删除。"));
    };
    store::remove_registration(&mut tx, id).await?;
    let entry = Entry::new("删除误录的登记", "person", person.id, &person.name);
    let before = json!({ "kind": newest.kind.label(), "state": newest.state.label(), "valid": newest.valid });
    tx.record(entry.before(before)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/certificates/{}", certificate.id), "deleted"))
}
