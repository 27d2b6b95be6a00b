//! Sources of money, the rules for using it, and the check of a project against them. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    kernel::{
        Day, DivisionCode, Problems, RuleId, exact_percent, least_of, line, most_of, percent, plain_digits, yuan,
    },
    words,
};

words! {
    /// The source of the money (资金来源; the Panzhihua plan of 10 May 2021, part 4).
    Source {
        Lottery = "lottery", "福利彩票公益金";
        Fiscal = "fiscal", "本级财政预算";
        ProvincialPilot = "provincial_pilot", "省级试点资金";
        Assistance = "assistance", "困难群众救助专项经费";
        Charity = "charity", "慈善捐赠";
        Linked = "linked", "承接机构链接资源";
        Departments = "departments", "其他部门资金";
    }
}

impl Source {
    /// True for resources the agency brings itself, outside any budget.
    pub fn is_linked(self) -> bool {
        self == Self::Linked
    }
}

words! {
    /// The use of lottery money: the four aims and other public welfare, and two uses that are
    /// forbidden (彩票管理条例, 民政部门彩票公益金使用管理信息公开办法).
    Purpose {
        Elderly = "elderly", "扶老";
        Disabled = "disabled", "助残";
        Orphans = "orphans", "救孤";
        Needy = "needy", "济困";
        Welfare = "welfare", "其他社会公益";
        Running = "running", "机构日常办公经费";
        Building = "building", "楼堂馆所建设";
    }
}

words! {
    /// The kinds of rule.
    RuleKind {
        /// Caps what a county takes from its assistance fund at a share of its spending on people
        /// in need the year before (the Panzhihua plan of 10 May 2021: 3 %).
        AssistanceCap = "assistance_cap", "救助专项经费上限";
        /// At least a share of the service total goes to staff development (Chancheng: 5 %).
        StaffGrowth = "staff_growth", "人员能力成长费";
        /// The agency links at least this share from its own resources (Hechuan: 10 %).
        CoLink = "co_link", "链接资源配套";
        PersonnelCap = "personnel_cap", "人员经费上限";
        LotteryPurpose = "lottery_purpose", "福彩公益金使用方向";
    }
}

impl RuleKind {
    /// True for rules that look at the budget lines.
    pub fn is_of_budget(self) -> bool {
        matches!(self, Self::StaffGrowth | Self::PersonnelCap)
    }

    /// Explains the share: its base, and whether it is a minimum or a maximum.
    pub fn explained(self) -> &'static str {
        match self {
            Self::AssistanceCap => "一个县一年用于购买服务的救助专项经费，不超过上年度困难群众救助支出的这个比例",
            Self::StaffGrowth => "预算里「人员能力成长」不低于服务经费总额的这个比例",
            Self::CoLink => "承接机构自己链接的资源，不低于购买资金的这个比例",
            Self::PersonnelCap => "预算里「人员」不超过服务经费总额的这个比例",
            Self::LotteryPurpose => "使用福彩公益金的项目，用途要在允许的方向里",
        }
    }
}

/// A rule of a place, valid from a first to a last day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    #[serde(skip)]
    pub id: RuleId,
    pub kind: RuleKind,
    pub division: DivisionCode,
    #[serde(skip)]
    pub division_name: String,
    pub since: Day,
    pub until: Option<Day>,
    pub is_hard: bool,
    /// In basis points; `None` for rules about purposes.
    pub share_bp: Option<i32>,
    pub purposes: Vec<Purpose>,
    /// The document the rule rests on.
    pub basis: String,
    #[serde(skip)]
    pub version: i32,
}

impl Rule {
    /// The limit as text: `不超过 3%`, or the list of purposes.
    pub fn bound(&self) -> String {
        let share = self.share_bp.map(exact_percent).unwrap_or_default();
        match self.kind {
            RuleKind::AssistanceCap | RuleKind::PersonnelCap => format!("不超过 {share}"),
            RuleKind::StaffGrowth | RuleKind::CoLink => format!("不低于 {share}"),
            RuleKind::LotteryPurpose => {
                let names: Vec<&str> = self.purposes.iter().map(|purpose| purpose.label()).collect();
                format!("限于{}", names.join("、"))
            }
        }
    }

    pub fn strength(&self) -> &'static str {
        if self.is_hard { "硬性：不符合不能保存" } else { "弹性：不符合要写明原因" }
    }
}

/// A county's use of its assistance fund in a year. All amounts in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assistance {
    pub year: i32,
    /// This project's share of the year's fund.
    pub own: i64,
    /// The county's spending on people in need the year before; `None`: not recorded.
    pub spent_before: Option<i64>,
    /// The share of the county's other projects in the same year.
    pub others: i64,
}

/// The figures of a project that rules look at. All amounts in fen.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub amounts: BTreeMap<Source, i64>,
    /// Totals of all budget lines, of those for staff development, and of those for personnel.
    pub budgeted: i64,
    pub growth: i64,
    pub personnel: i64,
    pub purpose: Option<Purpose>,
    /// One row for each year whose assistance fund the project uses.
    pub assistance: Vec<Assistance>,
}

impl Facts {
    fn of(&self, source: Source) -> i64 {
        self.amounts.get(&source).copied().unwrap_or(0)
    }

    /// The purchasers' money: everything except what the agency links.
    fn purchased(&self) -> i64 {
        self.amounts.iter().filter(|(source, _)| **source != Source::Linked).map(|(_, amount)| amount).sum()
    }
}

/// A rule that applies, with its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    pub is_kept: bool,
    /// The figures, and what to do if the rule is not kept.
    pub words: String,
}

impl Finding {
    pub fn refuses(&self) -> bool {
        !self.is_kept && self.rule.is_hard
    }

    pub fn wants_reason(&self) -> bool {
        !self.is_kept && !self.rule.is_hard
    }
}

/// Judges a project by the rules of its place and period. Skips rules about things the project
/// lacks: purposes without lottery money, budget lines without a budget.
pub fn judge(rules: &[Rule], facts: &Facts) -> Vec<Finding> {
    rules.iter().filter_map(|rule| judge_one(rule, facts)).collect()
}

fn judge_one(rule: &Rule, facts: &Facts) -> Option<Finding> {
    let share = rule.share_bp.unwrap_or(0);
    let (is_kept, words) = match rule.kind {
        RuleKind::AssistanceCap => assistance_cap(share, facts)?,
        RuleKind::StaffGrowth => at_least("人员能力成长费", facts.growth, "服务经费总额", facts.budgeted, share)?,
        RuleKind::CoLink => at_least("链接资源", facts.of(Source::Linked), "购买资金", facts.purchased(), share)?,
        RuleKind::PersonnelCap => {
            if facts.budgeted == 0 {
                return None;
            }
            let (part, most) = (facts.personnel, most_of(facts.budgeted, share));
            let said = said("人员经费", part, "服务经费总额", facts.budgeted);
            let why = format!("{said}，{}，请减少到 {} 元以内。", rule.bound(), yuan(most));
            if part <= most { (true, format!("{said}，符合。")) } else { (false, why) }
        }
        RuleKind::LotteryPurpose if facts.of(Source::Lottery) == 0 => return None,
        RuleKind::LotteryPurpose => match facts.purpose {
            Some(purpose) if rule.purposes.contains(&purpose) => {
                (true, format!("用于「{}」，在允许的方向里。", purpose.label()))
            }
            Some(purpose) => (
                false,
                format!("福彩公益金不能用于「{}」（{}），请改选用途或改用别的资金。", purpose.label(), rule.bound()),
            ),
            None => (false, format!("使用福彩公益金要选用途（{}）。", rule.bound())),
        },
    };
    Some(Finding { rule: rule.clone(), is_kept, words })
}

fn said(name: &str, part: i64, of: &str, whole: i64) -> String {
    format!("{name} {} 元，是{of} {} 元的 {}", yuan(part), yuan(whole), percent(part, whole))
}

fn at_least(name: &str, part: i64, of: &str, whole: i64, share_bp: i32) -> Option<(bool, String)> {
    if whole == 0 {
        return None;
    }
    let (said, least) = (said(name, part, of, whole), least_of(whole, share_bp));
    let why = format!("{said}，要不低于 {}，请增加到 {} 元。", exact_percent(share_bp), yuan(least));
    Some(if part >= least { (true, format!("{said}，符合。")) } else { (false, why) })
}

/// Kept only if it is kept in every year.
fn assistance_cap(share_bp: i32, facts: &Facts) -> Option<(bool, String)> {
    let years: Vec<_> = facts.assistance.iter().map(|year| assistance_cap_of(share_bp, year)).collect();
    let is_kept = years.iter().all(|(is_kept, _)| *is_kept);
    let words: Vec<String> = years.into_iter().filter(|(kept, _)| is_kept || !kept).map(|(_, words)| words).collect();
    (!words.is_empty()).then(|| (is_kept, words.concat()))
}

fn assistance_cap_of(share_bp: i32, fund: &Assistance) -> (bool, String) {
    let (own, before) = (fund.own, fund.year - 1);
    let Some(spent) = fund.spent_before else {
        let why = format!("还没有登记 {before} 年困难群众救助支出，不能核对上限，请先在「救助支出」里登记。");
        return (false, why);
    };
    let (total, most) = (own + fund.others, most_of(spent, share_bp));
    let said = format!(
        "{} 年全县用于购买服务的救助专项经费共 {} 元（其中本项目 {} 元），上限是 {before} 年救助支出 {} 元的 {}，即 {} 元",
        fund.year,
        yuan(total),
        yuan(own),
        yuan(spent),
        exact_percent(share_bp),
        yuan(most)
    );
    let rest = (most - fund.others).max(0);
    let why = format!("{said}，超过了。本项目最多还能用 {} 元，其余请改用别的资金。", yuan(rest));
    if total <= most { (true, format!("{said}，符合。")) } else { (false, why) }
}

/// The rule form as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RuleForm {
    pub version: i32,
    pub kind: String,
    pub division: String,
    pub since: String,
    pub until: String,
    pub is_hard: String,
    pub share: String,
    pub purposes: Vec<String>,
    pub basis: String,
}

impl RuleForm {
    pub fn of(rule: &Rule) -> Self {
        Self {
            version: rule.version,
            kind: rule.kind.as_str().to_owned(),
            division: rule.division.to_string(),
            since: rule.since.to_string(),
            until: rule.until.map(|day| day.to_string()).unwrap_or_default(),
            is_hard: if rule.is_hard { "hard" } else { "soft" }.to_owned(),
            share: rule.share_bp.map(exact_percent).unwrap_or_default(),
            purposes: rule.purposes.iter().map(|purpose| purpose.as_str().to_owned()).collect(),
            basis: rule.basis.clone(),
        }
    }

    pub fn names(&self, purpose: &Purpose) -> bool {
        self.purposes.iter().any(|typed| typed == purpose.as_str())
    }

    /// `division` is the place the typed name or code stands for.
    pub fn read(&self, id: RuleId, division: DivisionCode, division_name: String) -> Result<Rule, Problems> {
        let mut problems = Problems::default();
        let kind = problems.check("kind", RuleKind::parse(&self.kind).ok_or("请选择规则的种类。"));
        let since = problems.check("since", self.since.parse::<Day>());
        let until = match self.until.trim() {
            "" => None,
            typed => problems.check("until", typed.parse::<Day>()),
        };
        if let (Some(since), Some(until)) = (since, until)
            && until < since
        {
            problems.note("until", "最后日期不能早于开始日期。");
        }
        let basis = problems.check("basis", line(&self.basis, 2, 120));
        let is_hard = match self.is_hard.as_str() {
            "hard" => true,
            "soft" => false,
            _ => {
                problems.note("is_hard", "请选择不符合时怎么办。");
                false
            }
        };
        let purposes: Vec<Purpose> = self.purposes.iter().filter_map(|typed| Purpose::parse(typed)).collect();
        let is_of_purposes = kind == Some(RuleKind::LotteryPurpose);
        if is_of_purposes && purposes.is_empty() {
            problems.note("purposes", "请至少勾选一个允许的方向。");
        }
        let share_bp = if is_of_purposes || kind.is_none() {
            None
        } else {
            problems.check("share", share_of_percent(&self.share))
        };
        let (Some(kind), Some(since), Some(basis)) = (kind, since, basis) else { return Err(problems) };
        problems.or(Rule {
            id,
            kind,
            division,
            division_name,
            since,
            until,
            is_hard,
            share_bp,
            purposes: if is_of_purposes { purposes } else { vec![] },
            basis,
            version: self.version,
        })
    }
}

/// Parses a share as typed, `3%` or `2.5`, into basis points.
pub fn share_of_percent(typed: &str) -> Result<i32, &'static str> {
    const WRONG: &str = "请填写百分比，最多两位小数，例如 3% 或 2.5%。";
    let plain = plain_digits(typed.trim());
    let plain = plain.trim_end_matches('%').trim();
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || part.len() > 2 || !digits(whole) || !digits(part) {
        return Err(WRONG);
    }
    let bp: i32 = format!("{whole}{part:0<2}").parse().map_err(|_| WRONG)?;
    if bp > 10_000 { Err("比例不能超过 100%。") } else { Ok(bp) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(kind: RuleKind, share_bp: i32) -> Rule {
        Rule {
            id: RuleId::new(),
            kind,
            division: DivisionCode::parse("5104").unwrap(),
            division_name: "攀枝花市".into(),
            since: "2021-01-01".parse().unwrap(),
            until: None,
            is_hard: true,
            share_bp: Some(share_bp),
            purposes: vec![Purpose::Elderly],
            basis: "示例".into(),
            version: 1,
        }
    }

    fn kept(kind: RuleKind, share_bp: i32, facts: &Facts) -> Option<bool> {
        judge(&[rule(kind, share_bp)], facts).first().map(|finding| finding.is_kept)
    }

    #[test]
    fn the_assistance_fund_is_capped_to_the_fen() {
        let fund = |own, others, spent_before| Assistance { year: 2021, own, others, spent_before };
        let facts =
            |own, others, spent_before| Facts { assistance: vec![fund(own, others, spent_before)], ..Facts::default() };
        assert_eq!(kept(RuleKind::AssistanceCap, 300, &facts(300, 0, Some(10_000))), Some(true));
        assert_eq!(kept(RuleKind::AssistanceCap, 300, &facts(301, 0, Some(10_000))), Some(false));
        assert_eq!(kept(RuleKind::AssistanceCap, 300, &facts(200, 101, Some(10_000))), Some(false));
        assert_eq!(
            kept(RuleKind::AssistanceCap, 300, &facts(1, 0, None)),
            Some(false),
            "what is not known is not kept"
        );
        assert_eq!(kept(RuleKind::AssistanceCap, 300, &Facts::default()), None, "none of its money, none of its rule");
        let two =
            Facts { assistance: vec![fund(300, 0, Some(10_000)), fund(301, 0, Some(10_000))], ..Facts::default() };
        assert_eq!(kept(RuleKind::AssistanceCap, 300, &two), Some(false), "each year for itself");
    }

    #[test]
    fn purposes_matter_to_the_money_of_the_lottery_alone() {
        let facts = |amount, purpose| Facts {
            amounts: BTreeMap::from([(Source::Lottery, amount)]),
            purpose,
            ..Facts::default()
        };
        assert_eq!(kept(RuleKind::LotteryPurpose, 0, &facts(1, Some(Purpose::Elderly))), Some(true));
        assert_eq!(kept(RuleKind::LotteryPurpose, 0, &facts(1, Some(Purpose::Running))), Some(false));
        assert_eq!(kept(RuleKind::LotteryPurpose, 0, &facts(1, None)), Some(false));
        assert_eq!(kept(RuleKind::LotteryPurpose, 0, &facts(0, Some(Purpose::Running))), None);
    }

    #[test]
    fn shares_are_read_the_way_they_are_typed() {
        for (typed, bp) in [("3%", 300), ("２．５％", 250), ("100", 10_000), ("0.05%", 5)] {
            assert_eq!(share_of_percent(typed), Ok(bp), "{typed}");
        }
        for typed in ["", "101%", "-1", "1.234", "三"] {
            assert!(share_of_percent(typed).is_err(), "{typed}");
        }
    }

    proptest! {
        /// The amount a refusal names is enough, and one fen less is not.
        #[test]
        fn the_edge_that_is_told_is_the_edge(whole in 1..1_000_000_000_i64, share in 1..=10_000_i32) {
            let growth = |growth| Facts { budgeted: whole, growth, ..Facts::default() };
            let least = least_of(whole, share);
            prop_assert_eq!(kept(RuleKind::StaffGrowth, share, &growth(least)), Some(true));
            prop_assert_eq!(kept(RuleKind::StaffGrowth, share, &growth(least - 1)), Some(false));
            let personnel = |personnel| Facts { budgeted: whole, personnel, ..Facts::default() };
            let most = most_of(whole, share);
            prop_assert_eq!(kept(RuleKind::PersonnelCap, share, &personnel(most)), Some(true));
            prop_assert_eq!(kept(RuleKind::PersonnelCap, share, &personnel(most + 1)), Some(false));
            let linked = |linked| Facts {
                amounts: BTreeMap::from([(Source::Fiscal, whole), (Source::Linked, linked)]),
                ..Facts::default()
            };
            prop_assert_eq!(kept(RuleKind::CoLink, share, &linked(least)), Some(true));
            prop_assert_eq!(kept(RuleKind::CoLink, share, &linked(least - 1)), Some(false));
        }
    }
}
