//! Correcting an approved report: the request, the county's consent, and giving it up.

use axum::response::Response;
use serde::Deserialize;

use super::super::stance::{Stance, reached};
use crate::{
    access::Act,
    db::Tx,
    features::{
        ground::notices,
        reporting::reports::{
            model::{Content, Desk, Move, Reviewer, permit},
            store::{self, Report, Said},
        },
    },
    kernel::{Error, Month, Result, StationId, line},
    web::{Form, Path, Visit, see_other_done},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    words: String,
    decision: String,
}

async fn go(tx: &mut Tx, report: &mut Report, wanted: Move, words: String) -> Result<()> {
    let said = Said { words, ..Said::default() };
    let route = report.route;
    store::step(tx, report, route, &wanted, &Content::default(), &said).await
}

fn why(words: &str) -> Result<String> {
    line(words, 2, 300).map_err(|_| Error::refused("请写明原因（2 到 300 个字）。请返回上一页填写。"))
}

fn require_submits(stance: &Stance) -> Result<()> {
    if stance.submits { Ok(()) } else { Err(Error::Forbidden) }
}

/// The station head asks to correct an approved report.
pub async fn ask(
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    Form(form): Form<Asked>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut report, stance) = reached(&mut tx, &visit, station, month).await?;
    require_submits(&stance)?;
    go(&mut tx, &mut report, Move::Ask, why(&form.words)?).await?;
    tx.commit().await?;
    Ok(see_other_done(&report.path(), "asked"))
}

/// The county consents, which opens the report again, or refuses.
pub async fn decide(
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    Form(form): Form<Asked>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut report, _) = reached(&mut tx, &visit, station, month).await?;
    if !visit.visitor.role.may(Act::ReviewAsCounty) {
        return Err(Error::Forbidden);
    }
    let is_author = report.submitted_by == Some(visit.visitor.account);
    let hand = Reviewer { desk: Desk::County, stands_in_from: Desk::County, is_author };
    let (wanted, words, done) = match form.decision.as_str() {
        "consent" => (Move::Consent, form.words.trim().chars().take(300).collect(), "consented"),
        _ => (Move::Refuse, why(&form.words)?, "declined"),
    };
    permit(&report.position, &wanted, hand)?;
    let title = format!(
        "{}的更正申请{}",
        report.label(),
        if done == "consented" { "已同意，请修改后重新提交" } else { "没有同意" }
    );
    go(&mut tx, &mut report, wanted, words).await?;
    if let Some(author) = report.submitted_by {
        let once = format!("{done}/{station}/{month}/{}", report.last_seq.unwrap_or(0));
        notices::tell(&mut tx, author, &once, &title, &report.path()).await?;
    }
    tx.commit().await?;
    Ok(see_other_done(&report.path(), done))
}

/// The station head gives up the correction; the approved report stands.
pub async fn abandon(visit: Visit, Path((station, month)): Path<(StationId, Month)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut report, stance) = reached(&mut tx, &visit, station, month).await?;
    require_submits(&stance)?;
    go(&mut tx, &mut report, Move::Abandon, String::new()).await?;
    tx.commit().await?;
    Ok(see_other_done(&report.path(), "abandoned"))
}
