//! The audit administrator's pages: the trail, one event and the export.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::store::{self, Detail, Line, Wanted};
use crate::{
    db::{Entry, Tx},
    kernel::{Day, Error, Listed, Paging, Result, moment},
    web::{Cell, Chrome, Column, Form, Html, Path, Query, Sheet, Turn, Visit, filters},
};

/// Days of the trail shown unless the visitor asks for others.
const DAYS: u64 = 30;

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    from: String,
    to: String,
    q: String,
}

impl Filter {
    /// The query that was asked for; unreadable days fall back to the default range.
    fn wanted(&mut self, tx: &Tx) -> Wanted {
        let today = tx.today();
        let to = self.to.parse().unwrap_or(today);
        let from = self.from.parse().unwrap_or_else(|_| Day(to.0 - chrono::Days::new(DAYS)));
        (self.from, self.to) = (from.to_string(), to.to_string());
        Wanted { from, to, q: self.q.trim().to_owned() }
    }
}

#[derive(Template)]
#[template(path = "ground/trail/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    lines: Listed<Line>,
    turn: Turn,
}

pub async fn index(visit: Visit, Query(mut filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let wanted = filter.wanted(&tx);
    let lines = store::page(&mut tx, &wanted, paging).await?;
    let turn = Turn::of("/trail", &filter, &lines);
    Ok(Html(Index { chrome: visit.chrome(), filter, lines, turn }).into_response())
}

#[derive(Template)]
#[template(path = "ground/trail/show.html")]
struct Show {
    chrome: Chrome,
    rows: Vec<(Detail, Vec<Change>)>,
}

impl Show {
    fn kind(&self, row: &Detail) -> String {
        in_words(&row.object_kind)
    }
}

/// One field of an object, before and after.
#[derive(Debug)]
struct Change {
    field: String,
    before: String,
    after: String,
}

pub async fn show(visit: Visit, Path(event): Path<Uuid>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rows = store::of_event(&mut tx, event).await?;
    if rows.is_empty() {
        return Err(Error::NotFound);
    }
    let rows = rows
        .into_iter()
        .map(|row| {
            let changes = changes(row.before.as_ref(), row.after.as_ref());
            (row, changes)
        })
        .collect();
    Ok(Html(Show { chrome: visit.chrome(), rows }).into_response())
}

/// Chinese labels of database fields and values.
const WORDS: &[(&str, &str)] = &[
    ("account", "账号"),
    ("address", "地址"),
    ("agency", "承接机构"),
    ("area_m2", "面积（平方米）"),
    ("authority", "主管部门"),
    ("benchmark", "标杆站"),
    ("build_route", "构建方式"),
    ("changed", "变化数"),
    ("checks", "检查项"),
    ("civil_institution", "依托民政服务机构"),
    ("closed", "撤销"),
    ("code", "编号"),
    ("contact", "联系人"),
    ("county_built", "县区整合资源自建"),
    ("credit_code", "统一社会信用代码"),
    ("demonstration", "示范站"),
    ("display_name", "姓名"),
    ("division", "区划"),
    ("divisions", "区划"),
    ("existing_venue", "利用现有场所"),
    ("domains", "服务领域"),
    ("filter", "筛选条件"),
    ("founded_on", "成立日期"),
    ("from", "从"),
    ("general", "总站"),
    ("grade", "等级"),
    ("general_label", "县级站点的名称"),
    ("governance_pilot", "城乡社区治理试点"),
    ("grant", "授权"),
    ("import", "导入"),
    ("into", "并入"),
    ("is_governance_pilot", "治理试点"),
    ("is_merged_area", "涉改"),
    ("is_provincial_pilot", "省级试点"),
    ("legal_person", "法定代表人"),
    ("level", "级别"),
    ("logo_text", "标志文字"),
    ("merged", "被并站点"),
    ("mistake", "登记有误"),
    ("name", "名称"),
    ("network", "网络"),
    ("now", "现有数"),
    ("on", "日期"),
    ("opened_on", "开站日期"),
    ("operating", "运行"),
    ("operation_mode", "运营方式"),
    ("parent", "上级站点"),
    ("phone", "电话"),
    ("planned", "计划"),
    ("position", "位置"),
    ("preparing", "筹建"),
    ("provincial_award", "省级资金奖补"),
    ("purchased", "购买服务运营"),
    ("read", "读入行数"),
    ("reason", "原因"),
    ("recognition", "荣誉"),
    ("registered_with", "登记机关"),
    ("result", "结果"),
    ("role", "岗位"),
    ("rooms", "下级站点数"),
    ("rows", "行数"),
    ("rung", "达标级"),
    ("self_run", "自主运营"),
    ("served", "服务区划"),
    ("session", "登录"),
    ("settings", "网络设置"),
    ("since", "从"),
    ("state", "状态"),
    ("station", "站点"),
    ("stations", "站点"),
    ("suspended", "暂停"),
    ("task", "建设任务"),
    ("tasks", "任务"),
    ("to", "到"),
    ("township", "站"),
    ("township_label", "乡镇级站点的名称"),
    ("trail", "审计记录"),
    ("unstated", "未注明"),
    ("until", "到"),
    ("user_name", "用户名"),
    ("venue", "场所"),
    ("village", "室"),
    ("village_label", "村级站点的名称"),
    ("year", "年"),
];

/// The label of a database word; unknown words stay as they are.
fn in_words(word: &str) -> String {
    let known = WORDS.iter().find(|(key, _)| *key == word);
    known.map_or_else(|| word.to_owned(), |(_, label)| (*label).to_owned())
}

/// The fields that differ; for a new object, all that are not empty.
fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => in_words(text),
        Some(Value::Bool(yes)) => if *yes { "是" } else { "否" }.to_owned(),
        Some(other) => other.to_string(),
    };
    let fields = |value: Option<&Value>| match value {
        Some(Value::Object(fields)) => fields.keys().cloned().collect::<Vec<_>>(),
        _ => vec![],
    };
    let mut names = fields(before);
    names.extend(fields(after));
    names.sort();
    names.dedup();
    if names.is_empty() {
        let (before, after) = (text(before), text(after));
        return if before == after { vec![] } else { vec![Change { field: "内容".to_owned(), before, after }] };
    }
    let of = |value: Option<&Value>, name: &str| text(value.and_then(|value| value.get(name)));
    names
        .into_iter()
        .map(|name| Change { before: of(before, &name), after: of(after, &name), field: in_words(&name) })
        .filter(|change| change.before != change.after)
        .collect()
}

pub async fn export(visit: Visit, Form(mut filter): Form<Filter>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let wanted = filter.wanted(&tx);
    let heads = ["时间", "操作人", "操作", "对象类别", "对象", "对象编号", "请求编号", "来源地址"];
    let columns: Vec<Column> =
        heads.into_iter().zip([18, 28, 16, 12, 28, 38, 16, 18]).map(|(head, width)| Column::new(head, width)).collect();
    let mut sheet = Sheet::new("审计记录", &columns, false)?;
    let mut last = None;
    loop {
        let lines = store::after(&mut tx, &wanted, last, 1000).await?;
        let Some(end) = lines.last() else { break };
        last = Some((end.at, end.id));
        for line in &lines {
            let (at, kind) = (moment(&line.at), in_words(&line.object_kind));
            let cells = [
                &at,
                &line.actor,
                &line.act,
                &kind,
                &line.object_label,
                &line.object_id,
                &line.request_id,
                &line.address,
            ];
            sheet.row(cells.map(|text| Cell::Text(text)))?;
        }
    }
    tx.record(Entry::new("导出审计记录", "trail", "", format!("{} 至 {}", filter.from, filter.to)).after(&filter))
        .await?;
    tx.commit().await?;
    sheet.finish(&format!("审计记录_{}_{}.xlsx", filter.from, filter.to)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_a_change() {
        let before = serde_json::json!({ "name": "仁和站", "phone": "1" });
        let after = serde_json::json!({ "name": "仁和站", "phone": "2", "venue": "党群中心" });
        let found = changes(Some(&before), Some(&after));
        let found: Vec<_> = found.iter().map(|c| (c.field.as_str(), c.before.as_str(), c.after.as_str())).collect();
        assert_eq!(found, [("电话", "1", "2"), ("场所", "", "党群中心")]);
    }
}
