//! The register as a table: the columns of the export and of the import template.

use super::{
    model::{BuildRoute, OperationMode, Recognition, State, StationForm},
    store::Row,
};
use crate::web::{Cell, Column};

/// The columns of the import, in the template's order, each with the form field it fills.
pub const IMPORTED: [(&str, &str); 18] = [
    ("编号", "code"),
    ("名称", "name"),
    ("区划代码", "division"),
    ("上级站编号", "parent"),
    ("状态", "state"),
    ("开站日期", "opened_on"),
    ("运营方式", "operation_mode"),
    ("承接机构", "agency"),
    ("构建方式", "build_route"),
    ("省级试点", "is_provincial_pilot"),
    ("治理试点", "is_governance_pilot"),
    ("涉改", "is_merged_area"),
    ("荣誉", "recognition"),
    ("地址", "address"),
    ("位置", "position"),
    ("电话", "phone"),
    ("场所", "venue"),
    ("面积", "area_m2"),
];

/// The template's columns, with instructions for each.
pub fn columns() -> Vec<Column> {
    let labels =
        |choices: Vec<(&'static str, &'static str)>| choices.into_iter().map(|(_, label)| label).collect::<Vec<_>>();
    IMPORTED
        .iter()
        .map(|(head, field)| {
            let column = Column::new(head, 16);
            match *field {
                "code" => {
                    column.note("2 到 24 个数字、字母或 -，例如 510411-01。编号已在名册里的，按这一行修改那个站点，空着的格子不改。")
                }
                "name" => column.note("2 到 60 个字。"),
                "division" => column.note("站点所在的县 6 位、乡镇 9 位或村 12 位统计用区划代码；级别由它决定。"),
                "parent" => column.note("可以不填。室填所属站的编号，站填总站的编号。"),
                "state" => column
                    .choices(labels(State::choices()))
                    .note("新站点不能是「撤销」；已有站点的状态请在页面上变更。"),
                "opened_on" => column.note("运行过的站点必填，例如 2021-06-01。"),
                "operation_mode" => column.choices(labels(OperationMode::choices())),
                "agency" => column.note("机构全称，要先在「承接机构」里登记。购买服务运营的必填。"),
                "build_route" => column.choices(labels(BuildRoute::choices())),
                "is_provincial_pilot" | "is_governance_pilot" | "is_merged_area" => column.choices(vec!["是", "否"]),
                "recognition" => column.choices(labels(Recognition::choices())),
                "position" => column.note("可以不填。经度, 纬度，例如 101.718400, 26.582300。"),
                "area_m2" => column.note("整数平方米。"),
                _ => column,
            }
        })
        .collect()
}

/// The form field that a column fills.
fn field<'a>(form: &'a mut StationForm, name: &str) -> &'a mut String {
    match name {
        "code" => &mut form.code,
        "name" => &mut form.name,
        "division" => &mut form.division,
        "parent" => &mut form.parent,
        "state" => &mut form.state,
        "opened_on" => &mut form.opened_on,
        "operation_mode" => &mut form.operation_mode,
        "agency" => &mut form.agency,
        "build_route" => &mut form.build_route,
        "is_provincial_pilot" => &mut form.is_provincial_pilot,
        "is_governance_pilot" => &mut form.is_governance_pilot,
        "is_merged_area" => &mut form.is_merged_area,
        "recognition" => &mut form.recognition,
        "address" => &mut form.address,
        "position" => &mut form.position,
        "phone" => &mut form.phone,
        "venue" => &mut form.venue,
        _ => &mut form.area_m2,
    }
}

/// Fills the blanks of a row with the station's present values.
pub fn keep_blanks(form: &mut StationForm, mut stands: StationForm) {
    for (_, name) in IMPORTED {
        let typed = field(form, name);
        if typed.trim().is_empty() {
            typed.clone_from(field(&mut stands, name));
        }
    }
}

/// A row of an uploaded table as a form.
pub fn form(cells: &[String]) -> StationForm {
    let mut form = StationForm::default();
    for ((_, name), cell) in IMPORTED.iter().zip(cells) {
        field(&mut form, name).clone_from(cell);
    }
    form
}

/// The columns of the export: all that can be imported, under the same headings, with names next to
/// codes.
const EXPORTED: [(&str, u16); 20] = [
    ("编号", 16),
    ("名称", 30),
    ("级别", 8),
    ("区划代码", 15),
    ("区划", 20),
    ("上级站编号", 16),
    ("状态", 8),
    ("开站日期", 12),
    ("运营方式", 14),
    ("承接机构", 26),
    ("构建方式", 20),
    ("省级试点", 9),
    ("治理试点", 9),
    ("涉改", 6),
    ("荣誉", 9),
    ("地址", 30),
    ("位置", 24),
    ("电话", 16),
    ("场所", 16),
    ("面积", 10),
];

pub fn export_columns() -> Vec<Column> {
    EXPORTED.iter().map(|(head, width)| Column::new(head, *width)).collect()
}

/// A station as a row of the export; `level` is this network's name for its level.
pub fn export_cells<'a>(row: &'a Row, level: &'a str, opened_on: &'a str, position: &'a str) -> [Cell<'a>; 20] {
    let yes = |ticked| Cell::Text(if ticked { "是" } else { "否" });
    let text = |text: &'a Option<String>| text.as_deref().map_or(Cell::Empty, Cell::Text);
    [
        Cell::Text(&row.code),
        Cell::Text(&row.name),
        Cell::Text(level),
        Cell::Text(row.division.as_str()),
        Cell::Text(&row.division_name),
        text(&row.parent_code),
        Cell::Text(row.state.label()),
        Cell::Text(opened_on),
        Cell::Text(row.operation_mode.label()),
        text(&row.agency_name),
        Cell::Text(row.build_route.label()),
        yes(row.is_provincial_pilot),
        yes(row.is_governance_pilot),
        yes(row.is_merged_area),
        Cell::Text(row.recognition.label()),
        Cell::Text(&row.address),
        Cell::Text(position),
        Cell::Text(&row.phone),
        Cell::Text(&row.venue),
        row.area_m2.map_or(Cell::Empty, |area| Cell::Number(area.into())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exported_can_be_imported() {
        for (head, _) in IMPORTED {
            assert!(EXPORTED.iter().any(|(exported, _)| *exported == head), "{head}");
        }
    }
}
