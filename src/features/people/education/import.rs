//! Imports education from a table: a training's list of participants.

use std::collections::{HashMap, HashSet};

use axum::response::Response;
use serde_json::json;

use super::{
    model::{Category, EntryForm, NewEntry},
    store,
};
use crate::{
    db::Tx,
    features::{
        ground::imports::{self, Confirmed, Judged, Register, Verdict},
        people::persons::{self, Person},
    },
    kernel::{Day, EducationId, IdNumber, ImportId, PersonId, Problems, Result, plain_digits, tenths_text},
    web::{Column, Path, Sheet, Upload, Visit, see_other_done},
};

const COLUMNS: [(&str, &str); 7] = [
    ("身份证号", "id_number"),
    ("姓名", "name"),
    ("日期", "held_on"),
    ("内容", "title"),
    ("主办单位", "provider"),
    ("类别", "category"),
    ("学时", "hours"),
];

static REGISTER: Register = Register {
    kind: "education",
    path: "/education",
    list: "/staff",
    title: "人员总览",
    thing: "学时记录",
    unit: "条",
    how: "一次培训有多人参加时，每人一行；按身份证号认人，姓名用来核对。导入的学时直接计入，不再确认。身份证号一列要保持文本格式。",
    columns: &COLUMNS,
};

fn columns() -> Vec<Column> {
    COLUMNS
        .iter()
        .map(|(head, field)| {
            let column = Column::new(head, if *field == "id_number" { 22 } else { 18 });
            match *field {
                "id_number" => column.note("必填，18 位。格子要是文本格式。"),
                "name" => column.note("要和人员名册里的姓名相同。"),
                "held_on" => column.note("结束的那一天，例如 2026-03-01。"),
                "category" => column.choices(Category::ALL.iter().map(|category| category.label()).collect()),
                "hours" => column.note("最多一位小数。社会工作学历（学位）计 90 学时，可以不填。"),
                _ => column,
            }
        })
        .collect()
}

pub async fn new(visit: Visit) -> Response {
    imports::new(&visit, &REGISTER)
}

pub async fn template() -> Result<Response> {
    Sheet::new("学时记录", &columns(), true)?.finish("学时导入模板.xlsx").await
}

pub async fn show(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::check(&visit, &REGISTER, id).await
}

pub async fn refused(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::refused(&visit, &REGISTER, columns(), id).await
}

pub async fn read(visit: Visit, upload: Upload) -> Result<Response> {
    imports::read(&visit, &REGISTER, upload, async |tx, rows| {
        let mut known = Known::of(&visit, tx, &rows).await?;
        Ok(rows.into_iter().map(|(row, cells)| known.judge(row, cells).0).collect())
    })
    .await
}

fn id_number(cells: &[String]) -> String {
    plain_digits(cells.first().map_or("", String::as_str)).to_uppercase().split_whitespace().collect()
}

fn form(cells: &[String]) -> EntryForm {
    let of = |at: usize| cells.get(at).cloned().unwrap_or_default();
    EntryForm { held_on: of(2), title: of(3), provider: of(4), category: of(5), hours: of(6), ..EntryForm::default() }
}

/// Entries with the same key count as duplicates.
type Same = (PersonId, Day, i32, String, String);

/// Existing data against which the rows are validated.
struct Known {
    today: Day,
    /// The importing visitor, if on the register of persons.
    own: Option<PersonId>,
    persons: HashMap<String, Person>,
    /// Existing entries and those of earlier rows.
    entered: HashSet<Same>,
    degrees: HashSet<PersonId>,
}

impl Known {
    async fn of(visit: &Visit, tx: &mut Tx, rows: &[(usize, Vec<String>)]) -> Result<Self> {
        let numbers: HashSet<String> =
            rows.iter().map(|(_, cells)| id_number(cells)).filter(|number| IdNumber::parse(number).is_ok()).collect();
        let persons = persons::find_by_print(tx, &numbers.into_iter().collect::<Vec<_>>()).await?;
        let ids: Vec<PersonId> = persons.iter().map(|person| person.id).collect();
        let entries = store::entries_of(tx, &ids).await?;
        let counted = entries.iter().filter(|(_, entry)| entry.refused_why.is_empty());
        Ok(Self {
            today: tx.today(),
            own: visit.visitor.person,
            persons: persons.into_iter().map(|person| (person.id_number.clone(), person)).collect(),
            degrees: counted
                .clone()
                .filter(|(_, entry)| entry.category == Category::Degree)
                .map(|(id, _)| *id)
                .collect(),
            entered: counted
                .map(|(id, entry)| (*id, entry.held_on, entry.tenths, entry.title.clone(), entry.provider.clone()))
                .collect(),
        })
    }

    fn judge(&mut self, row: usize, cells: Vec<String>) -> (Judged, Option<(PersonId, String, NewEntry)>) {
        let mut problems = Problems::default();
        let number = id_number(&cells);
        let person = match (IdNumber::parse(&number), self.persons.get(&number)) {
            (Err(why), _) => {
                problems.note("id_number", why);
                None
            }
            (Ok(_), None) => {
                problems.note("id_number", "您的人员名册里没有这个身份证号，请先登记人员。");
                None
            }
            (Ok(_), Some(person)) => Some(person),
        };
        let name = cells.get(1).map_or("", |name| name.trim());
        if let Some(person) = person
            && name != person.name
        {
            problems.note("name", "和人员名册里这个身份证号的姓名不同，请核对。");
        }
        if person.is_some_and(|person| self.own == Some(person.id)) {
            problems.note("id_number", "自己的学时要申报后由别人确认，不能自己导入。");
        }
        let read = form(&cells).read(self.today).map_err(|found| problems.absorb(found)).ok();
        let mut unchanged = false;
        let mut wish = None;
        if let (Some(person), Some(new)) = (person, read) {
            if let Err(found) = person.grown_on("held_on", new.held_on) {
                problems.absorb(found);
            }
            let same = (person.id, new.held_on, new.tenths, new.title.clone(), new.provider.clone());
            unchanged = !self.entered.insert(same);
            if new.category == Category::Degree && !unchanged && !self.degrees.insert(person.id) {
                problems.note("category", "社会工作学历（学位）只计一次 90 学时，已经登记过了。");
            }
            wish = Some((person.id, person.name.clone(), new));
        }
        let verdict = match (problems.is_empty(), unchanged) {
            (false, _) => Verdict::Refused,
            (true, true) => Verdict::Unchanged,
            (true, false) => Verdict::New,
        };
        let problems = problems.all().iter().map(|problem| (problem.field.to_owned(), problem.why.clone())).collect();
        let wish = wish.filter(|_| verdict == Verdict::New);
        (Judged { row, cells, verdict, problems, changes: vec![] }, wish)
    }
}

/// Imports the valid rows, validated again against current data.
pub async fn confirm(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rows = match imports::confirmed(&mut tx, &REGISTER, id).await? {
        Confirmed::Now(rows) => rows,
        Confirmed::Before(before) => return Ok(see_other_done(&before, "imported_before")),
    };
    let mut known = Known::of(&visit, &mut tx, &rows).await?;
    let mut made = vec![];
    for (row, cells) in rows {
        let (judged, wish) = known.judge(row, cells);
        imports::still_good(&judged)?;
        made.extend(wish);
    }
    store::insert_all(
        &mut tx,
        &made.iter().map(|(person, _, new)| (EducationId::new(), *person, new)).collect::<Vec<_>>(),
    )
    .await?;
    let records: Vec<_> = made
        .iter()
        .map(|(person, name, new)| {
            let after = json!({ "title": new.title, "hours": tenths_text(new.tenths), "held_on": new.held_on });
            (person.to_string(), name.clone(), after)
        })
        .collect();
    imports::record(&mut tx, &REGISTER, ("导入继续教育", &records), ("", &[]), "person").await?;
    tx.commit().await?;
    Ok(see_other_done("/staff", "imported"))
}
