//! A round: its due dates, panel size, combination of scores, weights and grades. Pure.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    features::{
        evaluation::rubrics::{Grade, Rubric},
        places::stations::StationLevel,
    },
    kernel::{Day, DivisionCode, Points, Problems, RoundId, RubricId, exact_percent, line, number},
    words,
};

words! {
    /// The way several members' scores combine into one.
    Combination {
        Mean = "mean", "平均分";
        Trimmed = "trimmed", "两端各去掉 20% 后平均";
        DropExtremes = "drop_extremes", "去掉一个最高分、一个最低分后平均";
    }
}

/// A grade, its lower bound in points, and the largest share of stations that may get it
/// (basis points).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    pub label: String,
    pub from: Points,
    pub quota_bp: Option<i32>,
}

impl Band {
    pub fn quota(&self) -> String {
        self.quota_bp.map(exact_percent).unwrap_or_default()
    }
}

/// The peer group in which a station is ranked: its kind, and whether it is a pilot.
pub fn peers(level: StationLevel, division: &DivisionCode, is_pilot: bool) -> String {
    let kind = match level {
        StationLevel::General => "总站",
        StationLevel::Village => "社工室",
        // The last three digits of a township code: 001 to 099 are streets (街道).
        StationLevel::Township if division.as_str().get(6..7) == Some("0") => "街道站",
        StationLevel::Township => "乡镇站",
    };
    format!("{kind}·{}", if is_pilot { "试点" } else { "非试点" })
}

/// The stage of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Planned,
    Running,
    Notice,
    Appeals,
    Final,
    Archived,
}

impl Stage {
    pub fn label(self) -> &'static str {
        match self {
            Self::Planned => "筹备",
            Self::Running => "进行中",
            Self::Notice => "公示中",
            Self::Appeals => "复核中",
            Self::Final => "已定稿",
            Self::Archived => "已归档",
        }
    }

    /// True once results are released.
    pub fn is_out(self) -> bool {
        matches!(self, Self::Notice | Self::Appeals | Self::Final | Self::Archived)
    }

    pub fn colour(self) -> &'static str {
        match self {
            Self::Planned | Self::Archived => "plain",
            Self::Running => "warn",
            Self::Notice | Self::Appeals => "info",
            Self::Final => "ok",
        }
    }
}

/// A round of evaluation.
#[derive(Clone, Debug)]
pub struct Round {
    pub id: RoundId,
    pub division: DivisionCode,
    pub division_name: String,
    pub year: i16,
    pub name: String,
    pub rubric: RubricId,
    pub self_until: Day,
    pub onsite_from: Day,
    pub onsite_until: Day,
    pub notice_days: i16,
    pub appeal_days: i16,
    pub ends_on: Day,
    pub scorers: i16,
    pub needs_finance: bool,
    pub combination: Combination,
    pub spread_bp: i32,
    /// The weight of each party in the satisfaction survey, in percent: clients,
    /// purchasers, executors. They add up to 100.
    pub weights: [i16; 3],
    /// Set if the lowest grade blocks payments, and renewals with the same agency, until
    /// the rectification is closed.
    pub holds: (bool, bool),
    pub bands: Vec<Band>,
    pub opened_at: Option<DateTime<Utc>>,
    pub seed: String,
    pub released_at: Option<DateTime<Utc>>,
    pub released_by: Option<String>,
    pub notice_until: Option<Day>,
    pub appeal_until: Option<Day>,
    pub heard_at: Option<DateTime<Utc>>,
    pub finalized_at: Option<DateTime<Utc>>,
    pub archived_at: Option<DateTime<Utc>>,
    pub version: i32,
}

impl Round {
    /// True if a plan scores exactly as this round does: same panels, combination, weights
    /// and grades. Only the dates may differ.
    pub fn scores_as(&self, plan: &Plan) -> bool {
        (self.scorers, self.needs_finance, self.combination, self.spread_bp, self.weights)
            == (plan.scorers, plan.needs_finance, plan.combination, plan.spread_bp, plan.weights)
            && self.bands == plan.bands
    }

    /// The effect of the lowest grade on payments and renewals, as text.
    pub fn holds_text(&self) -> &'static str {
        match self.holds {
            (true, true) => "整改销号以前，项目不批准付款，不和同一机构续签",
            (true, false) => "整改销号以前，项目不批准付款",
            (false, true) => "整改销号以前，项目不和同一机构续签",
            (false, false) => "不影响项目付款和续签",
        }
    }

    /// The weights of the satisfaction survey as text.
    pub fn weights_text(&self) -> String {
        let [clients, purchasers, executors] = self.weights;
        format!("服务对象 {clients}%，购买方 {purchasers}%，执行方 {executors}%")
    }

    pub fn path(&self) -> String {
        format!("/evaluations/rounds/{}", self.id)
    }

    /// The grades as text; the last is given by its upper bound.
    pub fn bands_text(&self) -> String {
        let words = self.bands.iter().enumerate().map(|(at, band)| {
            let quota = band.quota_bp.map(|_| format!("（不超过 {}）", band.quota())).unwrap_or_default();
            match at.checked_sub(1).and_then(|above| self.bands.get(above)) {
                Some(above) if at + 1 == self.bands.len() => format!("{} {} 分以下", band.label, above.from),
                _ => format!("{} {} 分以上{quota}", band.label, band.from),
            }
        });
        words.collect::<Vec<_>>().join("；")
    }

    /// The allowed spread of scores at a line, as a percentage.
    pub fn spread(&self) -> String {
        exact_percent(self.spread_bp)
    }

    pub fn stage(&self) -> Stage {
        match self {
            Self { archived_at: Some(_), .. } => Stage::Archived,
            Self { finalized_at: Some(_), .. } => Stage::Final,
            Self { heard_at: Some(_), .. } => Stage::Appeals,
            Self { released_at: Some(_), .. } => Stage::Notice,
            Self { opened_at: Some(_), .. } => Stage::Running,
            _ => Stage::Planned,
        }
    }

    /// True if stations may appeal on that day.
    pub fn takes_appeals(&self, today: Day) -> bool {
        matches!(self.stage(), Stage::Notice | Stage::Appeals) && self.appeal_until.is_some_and(|until| today <= until)
    }
}

/// The blocks as checkbox values of the form.
fn held_words((payment, renewal): (bool, bool)) -> Vec<String> {
    let all = [(payment, "payment"), (renewal, "renewal")];
    all.into_iter().filter(|(held, _)| *held).map(|(_, word)| word.to_owned()).collect()
}

/// The raw form of a round.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoundForm {
    pub key: String,
    pub version: i32,
    pub division: String,
    pub year: String,
    pub name: String,
    pub rubric: String,
    pub self_until: String,
    pub onsite_from: String,
    pub onsite_until: String,
    pub notice_days: String,
    pub appeal_days: String,
    pub ends_on: String,
    pub scorers: String,
    pub needs_finance: String,
    pub combination: String,
    pub spread: String,
    pub weight: Vec<String>,
    pub holds: Vec<String>,
    pub band: Vec<String>,
    pub from: Vec<String>,
    pub quota: Vec<String>,
    pub levels: Vec<String>,
}

/// The validated plan of a round.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    pub year: i16,
    pub name: String,
    pub self_until: Day,
    pub onsite_from: Day,
    pub onsite_until: Day,
    pub notice_days: i16,
    pub appeal_days: i16,
    pub ends_on: Day,
    pub scorers: i16,
    pub needs_finance: bool,
    pub combination: Combination,
    pub spread_bp: i32,
    pub weights: [i16; 3],
    pub holds: (bool, bool),
    pub bands: Vec<Band>,
}

impl RoundForm {
    pub fn of(round: &Round) -> Self {
        Self {
            key: String::new(),
            version: round.version,
            division: round.division.to_string(),
            year: round.year.to_string(),
            name: round.name.clone(),
            rubric: round.rubric.to_string(),
            self_until: round.self_until.to_string(),
            onsite_from: round.onsite_from.to_string(),
            onsite_until: round.onsite_until.to_string(),
            notice_days: round.notice_days.to_string(),
            appeal_days: round.appeal_days.to_string(),
            ends_on: round.ends_on.to_string(),
            scorers: round.scorers.to_string(),
            needs_finance: if round.needs_finance { "yes" } else { "no" }.to_owned(),
            combination: round.combination.as_str().to_owned(),
            spread: exact_percent(round.spread_bp),
            weight: round.weights.iter().map(ToString::to_string).collect(),
            holds: held_words(round.holds),
            band: round.bands.iter().map(|band| band.label.clone()).collect(),
            from: round.bands.iter().map(|band| band.from.to_string()).collect(),
            quota: round.bands.iter().map(Band::quota).collect(),
            levels: vec![],
        }
    }

    /// Fills in the rubric's grades if the form has none.
    pub fn grades_of(&mut self, grades: &[Grade]) {
        let labels: Vec<String> = grades.iter().map(|grade| grade.label.clone()).collect();
        if self.band != labels {
            self.band = labels;
            self.from = grades.iter().map(|grade| grade.from.to_string()).collect();
            self.quota = vec![String::new(); grades.len()];
        }
    }

    /// Validates the form for a round scored by `rubric`.
    pub fn read(&self, rubric: &Rubric) -> Result<Plan, Problems> {
        let mut problems = Problems::default();
        let name = problems.check("name", line(&self.name, 2, 60));
        let year = problems.check("year", number(&self.year)).and_then(|year| i16::try_from(year).ok());
        if year.is_none_or(|year| !(2000..=2100).contains(&year)) && problems.on("year").is_none() {
            problems.note("year", "请填四位年份，例如 2026。");
        }
        let mut day = |field: &'static str, typed: &str| problems.check(field, typed.parse::<Day>());
        let self_until = day("self_until", &self.self_until);
        let onsite_from = day("onsite_from", &self.onsite_from);
        let onsite_until = day("onsite_until", &self.onsite_until);
        let ends_on = day("ends_on", &self.ends_on);
        let mut days = |field: &'static str, typed: &str| {
            let days = problems.check(field, number(typed)).and_then(|days| i16::try_from(days).ok());
            if days.is_none_or(|days| !(1..=60).contains(&days)) && problems.on(field).is_none() {
                problems.note(field, "请填 1 到 60 天。");
            }
            days
        };
        let notice_days = days("notice_days", &self.notice_days);
        let appeal_days = days("appeal_days", &self.appeal_days);
        let scorers = problems.check("scorers", number(&self.scorers)).and_then(|count| i16::try_from(count).ok());
        if scorers.is_none_or(|count| !(1..=15).contains(&count)) && problems.on("scorers").is_none() {
            problems.note("scorers", "每站请安排 1 到 15 名专家，一般 3 或 5 名。");
        }
        let combination = Combination::parse(&self.combination);
        match (combination, scorers) {
            (None, _) => problems.note("combination", "请选择几位专家的分怎么合成。"),
            (Some(Combination::DropExtremes), Some(count)) if count < 3 => {
                problems.note("combination", "去掉最高分和最低分，每站至少要 3 名专家。");
            }
            (Some(Combination::Trimmed), Some(count)) if count < 5 => {
                problems.note("combination", "两端各去掉 20%，每站至少要 5 名专家。");
            }
            _ => {}
        }
        let spread_bp = problems.check("spread", share(&self.spread)).flatten();
        if spread_bp.is_none() && problems.on("spread").is_none() {
            problems.note("spread", "请填分差上限，例如 20%。");
        }
        let in_order = [("onsite_until", self_until, onsite_until, "实地评估结束不能早于自评截止。")];
        for (field, before, after, why) in in_order {
            if before > after && problems.on(field).is_none() && after.is_some() {
                problems.note(field, why);
            }
        }
        if onsite_from > onsite_until && onsite_until.is_some() {
            problems.note("onsite_until", "实地评估的结束日期不能早于开始日期。");
        }
        if onsite_until > ends_on && ends_on.is_some() {
            problems.note("ends_on", "专家账号要用到实地评估结束以后。");
        }
        let weights = self.weights(&mut problems);
        let bands = self.bands(rubric, &mut problems);
        let (Some(name), Some(year), Some(self_until), Some(onsite_from), Some(onsite_until), Some(ends_on)) =
            (name, year, self_until, onsite_from, onsite_until, ends_on)
        else {
            return Err(problems);
        };
        let (Some(notice_days), Some(appeal_days), Some(scorers), Some(combination), Some(spread_bp), true) =
            (notice_days, appeal_days, scorers, combination, spread_bp, problems.is_empty())
        else {
            return Err(problems);
        };
        Ok(Plan {
            year,
            name,
            self_until,
            onsite_from,
            onsite_until,
            notice_days,
            appeal_days,
            ends_on,
            scorers,
            needs_finance: self.needs_finance == "yes",
            combination,
            spread_bp,
            weights,
            holds: (self.holds("payment"), self.holds("renewal")),
            bands,
        })
    }

    /// True if the box for this block is ticked.
    pub fn holds(&self, what: &str) -> bool {
        self.holds.iter().any(|held| held == what)
    }

    /// Parses the weight of each party; they must be whole percentages that add up to 100.
    fn weights(&self, problems: &mut Problems) -> [i16; 3] {
        let typed = |at: usize| self.weight.get(at).map_or("", |text| text.trim().trim_end_matches(['%', '％']));
        let read = |at: usize| number(typed(at)).ok().and_then(|share| i16::try_from(share).ok());
        let shares = [read(0), read(1), read(2)].map(|share| share.filter(|share| (0..=100).contains(share)));
        let weights = shares.map(|share| share.unwrap_or(0));
        let sum: i16 = weights.iter().sum();
        if shares.contains(&None) {
            problems.note("weights", "三类人员的权重都请填 0 到 100 的整数。");
        } else if sum != 100 {
            problems.note("weights", format!("三类人员的权重加起来要等于 100，现在是 {sum}。"));
        }
        weights
    }

    /// The rubric's grades with the lower bounds and quotas of this round.
    fn bands(&self, rubric: &Rubric, problems: &mut Problems) -> Vec<Band> {
        let mut bands = vec![];
        let typed = |column: &[String], at: usize| column.get(at).cloned().unwrap_or_default();
        for (at, grade) in rubric.grades.iter().enumerate() {
            let from = match typed(&self.from, at).trim() {
                "" => Some(grade.from),
                from => problems.check("bands", Points::parse(from)),
            };
            let quota_bp = problems.check("bands", share(&typed(&self.quota, at))).flatten();
            bands.extend(from.map(|from| Band { label: grade.label.clone(), from, quota_bp }));
        }
        let labels: HashSet<_> = bands.iter().map(|band| &band.label).collect();
        let falls = bands.windows(2).all(|pair| pair[0].from > pair[1].from);
        if problems.on("bands").is_none() && (labels.len() != rubric.grades.len() || !falls) {
            problems.note("bands", "等级的最低分要一档比一档低。");
        }
        if problems.on("bands").is_none() && bands.last().is_some_and(|band| band.from != Points::ZERO) {
            problems.note("bands", "最后一个等级从 0 分起。");
        }
        if bands.last().is_some_and(|band| band.quota_bp.is_some()) {
            problems.note("bands", "最后一个等级不设名额比例。");
        }
        bands
    }
}

/// Parses a percentage into basis points; blank gives `None`.
fn share(typed: &str) -> Result<Option<i32>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let bp = crate::kernel::amount(typed.trim_end_matches(['%', '％']), 2, "")
        .map_err(|_| "比例请填百分数，例如 15%。".to_owned())?;
    i32::try_from(bp).ok().filter(|bp| *bp <= 10_000).map(Some).ok_or("比例不能超过 100%。".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stations_are_ranked_among_their_kind() {
        let place = |code: &str| DivisionCode::parse(code).unwrap();
        assert_eq!(peers(StationLevel::Township, &place("510402001"), false), "街道站·非试点");
        assert_eq!(peers(StationLevel::Township, &place("510411100"), true), "乡镇站·试点");
        assert_eq!(peers(StationLevel::General, &place("510411"), false), "总站·非试点");
    }
}
