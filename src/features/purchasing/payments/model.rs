//! The states of an instalment, the condition for approving it, and its split over sources. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    features::purchasing::{
        appraisals::{Appraisal, Kind, latest},
        funds::Source,
        projects::{SourceRow, Trigger},
    },
    kernel::{Day, Error, Problems, Result, line, money, yuan},
    words,
};

words! {
    /// The states of an instalment.
    PayState {
        Planned = "planned", "未申请";
        Requested = "requested", "已申请";
        Approved = "approved", "已批准";
        Paid = "paid", "已付款";
        Withheld = "withheld", "不予支付";
    }
}

impl PayState {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Planned => "plain",
            Self::Requested | Self::Approved => "info",
            Self::Paid => "ok",
            Self::Withheld => "bad",
        }
    }

    pub fn is_settled(self) -> bool {
        matches!(self, Self::Paid | Self::Withheld)
    }
}

words! {
    /// The moves of an instalment.
    PayMove {
        Request = "request", "申请付款";
        Return = "return", "退回申请";
        Approve = "approve", "批准付款";
        Pay = "pay", "付款";
        Withhold = "withhold", "不予支付";
    }
}

impl PayState {
    /// The only place that says which move may follow which state.
    pub fn after(self, wanted: PayMove) -> Result<Self> {
        match (self, wanted) {
            (Self::Planned, PayMove::Request) => Ok(Self::Requested),
            (Self::Requested, PayMove::Return) => Ok(Self::Planned),
            (Self::Requested, PayMove::Approve) => Ok(Self::Approved),
            (Self::Approved, PayMove::Pay) => Ok(Self::Paid),
            (Self::Planned | Self::Requested | Self::Approved, PayMove::Withhold) => Ok(Self::Withheld),
            (from, wanted) => {
                Err(Error::refused(format!("这一期现在是「{}」，不能{}。请刷新后再看。", from.label(), wanted.label())))
            }
        }
    }
}

/// Checks whether an instalment may be approved. Returns the evaluation it depends on, if any, or
/// the reason against approval and the remedy.
pub fn gate(
    trigger: Trigger,
    due_on: Option<Day>,
    appraisals: &[Appraisal],
    today: Day,
) -> Result<Option<i16>, String> {
    let kind = match trigger {
        Trigger::Midterm => Kind::Midterm,
        Trigger::Final => Kind::Final,
        Trigger::Date => {
            return match due_on {
                Some(due_on) if due_on > today => {
                    Err(format!("这一期约定 {due_on} 付款，还没有到，现在不能批准。请到那天再办。"))
                }
                _ => Ok(None),
            };
        }
        Trigger::Signing => return Ok(None),
    };
    match latest(appraisals, kind) {
        Some(appraisal) if appraisal.passed => Ok(Some(appraisal.seq)),
        Some(appraisal) => Err(format!(
            "这一期要等{}合格才能批准；{} 的评估是「{}」，请整改并重新评估合格后再批准。",
            kind.label(),
            appraisal.held_on,
            appraisal.grade.label()
        )),
        None => Err(format!(
            "这一期要等{}合格才能批准，现在还没有评估结果。请先完成{}，在「评估和整改」里登记结果（由县级或指定的评估专家登记）。",
            kind.label(),
            kind.label()
        )),
    }
}

/// The default split of an amount over sources: it keeps all payments so far in proportion to the
/// planned sources, to the fen. Earlier deviations are made up as far as possible. Linked resources
/// pay nothing.
pub fn spread(sources: &[SourceRow], amount: i64) -> BTreeMap<i16, i64> {
    let payers: Vec<&SourceRow> = sources.iter().filter(|row| row.kind != Source::Linked).collect();
    let whole: i64 = payers.iter().map(|row| row.amount).sum();
    let after = payers.iter().map(|row| row.paid).sum::<i64>() + amount;
    let (mut upto, mut rest) = (0, amount);
    let mut parts = BTreeMap::new();
    for row in &payers {
        let due = |upto: i64| i128::from(after) * i128::from(upto) / i128::from(whole.max(1));
        let before = due(upto);
        upto += row.amount;
        let share = i64::try_from(due(upto) - before).unwrap_or(i64::MAX);
        let part = (share - row.paid).clamp(0, row.amount - row.paid).min(rest);
        parts.insert(row.seq, part);
        rest -= part;
    }
    for row in &payers {
        let more = rest.min(row.amount - row.paid - parts.get(&row.seq).copied().unwrap_or(0));
        *parts.entry(row.seq).or_insert(0) += more;
        rest -= more;
    }
    parts.retain(|_, part| *part > 0);
    parts
}

/// The payment form as typed. `source` holds the sources' numbers, `taken` the amounts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SettleForm {
    pub key: String,
    pub paid_on: String,
    pub voucher: String,
    pub deduction: String,
    pub why: String,
    pub source: Vec<String>,
    pub taken: Vec<String>,
}

/// A payment after validation. Amounts in fen.
#[derive(Clone, Debug)]
pub struct Settled {
    pub paid_on: Day,
    pub voucher: String,
    pub deduction: i64,
    pub why: String,
    pub parts: BTreeMap<i16, i64>,
}

impl SettleForm {
    pub fn of(key: String, today: Day, parts: &BTreeMap<i16, i64>) -> Self {
        Self {
            key,
            paid_on: today.to_string(),
            source: parts.keys().map(ToString::to_string).collect(),
            taken: parts.values().map(yuan).collect(),
            ..Self::default()
        }
    }

    /// The amount typed for a source.
    pub fn taken_from(&self, seq: &i16) -> &str {
        let seq = seq.to_string();
        self.source.iter().position(|typed| *typed == seq).and_then(|at| self.taken.get(at)).map_or("", String::as_str)
    }

    /// Validates against the instalment's amount and the balance of each source.
    pub fn read(
        &self,
        amount: i64,
        sources: &[SourceRow],
        signed_on: Option<Day>,
        today: Day,
    ) -> Result<Settled, Problems> {
        let mut problems = Problems::default();
        let paid_on = problems.check("paid_on", self.paid_on.parse::<Day>());
        if let Some(day) = paid_on {
            if day > today {
                problems.note("paid_on", "付款日期不能晚于今天。");
            } else if signed_on.is_some_and(|signed_on| day < signed_on) {
                problems.note("paid_on", "付款日期不能早于合同签订日期。");
            }
        }
        let voucher = problems.check("voucher", line(&self.voucher, 1, 40));
        let deduction = match self.deduction.trim() {
            "" | "0" | "0.00" => 0,
            typed => problems.check("deduction", money(typed)).unwrap_or(0),
        };
        if deduction >= amount {
            problems.note("deduction", "扣减要小于这一期的金额；全部不付的请用「不予支付」。");
        }
        let least = if deduction > 0 { 2 } else { 0 };
        let why = problems.check(
            "deduction_why",
            line(&self.why, least, 200).map_err(|why| {
                if deduction > 0 && self.why.trim().is_empty() {
                    "有扣减的要写明原因。".to_owned()
                } else {
                    why
                }
            }),
        );
        let mut parts = BTreeMap::new();
        for row in sources.iter().filter(|row| row.kind != Source::Linked) {
            let typed = self.taken_from(&row.seq).trim();
            if typed.is_empty() || typed == "0" || typed == "0.00" {
                continue;
            }
            match money(typed) {
                Ok(part) if part > row.amount - row.paid => problems.note(
                    "taken",
                    format!(
                        "「{}」只剩 {} 元，不够 {} 元。",
                        row.kind.label(),
                        yuan(row.amount - row.paid),
                        yuan(part)
                    ),
                ),
                Ok(part) => {
                    parts.insert(row.seq, part);
                }
                Err(why) => problems.note("taken", format!("「{}」：{why}", row.kind.label())),
            }
        }
        if deduction > 0 && deduction < amount && parts == spread(sources, amount) {
            // Still the split suggested before the deduction was entered: suggest a new one.
            parts = spread(sources, amount - deduction);
        }
        let (total, due) = (parts.values().sum::<i64>(), amount - deduction);
        if problems.is_empty() && total != due {
            problems.note("taken", format!("各来源合计 {} 元，这一期要付 {} 元，请核对。", yuan(total), yuan(due)));
        }
        let (Some(paid_on), Some(voucher), Some(why)) = (paid_on, voucher, why) else { return Err(problems) };
        problems.or(Settled { paid_on, voucher, deduction, why, parts })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn source(seq: i16, kind: Source, amount: i64, paid: i64) -> SourceRow {
        SourceRow { seq, kind, amount, year: 2021, document: String::new(), paid }
    }

    fn appraisal(kind: Kind, passed: bool) -> Appraisal {
        let grade = if passed { "good" } else { "fail" };
        serde_json::from_value(serde_json::json!({
            "seq": 3, "kind": kind, "held_on": "2021-12-01", "score_centi": 5000, "grade": grade, "passed": passed,
            "findings": "", "file_id": null, "entered_by": "", "entered_at": "2021-12-01T00:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn a_gate_opens_when_its_own_evaluation_is_passed() {
        let today: Day = "2021-12-31".parse().unwrap();
        assert_eq!(gate(Trigger::Signing, None, &[], today), Ok(None));
        assert!(gate(Trigger::Midterm, None, &[], today).unwrap_err().contains("请先完成中期评估"));
        assert!(gate(Trigger::Midterm, None, &[appraisal(Kind::Final, true)], today).is_err());
        assert!(
            gate(Trigger::Midterm, None, &[appraisal(Kind::Midterm, false)], today).unwrap_err().contains("重新评估")
        );
        assert_eq!(gate(Trigger::Midterm, None, &[appraisal(Kind::Midterm, true)], today), Ok(Some(3)));
        assert!(gate(Trigger::Date, Some(today.after()), &[], today).is_err());
        assert_eq!(gate(Trigger::Date, Some(today), &[], today), Ok(None));
    }

    #[test]
    fn what_was_settled_stays_settled() {
        for state in [PayState::Paid, PayState::Withheld] {
            assert!(PayMove::ALL.iter().all(|wanted| state.after(*wanted).is_err()));
        }
        assert!(PayState::Requested.after(PayMove::Pay).is_err(), "nothing is paid that was not approved");
    }

    proptest! {
        /// The suggested split passes validation and never exceeds a source's balance.
        #[test]
        fn an_amount_is_spread_to_the_fen(amounts in prop::collection::vec((1..1_000_000_i64, 0..1_000_000_i64), 1..6), ask in 1..4_000_000_i64) {
            let sources: Vec<SourceRow> = (1..).zip(&amounts)
                .map(|(seq, (amount, paid))| source(seq, if seq % 3 == 0 { Source::Linked } else { Source::Fiscal }, *amount, *paid.min(amount)))
                .collect();
            let left: i64 = sources.iter().filter(|row| row.kind != Source::Linked).map(|row| row.amount - row.paid).sum();
            let parts = spread(&sources, ask);
            prop_assert_eq!(parts.values().sum::<i64>(), ask.min(left));
            let today: Day = "2021-12-31".parse().unwrap();
            let form = SettleForm { voucher: "付-1".into(), ..SettleForm::of(String::new(), today, &parts) };
            let read = form.read(ask, &sources, None, today);
            prop_assert_eq!(read.is_ok(), ask <= left);
        }
    }
}
