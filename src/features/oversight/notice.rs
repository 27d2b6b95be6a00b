//! The public notice of lottery money: what it was, what for, how it was carried out and
//! what came of it (彩票管理条例实施细则; 民政部门彩票公益金使用管理信息公开办法). The four
//! headings are written from what is on record, for the page and for the document alike.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, Docx, LineSpacing, LineSpacingType, PageMargin, Paragraph, Run, RunFonts, SpecialIndentType, Table,
    TableCell, TableRow, WidthType,
};

use super::store::Noticed;
use crate::{
    features::funds::Purpose,
    kernel::{Error, Result, capitals, percent, yuan},
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

/// Sizes in half points: GB/T 9704 sets titles in 二号, text in 三号.
const TITLE: usize = 44;
const TEXT: usize = 32;
const SMALL: usize = 24;

fn run(text: &str, font: &str, size: usize) -> Run {
    Run::new().add_text(text).size(size).fonts(RunFonts::new().east_asia(font).ascii("Times New Roman"))
}

fn paragraph(text: &str, font: &str) -> Paragraph {
    Paragraph::new()
        .add_run(run(text, font, TEXT))
        .indent(Some(0), Some(SpecialIndentType::FirstLine(640)), None, None)
        .line_spacing(LineSpacing::new().line_rule(LineSpacingType::Exact).line(560))
}

/// The notice as a Word document, in the layout of official documents.
pub fn document(notice: &Notice, authority: &str, day: &str) -> Result<Vec<u8>> {
    let title = Paragraph::new().add_run(run(&notice.title, "方正小标宋简体", TITLE)).align(AlignmentType::Center);
    let mut docx = Docx::new()
        .page_size(11906, 16838)
        .page_margin(PageMargin::new().top(2098).bottom(1984).left(1587).right(1474))
        .add_paragraph(title)
        .add_paragraph(Paragraph::new())
        .add_paragraph(paragraph("一、规模", "黑体"))
        .add_paragraph(paragraph(&notice.scale, "仿宋_GB2312"));
    if !notice.table.is_empty() {
        let cell =
            |text: &str, font: &str| TableCell::new().add_paragraph(Paragraph::new().add_run(run(text, font, SMALL)));
        let heads = ["项目", "承接机构", "福彩公益金（元）", "已付（元）"];
        let mut rows = vec![TableRow::new(heads.iter().map(|head| cell(head, "黑体")).collect())];
        for row in &notice.table {
            rows.push(TableRow::new(row.iter().map(|text| cell(text, "仿宋_GB2312")).collect()));
        }
        docx = docx.add_table(Table::new(rows).width(8845, WidthType::Dxa).set_grid(vec![3200, 2645, 1500, 1500]));
    }
    let parts = [("二、内容", &notice.content), ("三、执行情况", &notice.execution), ("四、效果", &notice.effect)];
    for (head, texts) in parts {
        docx = docx.add_paragraph(paragraph(head, "黑体"));
        for text in texts {
            docx = docx.add_paragraph(paragraph(text, "仿宋_GB2312"));
        }
    }
    for text in [authority, day] {
        let signed = Paragraph::new().add_run(run(text, "仿宋_GB2312", TEXT)).align(AlignmentType::Right);
        docx = docx.add_paragraph(signed);
    }
    let mut out = Cursor::new(vec![]);
    docx.build().pack(&mut out).map_err(Error::bug)?;
    Ok(out.into_inner())
}
