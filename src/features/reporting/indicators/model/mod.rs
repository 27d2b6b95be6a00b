//! Indicators, their breakdowns and targets, and the forms of the monthly report. Pure.

mod seed;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    features::places::stations::StationLevel,
    kernel::{Month, Problems, amount, amount_text, line, plain_digits},
    words,
};

pub use seed::SEED;

/// Maximum number of indicators in a network.
pub const SLOTS: i16 = 200;
/// Places per slot in the array of parts.
pub const BLOCK: usize = 64;

words! {
    /// How an indicator adds up over months. Across places in one month, all but ratios are summed.
    Aggregation {
        Sum = "sum", "逐月相加";
        Distinct = "distinct", "去重人（户）数，跨月不相加";
        Stock = "stock", "期末存量，取最后一个月";
        Ratio = "ratio", "比率，分子分母分别相加后再算";
    }
}

words! {
    /// A section of the form, in printed order. The layout is our own.
    Section {
        Staff = "staff", "人员";
        Casework = "casework", "个案服务";
        Groups = "groups", "小组服务";
        Activities = "activities", "社区活动";
        Visits = "visits", "走访与建档";
        Hotline = "hotline", "热线、咨询与危机介入";
        Publicity = "publicity", "政策宣传与救助协办";
        Affairs = "affairs", "民政事务协办";
        Resources = "resources", "资源与慈善";
        Volunteers = "volunteers", "志愿者与社区社会组织";
        Training = "training", "培训与督导";
        Media = "media", "宣传报道";
        Money = "money", "经费";
        Satisfaction = "satisfaction", "投诉与满意度";
    }
}

words! {
    /// A dimension by which an amount is broken down.
    Breakdown {
        Domain = "domain", "服务领域";
        Category = "category", "服务对象";
        Kind = "kind", "类别";
    }
}

/// 服务领域 (the Panzhihua plan of 10 May 2021, annex 2).
const DOMAINS: [&str; 9] =
    ["社会救助", "养老服务", "儿童福利", "社会事务", "乡村振兴", "社区治理", "慈善", "人才培育", "部门统筹"];

/// 服务对象: the 20 codes of a platform in Guangzhou and four of our own. A client may belong to
/// several.
const CATEGORIES: [&str; 24] = [
    "低保对象",
    "低保边缘",
    "特困人员",
    "其他困境儿童",
    "留守老人",
    "孤寡老人",
    "特殊困难重度残疾人",
    "独居老人",
    "支出型困难家庭",
    "残疾人",
    "流浪乞讨",
    "农村留守儿童",
    "单身特困母亲",
    "农村留守妇女",
    "空巢老人",
    "失能老人",
    "重残老人",
    "计生特殊家庭老人",
    "孤儿",
    "事实无人抚养儿童",
    "流动人口",
    "家暴受害人",
    "易地搬迁群众",
    "一般居民",
];

impl Breakdown {
    /// Offset of the breakdown within a slot's block. New words go after the last, never in
    /// between.
    fn offset(self) -> usize {
        match self {
            Self::Domain => 0,
            Self::Category => 12,
            Self::Kind => 48,
        }
    }

    /// True if the parts add up to the total; not for categories, as a client may belong to
    /// several.
    pub fn adds_up(self) -> bool {
        self != Self::Category
    }
}

/// An indicator as defined in a given month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Indicator {
    pub slot: i16,
    pub code: String,
    pub name: String,
    pub unit: String,
    pub aggregation: Aggregation,
    /// Decimals kept: 0, 1 or 2.
    pub scale: u32,
    pub section: Section,
    pub definition: String,
    pub by_domain: bool,
    pub by_category: bool,
    /// Upper limit for one station and month.
    pub most: i64,
    /// No longer asked for.
    pub is_retired: bool,
}

impl Indicator {
    /// Words of a breakdown; empty if the indicator does not have it.
    pub fn parts(&self, breakdown: Breakdown) -> &'static [&'static str] {
        match breakdown {
            Breakdown::Domain if self.by_domain => &DOMAINS,
            Breakdown::Category if self.by_category => &CATEGORIES,
            Breakdown::Kind => seed::kinds(&self.code),
            _ => &[],
        }
    }

    /// True if the indicator has this breakdown.
    pub fn has(&self, breakdown: &Breakdown) -> bool {
        !self.parts(*breakdown).is_empty()
    }

    /// Index of a part in the array of parts.
    pub fn part(&self, breakdown: Breakdown, at: usize) -> usize {
        usize::try_from(self.slot - 1).unwrap_or(0) * BLOCK + breakdown.offset() + at
    }

    /// An amount formatted for display.
    pub fn text(&self, amount: &i64) -> String {
        amount_text(*amount, self.scale)
    }

    /// True for ratios, which are computed from other indicators and never typed.
    pub fn is_derived(&self) -> bool {
        self.aggregation == Aggregation::Ratio
    }

    /// Name and unit.
    pub fn label(&self) -> String {
        if self.unit.is_empty() { self.name.clone() } else { format!("{}（{}）", self.name, self.unit) }
    }
}

/// Slots of a ratio's numerator and denominator.
pub fn ratio_of(code: &str) -> Option<(i16, i16)> {
    match code {
        "satisfaction_rate" => Some((slot_of("satisfaction_satisfied")?, slot_of("satisfaction_surveys")?)),
        _ => None,
    }
}

/// Slot of an indicator that ships with the product.
pub fn slot_of(code: &str) -> Option<i16> {
    SEED.iter().find(|seed| seed.code == code).map(|seed| seed.slot)
}

/// Yearly targets of a station of this level, as code and amount (the Panzhihua plan of 10 May
/// 2021, part 2.2).
pub fn targets_of(level: StationLevel) -> &'static [(&'static str, i64)] {
    match level {
        StationLevel::Township => {
            &[("volunteers_new", 30), ("community_orgs_functional", 3), ("community_orgs_hobby", 3)]
        }
        _ => &[],
    }
}

/// The dictionary as shipped, before a network changes it.
pub fn shipped() -> Vec<Indicator> {
    SEED.iter().map(seed::Seed::indicator).collect()
}

/// Slots on a level's form as shipped.
pub fn shipped_form(level: StationLevel) -> Vec<i16> {
    SEED.iter().filter(|seed| level != StationLevel::Village || seed.in_room).map(|seed| seed.slot).collect()
}

/// The dictionary and the forms as shipped.
pub fn shipped_sheet(month: Month) -> Sheet {
    Sheet::new(month, shipped(), StationLevel::ALL.iter().map(|level| (*level, shipped_form(*level))).collect())
}

/// The indicators of a form, section by section.
#[derive(Clone, Debug)]
pub struct Form {
    pub sections: Vec<(Section, Vec<Indicator>)>,
}

/// The dictionary and forms in force in a month: all it takes to fill in, check or show its
/// reports.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub month: Month,
    pub indicators: Vec<Indicator>,
    forms: Vec<(StationLevel, BTreeSet<i16>)>,
}

impl Sheet {
    pub fn new(month: Month, indicators: Vec<Indicator>, forms: Vec<(StationLevel, Vec<i16>)>) -> Self {
        let forms = forms.into_iter().map(|(level, slots)| (level, slots.into_iter().collect())).collect();
        Self { month, indicators, forms }
    }

    pub fn find(&self, slot: i16) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.slot == slot)
    }

    pub fn by_code(&self, code: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.code == code)
    }

    /// True if the form of this level has the indicator.
    pub fn asks(&self, level: StationLevel, slot: i16) -> bool {
        self.forms.iter().any(|(of, slots)| *of == level && slots.contains(&slot))
    }

    /// A level's form, without retired indicators.
    pub fn form(&self, level: StationLevel) -> Form {
        let asked = |indicator: &&Indicator| !indicator.is_retired && self.asks(level, indicator.slot);
        self.sections(&self.indicators.iter().filter(asked).cloned().collect::<Vec<_>>())
    }

    /// Groups indicators by section.
    pub fn sections(&self, indicators: &[Indicator]) -> Form {
        let of = |section: Section| indicators.iter().filter(|i| i.section == section).cloned().collect::<Vec<_>>();
        let sections = Section::ALL.iter().map(|section| (*section, of(*section)));
        Form { sections: sections.filter(|(_, list)| !list.is_empty()).collect() }
    }
}

impl Form {
    pub fn indicators(&self) -> impl Iterator<Item = &Indicator> {
        self.sections.iter().flat_map(|(_, indicators)| indicators)
    }

    /// Indicators that have this breakdown.
    pub fn parted(&self, breakdown: &Breakdown) -> Vec<&Indicator> {
        self.indicators().filter(|indicator| !indicator.parts(*breakdown).is_empty()).collect()
    }
}

/// Submitted fields of an indicator's form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IndicatorForm {
    pub key: String,
    pub from_month: String,
    pub code: String,
    pub name: String,
    pub unit: String,
    pub aggregation: String,
    pub scale: String,
    pub section: String,
    pub definition: String,
    pub by_domain: String,
    pub by_category: String,
    pub most: String,
    pub is_retired: String,
}

impl IndicatorForm {
    pub fn of(indicator: &Indicator, since: Month) -> Self {
        let ticked = |on: bool| if on { "on".to_owned() } else { String::new() };
        Self {
            key: String::new(),
            from_month: since.to_string(),
            code: indicator.code.clone(),
            name: indicator.name.clone(),
            unit: indicator.unit.clone(),
            aggregation: indicator.aggregation.as_str().to_owned(),
            scale: indicator.scale.to_string(),
            section: indicator.section.as_str().to_owned(),
            definition: indicator.definition.clone(),
            by_domain: ticked(indicator.by_domain),
            by_category: ticked(indicator.by_category),
            most: indicator.text(&indicator.most).replace(',', ""),
            is_retired: ticked(indicator.is_retired),
        }
    }

    /// Validates a version and the month it takes effect. If it follows `old`, code, aggregation
    /// and decimals are kept: changing them would change the meaning of stored amounts.
    pub fn read(&self, slot: i16, old: Option<&Indicator>, this_month: Month) -> Result<(Month, Indicator), Problems> {
        let mut problems = Problems::default();
        let since = problems.check("from_month", self.from_month.parse::<Month>());
        if since.is_some_and(|since| since < this_month) {
            problems.note("from_month", format!("请从 {this_month} 或以后的月份起改；以前的月份要保持当时的口径。"));
        }
        if since.is_some_and(|since| since > this_month.plus(24)) {
            problems.note("from_month", "最多提前两年设定，请核对月份。");
        }
        let code = old.map_or_else(|| problems.check("code", read_code(&self.code)), |old| Some(old.code.clone()));
        let name = problems.check("name", line(&self.name, 2, 30));
        let unit = problems.check("unit", line(&self.unit, 0, 6));
        let definition = problems.check("definition", line(&self.definition, 4, 200));
        let section = problems.check("section", Section::parse(&self.section).ok_or("请选择它在表上的哪一块。"));
        let aggregation = match old {
            Some(old) => Some(old.aggregation),
            None => problems.check(
                "aggregation",
                Aggregation::parse(&self.aggregation)
                    .filter(|kind| *kind != Aggregation::Ratio)
                    .ok_or("请选择怎样汇总。"),
            ),
        };
        let scale = match old {
            Some(old) => Some(old.scale),
            None => problems.check(
                "scale",
                plain_digits(self.scale.trim())
                    .parse::<u32>()
                    .ok()
                    .filter(|n| *n <= 2)
                    .ok_or("小数位数请填 0、1 或 2。"),
            ),
        };
        let most = match (scale, self.most.trim()) {
            (None, _) => None,
            (Some(scale), "") => Some(10_i64.pow(9 + scale)),
            (Some(scale), typed) => problems.check("most", amount(typed, scale, &self.unit)),
        };
        let ticked = |text: &str| !text.is_empty();
        let is_derived = aggregation == Some(Aggregation::Ratio);
        let indicator = (|| {
            Some(Indicator {
                slot,
                code: code?,
                name: name?,
                unit: unit?,
                aggregation: aggregation?,
                scale: scale?,
                section: section?,
                definition: definition?,
                by_domain: !is_derived && ticked(&self.by_domain),
                by_category: !is_derived && ticked(&self.by_category),
                most: most?,
                is_retired: ticked(&self.is_retired),
            })
        })();
        match (since, indicator) {
            (Some(since), Some(indicator)) if problems.is_empty() => Ok((since, indicator)),
            _ => Err(problems),
        }
    }
}

fn read_code(typed: &str) -> Result<String, &'static str> {
    let code = plain_digits(typed.trim()).to_lowercase();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if (3..=40).contains(&code.len()) && code.starts_with(|c: char| c.is_ascii_lowercase()) && code.bytes().all(plain) {
        Ok(code)
    } else {
        Err("代码请用 3 到 40 个小写字母、数字或下划线，以字母开头，例如 elder_meals。")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_and_codes_are_ones_own() {
        let slots: BTreeSet<i16> = SEED.iter().map(|seed| seed.slot).collect();
        let codes: BTreeSet<&str> = SEED.iter().map(|seed| seed.code).collect();
        assert_eq!((slots.len(), codes.len()), (SEED.len(), SEED.len()));
        assert!(slots.iter().all(|slot| (1..=100).contains(slot)), "from 101 on they are a network's own");
    }

    #[test]
    fn parts_of_different_things_never_share_a_place() {
        let mut taken = BTreeSet::new();
        for indicator in shipped() {
            for breakdown in Breakdown::ALL {
                for at in 0..indicator.parts(*breakdown).len() {
                    assert!(taken.insert(indicator.part(*breakdown, at)), "{} {breakdown:?} {at}", indicator.code);
                }
            }
        }
        assert!(taken.len() > 100);
    }

    #[test]
    fn a_room_has_a_short_form_and_a_station_the_whole() {
        assert!((8..=15).contains(&shipped_form(StationLevel::Village).len()));
        assert_eq!(shipped_form(StationLevel::Township).len(), SEED.len());
    }

    #[test]
    fn a_version_keeps_what_its_past_was_counted_with() {
        let old = shipped().remove(0);
        let month: Month = "2026-03".parse().unwrap();
        let mut form = IndicatorForm::of(&old, month);
        form.name = "入户走访（户次）".to_owned();
        form.scale = "2".to_owned();
        form.aggregation = "stock".to_owned();
        let (since, new) = form.read(old.slot, Some(&old), month).unwrap();
        assert_eq!((since, new.scale, new.aggregation), (month, old.scale, old.aggregation));
        assert_eq!(new.name, "入户走访（户次）");
        form.from_month = "2026-02".to_owned();
        assert!(form.read(old.slot, Some(&old), month).unwrap_err().on("from_month").is_some());
    }

    #[test]
    fn a_new_indicator_has_a_plain_code() {
        let month: Month = "2026-03".parse().unwrap();
        let form = IndicatorForm {
            from_month: "2026-03".into(),
            code: "Elder_meals".into(),
            name: "助餐人次".into(),
            definition: "老年人助餐，按次计".into(),
            aggregation: "sum".into(),
            scale: "0".into(),
            section: "visits".into(),
            ..IndicatorForm::default()
        };
        assert_eq!(form.read(101, None, month).unwrap().1.code, "elder_meals");
        let bad = IndicatorForm { code: "助餐".into(), aggregation: "ratio".into(), ..form };
        let problems = bad.read(101, None, month).unwrap_err();
        assert!(problems.on("code").is_some() && problems.on("aggregation").is_some());
    }
}
