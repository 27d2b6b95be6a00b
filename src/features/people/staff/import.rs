//! Imports persons from a table, each row a person with the main post and a certificate. Persons
//! already on the register are recognised by ID number.

use std::collections::{HashMap, HashSet};

use axum::response::Response;
use serde_json::json;

use super::table;
use crate::{
    db::Tx,
    features::{
        ground::imports::{self, Confirmed, Judged, Register, Verdict},
        people::{
            certificates::{self, Certificate, CertificateForm, NewCertificate},
            persons::{
                self, Base, Employer, NewPost, Person, PersonForm, Post, PostForm, PostKind, PostRank, PostRole,
                RecruitRoute,
            },
        },
        places::{
            agencies,
            stations::{self, Station},
        },
    },
    kernel::{
        AgencyId, Day, DivisionCode, Error, IdNumber, ImportId, PersonId, Problems, Result, StationId, plain_digits,
    },
    web::{Path, Sheet, Upload, Visit, checked, see_other_done},
};

static REGISTER: Register = Register {
    kind: "persons",
    path: "/persons",
    list: "/persons",
    title: "人员名册",
    thing: "人员",
    unit: "名",
    how: "按身份证号认人：名册里已有的，按这一行修改基本信息、补登证书，空着的格子不改；换站点请在人员页面上办调动。身份证号一列要保持文本格式，否则末几位会被表格软件改掉。",
    columns: &table::COLUMNS,
};

pub async fn new(visit: Visit) -> Response {
    imports::new(&visit, &REGISTER)
}

pub async fn template() -> Result<Response> {
    Sheet::new("人员", &table::columns(), true)?.finish("人员导入模板.xlsx").await
}

pub async fn read(visit: Visit, upload: Upload) -> Result<Response> {
    imports::read(&visit, &REGISTER, upload, async |tx, rows| {
        let known = Known::of(&visit, tx, &rows).await?;
        Ok(rows.into_iter().map(|(row, cells)| known.judge(row, cells).0).collect())
    })
    .await
}

pub async fn show(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::check(&visit, &REGISTER, id).await
}

pub async fn refused(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::refused(&visit, &REGISTER, table::columns(), id).await
}

fn plain_number(typed: &str) -> String {
    plain_digits(typed).to_uppercase().split_whitespace().collect()
}

/// A certificate and, if given, the first day of its current validity.
type Held = (NewCertificate, Option<Day>);

/// A person to be added, with the main post.
struct Newcomer {
    person: Person,
    station: StationId,
    post: NewPost,
    certificate: Option<Held>,
}

/// A person to be changed.
struct Change {
    before: Person,
    after: Person,
    certificate: Option<Held>,
}

/// Action of a row: nothing, adding a person, or changing one.
enum Wish {
    Nothing,
    Make(Box<Newcomer>),
    Change(Box<Change>),
}

/// Existing data against which the rows are validated, fetched once for all rows.
struct Known {
    own_agency: Option<AgencyId>,
    today: Day,
    stations: HashMap<String, Station>,
    agencies: HashMap<String, AgencyId>,
    persons: HashMap<String, Person>,
    certificates: HashMap<PersonId, Vec<Certificate>>,
    /// Today's main posts of existing persons.
    posts: HashMap<PersonId, Post>,
    /// Row by ID number; the next field is by certificate number.
    rows: HashMap<String, usize>,
    numbers: HashMap<String, usize>,
    /// Rows that would give a station a second head.
    second_heads: HashSet<usize>,
}

impl Known {
    async fn of(visit: &Visit, tx: &mut Tx, rows: &[(usize, Vec<String>)]) -> Result<Self> {
        let (mut codes, mut ids) = (HashSet::new(), HashSet::new());
        let (mut on_rows, mut numbers) = (HashMap::new(), HashMap::new());
        let (mut heads, mut second_heads) = (HashSet::new(), HashSet::new());
        for (row, cells) in rows {
            let form = table::forms(cells);
            let id_number = plain_number(&form.person.id_number);
            on_rows.entry(id_number.clone()).or_insert(*row);
            if !form.certificate.number.is_empty() {
                numbers.entry(plain_digits(&form.certificate.number).trim().to_owned()).or_insert(*row);
            }
            if PostRole::parse(form.post.role.trim()) == Some(PostRole::Head) && !heads.insert(form.station.clone()) {
                second_heads.insert(*row);
            }
            codes.insert(form.station);
            if IdNumber::parse(&id_number).is_ok() {
                ids.insert(id_number);
            }
        }
        let stations = stations::find_by_codes(tx, &codes.into_iter().collect::<Vec<_>>()).await?;
        let persons = persons::find_by_print(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        let found: Vec<PersonId> = persons.iter().map(|person| person.id).collect();
        let mut certificates: HashMap<PersonId, Vec<Certificate>> = HashMap::new();
        for certificate in certificates::find_all(tx, &found).await? {
            certificates.entry(certificate.person).or_default().push(certificate);
        }
        let today = tx.today();
        let posts = persons::main_posts(tx, &found, today).await?;
        Ok(Self {
            own_agency: visit.visitor.scope.reach.agency,
            today: tx.today(),
            stations: stations.into_iter().map(|station| (station.code.to_uppercase(), station)).collect(),
            agencies: agencies::choices(tx, visit.visitor.scope.reach.agency)
                .await?
                .into_iter()
                .map(|(id, name)| (name, id))
                .collect(),
            persons: persons.into_iter().map(|person| (person.id_number.clone(), person)).collect(),
            certificates,
            posts: posts.into_iter().map(|post| (post.person, post)).collect(),
            rows: on_rows,
            numbers,
            second_heads,
        })
    }

    fn judge(&self, row: usize, cells: Vec<String>) -> (Judged, Wish) {
        let mut form = table::forms(&cells);
        let mut problems = Problems::default();
        let id_number = plain_number(&form.person.id_number);
        match self.rows.get(&id_number) {
            _ if id_number.is_empty() => problems.note("id_number", "请填写身份证号，导入按它认人。"),
            Some(first) if *first != row => problems.note("id_number", format!("和第 {first} 行的身份证号重复。")),
            _ => {}
        }
        if !form.person.agency.is_empty() {
            match self.agencies.get(&form.person.agency) {
                Some(id) => form.person.agency = id.to_string(),
                None => problems
                    .note("agency", "承接机构名册里没有这个名称，或者它已暂停、禁止承接；请核对全称或先登记机构。"),
            }
        }
        let certificate = self.certificate(row, &form.certificate, &mut problems);
        let known = self.persons.get(&id_number);
        let wish = match known {
            Some(person) => self.change(person, &mut form, certificate, &mut problems),
            None => self.make(row, &form, certificate, &mut problems),
        };
        let wish = if problems.is_empty() { wish } else { Wish::Nothing };
        let verdict = match &wish {
            _ if !problems.is_empty() => Verdict::Refused,
            Wish::Make(_) => Verdict::New,
            Wish::Change(_) => Verdict::Changed,
            Wish::Nothing => Verdict::Unchanged,
        };
        let changes = match &wish {
            Wish::Change(change) => changes(&change.before, &change.after, change.certificate.is_some()),
            _ => vec![],
        };
        let problems = problems.all().iter().map(|problem| (problem.field.to_owned(), problem.why.clone())).collect();
        (Judged { row, cells, verdict, problems, changes }, wish)
    }

    fn certificate(&self, row: usize, form: &CertificateForm, problems: &mut Problems) -> Option<Held> {
        if [&form.level, &form.number, &form.issued_on, &form.valid_from].iter().all(|field| field.trim().is_empty()) {
            return None;
        }
        if let Some(first) = self.numbers.get(plain_digits(&form.number).trim()).filter(|first| **first != row) {
            problems.note("number", format!("和第 {first} 行的证书编号重复。"));
        }
        match form.read(self.today) {
            Ok(certificate) => Some(certificate),
            Err(found) => {
                problems.absorb(found);
                None
            }
        }
    }

    fn own(&self, person: &Person, problems: &mut Problems) {
        if let Some(own) = self.own_agency
            && person.employer != Employer::Agency(own)
        {
            problems.note("agency", "您只能登记本机构的人员，请填本机构的全称。");
        }
    }

    fn make(&self, row: usize, form: &table::Forms, certificate: Option<Held>, problems: &mut Problems) -> Wish {
        let station = self.stations.get(&form.station);
        if station.is_none() {
            problems.note("station", "管辖范围内没有这个编号的站点，请核对站点编号。");
        }
        if self.second_heads.contains(&row) {
            problems.note("role", "表格里这个站点已经有一个站长。");
        }
        let base = match station {
            Some(station) => Base::at(station.division.clone(), station.id),
            None => Base::at(DivisionCode::country(), StationId::new()),
        };
        let person = form.person.read(&base, self.today).map_err(|found| problems.absorb(found)).ok();
        let post = form.post.read(self.today).map_err(|found| problems.absorb(found)).ok();
        if let Some(person) = &person {
            self.own(person, problems);
            let days = [
                ("since", post.as_ref().map(|post| post.span.since)),
                ("issued_on", certificate.as_ref().map(|held| held.0.issued_on)),
            ];
            for (field, day) in days {
                if let Some(Err(found)) = day.map(|day| person.grown_on(field, day)) {
                    problems.absorb(found);
                }
            }
        }
        match (person, post, station) {
            (Some(person), Some(post), Some(station)) => {
                Wish::Make(Box::new(Newcomer { person, station: station.id, post, certificate }))
            }
            _ => Wish::Nothing,
        }
    }

    fn change(
        &self,
        person: &Person,
        form: &mut table::Forms,
        certificate: Option<Held>,
        problems: &mut Problems,
    ) -> Wish {
        if !form.station.is_empty() && self.stations.get(&form.station).map(|station| station.id) != person.station {
            problems.note("station", "和名册里现在的站点不同。换站点请在人员页面上办「调动」。");
        }
        if let Some(post) = self.posts.get(&person.id) {
            post_stays(post, &form.post, problems);
        }
        let stands = PersonForm::of(person);
        let typed = &mut form.person;
        let keep = |typed: &mut String, stands: &String| {
            if typed.trim().is_empty() {
                typed.clone_from(stands);
            }
        };
        keep(&mut typed.name, &stands.name);
        keep(&mut typed.sex, &stands.sex);
        keep(&mut typed.born_on, &stands.born_on);
        keep(&mut typed.education, &stands.education);
        keep(&mut typed.political_status, &stands.political_status);
        if typed.agency.is_empty() && typed.employer.is_empty() {
            (typed.agency, typed.employer) = (stands.agency, stands.employer);
        }
        typed.version = person.version;
        let read = match typed.read(&Base::of(person), self.today) {
            Ok(read) => read,
            Err(found) => {
                problems.absorb(found);
                return Wish::Nothing;
            }
        };
        self.own(&read, problems);
        let held = self.certificates.get(&person.id).map_or(&[][..], Vec::as_slice);
        let certificate = certificate.filter(|(new, _)| {
            let same = held.iter().find(|certificate| certificate.level == new.level);
            if let Some(same) = same
                && (same.number != new.number || same.issued_on != new.issued_on)
            {
                problems.note("number", "这一级别的证书已登记，编号或发证日期不同，请在人员页面上核对修改。");
            }
            same.is_none()
        });
        if certificate.is_none() && !differs(person, &read) {
            return Wish::Nothing;
        }
        Wish::Change(Box::new(Change { before: person.clone(), after: read, certificate }))
    }
}

/// Flags values of the main post that differ from the stored ones: posts are changed on pages only.
fn post_stays(post: &Post, typed: &PostForm, problems: &mut Problems) {
    let day = |text: &str| text.parse::<Day>().ok();
    let facts = &post.facts;
    let stays = [
        ("role", &typed.role, PostRole::parse(typed.role.trim()) == Some(facts.role)),
        (
            "is_full_time",
            &typed.is_full_time,
            matches!(typed.is_full_time.trim(), "专职" | "全职") == facts.is_full_time,
        ),
        ("kind", &typed.kind, PostKind::parse(typed.kind.trim()) == Some(facts.kind)),
        ("rank", &typed.rank, PostRank::parse(typed.rank.trim()) == Some(facts.rank)),
        ("route", &typed.route, RecruitRoute::parse(typed.route.trim()) == Some(facts.route)),
        ("since", &typed.since, day(&typed.since) == Some(facts.span.since)),
        ("contract_until", &typed.contract_until, day(&typed.contract_until) == facts.contract_until),
    ];
    for (field, typed, same) in stays {
        if !typed.trim().is_empty() && !same {
            problems.note(field, "和名册里现在的任职不同。任职有变化，请在人员页面上办理或更正。");
        }
    }
}

fn differs(before: &Person, after: &Person) -> bool {
    !changes(before, after, false).is_empty()
}

/// Changed fields, in words.
fn changes(before: &Person, after: &Person, certificate: bool) -> Vec<String> {
    let differs = [
        ("姓名", before.name != after.name),
        ("电话", before.phone != after.phone),
        ("学历", before.education != after.education),
        ("政治面貌", before.political_status != after.political_status),
        ("聘用单位", before.employer != after.employer),
        ("证书", certificate),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(head, _)| head.to_owned()).collect()
}

/// Imports the valid rows, validated again against current data.
pub async fn confirm(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rows = match imports::confirmed(&mut tx, &REGISTER, id).await? {
        Confirmed::Now(rows) => rows,
        Confirmed::Before(before) => return Ok(see_other_done(&before, "imported_before")),
    };
    let known = Known::of(&visit, &mut tx, &rows).await?;
    let (mut made, mut changed) = (vec![], vec![]);
    for (row, cells) in rows {
        let (judged, wish) = known.judge(row, cells);
        imports::still_good(&judged)?;
        match wish {
            Wish::Nothing => {}
            Wish::Make(new) => made.push(new),
            Wish::Change(change) => changed.push(change),
        }
    }
    let stations: HashMap<StationId, &Station> = known.stations.values().map(|station| (station.id, station)).collect();
    let new: Vec<_> =
        made.iter().filter_map(|new| Some((&new.person, *stations.get(&new.station)?, &new.post))).collect();
    refuse(checked(persons::insert_all(&mut tx, &new).await)?)?;
    let held: Vec<_> = made
        .iter()
        .map(|new| (new.person.id, &new.certificate))
        .chain(changed.iter().map(|change| (change.after.id, &change.certificate)))
        .filter_map(|(id, held)| held.as_ref().map(|(certificate, from)| (id, certificate, *from)))
        .collect();
    refuse(checked(certificates::insert_all(&mut tx, &held).await)?)?;
    let after: Vec<&Person> =
        changed.iter().filter(|change| differs(&change.before, &change.after)).map(|change| &change.after).collect();
    persons::update_all(&mut tx, &after).await?;
    let told = |person: &Person, post: Option<&NewPost>, held: &Option<Held>| {
        let held = held.as_ref().map(|(new, from)| json!({ "level": new.level.label(), "valid_from": from }));
        let after = json!({ "person": person, "post": post, "certificate": held });
        (person.id.to_string(), person.name.clone(), after)
    };
    let new: Vec<_> = made.iter().map(|new| told(&new.person, Some(&new.post), &new.certificate)).collect();
    let old: Vec<_> = changed.iter().map(|change| told(&change.after, None, &change.certificate)).collect();
    imports::record(&mut tx, &REGISTER, ("导入新登记人员", &new), ("导入修改人员", &old), "person").await?;
    tx.commit().await?;
    Ok(see_other_done("/persons", "imported"))
}

fn refuse(done: Result<(), Problems>) -> Result<()> {
    done.map_err(|problems| {
        let why = problems.all().first().map(|problem| problem.why.clone()).unwrap_or_default();
        Error::refused(format!("没有导入任何人员。{why}"))
    })
}
