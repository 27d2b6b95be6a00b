//! Rectification orders for low lines, issued to many stations at once.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    super::{
        model::Low,
        store,
        weak::{self, Weak},
    },
    led_final,
};
use crate::{
    db::{Entry, Tx},
    features::{
        evaluation::evaluations::Round,
        places::standing::{self, NewOrder},
    },
    kernel::{Day, Error, Listed, Paging, Problems, Result, RoundId, line, number},
    web::{Chrome, Form, Html, Invalid, Path, Query, Turn, Visit, filters, see_other_done},
};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Below {
    below: String,
}

impl Default for Below {
    fn default() -> Self {
        Self { below: "60".to_owned() }
    }
}

impl Below {
    /// The threshold for a low line in whole percent; 60 if the input is not valid.
    fn share(&self) -> i64 {
        number(self.below.trim_end_matches(['%', '％']))
            .ok()
            .filter(|share| (1..=100).contains(share))
            .unwrap_or(60)
            .into()
    }
}

/// Longest time allowed to a station, in days.
const MOST_DAYS: i64 = 366;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OrderForm {
    below: String,
    page: String,
    pick: Vec<String>,
    due_on: String,
    demand: String,
}

#[derive(Template)]
#[template(path = "evaluation/publications/orders.html")]
struct Show {
    chrome: Chrome,
    round: Round,
    below: i64,
    rows: Listed<Weak>,
    turn: Turn,
    form: OrderForm,
    problems: Problems,
}

impl Show {
    fn has_failed(&self) -> bool {
        self.rows.rows.iter().any(|weak| weak.is_failed)
    }

    fn picked(&self, weak: &Weak, low: &Low) -> bool {
        self.form.pick.contains(&key(weak, low))
    }

    async fn page(
        tx: &mut Tx,
        visit: &Visit,
        round: Round,
        (below, paging): (Below, Paging),
        form: OrderForm,
        problems: Problems,
    ) -> Result<Self> {
        let all = weak::low_lines(tx, &round, below.share()).await?;
        let total = i64::try_from(all.len()).unwrap_or(0);
        let paging = paging.within(total);
        let (skip, take) =
            (usize::try_from(paging.offset()).unwrap_or(0), usize::try_from(paging.size()).unwrap_or(20));
        let rows = Listed { rows: all.into_iter().skip(skip).take(take).collect(), total, paging };
        let turn = Turn::of(&format!("{}/rectifications", round.path()), &below, &rows);
        Ok(Self { chrome: visit.chrome(), round, below: below.share(), rows, turn, form, problems })
    }
}

/// The form value that identifies a line of a station.
fn key(weak: &Weak, low: &Low) -> String {
    format!("{}:{}", weak.of.id, low.code)
}

pub async fn show(
    visit: Visit,
    Path(id): Path<RoundId>,
    Query(below): Query<Below>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_final(&mut tx, &visit, id).await?;
    let form = OrderForm {
        due_on: tx.today().plus_days(60).to_string(),
        demand: "对照评分细则整改，说明怎么改、谁负责，改好后附前后对比的照片或材料。".to_owned(),
        ..OrderForm::default()
    };
    let mut page = Show::page(&mut tx, &visit, round, (below, paging), form, Problems::default()).await?;
    // Failed stations have to fix everything, so all their lines start out ticked.
    let failed = page.rows.rows.iter().filter(|weak| weak.is_failed);
    page.form.pick = failed.flat_map(|weak| weak.lows.iter().map(|low| key(weak, low))).collect();
    Ok(Html(page).into_response())
}

pub async fn issue(visit: Visit, Path(id): Path<RoundId>, Form(form): Form<OrderForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_final(&mut tx, &visit, id).await?;
    let below = Below { below: form.below.clone() };
    let mut problems = Problems::default();
    let due_on = problems.check("due_on", form.due_on.parse::<Day>());
    if due_on.is_some_and(|day| day <= tx.today() || day > tx.today().plus_days(MOST_DAYS)) {
        problems.note("due_on", "整改期限要晚于今天，最多一年。");
    }
    let demand = problems.check("demand", line(&form.demand, 4, 500));
    let all = weak::low_lines(&mut tx, &round, below.share()).await?;
    let picked: Vec<_> = all
        .iter()
        .flat_map(|weak| weak.lows.iter().map(move |low| (weak, low)))
        .filter(|(weak, low)| form.pick.contains(&key(weak, low)))
        .collect();
    if picked.is_empty() {
        let why = if form.pick.is_empty() {
            "请勾选要整改的指标。"
        } else {
            "勾选的指标都已经下达过整改，请看整改台账。"
        };
        problems.note("low", why);
    }
    let (Some(due_on), Some(demand), true) = (due_on, demand, problems.is_empty()) else {
        let paging = serde_json::from_value(json!({ "page": form.page.parse::<i64>().ok() })).map_err(Error::bug)?;
        return Ok(Invalid(Show::page(&mut tx, &visit, round, (below, paging), form, problems).await?).into_response());
    };
    let ids: Vec<_> = picked.iter().map(|(weak, _)| weak.of.id).collect();
    let reasons = store::reasons(&mut tx, &ids).await?;
    let orders: Vec<_> = picked
        .into_iter()
        .map(|(weak, low)| {
            let why = reasons.get(&(weak.of.id, low.code.clone())).map(|why| format!("。{why}")).unwrap_or_default();
            NewOrder {
                evaluation: weak.of.id,
                station: weak.of.station,
                division: weak.of.division.clone(),
                code: low.code.clone(),
                line: low.line.clone(),
                finding: format!("{}{why}", low.finding),
                demand: demand.clone(),
            }
        })
        .collect();
    let issued = standing::issue(&mut tx, &orders, due_on).await?;
    let after = json!({ "due_on": due_on, "demand": demand, "issued": issued,
        "orders": orders.iter().map(|order| (order.evaluation, &order.code)).collect::<Vec<_>>() });
    tx.record(Entry::new("下达整改", "evaluation_round", id, &round.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done("/rectifications?state=open", "ordered"))
}
