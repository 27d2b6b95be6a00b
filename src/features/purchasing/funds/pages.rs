//! The list of rules with its form, and the page of yearly spending on people in need.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    model::{Purpose, Rule, RuleForm, RuleKind},
    store::{self, Spent},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::places::divisions,
    kernel::{DivisionCode, Error, Level, Problems, Result, RuleId, line, money, number, yuan},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "purchasing/funds/rules.html")]
struct Rules {
    chrome: Chrome,
    rules: Vec<Rule>,
    reach: DivisionCode,
}

impl Rules {
    /// The visitor changes only rules of places within reach.
    fn may_set(&self, rule: &Rule) -> bool {
        self.chrome.may(Act::SetFunds) && self.reach.contains(&rule.division)
    }
}

pub async fn rules(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rules = store::rules(&mut tx).await?;
    let reach = visit.visitor.scope.reach.division.clone();
    Ok(Html(Rules { chrome: visit.chrome(), rules, reach }).into_response())
}

#[derive(Template)]
#[template(path = "purchasing/funds/rule.html")]
struct EditRule {
    chrome: Chrome,
    /// `None` for a new rule.
    id: Option<RuleId>,
    form: RuleForm,
    problems: Problems,
}

pub async fn new_rule(visit: Visit) -> Result<Response> {
    let form = RuleForm { division: visit.visitor.scope.reach.division.to_string(), ..RuleForm::default() };
    Ok(Html(EditRule { chrome: visit.chrome(), id: None, form, problems: Problems::default() }).into_response())
}

/// Validates the form as a rule of a place within reach.
async fn read(tx: &mut Tx, visit: &Visit, id: RuleId, form: &RuleForm) -> Result<Rule> {
    let reach = &visit.visitor.scope.reach.division;
    match divisions::called(tx, reach, &form.division).await? {
        Ok(place) => Ok(form.read(id, place.code, place.name)?),
        Err(why) => {
            let mut problems = form.read(id, reach.clone(), String::new()).err().unwrap_or_default();
            problems.note("division", why);
            Err(problems.into())
        }
    }
}

/// Adds a rule; answers it.
async fn add(tx: &mut Tx, visit: &Visit, form: &RuleForm) -> Result<Rule> {
    let rule = read(tx, visit, RuleId::new(), form).await?;
    store::add_rule(tx, &rule).await?;
    tx.record(Entry::new("新增资金规则", "fund_rule", rule.id, rule.kind.label()).after(&rule)).await?;
    Ok(rule)
}

pub async fn create_rule(visit: Visit, Form(form): Form<RuleForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    match checked(add(&mut tx, &visit, &form).await)? {
        Ok(_) => {
            tx.commit().await?;
            Ok(see_other_done("/funds/rules", "saved"))
        }
        Err(problems) => Ok(Invalid(EditRule { chrome: visit.chrome(), id: None, form, problems }).into_response()),
    }
}

/// Finds a rule this visitor may change.
async fn own(tx: &mut Tx, visit: &Visit, id: RuleId) -> Result<Rule> {
    let rule = store::find(tx, id).await?;
    if visit.visitor.scope.reach.division.contains(&rule.division) { Ok(rule) } else { Err(Error::NotFound) }
}

pub async fn edit_rule(visit: Visit, Path(id): Path<RuleId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let form = RuleForm::of(&own(&mut tx, &visit, id).await?);
    Ok(Html(EditRule { chrome: visit.chrome(), id: Some(id), form, problems: Problems::default() }).into_response())
}

pub async fn update_rule(visit: Visit, Path(id): Path<RuleId>, Form(mut form): Form<RuleForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let before = own(&mut tx, &visit, id).await?;
    before.kind.as_str().clone_into(&mut form.kind);
    form.division = before.division.to_string();
    let saved = match form.read(id, before.division.clone(), before.division_name.clone()) {
        Ok(rule) => checked(store::change_rule(&mut tx, &rule).await)?.map(|()| rule),
        Err(problems) => Err(problems),
    };
    match saved {
        Ok(rule) => {
            let entry = Entry::new("修改资金规则", "fund_rule", id, rule.kind.label());
            tx.record(entry.before(&before).after(&rule)).await?;
            tx.commit().await?;
            Ok(see_other_done("/funds/rules", "saved"))
        }
        Err(problems) => {
            form.version = before.version;
            Ok(Invalid(EditRule { chrome: visit.chrome(), id: Some(id), form, problems }).into_response())
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SpendingForm {
    division: String,
    year: String,
    amount: String,
    document: String,
}

#[derive(Template)]
#[template(path = "purchasing/funds/assistance.html")]
struct Assistance {
    chrome: Chrome,
    spent: Vec<Spent>,
    form: SpendingForm,
    problems: Problems,
}

pub async fn assistance(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let reach = &visit.visitor.scope.reach.division;
    let division = if reach.as_str().len() == 6 { reach.to_string() } else { String::new() };
    let form = SpendingForm { division, year: (tx.today().year() - 1).to_string(), ..SpendingForm::default() };
    let spent = store::spending(&mut tx).await?;
    Ok(Html(Assistance { chrome: visit.chrome(), spent, form, problems: Problems::default() }).into_response())
}

pub async fn enter_assistance(visit: Visit, Form(form): Form<SpendingForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let this_year = tx.today().year();
    let mut problems = Problems::default();
    let reach = &visit.visitor.scope.reach.division;
    let place = problems.check("division", divisions::called(&mut tx, reach, &form.division).await?);
    if place.as_ref().is_some_and(|place| place.level != Level::County) {
        problems.note("division", "救助支出按县（市、区）登记，请填县的代码或名称。");
    }
    let year = problems.check("year", number(&form.year));
    if year.is_some_and(|year| year < 2000 || year > this_year) {
        problems.note("year", format!("年份请填 2000 到 {this_year}。"));
    }
    let amount = problems.check("amount", money(&form.amount));
    let document = problems.check("document", line(&form.document, 0, 80));
    let (Some(place), Some(year), Some(amount), Some(document), true) =
        (place, year.and_then(|year| i16::try_from(year).ok()), amount, document, problems.is_empty())
    else {
        let spent = store::spending(&mut tx).await?;
        return Ok(Invalid(Assistance { chrome: visit.chrome(), spent, form, problems }).into_response());
    };
    let before = store::set_spending(&mut tx, &place.code, year, amount, &document).await?;
    let entry = Entry::new("登记困难群众救助支出", "assistance", format!("{}/{year}", place.code), place.name);
    let entry = entry.before(json!({ "amount": before.map(yuan) }));
    tx.record(entry.after(json!({ "amount": yuan(amount), "document": document }))).await?;
    tx.commit().await?;
    Ok(see_other_done("/funds/assistance", "saved"))
}
