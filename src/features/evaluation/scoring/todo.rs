//! The evaluation items on a to-do list. Each level's list holds the work of its own rounds.

use super::store;
use crate::{
    access::Act,
    db::Tx,
    kernel::Result,
    web::{TodoItem, Visit},
};

/// Kinds of items: key, page of the evaluation, label.
const KINDS: [(&str, &str, &str); 14] = [
    ("self", "", "填写自评"),
    ("returned", "", "自评被退回，改好后重新提交"),
    ("appeal", "/result", "结果已公示，有异议可以申请复核"),
    ("score", "/sheet", "等您评分"),
    ("panel", "/panel", "等安排专家、开始实地评估"),
    ("moderate", "/moderation", "专家已评完，等合议"),
    ("decide", "/appeals", "复核申请等处理"),
    ("recusal", "", "回避申请等决定"),
    ("mend", "", "整改等您办理"),
    ("recheck", "", "整改结果等复查"),
    ("late", "", "整改已过期限，还没有报结果"),
    // One total for all rounds of lower levels.
    ("below", "", "整改已过期限"),
    ("survey", "/survey", "满意度调查已到期，等结束汇总"),
    ("order", "/rectifications", "评为最低等级，等下达整改"),
];

/// The visitor's to-do items, oldest first. None of them reveals a score.
pub async fn todo(visit: &Visit, tx: &mut Tx) -> Result<Vec<TodoItem>> {
    let role = visit.visitor.role;
    let mut kinds: Vec<&str> = vec![];
    if role.may(Act::ScoreOwnStation) {
        kinds.extend(["self", "returned", "appeal", "mend"]);
    }
    if role.may(Act::ScoreStations) {
        kinds.push("score");
    }
    if role.may(Act::RunEvaluations) {
        kinds.extend(["panel", "moderate", "decide", "recusal", "recheck", "late", "below", "survey", "order"]);
    }
    if kinds.is_empty() {
        return Ok(vec![]);
    }
    let kinds: Vec<String> = kinds.into_iter().map(ToOwned::to_owned).collect();
    let (reach, today) = (visit.visitor.scope.reach.division.clone(), tx.today());
    let rows = store::waiting(tx, &kinds, visit.visitor.account, &reach).await?;
    let items = rows.into_iter().filter_map(|row| {
        let (kind, part, label) = KINDS.iter().find(|(kind, ..)| *kind == row.kind)?;
        let path = match *kind {
            "recusal" => "/recusals".to_owned(),
            "below" => "/rectifications?state=late".to_owned(),
            "mend" | "recheck" | "late" => format!("/rectifications/{}", row.id),
            "survey" | "order" => format!("/evaluations/rounds/{}{part}", row.id),
            _ => format!("/evaluations/{}{part}", row.id),
        };
        let until = match (*kind, row.until) {
            ("score", Some(day)) => format!("，{day} 实地评估"),
            ("panel" | "moderate" | "recheck" | "survey", _) | (_, None) => String::new(),
            (_, Some(day)) if day < today => format!("，{day} 已经到期"),
            (_, Some(day)) => format!("，{day} 截止"),
        };
        let is_overdue = *kind == "below"
            || matches!(*kind, "self" | "returned" | "mend" | "late") && row.until.is_some_and(|day| day < today);
        Some(TodoItem::new(path, row.name).with(format!("年度评估：{label}{until}")).overdue(is_overdue))
    });
    Ok(items.collect())
}
