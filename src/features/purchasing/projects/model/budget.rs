//! The lines of a project's budget and the form that writes them. Amounts in fen.

use serde::{Deserialize, Serialize};

use super::rows::{padded, rows, seq_of};
use crate::{
    kernel::{Problems, line, money, yuan},
    words,
};

words! {
    /// The purpose of a budget line, after lines seen in published procurement papers and in a
    /// common project-plan template.
    LineCategory {
        Personnel = "personnel", "人员";
        Service = "service", "服务活动";
        Growth = "growth", "人员能力成长";
        Volunteers = "volunteers", "志愿者";
        Publicity = "publicity", "宣传";
        Office = "office", "办公";
        Management = "management", "管理费";
        Tax = "tax", "税费";
        Other = "other", "其他";
    }
}

/// A budget line, with the amounts moved to or from it and spent from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub seq: i16,
    pub category: LineCategory,
    pub name: String,
    pub amount: i64,
    pub adjusted: i64,
    pub spent: i64,
}

impl Line {
    /// The most that may be spent from the line.
    pub fn available(&self) -> i64 {
        self.amount + self.adjusted
    }

    pub fn balance(&self) -> i64 {
        self.available() - self.spent
    }
}

/// The budget form as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BudgetForm {
    pub version: i32,
    pub go: String,
    pub category: Vec<String>,
    pub name: Vec<String>,
    pub amount: Vec<String>,
    pub rule: Vec<String>,
    pub reason: Vec<String>,
}

impl BudgetForm {
    pub fn of(lines: &[Line], version: i32) -> Self {
        Self {
            version,
            category: lines.iter().map(|line| line.category.as_str().to_owned()).collect(),
            name: lines.iter().map(|line| line.name.clone()).collect(),
            amount: lines.iter().map(|line| yuan(line.amount)).collect(),
            ..Self::default()
        }
    }

    pub fn rows(&self) -> Vec<[&str; 3]> {
        padded(rows([&self.category, &self.name, &self.amount]), 5, self.go == "row")
    }

    /// `sum` is the required total: the contract's sum, or 0 while there is none.
    pub fn read(&self, sum: i64) -> Result<Vec<Line>, Problems> {
        let mut problems = Problems::default();
        let mut lines: Vec<Line> = vec![];
        for (n, [category, name, amount]) in rows([&self.category, &self.name, &self.amount]) {
            let mut bad = |what: &str, why: String| problems.note("lines", format!("第 {n} 行{what}：{why}"));
            let category = LineCategory::parse(category).ok_or_else(|| bad("类别", "请选择。".into())).ok();
            let name = match (name, category) {
                ("", Some(category)) => Some(category.label().to_owned()),
                (typed, _) => line(typed, 1, 60).map_err(|why| bad("名称", why)).ok(),
            };
            let amount = money(amount).map_err(|why| bad("金额", why)).ok();
            let (Some(category), Some(name), Some(amount)) = (category, name, amount) else { continue };
            lines.push(Line { seq: seq_of(lines.len()), category, name, amount, adjusted: 0, spent: 0 });
        }
        let total: i64 = lines.iter().map(|line| line.amount).sum();
        if problems.is_empty() && sum > 0 && total != sum {
            let gap = if total < sum { ("还差", sum - total) } else { ("多了", total - sum) };
            problems.note(
                "lines",
                format!(
                    "各项合计 {} 元，合同金额 {} 元，{} {} 元，请核对。",
                    yuan(total),
                    yuan(sum),
                    gap.0,
                    yuan(gap.1)
                ),
            );
        }
        problems.or(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
        texts.map(ToOwned::to_owned).to_vec()
    }

    #[test]
    fn lines_make_up_the_contract() {
        let form = BudgetForm {
            category: texts(["personnel", "growth", ""]),
            name: texts(["", "督导和培训", ""]),
            amount: texts(["95", "5", ""]),
            ..BudgetForm::default()
        };
        let lines = form.read(10_000).unwrap();
        assert_eq!(lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), ["人员", "督导和培训"]);
        assert!(form.read(10_001).unwrap_err().on("lines").unwrap().contains("还差 0.01 元"));
    }
}
