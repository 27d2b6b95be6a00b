//! The public notice of lottery money under four headings: scale, content, execution and effect
//! (彩票管理条例实施细则; 民政部门彩票公益金使用管理信息公开办法). The text is written from the records, once for both the page
//! and the document.

use super::store::Noticed;
use crate::{
    features::purchasing::funds::Purpose,
    kernel::{capitals, percent, yuan},
    web::Document,
};

/// The notice of a place and year.
#[derive(Debug)]
pub struct Notice {
    pub title: String,
    /// Scale: a sentence, and a row for each project: name, agency, lottery money, paid.
    pub scale: String,
    pub table: Vec<[String; 4]>,
    /// Content, execution, effect: a paragraph for each project.
    pub content: Vec<String>,
    pub execution: Vec<String>,
    pub effect: Vec<String>,
}

impl Notice {
    pub fn of(place: &str, year: i16, authority: &str, rows: &[Noticed]) -> Self {
        let (amount, paid): (i64, i64) = rows.iter().fold((0, 0), |(a, p), row| (a + row.amount, p + row.paid));
        let scale = format!(
            "{year} 年，{authority}安排福利彩票公益金 {} 元（大写：人民币{}）用于购买社会工作服务，共 {} 个项目，已支付 {} 元，占 {}。",
            yuan(amount),
            capitals(amount),
            rows.len(),
            yuan(paid),
            percent(paid, amount)
        );
        let each = |of: fn(&Noticed) -> String| -> Vec<String> {
            (1..).zip(rows).map(|(n, row)| format!("{n}. {}：{}", row.name, of(row))).collect()
        };
        Self {
            title: format!("{place} {year} 年福利彩票公益金购买社会工作服务项目使用情况公告"),
            scale,
            table: rows
                .iter()
                .map(|row| {
                    let agency = row.agency_name.clone().unwrap_or_default();
                    [row.name.clone(), agency, yuan(row.amount), yuan(row.paid)]
                })
                .collect(),
            content: each(content),
            execution: each(execution),
            effect: each(effect),
        }
    }
}

fn content(row: &Noticed) -> String {
    let purpose = Purpose::parse(&row.purpose).map_or("社会公益", Purpose::label);
    let what = if row.content.is_empty() { "提供社会工作服务" } else { row.content.trim_end_matches('。') };
    format!("用于{purpose}。{what}。")
}

fn execution(row: &Noticed) -> String {
    let agency = row.agency_name.as_deref().unwrap_or("承接机构");
    let term = match (row.starts_on, row.ends_on) {
        (Some(starts_on), Some(ends_on)) => format!("服务期限 {starts_on} 至 {ends_on}，"),
        _ => String::new(),
    };
    format!(
        "由{agency}承接，{term}合同金额 {} 元，其中福利彩票公益金已付 {} 元；项目已支出 {} 元，现在{}。",
        yuan(row.contract_sum),
        yuan(row.paid),
        yuan(row.spent),
        row.state.label()
    )
}

fn effect(row: &Noticed) -> String {
    let delivered: Vec<String> = row
        .delivered
        .0
        .iter()
        .map(|(name, unit, planned, counted)| format!("{name} {counted}{unit}（计划 {planned}{unit}）"))
        .collect();
    let delivered = if delivered.is_empty() {
        "没有约定服务指标".to_owned()
    } else {
        format!("完成{}", delivered.join("、"))
    };
    let graded: Vec<String> =
        row.graded.0.iter().map(|(kind, grade)| format!("{}{}", kind.label(), grade.label())).collect();
    let graded = if graded.is_empty() { "尚未评估".to_owned() } else { graded.join("，") };
    format!("{delivered}；{graded}。")
}

/// The notice as a Word document, in the layout of official documents.
pub fn document(notice: &Notice, authority: &str, day: &str) -> Document {
    let mut document = Document::new(&notice.title).heading("一、规模").text(&notice.scale);
    if !notice.table.is_empty() {
        let columns = [("项目", 3200), ("承接机构", 2645), ("福彩公益金（元）", 1500), ("已付（元）", 1500)];
        document = document.table(columns, &notice.table);
    }
    let parts = [("二、内容", &notice.content), ("三、执行情况", &notice.execution), ("四、效果", &notice.effect)];
    for (head, texts) in parts {
        document = texts.iter().fold(document.heading(head), |document, text| document.text(text));
    }
    document.signed([authority, day])
}
