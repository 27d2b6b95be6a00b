//! Import of stations from a table: a dry run shows every row as new, changed, unchanged or
//! refused, with the reason at the cell; once confirmed, all rows are carried out together.

use std::collections::HashMap;

use axum::response::Response;
use serde_json::json;

use super::{
    super::{
        model::{Facts, NewStation, StationForm, StationLevel},
        store::{self, Station},
        table,
    },
    write::form_of,
};
use crate::{
    db::Tx,
    features::{
        ground::imports::{self, Confirmed, Judged, Register, Verdict},
        places::{
            agencies,
            divisions::{self, Division},
        },
    },
    kernel::{AgencyId, DivisionCode, Error, ImportId, Problems, Result, StationId},
    web::{Path, Sheet, Upload, Visit, see_other_done},
};

static REGISTER: Register = Register {
    kind: "stations",
    path: "/stations",
    list: "/stations",
    title: "站点名册",
    thing: "站点",
    unit: "个",
    how: "编号已在名册里的，按这一行修改那个站点，空着的格子不改；导出的名册也可以改好后再导入。",
    columns: &table::IMPORTED,
};

pub async fn new(visit: Visit) -> Response {
    imports::new(&visit, &REGISTER)
}

pub async fn template() -> Result<Response> {
    Sheet::new("站点", &table::columns(), true)?.finish("站点导入模板.xlsx").await
}

pub async fn read(visit: Visit, upload: Upload) -> Result<Response> {
    imports::read(&visit, &REGISTER, upload, async |tx, rows| {
        let known = Known::of(&visit, tx, &rows).await?;
        Ok(rows.into_iter().map(|(row, cells)| known.judge(row, cells).0).collect())
    })
    .await
}

/// The change that a row asks for.
enum Wish {
    Nothing,
    Make(Box<NewStation>, StationId),
    Change(Box<Station>, Box<Facts>),
}

/// The state of the register that the rows are judged against, fetched once for all of them.
struct Known {
    reach: DivisionCode,
    today: crate::kernel::Day,
    divisions: HashMap<String, Division>,
    stations: HashMap<String, Station>,
    /// Ids by code, of existing stations and of those the table adds.
    ids: HashMap<String, StationId>,
    agencies: HashMap<String, AgencyId>,
    /// The rows on which a code appears.
    rows: HashMap<String, Vec<usize>>,
}

impl Known {
    async fn of(visit: &Visit, tx: &mut Tx, rows: &[(usize, Vec<String>)]) -> Result<Self> {
        let forms: Vec<(usize, StationForm)> = rows.iter().map(|(row, cells)| (*row, table::form(cells))).collect();
        let codes: Vec<String> = forms
            .iter()
            .filter_map(|(_, form)| DivisionCode::parse(&form.division).ok())
            .map(|code| code.to_string())
            .collect();
        let found = divisions::find_all(tx, &codes).await?;
        let mut wanted: Vec<String> = forms.iter().map(|(_, form)| form.code.to_uppercase()).collect();
        wanted.extend(forms.iter().map(|(_, form)| form.parent.to_uppercase()));
        let stations = store::find_by_codes(tx, &wanted).await?;
        let mut ids: HashMap<String, StationId> =
            stations.iter().map(|station| (station.code.clone(), station.id)).collect();
        let mut on_rows: HashMap<String, Vec<usize>> = HashMap::new();
        for (row, form) in &forms {
            ids.entry(form.code.to_uppercase()).or_insert_with(StationId::new);
            on_rows.entry(form.code.to_uppercase()).or_default().push(*row);
        }
        Ok(Self {
            reach: visit.visitor.scope.reach.division.clone(),
            today: tx.today(),
            divisions: found.into_iter().map(|division| (division.code.to_string(), division)).collect(),
            stations: stations.into_iter().map(|station| (station.code.clone(), station)).collect(),
            ids,
            agencies: agencies::choices(tx, None).await?.into_iter().map(|(id, name)| (name, id)).collect(),
            rows: on_rows,
        })
    }

    fn judge(&self, row: usize, cells: Vec<String>) -> (Judged, Wish) {
        let mut form = table::form(&cells);
        form.code = form.code.to_uppercase();
        let mut problems = Problems::default();
        self.resolve(row, &mut form, &mut problems);
        if let Some(station) = self.stations.get(&form.code) {
            table::keep_blanks(&mut form, form_of(station, self.today));
        }
        let place = self.place(&form.division, &mut problems);
        let wish = match (self.stations.get(&form.code), place) {
            (Some(station), place) => change(station, place, &form, &mut problems),
            (None, Some(place)) => match form.station(&place.code, place.level, self.today) {
                Ok(new) => Wish::Make(Box::new(new), self.ids[&form.code]),
                Err(found) => {
                    problems.absorb(found);
                    Wish::Nothing
                }
            },
            (None, None) => {
                form.facts(&mut problems);
                Wish::Nothing
            }
        };
        let verdict = match &wish {
            _ if !problems.is_empty() => Verdict::Refused,
            Wish::Make(..) => Verdict::New,
            Wish::Change(..) => Verdict::Changed,
            Wish::Nothing => Verdict::Unchanged,
        };
        let problems = problems.all().iter().map(|problem| (problem.field.to_owned(), problem.why.clone())).collect();
        let changes = match &wish {
            Wish::Change(station, facts) if verdict == Verdict::Changed => changes(&station.facts(), facts),
            _ => vec![],
        };
        (
            Judged { row, cells, verdict, problems, changes },
            if verdict == Verdict::Refused { Wish::Nothing } else { wish },
        )
    }

    /// Replaces names and codes in the table with the ids the form expects.
    fn resolve(&self, row: usize, form: &mut StationForm, problems: &mut Problems) {
        let first = self.rows.get(&form.code).and_then(|rows| rows.first()).filter(|first| **first != row);
        if let Some(first) = first.filter(|_| !form.code.is_empty()) {
            problems.note("code", format!("和第 {first} 行的编号重复。"));
        }
        if !form.parent.is_empty() {
            if let Some(id) = self.ids.get(&form.parent.to_uppercase()) {
                form.parent = id.to_string();
            } else {
                problems.note("parent", "名册和这份表格里都没有这个编号的站点。");
                form.parent.clear();
            }
        }
        if !form.agency.is_empty() {
            if let Some(id) = self.agencies.get(&form.agency) {
                form.agency = id.to_string();
            } else {
                problems.note("agency", "承接机构名册里没有这个名称，或者它已暂停、禁止承接；请核对全称或先登记机构。");
                form.agency.clear();
                form.operation_mode.clear();
            }
        }
    }

    fn place(&self, typed: &str, problems: &mut Problems) -> Option<&Division> {
        let code = match DivisionCode::parse(typed) {
            Ok(code) => code,
            Err(why) => {
                problems.note("division", why);
                return None;
            }
        };
        let found = self.divisions.get(code.as_str()).filter(|place| self.reach.contains(&place.code));
        match found {
            Some(place) if place.until.is_some() => problems.note("division", "这个区划已经撤并，请填并入的区划代码。"),
            Some(place) => return Some(place),
            None => problems.note("division", "管辖范围内没有这个区划代码，请核对。"),
        }
        None
    }
}

/// Headings of the columns in which two versions of a station differ.
fn changes(before: &Facts, after: &Facts) -> Vec<String> {
    let differs = [
        ("名称", before.name != after.name),
        ("上级站编号", before.parent != after.parent),
        ("运营方式", before.operation_mode != after.operation_mode),
        ("承接机构", before.agency != after.agency),
        ("构建方式", before.build_route != after.build_route),
        ("省级试点", before.is_provincial_pilot != after.is_provincial_pilot),
        ("治理试点", before.is_governance_pilot != after.is_governance_pilot),
        ("涉改", before.is_merged_area != after.is_merged_area),
        ("荣誉", before.recognition != after.recognition),
        ("地址", before.address != after.address),
        ("位置", before.position != after.position),
        ("电话", before.phone != after.phone),
        ("场所", before.venue != after.venue),
        ("面积", before.area_m2 != after.area_m2),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(head, _)| head.to_owned()).collect()
}

/// The changes of a row to an existing station.
fn change(station: &Station, place: Option<&Division>, form: &StationForm, problems: &mut Problems) -> Wish {
    if place.is_some_and(|place| place.code != station.division) {
        problems.note("division", "和名册里的区划不同。换区划请在站点页面上办「迁移」。");
    }
    if !form.state.is_empty() && form.state != station.state.label() && form.state != station.state.as_str() {
        problems.note("state", "和名册里的状态不同。请在站点页面上变更状态。");
    }
    match form.facts(problems) {
        Some(facts) if facts != station.facts() => Wish::Change(Box::new(station.clone()), Box::new(facts)),
        _ => Wish::Nothing,
    }
}

pub async fn show(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::check(&visit, &REGISTER, id).await
}

pub async fn refused(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    imports::refused(&visit, &REGISTER, table::columns(), id).await
}

/// Carries out the valid rows, judged again against the present register.
pub async fn confirm(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rows = match imports::confirmed(&mut tx, &REGISTER, id).await? {
        Confirmed::Now(rows) => rows,
        Confirmed::Before(before) => return Ok(see_other_done(&before, "imported_before")),
    };
    let known = Known::of(&visit, &mut tx, &rows).await?;
    let mut wishes = vec![];
    for (row, cells) in rows {
        let (judged, wish) = known.judge(row, cells);
        imports::still_good(&judged)?;
        wishes.push((row, wish));
    }
    // Parents before children, whatever their order in the table.
    wishes.sort_by_key(|(row, wish)| match wish {
        Wish::Make(new, _) => (new.level, *row),
        _ => (StationLevel::Village, *row),
    });
    let (made, changed) = carry_out(&mut tx, wishes).await?;
    imports::record(&mut tx, &REGISTER, ("导入新建站点", &made), ("导入修改站点", &changed), "station").await?;
    tx.commit().await?;
    Ok(see_other_done("/stations", "imported"))
}

type Records = Vec<(String, String, serde_json::Value)>;

async fn carry_out(tx: &mut Tx, wishes: Vec<(usize, Wish)>) -> Result<(Records, Records)> {
    let (mut made, mut changed) = (vec![], vec![]);
    let today = tx.today();
    for (row, wish) in wishes {
        let done = match wish {
            Wish::Nothing => Ok(()),
            Wish::Make(new, id) => {
                made.push((id.to_string(), new.facts.name.clone(), json!(new)));
                store::insert(tx, id, &new).await
            }
            Wish::Change(station, facts) => {
                changed.push((station.id.to_string(), facts.name.clone(), json!(facts)));
                let turns = facts.name != station.name || facts.parent != station.parent_id;
                match store::update(tx, station.id, station.version, &facts).await {
                    Ok(()) if turns => store::turn_over(tx, station.id, today, "").await,
                    other => other,
                }
                .and(divisions::mark(tx, &[&station.division]).await)
            }
        };
        match done {
            Err(Error::Problems(why)) => return Err(Error::refused(format!("没有导入任何站点。第 {row} 行：{why}"))),
            other => other?,
        }
    }
    Ok((made, changed))
}
