//! Entries and adjustments: their forms, grades and states. Pure.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    features::purchasing::projects::Line,
    kernel::{Day, Problems, line, money, ratio_bp, yuan},
    words,
};

words! {
    /// The grade of an adjustment, by the share of the contract moved so far.
    AdjustmentGrade {
        Small = "small", "5% 以内";
        Medium = "medium", "5%～10%";
        Large = "large", "超过 10%";
    }
}

impl AdjustmentGrade {
    pub fn of(share_bp: i64) -> Self {
        match share_bp {
            ..=500 => Self::Small,
            501..=1000 => Self::Medium,
            _ => Self::Large,
        }
    }

    /// The requirements for approving it.
    pub fn takes(self) -> &'static str {
        match self {
            Self::Small => "县级工作人员批准",
            Self::Medium => "县级工作人员写明意见后批准",
            Self::Large => "签订补充协议后批准，要填协议编号",
        }
    }
}

words! {
    AdjustmentState {
        Asked = "asked", "待批准";
        Approved = "approved", "已批准";
        Refused = "refused", "不同意";
    }
}

impl AdjustmentState {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Asked => "info",
            Self::Approved => "ok",
            Self::Refused => "bad",
        }
    }
}

/// A requested adjustment between lines, with its decision. Amounts in fen.
#[derive(Clone, Debug, Deserialize)]
pub struct Adjustment {
    pub seq: i16,
    pub from_line: i16,
    pub to_line: i16,
    pub amount: i64,
    pub share_bp: i32,
    pub grade: AdjustmentGrade,
    pub reason: String,
    pub state: AdjustmentState,
    pub document: String,
    pub words: String,
    pub asked_by: String,
    pub asker: Option<crate::kernel::AccountId>,
    pub asked_at: DateTime<Utc>,
    pub decided_by: Option<String>,
    pub decided_on: Option<Day>,
}

impl Adjustment {
    /// The share of the contract, including earlier approved adjustments, as `3.2%`.
    pub fn share(&self) -> String {
        crate::kernel::percent(self.share_bp.into(), 10_000)
    }
}

/// The share of the contract moved once this adjustment is approved too, in basis points, rounded
/// half up. If the contract's sum is zero, the share is 100 %.
pub fn share_moved(approved: i64, amount: i64, contract_sum: i64) -> i64 {
    ratio_bp(approved + amount, contract_sum).unwrap_or(10_000)
}

/// An entry after validation. Amounts in fen.
#[derive(Clone, Debug, Serialize)]
pub struct Spent {
    pub line_seq: i16,
    pub spent_on: Day,
    pub voucher: String,
    pub what: String,
    pub payee: String,
    pub amount: i64,
}

/// The form of an entry as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SpendForm {
    pub key: String,
    pub line: String,
    pub spent_on: String,
    pub voucher: String,
    pub what: String,
    pub payee: String,
    pub amount: String,
}

/// The line chosen by its number.
fn chosen<'a>(lines: &'a [Line], typed: &str) -> Result<&'a Line, &'static str> {
    lines.iter().find(|line| line.seq.to_string() == typed).ok_or("请选择预算科目。")
}

impl SpendForm {
    pub fn read(&self, lines: &[Line], signed_on: Option<Day>, today: Day) -> Result<Spent, Problems> {
        let mut problems = Problems::default();
        let line_of = problems.check("line", chosen(lines, &self.line));
        let spent_on = problems.check("spent_on", self.spent_on.parse::<Day>());
        if let Some(day) = spent_on {
            if day > today {
                problems.note("spent_on", "支出日期不能晚于今天。");
            } else if signed_on.is_some_and(|signed_on| day < signed_on) {
                problems.note("spent_on", "支出日期不能早于合同签订日期。");
            }
        }
        let voucher = problems.check("voucher", line(&self.voucher, 1, 40));
        let what = problems.check("what", line(&self.what, 2, 100));
        let payee = problems.check("payee", line(&self.payee, 0, 60));
        let amount = problems.check("amount", money(&self.amount));
        if let (Some(line), Some(amount)) = (line_of, amount)
            && amount > line.balance()
        {
            problems.note(
                "amount",
                format!(
                    "「{}」只剩 {} 元，不够 {} 元。请核对，或先申请预算调整。",
                    line.name,
                    yuan(line.balance()),
                    yuan(amount)
                ),
            );
        }
        let (Some(of), Some(spent_on), Some(voucher), Some(what), Some(payee), Some(amount)) =
            (line_of, spent_on, voucher, what, payee, amount)
        else {
            return Err(problems);
        };
        problems.or(Spent { line_seq: of.seq, spent_on, voucher, what, payee, amount })
    }
}

/// The form of an adjustment as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AdjustForm {
    pub key: String,
    pub from: String,
    pub to_line: String,
    pub moved: String,
    pub reason: String,
}

/// A request for an adjustment after validation: from line, to line, fen, reason.
#[derive(Clone, Debug)]
pub struct Wish {
    pub from: i16,
    pub to: i16,
    pub amount: i64,
    pub reason: String,
}

impl AdjustForm {
    pub fn read(&self, lines: &[Line]) -> Result<Wish, Problems> {
        let mut problems = Problems::default();
        let from = problems.check("from", chosen(lines, &self.from));
        let to = problems.check("to_line", chosen(lines, &self.to_line));
        let amount = problems.check("moved", money(&self.moved));
        let reason = problems.check("reason", line(&self.reason, 4, 200));
        if let (Some(from), Some(to)) = (from, to)
            && from.seq == to.seq
        {
            problems.note("to_line", "调出和调入不能是同一个科目。");
        }
        if let (Some(from), Some(amount)) = (from, amount)
            && amount > from.balance()
        {
            problems.note("moved", format!("「{}」只剩 {} 元可以调出。", from.name, yuan(from.balance())));
        }
        let (Some(from), Some(to), Some(amount), Some(reason)) = (from, to, amount, reason) else {
            return Err(problems);
        };
        problems.or(Wish { from: from.seq, to: to.seq, amount, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::purchasing::projects::LineCategory;

    fn lines() -> Vec<Line> {
        let line = |seq, amount, adjusted, spent| Line {
            seq,
            category: LineCategory::Service,
            name: format!("科目{seq}"),
            amount,
            adjusted,
            spent,
        };
        vec![line(1, 10_000, -2_000, 5_000), line(2, 5_000, 2_000, 0)]
    }

    #[test]
    fn nothing_is_spent_beyond_its_line() {
        let form = SpendForm {
            line: "1".into(),
            spent_on: "2021-08-01".into(),
            voucher: "记-1".into(),
            what: "小组材料".into(),
            amount: "30".into(),
            ..SpendForm::default()
        };
        let (signed, today) = ("2021-07-01".parse().ok(), "2021-09-01".parse().unwrap());
        assert_eq!(form.read(&lines(), signed, today).unwrap().amount, 3_000);
        let more = SpendForm { amount: "30.01".into(), ..form.clone() };
        assert!(more.read(&lines(), signed, today).unwrap_err().on("amount").unwrap().contains("只剩 30.00 元"));
        let early = SpendForm { spent_on: "2021-06-30".into(), ..form };
        assert!(early.read(&lines(), signed, today).unwrap_err().on("spent_on").is_some());
    }

    #[test]
    fn adjustments_add_up_to_their_grade() {
        let grade = |approved, amount| AdjustmentGrade::of(share_moved(approved, amount, 10_000));
        assert_eq!(grade(0, 500), AdjustmentGrade::Small);
        assert_eq!(grade(0, 501), AdjustmentGrade::Medium);
        assert_eq!(grade(500, 500), AdjustmentGrade::Medium, "with what was approved before");
        assert_eq!(grade(500, 501), AdjustmentGrade::Large);
        let form = AdjustForm {
            from: "1".into(),
            to_line: "1".into(),
            moved: "30.01".into(),
            reason: "活动增加".into(),
            ..AdjustForm::default()
        };
        let problems = form.read(&lines()).unwrap_err();
        assert!(problems.on("to_line").is_some() && problems.on("moved").unwrap().contains("只剩 30.00 元"));
    }
}
