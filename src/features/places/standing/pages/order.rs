//! One order: the finding, the station's measures and report, and the second check.

use askama::Template;
use axum::{
    extract::State as AppState,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::super::{
    model::{OrderState, OrderStep},
    store::{self, Order, StepRow},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::ground::files,
    kernel::{Day, Error, FileId, OrderId, Problems, Result, line},
    web::{App, Chrome, Form, FormWithFile, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OrderForm {
    measures: String,
    proof: String,
    step: String,
    words: String,
    due_on: String,
}

#[derive(Template)]
#[template(path = "places/standing/order.html")]
struct Show {
    chrome: Chrome,
    order: Order,
    steps: Vec<StepRow>,
    /// True if the visitor may check it again.
    checks: bool,
    today: Day,
    form: OrderForm,
    problems: Problems,
}

impl Show {
    /// True if the station may take this step now.
    fn may_write(&self, step: OrderStep) -> bool {
        self.chrome.may(Act::ScoreOwnStation) && self.order.state.after(step).is_ok()
    }

    /// Steps that the checking officer may take now.
    fn moves(&self) -> Vec<OrderStep> {
        let all = [OrderStep::Close, OrderStep::Return, OrderStep::Extend, OrderStep::Withdraw];
        all.into_iter().filter(|step| self.checks && self.order.state.after(*step).is_ok()).collect()
    }

    /// Label of the step that takes a new due date, if any.
    fn takes_day(&self) -> Option<&'static str> {
        let step = self.moves().into_iter().find(|step| matches!(step, OrderStep::Return | OrderStep::Extend))?;
        Some(if step == OrderStep::Return { "退回时填，站点在这天以前重新报" } else { "延期时填" })
    }

    /// The station's latest words at a step.
    fn said(&self, step: OrderStep) -> &str {
        self.steps.iter().rev().find(|row| row.act == step).map_or("", |row| row.words.as_str())
    }

    /// The measures as typed, or else as saved.
    fn measures(&self) -> &str {
        if self.form.measures.is_empty() { self.said(OrderStep::Plan) } else { &self.form.measures }
    }

    /// The return and its reason, while the station is fixing the finding again.
    fn returned(&self) -> Option<&StepRow> {
        let last = self.steps.iter().rev().find(|row| row.act != OrderStep::Extend && row.act != OrderStep::Plan);
        last.filter(|row| row.act == OrderStep::Return && self.order.state == OrderState::Planned)
    }

    async fn page(visit: &Visit, tx: &mut Tx, id: OrderId, form: OrderForm, problems: Problems) -> Result<Self> {
        let order = store::find(tx, id).await?;
        let steps = store::steps(tx, id).await?;
        let (checks, today) = (checks(visit, &order), tx.today());
        Ok(Self { chrome: visit.chrome(), order, steps, checks, today, form, problems })
    }
}

/// True if the visitor may check an order again: they lead evaluations and their reach covers its
/// place, not only single stations.
fn checks(visit: &Visit, order: &Order) -> bool {
    let reach = &visit.visitor.scope.reach;
    visit.visitor.role.may(Act::RunEvaluations) && reach.stations.is_none() && reach.division.contains(&order.division)
}

pub async fn show(visit: Visit, Path(id): Path<OrderId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let page = Show::page(&visit, &mut tx, id, OrderForm::default(), Problems::default()).await?;
    Ok(Html(page).into_response())
}

async fn take(
    tx: &mut Tx,
    order: &mut Order,
    step: OrderStep,
    what: (&str, Option<Day>, Option<FileId>),
) -> Result<Response> {
    store::step(tx, order, step, what).await?;
    let after = json!({ "step": step.label(), "state": order.state.label(), "words": what.0, "due_on": what.1, "file": what.2 });
    let label = format!("{} {}", order.station_name, order.code);
    tx.record(Entry::new("办理整改", "rectification_order", order.id, label).after(after)).await?;
    Ok(see_other_done(&order.path(), told(step)))
}

/// The flash message after a step.
fn told(step: OrderStep) -> &'static str {
    match step {
        OrderStep::Plan => "order_plan",
        OrderStep::Report => "order_report",
        OrderStep::Return => "order_return",
        OrderStep::Close => "order_close",
        OrderStep::Extend => "extended",
        OrderStep::Order | OrderStep::Withdraw => "order_withdraw",
    }
}

/// The station submits its measures.
pub async fn plan(visit: Visit, Path(id): Path<OrderId>, Form(form): Form<OrderForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut order = store::find(&mut tx, id).await?;
    order.state.after(OrderStep::Plan)?;
    let measures = match line(&form.measures, 5, 1000) {
        Ok(measures) => measures,
        Err(why) => {
            let page = Show::page(&visit, &mut tx, id, form, Problems::one("measures", why)).await?;
            return Ok(Invalid(page).into_response());
        }
    };
    let done = take(&mut tx, &mut order, OrderStep::Plan, (&measures, None, None)).await?;
    tx.commit().await?;
    Ok(done)
}

/// The station reports that the finding is fixed, with proof.
pub async fn report(
    AppState(app): AppState<App>,
    visit: Visit,
    Path(id): Path<OrderId>,
    FormWithFile(form, upload): FormWithFile<OrderForm>,
) -> Result<Response> {
    let mut problems = Problems::default();
    let file = checked(files::read(&app, upload).await)?.map_err(|found| problems.absorb(found)).ok().flatten();
    let mut tx = visit.begin().await?;
    let mut order = store::find(&mut tx, id).await?;
    order.state.after(OrderStep::Report)?;
    let proof = problems.check("proof", line(&form.proof, 5, 1000));
    if file.is_none() && problems.on("file").is_none() {
        problems.note("file", "请选择证明整改情况的照片或 PDF；照片里的位置信息会自动去掉。");
    }
    let kept = match &file {
        Some(file) if problems.is_empty() => {
            checked(files::keep(&mut tx, file).await)?.map_err(|found| problems.absorb(found)).ok()
        }
        _ => None,
    };
    let (Some(proof), Some(kept), true) = (proof, kept, problems.is_empty()) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, id, form, problems).await?).into_response());
    };
    let done = take(&mut tx, &mut order, OrderStep::Report, (&proof, None, Some(kept))).await?;
    tx.commit().await?;
    Ok(done)
}

/// The checking officer closes the order, returns it, extends it or withdraws it.
pub async fn advance(visit: Visit, Path(id): Path<OrderId>, Form(form): Form<OrderForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut order = store::find(&mut tx, id).await?;
    let ours = [OrderStep::Close, OrderStep::Return, OrderStep::Extend, OrderStep::Withdraw];
    let step = OrderStep::parse(&form.step).filter(|step| ours.contains(step) && checks(&visit, &order));
    let step = step.ok_or(Error::NotFound)?;
    order.state.after(step)?;
    let mut problems = Problems::default();
    let words = problems.check("words", line(&form.words, 2, 500));
    let due_on = match step {
        OrderStep::Return | OrderStep::Extend => problems.check("due_on", form.due_on.parse::<Day>()),
        _ => None,
    };
    if due_on.is_some_and(|day| day < tx.today() || day > tx.today().plus_days(366)) {
        problems.note("due_on", "新的期限不能早于今天，最多一年。");
    }
    if step == OrderStep::Extend && due_on.is_some_and(|day| day <= order.due_on) {
        problems.note("due_on", format!("延期要晚于原来的期限 {}。", order.due_on));
    }
    let (Some(words), true) = (words, problems.is_empty()) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, id, form, problems).await?).into_response());
    };
    let done = take(&mut tx, &mut order, step, (&words, due_on, None)).await?;
    tx.commit().await?;
    Ok(done)
}

/// Serves a file attached to an order within reach.
pub async fn file(visit: Visit, Path((id, file)): Path<(OrderId, FileId)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    store::find(&mut tx, id).await?;
    let is_there = store::steps(&mut tx, id).await?.iter().any(|step| step.file == Some(file));
    if is_there { files::serve(&mut tx, file).await } else { Err(Error::NotFound) }
}
