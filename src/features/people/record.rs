//! A person's record on one page: posts, certificates, education. Read by the register's keepers
//! and by the person. It gathers what the features below store and has no tables of its own.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use crate::features::people::education::Category;
use crate::{
    access::Act::{self, KeepOwnRecord, ReadPersons},
    db::Tx,
    features::{
        ground::files,
        people::{
            certificates::{self, Certificate},
            education::{self, Entry, EntryForm, Kept, Progress},
            persons::{self, Employer, Person, Post, Transfer},
        },
        places::agencies,
    },
    kernel::{Day, EducationId, Error, PersonId, Problems, Result},
    web::{
        App, Chrome, FormWithFile, Html, Invalid, Path, Routes, Visit, Who::May, checked, filters, form_key,
        see_other_done,
    },
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/persons/{id}", May(ReadPersons), show)
        .get("/me", May(KeepOwnRecord), own)
        .upload("/me/education", May(KeepOwnRecord), enter)
        .get("/me/education/{id}/file", May(KeepOwnRecord), own_file)
}

/// Everything a person's record shows.
struct Record {
    person: Person,
    employer: String,
    posts: Vec<Post>,
    certificates: Vec<Certificate>,
    entries: Vec<Entry>,
    progress: Option<Progress>,
    mismatches: Vec<String>,
    today: Day,
}

impl Record {
    async fn of(tx: &mut Tx, person: Person) -> Result<Self> {
        let today = tx.today();
        let posts = persons::posts_of(tx, person.id).await?;
        let certificates = certificates::of_person(tx, person.id).await?;
        let entries = education::entries(tx, person.id).await?;
        let rules = education::requirements(tx).await?;
        let running = certificates.iter().find_map(|certificate| {
            Some((certificate.level, certificates::period_on(&certificate.registrations, today)?))
        });
        let progress = running.map(|(level, period)| {
            education::progress(period, education::required(level, period.0, &rules), &entries, today)
        });
        // A person already renewed had enough hours, whatever is on record here.
        let renewed = progress.is_some_and(|progress| {
            certificates.iter().any(|of| certificates::period_on(&of.registrations, progress.to.after()).is_some())
        });
        let progress = progress.map(|progress| Progress { behind: progress.behind && !renewed, ..progress });
        let highest = certificates.first().map(|certificate| certificate.level);
        let mismatches = posts
            .iter()
            .filter(|post| post.facts.span.covers(today))
            .filter_map(|post| certificates::ladder(post.facts.rank, highest))
            .collect();
        let employer = match &person.employer {
            Employer::Authority(name) => name.clone(),
            Employer::Agency(id) => agencies::name(tx, *id).await?,
        };
        Ok(Self { person, employer, posts, certificates, entries, progress, mismatches, today })
    }

    fn working(&self) -> bool {
        self.posts.iter().any(|post| post.facts.span.covers(self.today))
    }
}

#[derive(Template)]
#[template(path = "people/persons/show.html")]
struct Show {
    chrome: Chrome,
    record: Record,
    transfers: Vec<Transfer>,
}

impl Show {
    /// True on the visitor's own page.
    fn own(&self) -> bool {
        self.chrome.visitor.as_ref().is_some_and(|visitor| visitor.person == Some(self.record.person.id))
    }
}

async fn show(visit: Visit, Path(id): Path<PersonId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = persons::find(&mut tx, id).await?;
    let record = Record::of(&mut tx, person).await?;
    let transfers = persons::transfers_of(&mut tx, id).await?;
    Ok(Html(Show { chrome: visit.chrome(), record, transfers }).into_response())
}

#[derive(Template)]
#[template(path = "people/persons/own.html")]
struct Own {
    chrome: Chrome,
    /// `None` if the account is not linked to a person yet.
    record: Option<Record>,
    form: EntryForm,
    problems: Problems,
}

impl Own {
    /// The visitor's own record, at whichever station it is kept.
    async fn page(visit: &Visit, form: EntryForm, problems: Problems) -> Result<Self> {
        let record = match visit.visitor.person {
            Some(id) => {
                let mut tx = visit.begin_wide().await?;
                let person = persons::find(&mut tx, id).await?;
                Some(Record::of(&mut tx, person).await?)
            }
            None => None,
        };
        Ok(Self { chrome: visit.chrome(), record, form, problems })
    }
}

async fn own(visit: Visit) -> Result<Response> {
    let form = EntryForm { key: form_key(), category: "training".to_owned(), ..EntryForm::default() };
    Ok(Html(Own::page(&visit, form, Problems::default()).await?).into_response())
}

async fn enter(
    State(app): State<App>,
    visit: Visit,
    FormWithFile(form, upload): FormWithFile<EntryForm>,
) -> Result<Response> {
    let id = visit.visitor.person.ok_or(Error::NotFound)?;
    let file = checked(files::read(&app, upload).await)?;
    let problems = {
        let mut tx = visit.begin_wide().await?;
        let person = persons::find(&mut tx, id).await?;
        match checked(education::enter(&mut tx, &person, &form, file, "/me", false).await)? {
            Ok(Kept::Now) => {
                tx.commit().await?;
                return Ok(see_other_done("/me", "entered"));
            }
            Ok(Kept::Before(before)) => return Ok(see_other_done(&before, "again")),
            Err(problems) => problems,
        }
    };
    Ok(Invalid(Own::page(&visit, form, problems).await?).into_response())
}

async fn own_file(visit: Visit, Path(id): Path<EducationId>) -> Result<Response> {
    let own = visit.visitor.person.ok_or(Error::NotFound)?;
    let mut tx = visit.begin_wide().await?;
    let (person, entry) = education::find(&mut tx, id).await?;
    match entry.file {
        Some(file) if person == own => files::serve(&mut tx, file).await,
        _ => Err(Error::NotFound),
    }
}
