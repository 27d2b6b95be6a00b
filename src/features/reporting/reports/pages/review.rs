//! Passing and returning reports, singly and in a batch.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::super::stance::{desk_of, reached};
use super::show::{ReviewForm, Show};
use crate::{
    db::Tx,
    features::{
        ground::notices,
        reporting::reports::{
            model::{Content, Desk, Field, Move, Position, ReturnReason, Reviewer, permit},
            store::{self, Report, Row, Said},
        },
    },
    kernel::{Error, Month, Problems, Result, StationId, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, form_key, key_of, print_page, see_other_done},
};

/// Passes a report at the visitor's desk and at vacant desks below it.
async fn pass(tx: &mut Tx, report: &mut Report, hand: Reviewer) -> Result<()> {
    let desk = hand.desk;
    loop {
        permit(&report.position, &Move::Pass, hand)?;
        let at = report.position.desk();
        let said = Said { in_place: at != Some(desk), ..Said::default() };
        let route = report.route;
        store::step(tx, report, route, &Move::Pass, &Content::default(), &said).await?;
        if at == Some(desk) || !matches!(report.position, Position::At(next, _) if next <= desk) {
            return Ok(());
        }
    }
}

/// URL after a review: the next report in the queue.
async fn onward(tx: &mut Tx, desk: Desk, report: &Report) -> Result<String> {
    let next = store::neighbours(tx, desk, report.station, report.month).await?.after;
    Ok(next.map_or_else(
        || "/reports?tab=review&month=all".to_owned(),
        |(station, month, _)| format!("/reports/{station}/{month}"),
    ))
}

pub async fn review(
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    Form(form): Form<ReviewForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut report, stance) = reached(&mut tx, &visit, station, month).await?;
    let hand = stance.reviewer.ok_or(Error::Forbidden)?;
    if form.version != report.version {
        return Err(Error::refused("您打开这个页面以后，这份月报有了变动，您的意见还没有记下。请刷新后再看一遍。"));
    }
    let desk = desk_of(&visit).ok_or(Error::Forbidden)?;
    if form.decision == "pass" {
        let there = onward(&mut tx, desk, &report).await?;
        pass(&mut tx, &mut report, hand).await?;
        tx.commit().await?;
        return Ok(see_other_done(&there, "passed"));
    }
    let mut problems = Problems::default();
    let reason = problems.check("reason", ReturnReason::parse(&form.reason).ok_or("请选择退回的原因。"));
    let words = problems.check("words", line(&form.words, 2, 300));
    let target = match form.target.as_str() {
        "" | "author" => Some(None),
        word => {
            let desk = Desk::ALL.iter().copied().find(|desk| desk.as_str() == word);
            problems.check("target", desk.ok_or("请选择退给谁。")).map(Some)
        }
    };
    let (Some(reason), Some(words), Some(target), true) = (reason, words, target, problems.is_empty()) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, station, month, form, problems).await?).into_response());
    };
    let wanted = Move::Return(target);
    permit(&report.position, &wanted, hand)?;
    let there = onward(&mut tx, desk, &report).await?;
    let said = Said {
        reason: Some(reason),
        words: words.clone(),
        cells: form.cell.iter().filter_map(|name| Field::parse(name)).take(200).collect(),
        in_place: report.position.desk() != Some(desk),
        odd: 0,
    };
    let route = report.route;
    store::step(&mut tx, &mut report, route, &wanted, &Content::default(), &said).await?;
    if let (None, Some(author)) = (target, report.submitted_by) {
        let seq = report.last_seq.unwrap_or(0);
        let once = format!("returned/{station}/{month}/{seq}");
        let title = format!("{}被退回：{}，{words}", report.label(), reason.label());
        notices::tell(&mut tx, author, &once, &title, &format!("{}/edit", report.path())).await?;
    }
    tx.commit().await?;
    Ok(see_other_done(&there, "returned"))
}

#[derive(Template)]
#[template(path = "reporting/reports/batch.html")]
struct Batch {
    chrome: Chrome,
    key: String,
    rows: Vec<Row>,
    desk: Desk,
    /// Result for each report: name, month, why it was not passed.
    done: Vec<(String, String, Month, Option<String>)>,
}

impl Batch {
    fn passed(&self) -> usize {
        self.done.iter().filter(|(.., why)| why.is_none()).count()
    }
}

/// Reports that can be passed in a batch; each can be unticked.
pub async fn batch(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let desk = desk_of(&visit).ok_or(Error::Forbidden)?;
    let rows = store::batch(&mut tx, desk).await?;
    Ok(Html(Batch { chrome: visit.chrome(), key: form_key(), rows, desk, done: vec![] }).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ticked {
    key: String,
    /// `station/month/version`.
    report: Vec<String>,
}

fn ticked(text: &str) -> Option<(StationId, Month, i32)> {
    let mut words = text.split('/');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// Passes the ticked reports; one that can't be passed is reported and does not hold up the others.
pub async fn pass_batch(visit: Visit, Form(form): Form<Ticked>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let desk = desk_of(&visit).ok_or(Error::Forbidden)?;
    if tx.once(key_of(&form.key)?, "/reports?tab=review&month=all").await?.is_some() {
        return Ok(see_other_done("/reports?tab=review&month=all", "again"));
    }
    if form.report.is_empty() {
        return Err(Error::refused("没有勾选月报，什么也没有做。请返回上一页勾选。"));
    }
    let mut done = vec![];
    for (station, month, version) in form.report.iter().take(store::BATCH).filter_map(|text| ticked(text)) {
        let (mut report, stance) = reached(&mut tx, &visit, station, month).await?;
        let name = report.station_name.clone();
        let result = match stance.reviewer {
            Some(_) if report.version != version => Err(Error::refused("您打开列表以后它有了变动，请单独看一遍。")),
            Some(_) if report.odd > 0 || report.edition > 0 => Err(Error::refused("有需要单独看的地方。")),
            Some(hand) => pass(&mut tx, &mut report, hand).await,
            None => Err(Error::refused("不由您办理。")),
        };
        match result {
            Ok(()) => done.push((name, report.path(), month, None)),
            Err(Error::Refused(why)) => done.push((name, report.path(), month, Some(why.into_owned()))),
            Err(error) => return Err(error),
        }
    }
    if done.iter().any(|(.., why)| why.is_none()) {
        tx.commit().await?;
    }
    Ok(print_page(Batch { chrome: visit.chrome(), key: form_key(), rows: vec![], desk, done }))
}
