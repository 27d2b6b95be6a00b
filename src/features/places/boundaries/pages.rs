//! The page that merges a division or changes its code: dry run and confirmation.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    model::{Succession, successions},
    store::{self, Following},
};
use crate::{
    db::{Entry, Tx},
    features::places::{
        divisions::{self, Division},
        stations,
    },
    kernel::{Day, DivisionCode, Error, Problems, Result, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

/// Successions that the dry run shows; the rest are only counted.
const SHOWN: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MergerForm {
    into: String,
    name: String,
    on: String,
    reason: String,
    /// Set once the visitor has seen the dry run.
    confirmed: String,
}

#[derive(Template)]
#[template(path = "places/boundaries/merger.html")]
struct Page {
    chrome: Chrome,
    division: Division,
    form: MergerForm,
    problems: Problems,
    plan: Option<(Vec<Succession>, Following)>,
}

impl Page {
    fn shown<'a>(&self, steps: &'a [Succession]) -> &'a [Succession] {
        &steps[..steps.len().min(SHOWN)]
    }
}

/// A division within reach that has not ended and is not the root of the network.
async fn open(visit: &Visit, tx: &mut Tx, code: &DivisionCode) -> Result<Division> {
    if !visit.visitor.scope.reach.division.contains(code) {
        return Err(Error::NotFound);
    }
    let division = divisions::find(tx, code).await?;
    if division.until.is_some() {
        return Err(Error::refused("这个区划已经撤并过了。"));
    }
    if division.parent.is_none() {
        return Err(Error::refused("网络最高一级的区划不能撤并。"));
    }
    Ok(division)
}

pub async fn show(visit: Visit, Path(code): Path<DivisionCode>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let division = open(&visit, &mut tx, &code).await?;
    let form = MergerForm { on: tx.today().to_string(), ..MergerForm::default() };
    let page = Page { chrome: visit.chrome(), division, form, problems: Problems::default(), plan: None };
    Ok(Html(page).into_response())
}

/// Without confirmation, a dry run; with it, the merger.
pub async fn merge(visit: Visit, Path(code): Path<DivisionCode>, Form(form): Form<MergerForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let division = open(&visit, &mut tx, &code).await?;
    let again = |division, form, problems, plan| Page { chrome: visit.chrome(), division, form, problems, plan };
    let mut problems = Problems::default();
    let on = problems.check("on", form.on.parse::<Day>());
    if on.is_some_and(|on| on > tx.today()) {
        problems.note("on", "日期不能晚于今天。到那一天再来登记。");
    }
    let reason = problems.check("reason", line(&form.reason, 2, 200));
    let into = into(&visit, &mut tx, &division, &form, on, &mut problems).await?;
    let (Some(on), Some(reason), Some((into, begins)), true) = (on, reason, into, problems.is_empty()) else {
        return Ok(Invalid(again(division, form, problems, None)).into_response());
    };
    let moved = divisions::within(&mut tx, &code).await?;
    let taken: Vec<DivisionCode> =
        divisions::within(&mut tx, &into.code).await?.into_iter().map(|there| there.code).collect();
    let Some(steps) = successions(&moved, &into, begins, on, &taken) else {
        let problems = Problems::one("into", "新区划下面的代码不够用，请先改码其中一部分。");
        return Ok(Invalid(again(division, form, problems, None)).into_response());
    };
    let following = store::following(&mut tx, &code).await?;
    if form.confirmed.is_empty() {
        return Ok(Html(again(division, form, problems, Some((steps, following)))).into_response());
    }
    match checked(carry_out(&mut tx, &steps, on).await)? {
        Ok(()) => {
            let after = json!({ "into": into.code, "on": on, "reason": reason, "divisions": steps.len(), "stations": following.stations });
            tx.record(Entry::new("区划撤并或改码", "division", &code, &division.name).after(after)).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("/divisions/{}", into.code.path()), "moved"))
        }
        Err(found) => {
            let problems = Problems::one("into", found.all().first().map_or("", |problem| problem.why.as_str()));
            drop(tx);
            Ok(Invalid(again(division, form, problems, None)).into_response())
        }
    }
}

/// The successor of a division: an existing one of the same level, or a free code within reach.
async fn into(
    visit: &Visit,
    tx: &mut Tx,
    division: &Division,
    form: &MergerForm,
    on: Option<Day>,
    problems: &mut Problems,
) -> Result<Option<(Division, bool)>> {
    let Some(code) = problems.check("into", DivisionCode::parse(&form.into)) else { return Ok(None) };
    let why = if code == division.code {
        "请填另一个代码。"
    } else if code.as_str().len() != division.code.as_str().len() {
        "代码的位数要和原来的一样。"
    } else if !visit.visitor.scope.reach.division.contains(&code) {
        "这个代码不在您的管辖范围内。"
    } else {
        return follow(tx, division, code, form, on, problems).await;
    };
    problems.note("into", why);
    Ok(None)
}

async fn follow(
    tx: &mut Tx,
    division: &Division,
    code: DivisionCode,
    form: &MergerForm,
    on: Option<Day>,
    problems: &mut Problems,
) -> Result<Option<(Division, bool)>> {
    if let Some(there) = divisions::find_all(tx, &[code.to_string()]).await?.pop() {
        if there.until.is_some() || there.level != division.level {
            problems.note("into", "这个代码是已撤并的区划，或者级别不同，请核对。");
            return Ok(None);
        }
        return Ok(Some((there, false)));
    }
    let name = match form.name.trim() {
        "" => Some(division.name.clone()),
        typed => problems.check("name", line(typed, 2, 40)),
    };
    let around = divisions::ancestors(tx, &code).await?;
    let parent = around.iter().rev().find(|above| above.code != code && above.until.is_none());
    let Some(parent) = parent.filter(|parent| parent.level < division.level) else {
        problems.note("into", "这个代码所在的上一级区划不在本网络里，请核对。");
        return Ok(None);
    };
    let (Some(name), Some(on)) = (name, on) else { return Ok(None) };
    let new = Division {
        code,
        parent: Some(parent.code.clone()),
        level: division.level,
        name,
        since: on,
        until: None,
        successor: None,
    };
    Ok(Some((new, true)))
}

async fn carry_out(tx: &mut Tx, steps: &[Succession], on: Day) -> Result<()> {
    for step in steps.iter().filter(|step| step.begins) {
        divisions::begin(tx, &step.new).await?;
    }
    let mut changed = vec![];
    if let Some(first) = steps.first() {
        for id in stations::within(tx, &first.old.code).await? {
            let station = stations::find(tx, id).await?;
            let Some(step) = steps.iter().find(|step| step.old.code == station.division) else { continue };
            // A station that changed since then has been in the new division from that later day
            // on.
            let from = on.max(stations::present_since(tx, id).await?);
            stations::relocate(tx, &station, &step.new.code, station.parent_id, from, "区划调整").await?;
            let after = json!({ "division": step.new.code, "on": on });
            changed.push((id.to_string(), station.name.clone(), after));
        }
    }
    tx.record_all("站点随区划调整", "station", &changed).await?;
    let (mut grants, mut marks) = (vec![], vec![]);
    for step in steps {
        for id in store::move_grants(tx, &step.old.code, &step.new.code).await? {
            grants.push((id.to_string(), step.new.name.clone(), json!({ "division": step.new.code })));
        }
        store::move_served(tx, &step.old.code, &step.new.code).await?;
        store::move_transfers(tx, &step.old.code, &step.new.code).await?;
        store::move_projects(tx, &step.old.code, &step.new.code).await?;
        divisions::end(tx, &step.old.code, on.before(), &step.new.code).await?;
        marks.extend([&step.old.code, &step.new.code]);
    }
    tx.record_all("授权随区划调整", "grant", &grants).await?;
    divisions::mark(tx, &marks).await
}
