//! The part of the visitor's to-do list that comes from projects.

use uuid::Uuid;

use crate::{
    access::{Act, Role},
    db::Tx,
    kernel::Result,
    web::{TodoItem, Visit},
};

/// The most items shown on the home page.
const MOST: i64 = 8;

/// The kinds of item: key, page of the project, text.
const KINDS: [(&str, &str, &str); 8] = [
    ("request", "/payments", "等批准付款"),
    ("pay", "/payments", "已批准，等登记付款"),
    ("adjust", "/spending", "预算调整等办理"),
    ("check", "/appraisals", "整改等复查"),
    ("mend", "/appraisals", "要整改"),
    ("again", "/payments", "付款申请被退回"),
    ("file", "", "备案等确认"),
    ("returned", "", "备案被退回"),
];

/// The visitor's items, oldest first.
pub async fn todo(visit: &Visit, tx: &mut Tx) -> Result<Vec<TodoItem>> {
    let role = visit.visitor.role;
    let mut kinds: Vec<&str> = vec![];
    if role.may(Act::WriteProjects) {
        kinds.extend(["request", "pay", "adjust", "check", "returned"]);
    }
    if visit.visitor.scope.reach.agency.is_some() && role.may(Act::RunProjects) {
        kinds.extend(["mend", "again"]);
        tx.open_own_projects().await?;
    }
    if role == Role::Evaluator {
        kinds.push("check");
        tx.open_own_projects().await?;
    }
    if role.may(Act::AcknowledgeFilings) || visit.rules(Act::WriteProjects) {
        kinds.push("file");
    }
    if kinds.is_empty() {
        return Ok(vec![]);
    }
    let kinds: Vec<String> = kinds.into_iter().map(ToOwned::to_owned).collect();
    let rows = sqlx::query!(
        r#"
        select kind as "kind!", id as "id!: Uuid", name as "name!", what as "what!" from (
            select case i.state when 'requested' then 'request' else 'pay' end as kind, p.id, p.name, i.name as what,
                   coalesce(i.approved_on, i.requested_on) as since
            from instalments i join projects p on p.network_id = i.network_id and p.id = i.project_id
            where i.state in ('requested', 'approved') and p.state in ('contracted', 'active', 'midterm', 'final', 'accepted')
            union all
            select 'again', p.id, p.name, i.name, (last.at at time zone 'Asia/Shanghai')::date
            from instalments i join projects p on p.network_id = i.network_id and p.id = i.project_id
            join lateral (select act, at from instalment_steps s
                where s.network_id = i.network_id and s.project_id = i.project_id and s.seq = i.seq
                order by s.id desc limit 1) last on last.act = 'return'
            where i.state = 'planned'
            union all
            select 'adjust', p.id, p.name, a.reason, (a.asked_at at time zone 'Asia/Shanghai')::date
            from budget_adjustments a join projects p on p.network_id = a.network_id and p.id = a.project_id
            where a.state = 'asked'
            union all
            select case r.state when 'open' then 'mend' else 'check' end, p.id, p.name, r.finding, r.due_on
            from rectifications r join projects p on p.network_id = r.network_id and p.id = r.project_id
            where r.state <> 'passed' and p.state not in ('closed', 'terminated')
            union all
            select case f.state when 'submitted' then 'file' else 'returned' end, f.id, d.name,
                   f.year || ' 年' || case f.kind when 'plan' then '项目计划' else '项目协议' end,
                   (f.submitted_at at time zone 'Asia/Shanghai')::date
            from filings f join divisions d on d.network_id = f.network_id and d.code = f.division
            where f.state <> 'acknowledged'
        ) as waiting
        where kind = any($1) order by since limit $2
        "#,
        &kinds,
        MOST,
    )
    .fetch_all(tx.conn())
    .await?;
    let items = rows.into_iter().filter_map(|row| {
        let (kind, part, label) = KINDS.iter().find(|(kind, ..)| *kind == row.kind)?;
        let path = match *kind {
            "file" | "returned" => format!("/filings/{}", row.id),
            _ => format!("/projects/{}{part}", row.id),
        };
        Some(TodoItem::new(path, row.name).with(format!("{}：{label}", row.what)))
    });
    Ok(items.collect())
}
