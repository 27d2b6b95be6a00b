//! The money of a place by source and year, the state of its rules, and the public notice.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::super::{
    notice::{self, Notice},
    store::{self, BySource, Cap, Waived},
};
use crate::{
    db::{Entry, Tx},
    features::{
        places::divisions::{self, Division},
        purchasing::funds::{self, Rule, RuleKind, Source},
    },
    kernel::{Day, DivisionCode, Result, most_of, plain_yuan},
    web::{Cell, Chart, Chrome, Column, Form, Html, Query, Sheet, Visit, chart, filters, query_string},
};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    place: String,
    year: String,
}

impl Filter {
    fn year(&self) -> Option<i16> {
        self.year.parse().ok().filter(|year| (2000..=2100).contains(year))
    }
}

/// A county's assistance fund in a year, compared with its rule.
struct Capped {
    cap: Cap,
    /// The maximum it may take; `None`: no rule, or no spending to base it on.
    most: Option<i64>,
    bound: String,
}

impl Capped {
    fn of(cap: Cap, rules: &[Rule]) -> Self {
        let day = Day::end_of(cap.year.into());
        let rule = funds::rule_at(rules, RuleKind::AssistanceCap, &cap.division, day);
        let share = rule.and_then(|rule| rule.share_bp);
        let most = share.zip(cap.spent_before).map(|(share, spent)| most_of(spent, share));
        Self { most, bound: rule.map_or_else(|| "没有规则".to_owned(), Rule::bound), cap }
    }

    /// The tag: colour and label.
    fn tag(&self) -> (&'static str, &'static str) {
        match self.most {
            Some(most) if self.cap.taken > most => ("bad", "超过上限"),
            Some(most) if self.cap.taken * 10 > most * 9 => ("warn", "接近上限"),
            Some(_) => ("ok", "符合"),
            None if self.cap.spent_before.is_none() => ("warn", "没有登记上年支出"),
            None => ("plain", "没有规则"),
        }
    }
}

#[derive(Template)]
#[template(path = "purchasing/oversight/money.html")]
struct Show {
    chrome: Chrome,
    place: Division,
    filter: Filter,
    unread: Option<String>,
    rows: Vec<BySource>,
    caps: Vec<Capped>,
    waived: Vec<Waived>,
    chart: Option<Chart>,
    today: Day,
}

impl Show {
    /// Totals: planned, contracted, paid, balance.
    fn sums(&self) -> [i64; 4] {
        let sum = |of: fn(&BySource) -> i64| self.rows.iter().map(of).sum();
        [sum(|row| row.planned), sum(|row| row.contracted), sum(|row| row.paid), sum(BySource::balance)]
    }

    fn years(&self) -> Vec<i32> {
        (self.today.year() - 3..=self.today.year() + 1).rev().collect()
    }

    /// The address of the lottery notice for the year shown, or for this year.
    fn notice(&self) -> String {
        let year = self.filter.year().map_or(self.today.year(), i32::from);
        let filter = Filter { place: self.place.code.to_string(), year: year.to_string() };
        format!("/money/notice?{}", query_string(&filter))
    }
}

/// The place the page is about: the one typed, or the visitor's whole reach; and the reason if the
/// typed one was not understood.
async fn place(tx: &mut Tx, visit: &Visit, filter: &Filter) -> Result<(Division, Option<String>)> {
    let reach = visit.visitor.scope.reach.division.clone();
    let whole = divisions::find(tx, &reach).await?;
    Ok(match divisions::asked(tx, &reach, &filter.place).await? {
        Ok(place) => (place.unwrap_or(whole), None),
        Err(why) => (whole, Some(why)),
    })
}

pub async fn show(visit: Visit, Query(mut filter): Query<Filter>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (place, unread) = place(&mut tx, &visit, &filter).await?;
    if !filter.place.is_empty() && unread.is_none() {
        filter.place = place.code.to_string();
    }
    let rows = store::by_source(&mut tx, &place.code, filter.year()).await?;
    let caps = store::caps(&mut tx, &place.code, filter.year()).await?;
    let rules = if caps.is_empty() { vec![] } else { funds::rules(&mut tx).await? };
    let caps = caps.into_iter().map(|cap| Capped::of(cap, &rules)).collect();
    let waived = store::waived(&mut tx, &place.code, filter.year()).await?;
    let chart = chart_of(&rows);
    let today = tx.today();
    let page = Show { chrome: visit.chrome(), place, filter, unread, rows, caps, waived, chart, today };
    Ok(Html(page).into_response())
}

/// Each source over all years, in whole yuan: paid, contracted but unpaid, planned but not
/// contracted.
fn chart_of(rows: &[BySource]) -> Option<Chart> {
    let mut kinds: Vec<_> = rows.iter().map(|row| row.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    // Linked resources are not part of a contract.
    kinds.retain(|kind| *kind != Source::Linked);
    let series = [("c1", "已付".to_owned()), ("c4", "已签约未付".to_owned()), ("c0", "计划未签约".to_owned())];
    let bars: Vec<(String, Vec<i64>)> = kinds
        .into_iter()
        .map(|kind| {
            let of = || rows.iter().filter(|row| row.kind == kind);
            let sum = |part: fn(&BySource) -> i64| of().map(part).sum::<i64>().saturating_add(50) / 100;
            let parts = [sum(|row| row.paid), sum(BySource::balance), sum(|row| (row.planned - row.contracted).max(0))];
            (kind.label().to_owned(), parts.to_vec())
        })
        .collect();
    (!bars.is_empty()).then(|| chart::bars("各来源资金（元）", &series, bars, false))
}

pub async fn export(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let heads = [
        ("年度", 8),
        ("资金来源", 24),
        ("项目", 8),
        ("计划（元）", 18),
        ("已签约（元）", 18),
        ("已付（元）", 18),
        ("未付（元）", 18),
    ];
    let columns = heads.map(|(head, width)| Column::new(head, width));
    let mut tx = visit.begin_export().await?;
    let (place, _) = place(&mut tx, &visit, &filter).await?;
    let rows = store::by_source(&mut tx, &place.code, filter.year()).await?;
    let mut sheet = Sheet::new("资金总览", &columns, false)?;
    for row in &rows {
        let amounts = [row.planned, row.contracted, row.paid, row.balance()].map(plain_yuan);
        let mut cells = vec![Cell::Number(row.year.into()), Cell::Text(row.kind.label()), Cell::Number(row.projects)];
        cells.extend(amounts.iter().map(|text| Cell::Amount(text)));
        sheet.row(cells)?;
    }
    let after = serde_json::json!({ "rows": rows.len(), "filter": filter });
    tx.record(Entry::new("导出资金总览", "money", &place.code, &place.name).after(after)).await?;
    let day = tx.today();
    tx.commit().await?;
    sheet.finish(&format!("资金总览_{}_{day}.xlsx", place.name)).await
}

#[derive(Template)]
#[template(path = "purchasing/oversight/notice.html")]
struct NoticePage {
    chrome: Chrome,
    place: DivisionCode,
    year: i16,
    is_empty: bool,
    notice: Notice,
    authority: String,
    today: Day,
}

/// The notice a filter asks for; this year's if it names none.
async fn noticed(tx: &mut Tx, visit: &Visit, filter: &Filter) -> Result<(Division, i16, usize, Notice)> {
    let (place, _) = place(tx, visit, filter).await?;
    let year = filter.year().unwrap_or_else(|| i16::try_from(tx.today().year()).unwrap_or(2000));
    let rows = store::noticed(tx, &place.code, year).await?;
    let notice = Notice::of(&place.name, year, &visit.authority_of(&place.code, &place.name), &rows);
    Ok((place, year, rows.len(), notice))
}

pub async fn notice(visit: Visit, Query(filter): Query<Filter>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (place, year, count, notice) = noticed(&mut tx, &visit, &filter).await?;
    let page = NoticePage {
        chrome: visit.chrome(),
        authority: visit.authority_of(&place.code, &place.name),
        place: place.code,
        year,
        is_empty: count == 0,
        notice,
        today: tx.today(),
    };
    Ok(Html(page).into_response())
}

pub async fn notice_document(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let (place, year, count, notice) = noticed(&mut tx, &visit, &filter).await?;
    let document = notice::document(&notice, &visit.authority_of(&place.code, &place.name), &tx.today().in_words());
    let after = serde_json::json!({ "year": year, "projects": count });
    tx.record(Entry::new("生成福彩公益金公告", "notice", &place.code, &notice.title).after(after)).await?;
    tx.commit().await?;
    document.finish(&notice.title)
}
