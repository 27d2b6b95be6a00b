//! The reporting calendar of a year, with forms for a single day and for the due-date rule.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    model::{Calendar, Mark, nth_working_day},
    store,
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    kernel::{Day, Error, Month, Problems, Result, line, number},
    web::{Chrome, Form, Html, Invalid, Query, Visit, filters, see_other_done},
};

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    year: Option<i32>,
}

/// The form for one day, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DayForm {
    #[serde(rename = "on")]
    day: String,
    works: String,
    name: String,
}

#[derive(Template)]
#[template(path = "ground/calendar/show.html")]
struct Show {
    chrome: Chrome,
    year: i32,
    this_year: i32,
    calendar: Calendar,
    nth: u32,
    /// Month, the day its report is due, and true if that day is frozen.
    due: Vec<(Month, Day, bool)>,
    form: DayForm,
    problems: Problems,
    may_set: bool,
}

impl Show {
    fn years(&self) -> [i32; 3] {
        [self.this_year - 1, self.this_year, self.this_year + 1]
    }

    fn marks(&self) -> Vec<(Day, &Mark)> {
        self.calendar.of_year(self.year)
    }

    async fn page(visit: &Visit, tx: &mut Tx, year: Option<i32>, form: DayForm, problems: Problems) -> Result<Self> {
        let (calendar, nth, today) = (store::calendar(tx).await?, store::rule(tx).await?, tx.today());
        let year = year.filter(|year| (2024..=2100).contains(year)).unwrap_or(today.year());
        let january = Day::end_of(year - 1).month();
        let frozen = store::frozen(tx).await?;
        let due = (1..=12).map(|at| january.plus(at)).map(|month| {
            let fixed = frozen.iter().find(|(other, _)| *other == month).map(|(_, day)| *day);
            (month, fixed.unwrap_or_else(|| nth_working_day(&calendar, month.plus(1), nth)), fixed.is_some())
        });
        Ok(Self {
            chrome: visit.chrome(),
            year,
            this_year: today.year(),
            due: due.collect(),
            calendar,
            nth,
            form,
            problems,
            may_set: visit.rules(Act::SetReporting),
        })
    }
}

fn require_set(visit: &Visit) -> Result<()> {
    if visit.rules(Act::SetReporting) {
        Ok(())
    } else {
        Err(Error::refused("报送日历由本网络最高一级主管部门设定，您现在的岗位只能查看。"))
    }
}

pub async fn show(visit: Visit, Query(filter): Query<Filter>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let page = Show::page(&visit, &mut tx, filter.year, DayForm::default(), Problems::default()).await?;
    Ok(Html(page).into_response())
}

pub async fn set_day(visit: Visit, Form(form): Form<DayForm>) -> Result<Response> {
    require_set(&visit)?;
    let mut tx = visit.begin().await?;
    let mut problems = Problems::default();
    let day = problems.check("on", form.day.parse::<Day>());
    let name = problems.check("name", line(&form.name, 0, 20));
    let works = match form.works.as_str() {
        "yes" => Some(Some(true)),
        "no" => Some(Some(false)),
        "published" => Some(None),
        _ => {
            problems.note("works", "请选择这一天上班、休息，还是按公布的。");
            None
        }
    };
    let (Some(day), Some(name), Some(works)) = (day, name, works) else {
        let year = form.day.parse::<Day>().ok().map(Day::year);
        return Ok(Invalid(Show::page(&visit, &mut tx, year, form, problems).await?).into_response());
    };
    store::set_day(&mut tx, day, works, &name).await?;
    let after = json!({ "works": works, "name": name });
    tx.record(Entry::new("设定工作日", "calendar", day, day.to_string()).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/calendar?year={}", day.year()), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RuleForm {
    nth: String,
}

pub async fn set_rule(visit: Visit, Form(form): Form<RuleForm>) -> Result<Response> {
    require_set(&visit)?;
    let mut tx = visit.begin().await?;
    let Ok(nth @ 1..=20) = number(&form.nth) else {
        let problems = Problems::one("nth", "请填 1 到 20 之间的整数，例如 5。");
        return Ok(Invalid(Show::page(&visit, &mut tx, None, DayForm::default(), problems).await?).into_response());
    };
    let nth = u32::try_from(nth).map_err(Error::bug)?;
    let before = store::rule(&mut tx).await?;
    store::set_rule(&mut tx, nth).await?;
    tx.record(Entry::new("设定报送期限", "calendar", "", format!("次月第 {nth} 个工作日")).before(before).after(nth))
        .await?;
    tx.commit().await?;
    Ok(see_other_done("/calendar", "saved"))
}
