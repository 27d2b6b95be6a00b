//! Import of new planned projects from a table. Existing projects are changed on their own pages.

use std::collections::HashMap;

use axum::response::Response;
use serde_json::json;

use super::{
    findings,
    model::{Draft, amounts, weigh},
    store,
    table::{IMPORTED, columns, form},
};
use crate::{
    db::Tx,
    features::{
        ground::imports::{self, Confirmed, Judged, Register, Verdict},
        places::{divisions, stations},
        purchasing::funds::Facts,
    },
    kernel::{DivisionCode, Error, ImportId, Level, Problems, ProjectId, Result},
    web::{Path, Sheet, Upload, Visit, see_other_done},
};

static REGISTER: Register = Register {
    kind: "projects",
    path: "/projects",
    list: "/projects",
    title: "项目",
    thing: "项目",
    unit: "个",
    how: "每一行是一个计划中的项目。编号已有的不会改动，请到那个项目的页面上修改。",
    columns: &IMPORTED,
};

pub async fn new(visit: Visit) -> Response {
    imports::new(&visit, &REGISTER)
}

pub async fn template() -> Result<Response> {
    Sheet::new("项目", &columns(), true)?.finish("项目导入模板.xlsx").await
}

pub async fn show(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::check(&visit, &REGISTER, id).await
}

pub async fn refused(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::refused(&visit, &REGISTER, columns(), id).await
}

pub async fn read(visit: Visit, upload: Upload) -> Result<Response> {
    let reach = visit.visitor.scope.reach.division.clone();
    imports::read(&visit, &REGISTER, upload, async move |tx, rows| {
        let known = Known::of(tx, reach, &rows).await?;
        let mut judged = vec![];
        for (row, cells) in rows {
            judged.push(known.judge(tx, row, cells).await?.0);
        }
        Ok(judged)
    })
    .await
}

/// Existing data the rows are validated against.
struct Known {
    reach: DivisionCode,
    numbers: HashMap<String, ProjectId>,
    /// The first row that has each number.
    rows: HashMap<String, usize>,
    stations: Vec<stations::Station>,
    places: HashMap<String, divisions::Division>,
}

impl Known {
    async fn of(tx: &mut Tx, reach: DivisionCode, rows: &[(usize, Vec<String>)]) -> Result<Self> {
        let (mut numbers, mut codes, mut places, mut on_rows) = (vec![], vec![], HashMap::new(), HashMap::new());
        for (row, cells) in rows {
            let (form, stations) = form(cells);
            on_rows.entry(form.number.clone()).or_insert(*row);
            numbers.push(form.number);
            codes.extend(stations);
            for typed in [form.division, form.township] {
                if typed.is_empty() || places.contains_key(&typed) {
                    continue;
                }
                if let Ok(place) = divisions::called(tx, &reach, &typed).await? {
                    places.insert(typed, place);
                }
            }
        }
        if let Ok(own) = divisions::called(tx, &reach, reach.as_str()).await? {
            places.insert(String::new(), own);
        }
        Ok(Self {
            numbers: store::by_numbers(tx, &numbers).await?.into_iter().collect(),
            rows: on_rows,
            stations: stations::find_by_codes(tx, &codes).await?,
            places,
            reach,
        })
    }

    async fn judge(&self, tx: &mut Tx, row: usize, cells: Vec<String>) -> Result<(Judged, Option<Draft>)> {
        let (mut form, codes) = form(&cells);
        let mut problems = Problems::default();
        let place = self.places.get(&form.division).filter(|place| place.level == Level::County);
        if place.is_none() {
            problems.note("division", "请填您管辖范围内一个县（市、区）的代码或名称。");
        }
        let place = place.map_or_else(|| self.reach.clone(), |place| place.code.clone());
        let township = self.places.get(&form.township).filter(|found| found.level == Level::Township);
        if township.is_none() && !form.township.is_empty() {
            problems.note("township", "没有这个乡镇（街道），请核对 9 位代码。");
        }
        for code in codes {
            let found = self.stations.iter().find(|station| station.code == code);
            match found.filter(|station| place.contains(&station.division)) {
                Some(station) => form.stations.push(station.id),
                None => problems.note("stations", format!("购买方的县里没有编号「{code}」的站点。")),
            }
        }
        if let Some(first) = self.rows.get(&form.number).filter(|first| **first != row) {
            problems.note("number", format!("和第 {first} 行重复。"));
        }
        let is_known = self.numbers.contains_key(&form.number);
        if is_known {
            problems.note("number", "已经有这个编号的项目，这一行不导入。要改的请到那个项目的页面上修改。");
        }
        let draft = match form.read(place, township.map(|place| place.code.clone())) {
            Ok(draft) => Some(draft),
            Err(found) => {
                problems.absorb(found);
                None
            }
        };
        if let (Some(draft), false) = (&draft, is_known) {
            let today = tx.today();
            let facts = Facts { amounts: amounts(&draft.sources), purpose: draft.lottery_purpose, ..Facts::default() };
            let found = findings(tx, ProjectId::new(), &draft.division, today, &draft.sources, facts).await?;
            let mut broken = Problems::default();
            weigh(&found, "sources", |_| String::new(), &mut broken);
            for problem in broken.all() {
                problems.note(
                    "sources",
                    problem.why.replace("确需如此的，请写明原因（4 个字以上）。", "请在页面上新建并写明原因。"),
                );
            }
        }
        let verdict = match () {
            () if !problems.is_empty() => Verdict::Refused,
            () => Verdict::New,
        };
        let problems = problems.all().iter().map(|problem| (problem.field.to_owned(), problem.why.clone())).collect();
        let judged = Judged { row, cells, verdict, problems, changes: vec![] };
        Ok((judged, draft.filter(|_| verdict == Verdict::New)))
    }
}

/// Imports the good rows. Validates each again as things stand now, including the rows before it.
pub async fn confirm(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rows = match imports::confirmed(&mut tx, &REGISTER, id).await? {
        Confirmed::Now(rows) => rows,
        Confirmed::Before(before) => return Ok(see_other_done(&before, "imported_before")),
    };
    let known = Known::of(&mut tx, visit.visitor.scope.reach.division.clone(), &rows).await?;
    let mut made = vec![];
    for (row, cells) in rows {
        let (judged, draft) = known.judge(&mut tx, row, cells).await?;
        imports::still_good(&judged)?;
        let Some(draft) = draft else { continue };
        let id = ProjectId::new();
        match store::insert(&mut tx, id, &draft).await {
            Err(Error::Problems(why)) => return Err(Error::refused(format!("没有导入任何项目。第 {row} 行：{why}"))),
            other => other?,
        }
        made.push((id.to_string(), draft.name.clone(), json!(draft)));
    }
    imports::record(&mut tx, &REGISTER, ("导入新建项目", &made), ("导入修改项目", &[]), "project").await?;
    tx.commit().await?;
    Ok(see_other_done("/projects", "imported"))
}
