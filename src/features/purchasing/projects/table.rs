//! The register as a table: the columns of the export and of the import template.

use super::{
    model::{Category, Method, ProjectForm},
    store::Row,
};
use crate::{
    features::purchasing::funds::{Purpose, Source},
    kernel::{DivisionCode, plain_yuan},
    web::{Cell, Column},
};

/// The columns of the import in the template's order, with the form field each one fills.
pub const IMPORTED: [(&str, &str); 15] = [
    ("项目编号", "number"),
    ("项目名称", "name"),
    ("年度", "year"),
    ("购买方", "division"),
    ("落地乡镇代码", "township"),
    ("服务类别", "category"),
    ("采购方式", "method"),
    ("计划编号", "plan_number"),
    ("包号", "lot"),
    ("主管部门", "authority"),
    ("服务内容", "content"),
    ("预算（元）", "budget"),
    ("资金来源", "sources"),
    ("福彩用途", "lottery_purpose"),
    ("覆盖站点编号", "stations"),
];

/// The template's columns, with a hint for each.
pub fn columns() -> Vec<Column> {
    IMPORTED
        .iter()
        .map(|(head, field)| {
            let column = Column::new(head, 18);
            match *field {
                "number" => column.note("2 到 40 个数字、字母、- 或括号，不能和已有的重复。"),
                "name" => column.note("2 到 80 个字。"),
                "year" => column.note("采购年度，例如 2021。"),
                "division" => column.note("县（市、区）的代码或名称；您只管一个县的可以不填。"),
                "township" => column.note("可以不填。9 位区划代码。"),
                "category" => column.choices(Category::ALL.iter().map(|word| word.label()).collect()),
                "method" => column.choices(Method::ALL.iter().map(|word| word.label()).collect()),
                "budget" => column.note("单位元，例如 509,000 或 50.9万。"),
                "sources" => column.note(
                    "几个来源用分号隔开，例如：福利彩票公益金 300000；本级财政预算 200000。合计要等于预算，承接机构链接资源不计入。",
                ),
                "lottery_purpose" => column.choices(Purpose::ALL.iter().map(|word| word.label()).collect()),
                "stations" => column.note("可以不填。几个编号用顿号隔开。"),
                _ => column,
            }
        })
        .collect()
}

/// Turns a row of an uploaded table into a form. Stations stay codes.
pub fn form(cells: &[String]) -> (ProjectForm, Vec<String>) {
    let of = |name: &str| {
        let at = IMPORTED.iter().position(|(_, field)| *field == name);
        at.and_then(|at| cells.get(at)).cloned().unwrap_or_default()
    };
    let mut form = ProjectForm {
        number: of("number"),
        name: of("name"),
        year: of("year"),
        division: of("division"),
        township: of("township"),
        category: of("category"),
        method: of("method"),
        plan_number: of("plan_number"),
        lot: of("lot"),
        authority: of("authority"),
        content: of("content"),
        budget: of("budget"),
        lottery_purpose: of("lottery_purpose"),
        ..ProjectForm::default()
    };
    for part in of("sources").split(['；', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        // A kind followed by an amount. Without a known kind the text stays whole and is reported.
        let kind = Source::ALL.iter().find(|kind| part.starts_with(kind.label()));
        let (kind, amount) = kind.map_or((part, ""), |kind| (kind.label(), &part[kind.label().len()..]));
        form.source_kind.push(kind.to_owned());
        form.source_amount.push(amount.trim_start_matches(['：', ':', ' ']).to_owned());
        form.source_year.push(String::new());
        form.source_document.push(String::new());
    }
    let stations = of("stations");
    let codes = stations.split(['、', '，', ',', ' ']).filter(|code| !code.is_empty()).map(ToOwned::to_owned);
    (form, codes.collect())
}

const EXPORTED: [(&str, u16); 16] = [
    ("项目编号", 18),
    ("项目名称", 34),
    ("年度", 8),
    ("购买方代码", 12),
    ("购买方", 14),
    ("状态", 10),
    ("承接机构", 28),
    ("合同编号", 18),
    ("开始", 12),
    ("期满", 12),
    ("覆盖站点", 10),
    ("预算（元）", 16),
    ("合同金额（元）", 16),
    ("已付（元）", 16),
    ("扣减（元）", 16),
    ("已支出（元）", 16),
];

pub fn export_columns() -> Vec<Column> {
    EXPORTED.iter().map(|(head, width)| Column::new(head, *width)).collect()
}

/// The formatted texts of a row, kept so that its cells can borrow them.
pub struct Texts {
    starts_on: String,
    ends_on: String,
    amounts: [String; 5],
}

impl Texts {
    pub fn of(row: &Row) -> Self {
        let day = |day: Option<crate::kernel::Day>| day.map(|day| day.to_string()).unwrap_or_default();
        Self {
            starts_on: day(row.starts_on),
            ends_on: day(row.ends_on),
            amounts: [row.budget, row.contract_sum, row.paid, row.withheld, row.spent].map(plain_yuan),
        }
    }

    pub fn cells<'a>(&'a self, row: &'a Row) -> Vec<Cell<'a>> {
        let mut cells = vec![
            Cell::Text(&row.number),
            Cell::Text(&row.name),
            Cell::Number(row.year.into()),
            Cell::Text(DivisionCode::as_str(&row.division)),
            Cell::Text(&row.division_name),
            Cell::Text(row.state().label()),
            row.agency_name.as_deref().map_or(Cell::Empty, Cell::Text),
            Cell::Text(&row.contract_number),
            Cell::Text(&self.starts_on),
            Cell::Text(&self.ends_on),
            Cell::Number(row.stations),
        ];
        cells.extend(self.amounts.iter().map(|text| Cell::Amount(text)));
        cells
    }
}
