//! Pages of the register of persons: the filtered list and its export.

use std::collections::HashMap;

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        people::{
            certificates::{self, Certificate, Level},
            persons::PostRole,
            staff::{
                model::masked,
                store::{self, Certified, Filter, Row, Working},
            },
        },
        places::divisions::{self, Division},
    },
    kernel::{Day, Listed, Paging, PersonId, Result, masked_id_number, masked_phone},
    web::{Cell, Chrome, Column, Form, Html, Query, Sheet, Turn, Visit, filters, hidden_fields, query_string},
};

/// A row with a summary of the certificates and with masked numbers.
struct Shown {
    row: Row,
    name: String,
    phone: String,
    /// The best certificate: its level, its standing and the colour of that.
    best: Option<(Level, String, &'static str)>,
    /// Its number, and the last day of its current validity.
    paper: (String, Option<Day>),
    /// Mismatch between the post's rank and the certificate.
    mismatch: Option<String>,
}

#[derive(Template)]
#[template(path = "people/staff/register.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    place: Option<Division>,
    /// Why the typed place can't be resolved.
    unread: Option<String>,
    persons: Listed<Shown>,
    turn: Turn,
}

impl Index {
    fn sorted(&self, by: &str) -> String {
        let filter = Filter { sort: by.to_owned(), ..self.filter.clone() };
        format!("/persons?{}", query_string(&filter))
    }

    /// The filter as hidden fields of the export form.
    fn fields(&self) -> Vec<(String, String)> {
        hidden_fields(&self.filter)
    }
}

/// The most telling certificate today: the highest valid one, else the highest.
fn said_most<'a>(certificates: &[&'a Certificate], today: Day) -> Option<&'a Certificate> {
    let valid = certificates.iter().find(|certificate| certificate.standing(today).is_valid());
    valid.or(certificates.first()).copied()
}

/// Level, standing and its colour for the most telling certificate.
pub fn best(certificates: &[&Certificate], today: Day) -> Option<(Level, String, &'static str)> {
    let certificate = said_most(certificates, today)?;
    let standing = certificate.standing(today);
    Some((certificate.level, standing.words(), standing.colour()))
}

async fn shown(tx: &mut Tx, rows: Vec<Row>, names: bool, personal: bool) -> Result<Vec<Shown>> {
    let today = tx.today();
    let ids: Vec<PersonId> = rows.iter().map(|row| row.id).collect();
    let certificates = certificates::find_all(tx, &ids).await?;
    let mut of: HashMap<PersonId, Vec<&Certificate>> = HashMap::new();
    for certificate in &certificates {
        of.entry(certificate.person).or_default().push(certificate);
    }
    rows.into_iter()
        .map(|row| {
            let own = of.get(&row.id).map_or(&[][..], Vec::as_slice);
            let phone = if personal { tx.open("persons.phone", row.id, row.phone.as_deref())? } else { String::new() };
            let highest = own.first().map(|certificate| certificate.level);
            Ok(Shown {
                name: masked(&row.name, names),
                phone: masked_phone(&phone),
                best: best(own, today),
                paper: said_most(own, today).map_or_else(Default::default, |certificate| {
                    (certificate.number.clone(), certificates::covered_until(&certificate.registrations, today))
                }),
                mismatch: row.rank.and_then(|rank| certificates::ladder(rank, highest)),
                row,
            })
        })
        .collect()
}

pub async fn index(visit: Visit, Query(mut filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let chrome = visit.chrome();
    let names = chrome.may(Act::ReadNames);
    if !names {
        // Searching or sorting by name would reveal names the visitor may not read.
        filter.q.clear();
        filter.sort.clear();
    }
    let mut tx = visit.begin().await?;
    let reach = visit.visitor.scope.reach.division.clone();
    let (place, unread) = match divisions::asked(&mut tx, &reach, &filter.division).await? {
        Ok(place) => (place, None),
        Err(why) => (None, Some(why)),
    };
    if let Some(place) = &place {
        filter.division = place.code.to_string();
    }
    let found = store::page(&mut tx, &filter, paging).await?;
    let rows = shown(&mut tx, found.rows, names, chrome.may(Act::ReadPersons)).await?;
    let persons = Listed { rows, total: found.total, paging: found.paging };
    let turn = Turn::of("/persons", &filter, &persons);
    Ok(Html(Index { chrome, filter, place, unread, persons, turn }).into_response())
}

/// Rows fetched at a time while an export is written.
const CHUNK: i64 = 2000;

pub async fn export(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let heads = [
        ("姓名", 12),
        ("性别", 6),
        ("出生日期", 12),
        ("身份证号（已隐去）", 22),
        ("电话（已隐去）", 16),
        ("聘用单位", 26),
        ("所在站点编号", 18),
        ("所在站点", 28),
        ("区划", 16),
        ("岗位", 12),
        ("专职或兼职", 11),
        ("岗位等级", 10),
        ("到岗日期", 12),
        ("最高证书", 16),
        ("证书编号", 20),
        ("登记有效期止", 13),
        ("登记情况", 26),
        ("岗位与证书", 40),
    ];
    let columns = heads.map(|(head, width)| Column::new(head, width));
    let mut tx = visit.begin_export().await?;
    let mut sheet = Sheet::new("人员", &columns, false)?;
    let mut written = 0;
    loop {
        let rows = store::rows(&mut tx, &filter, CHUNK, written).await?;
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        for shown in shown(&mut tx, rows, true, true).await? {
            let row = &shown.row;
            let id_number = masked_id_number(&tx.open("persons.id_number", row.id, row.id_number.as_deref())?);
            let (born_on, since) = (row.born_on.to_string(), row.since.map(|day| day.to_string()).unwrap_or_default());
            let until = shown.paper.1.map(|day| day.to_string()).unwrap_or_default();
            let text = |text: &'static str| Cell::Text(text);
            sheet.row([
                Cell::Text(&shown.name),
                text(row.sex.label()),
                Cell::Text(&born_on),
                Cell::Text(&id_number),
                Cell::Text(&shown.phone),
                Cell::Text(&row.employer),
                Cell::Text(row.station_code.as_deref().unwrap_or_default()),
                Cell::Text(row.station_name.as_deref().unwrap_or_default()),
                Cell::Text(&row.division_name),
                text(row.role.map_or("", PostRole::label)),
                text(row.is_full_time.map_or("", |full| if full { "专职" } else { "兼职" })),
                text(row.rank.map_or("", crate::features::people::persons::PostRank::label)),
                Cell::Text(&since),
                text(shown.best.as_ref().map_or("", |(level, ..)| level.label())),
                Cell::Text(&shown.paper.0),
                Cell::Text(&until),
                Cell::Text(shown.best.as_ref().map_or("", |(_, words, _)| words.as_str())),
                Cell::Text(shown.mismatch.as_deref().unwrap_or_default()),
            ])?;
        }
        written += count;
        if count < CHUNK {
            break;
        }
    }
    let after = serde_json::json!({ "rows": written, "filter": filter });
    tx.record(Entry::new("导出人员名册", "persons", "", "人员名册").after(after)).await?;
    let day = tx.today();
    tx.commit().await?;
    sheet.finish(&format!("人员名册_{day}.xlsx")).await
}
