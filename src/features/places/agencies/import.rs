//! Import of agencies from a table. A row is matched by its credit code or, without one, by its
//! name.

use std::collections::HashMap;

use axum::response::Response;
use serde_json::json;

use super::{
    model::{Agency, AgencyForm, Domain, Grade},
    store,
};
use crate::{
    db::Tx,
    features::ground::imports::{self, Confirmed, Judged, Register, Verdict},
    kernel::{AgencyId, Day, Error, ImportId, Problems, Result},
    web::{Column, Path, Sheet, Upload, Visit, see_other_done},
};

const COLUMNS: [(&str, &str); 9] = [
    ("名称", "name"),
    ("统一社会信用代码", "credit_code"),
    ("法定代表人", "legal_person"),
    ("等级", "grade"),
    ("成立日期", "founded_on"),
    ("登记机关", "registered_with"),
    ("服务领域", "domains"),
    ("联系人", "contact"),
    ("电话", "phone"),
];

static REGISTER: Register = Register {
    kind: "agencies",
    path: "/agencies",
    list: "/agencies",
    title: "承接机构",
    thing: "机构",
    unit: "家",
    how: "名册里已有的（信用代码相同，或没有填代码而名称相同），按这一行修改，空着的格子不改；导出的名册也可以改好后再导入。",
    columns: &COLUMNS,
};

fn columns() -> Vec<Column> {
    COLUMNS
        .iter()
        .map(|(head, field)| {
            let column = Column::new(head, 18);
            match *field {
                "name" => column.note("登记证书上的全称。"),
                "credit_code" => column.note("18 位，可以不填。"),
                "grade" => column.choices(Grade::ALL.iter().map(|grade| grade.label()).collect()),
                "founded_on" => column.note("例如 2015-03-01。"),
                "domains" => column.note("几个领域用顿号隔开，例如：养老服务、社会救助。"),
                _ => column,
            }
        })
        .collect()
}

pub async fn new(visit: Visit) -> Response {
    imports::new(&visit, &REGISTER)
}

pub async fn template() -> Result<Response> {
    Sheet::new("机构", &columns(), true)?.finish("机构导入模板.xlsx").await
}

pub async fn show(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::check(&visit, &REGISTER, id).await
}

pub async fn refused(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::refused(&visit, &REGISTER, columns(), id).await
}

pub async fn read(visit: Visit, upload: Upload) -> Result<Response> {
    imports::read(&visit, &REGISTER, upload, async |tx, rows| {
        let known = Known::of(tx, &rows).await?;
        Ok(rows.into_iter().map(|(row, cells)| known.judge(row, cells).0).collect())
    })
    .await
}

fn form(cells: &[String]) -> AgencyForm {
    let of = |at: usize| cells.get(at).cloned().unwrap_or_default();
    AgencyForm {
        name: of(0),
        credit_code: of(1).to_uppercase(),
        legal_person: of(2),
        grade: of(3),
        founded_on: of(4),
        registered_with: of(5),
        domains: of(6).split(['、', '，', ',', ' ']).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect(),
        contact: of(7),
        phone: of(8),
        ..AgencyForm::default()
    }
}

/// The change that a row asks for.
enum Wish {
    Nothing,
    Make(Box<Agency>),
    Change(Box<(Agency, Agency)>),
}

/// The state of the register that the rows are judged against.
struct Known {
    today: Day,
    by_name: HashMap<String, Agency>,
    by_code: HashMap<String, Agency>,
    /// The first row on which a name or a code appears.
    rows: HashMap<String, usize>,
}

impl Known {
    async fn of(tx: &mut Tx, rows: &[(usize, Vec<String>)]) -> Result<Self> {
        let (mut names, mut codes, mut on_rows) = (vec![], vec![], HashMap::new());
        for (row, cells) in rows {
            let form = form(cells);
            for word in [&form.name, &form.credit_code].into_iter().filter(|word| !word.is_empty()) {
                on_rows.entry(word.clone()).or_insert(*row);
            }
            names.push(form.name);
            codes.push(form.credit_code);
        }
        let found = store::find_by_names(tx, &names, &codes).await?;
        Ok(Self {
            today: tx.today(),
            by_code: found.iter().map(|agency| (agency.credit_code.clone(), agency.clone())).collect(),
            by_name: found.into_iter().map(|agency| (agency.name.clone(), agency)).collect(),
            rows: on_rows,
        })
    }

    fn judge(&self, row: usize, cells: Vec<String>) -> (Judged, Wish) {
        let mut form = form(&cells);
        let mut problems = Problems::default();
        for (field, word) in [("name", &form.name), ("credit_code", &form.credit_code)] {
            if let Some(first) = self.rows.get(word).filter(|first| **first != row) {
                problems.note(field, format!("和第 {first} 行重复。"));
            }
        }
        if let Some(unknown) = form.domains.iter().find(|word| Domain::parse(word).is_none()) {
            let all: Vec<&str> = Domain::ALL.iter().map(|domain| domain.label()).collect();
            problems.note("domains", format!("没有「{unknown}」这个领域，可以填：{}。", all.join("、")));
        }
        let known = if form.credit_code.is_empty() { None } else { self.by_code.get(&form.credit_code) };
        let known = known.or_else(|| self.by_name.get(&form.name));
        if let Some(stands) = known {
            keep_blanks(&mut form, AgencyForm::of(stands));
        }
        let id = known.map_or_else(AgencyId::new, |agency| agency.id);
        let read = form.read(id, self.today).map_err(|found| problems.absorb(found)).ok();
        let wish = match (known, read, problems.is_empty()) {
            (Some(before), Some(after), true) if !changes(before, &after).is_empty() => {
                Wish::Change(Box::new((before.clone(), after)))
            }
            (None, Some(new), true) => Wish::Make(Box::new(new)),
            _ => Wish::Nothing,
        };
        let (verdict, changes) = match &wish {
            _ if !problems.is_empty() => (Verdict::Refused, vec![]),
            Wish::Make(_) => (Verdict::New, vec![]),
            Wish::Change(both) => (Verdict::Changed, changes(&both.0, &both.1)),
            Wish::Nothing => (Verdict::Unchanged, vec![]),
        };
        let problems = problems.all().iter().map(|problem| (problem.field.to_owned(), problem.why.clone())).collect();
        (Judged { row, cells, verdict, problems, changes }, wish)
    }
}

/// Fills the blanks of a row with the agency's present values.
fn keep_blanks(form: &mut AgencyForm, stands: AgencyForm) {
    let keep = |typed: &mut String, stands: String| {
        if typed.trim().is_empty() {
            *typed = stands;
        }
    };
    form.version = stands.version;
    keep(&mut form.name, stands.name);
    keep(&mut form.credit_code, stands.credit_code);
    keep(&mut form.legal_person, stands.legal_person);
    keep(&mut form.grade, stands.grade);
    keep(&mut form.founded_on, stands.founded_on);
    keep(&mut form.registered_with, stands.registered_with);
    keep(&mut form.contact, stands.contact);
    keep(&mut form.phone, stands.phone);
    if form.domains.is_empty() {
        form.domains = stands.domains;
    }
}

/// Headings of the columns in which two versions of an agency differ.
fn changes(before: &Agency, after: &Agency) -> Vec<String> {
    let differs = [
        before.name != after.name,
        before.credit_code != after.credit_code,
        before.legal_person != after.legal_person,
        before.grade != after.grade,
        before.founded_on != after.founded_on,
        before.registered_with != after.registered_with,
        before.domains != after.domains,
        before.contact != after.contact,
        before.phone != after.phone,
    ];
    COLUMNS.iter().zip(differs).filter(|(_, differs)| *differs).map(|((head, _), _)| (*head).to_owned()).collect()
}

/// Carries out the valid rows, judged again against the present register.
pub async fn confirm(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rows = match imports::confirmed(&mut tx, &REGISTER, id).await? {
        Confirmed::Now(rows) => rows,
        Confirmed::Before(before) => return Ok(see_other_done(&before, "imported_before")),
    };
    let known = Known::of(&mut tx, &rows).await?;
    let (mut made, mut changed) = (vec![], vec![]);
    for (row, cells) in rows {
        let (judged, wish) = known.judge(row, cells);
        imports::still_good(&judged)?;
        let done = match wish {
            Wish::Nothing => Ok(()),
            Wish::Make(new) => {
                made.push((new.id.to_string(), new.name.clone(), json!(new)));
                store::insert(&mut tx, &new).await
            }
            Wish::Change(both) => {
                changed.push((both.1.id.to_string(), both.1.name.clone(), json!(both.1)));
                store::update(&mut tx, &both.1).await
            }
        };
        match done {
            Err(Error::Problems(why)) => return Err(Error::refused(format!("没有导入任何机构。第 {row} 行：{why}"))),
            other => other?,
        }
    }
    imports::record(&mut tx, &REGISTER, ("导入新建承接机构", &made), ("导入修改承接机构", &changed), "agency").await?;
    tx.commit().await?;
    Ok(see_other_done("/agencies", "imported"))
}
