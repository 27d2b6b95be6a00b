//! Questions, answers and the computed satisfaction of a survey. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    features::evaluation::{
        evaluations::Round,
        rubrics::{Answer, Source},
    },
    kernel::{Day, Problems, exact_percent, half_up, line, plain_digits},
    words,
};

words! {
    /// The group of people asked, in the order of the round's weights.
    Party {
        Clients = "clients", "服务对象";
        Purchasers = "purchasers", "购买方（乡镇、街道、村社区）";
        Executors = "executors", "执行方（站点人员）";
    }
}

words! {
    /// The way an answer arrived.
    Channel {
        Slip = "slip", "扫码";
        Paper = "paper", "纸质问卷";
        Phone = "phone", "电话";
        Interview = "interview", "当面访谈";
    }
}

impl Party {
    /// Short label for narrow columns.
    pub fn short(self) -> &'static str {
        match self {
            Self::Clients => "服务对象",
            Self::Purchasers => "购买方",
            Self::Executors => "执行方",
        }
    }
}

/// The steps of a question, best first; 0 is 说不清 and does not count.
pub const STEPS: [(i16, &str); 6] =
    [(5, "很满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意"), (0, "说不清")];

/// Results from fewer answers than this stay hidden.
pub const FEWEST: i64 = 5;

/// Maximum number of slips per party of a station.
pub const MOST_SLIPS: i16 = 500;

/// The questions for each party, in order.
pub type Questions = BTreeMap<Party, Vec<String>>;

fn usual(party: Party) -> &'static [&'static str] {
    match party {
        Party::Clients => &[
            "社工对您的态度，您满意吗？",
            "找社工办事方便不方便，您满意吗？",
            "社工给您的帮助，您满意吗？",
            "社工替您保守秘密、尊重您的意愿，您满意吗？",
            "总的来说，您对社工站满意吗？",
        ],
        Party::Purchasers => &[
            "社工站完成约定的服务，您满意吗？",
            "社工站的专业水平，您满意吗？",
            "社工站和政府、村（社区）的配合，您满意吗？",
            "社工站在群众中的反映，您满意吗？",
            "总的来说，您对社工站满意吗？",
        ],
        Party::Executors => &[
            "站里的分工和管理，您满意吗？",
            "站里给您的培训和督导，您满意吗？",
            "场地、设备和经费，您满意吗？",
            "您的工资、保险和休假，您满意吗？",
            "总的来说，您对在这里工作满意吗？",
        ],
    }
}

/// The survey of a round.
#[derive(Clone, Debug)]
pub struct Survey {
    pub opens_on: Day,
    pub closes_on: Day,
    pub questions: Questions,
    pub closed_at: Option<DateTime<Utc>>,
    pub version: i32,
}

impl Survey {
    pub fn of(&self, party: &Party) -> &[String] {
        self.questions.get(party).map_or(&[], Vec::as_slice)
    }

    /// The reason why slips are not accepted on a day; `None` if they are.
    pub fn shut(&self, today: Day) -> Option<String> {
        if self.closed_at.is_some() || today > self.closes_on {
            return Some("这次调查已经结束，不再收问卷。谢谢您。".to_owned());
        }
        (today < self.opens_on).then(|| format!("这次调查从 {} 开始，到时候请再扫一次码。", self.opens_on))
    }
}

/// The validated plan of a survey.
#[derive(Clone, Debug, Serialize)]
pub struct SurveyPlan {
    pub opens_on: Day,
    pub closes_on: Day,
    pub questions: Questions,
}

impl SurveyPlan {
    /// The default questions, on these days.
    pub fn usual(opens_on: Day, closes_on: Day) -> Self {
        let questions =
            Party::ALL.iter().map(|party| (*party, usual(*party).iter().map(ToString::to_string).collect()));
        Self { opens_on, closes_on, questions: questions.collect() }
    }
}

/// The raw form of a survey, with one question per line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SurveyForm {
    pub version: i32,
    pub opens_on: String,
    pub closes_on: String,
    pub clients: String,
    pub purchasers: String,
    pub executors: String,
}

impl SurveyForm {
    pub fn of(plan: &SurveyPlan, version: i32) -> Self {
        let text = |party: Party| plan.questions.get(&party).map(|lines| lines.join("\n")).unwrap_or_default();
        Self {
            version,
            opens_on: plan.opens_on.to_string(),
            closes_on: plan.closes_on.to_string(),
            clients: text(Party::Clients),
            purchasers: text(Party::Purchasers),
            executors: text(Party::Executors),
        }
    }

    pub fn read(&self) -> Result<SurveyPlan, Problems> {
        let mut problems = Problems::default();
        let opens_on = problems.check("opens_on", self.opens_on.parse::<Day>());
        let closes_on = problems.check("closes_on", self.closes_on.parse::<Day>());
        if let (Some(opens_on), Some(closes_on)) = (opens_on, closes_on)
            && closes_on < opens_on
        {
            problems.note("closes_on", "结束日期不能早于开始日期。");
        }
        let mut questions = Questions::new();
        for (party, typed) in [
            (Party::Clients, &self.clients),
            (Party::Purchasers, &self.purchasers),
            (Party::Executors, &self.executors),
        ] {
            let lines = typed.lines().map(str::trim).filter(|text| !text.is_empty());
            match lines.map(|text| line(text, 2, 80)).collect::<Result<Vec<_>, _>>() {
                Ok(lines) if (1..=20).contains(&lines.len()) => {
                    questions.insert(party, lines);
                }
                Ok(lines) => {
                    problems.note(party.as_str(), format!("请写 1 到 20 题，一行一题，现在是 {} 题。", lines.len()));
                }
                Err(why) => problems.note(party.as_str(), why),
            }
        }
        match (opens_on, closes_on, problems.is_empty()) {
            (Some(opens_on), Some(closes_on), true) => Ok(SurveyPlan { opens_on, closes_on, questions }),
            _ => Err(problems),
        }
    }
}

/// An answer: a rating for each question, `None` for 说不清.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ratings(pub Vec<Option<i16>>);

impl Ratings {
    /// Parses one step per question, 5 to 1, or 0 for 说不清. The error names the first
    /// question without an answer.
    pub fn read<'a>(typed: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut ratings = vec![];
        for (at, typed) in (1..).zip(typed) {
            let step = plain_digits(typed.trim());
            match step.parse::<i16>() {
                Ok(0) => ratings.push(None),
                Ok(rating @ 1..=5) => ratings.push(Some(rating)),
                _ if step.is_empty() => return Err(format!("第 {at} 题还没有选。")),
                _ => return Err(format!("第 {at} 题填的「{typed}」不对，请填 5 到 1，说不清填 0。")),
            }
        }
        if ratings.iter().all(Option::is_none) {
            return Err("每一题都是「说不清」，这份问卷没有内容，不用录入。".to_owned());
        }
        Ok(Self(ratings))
    }
}

/// The result of a party's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Tally {
    pub party: Party,
    pub answers: i64,
    /// The sum of all ratings and their number; hidden if there are too few answers.
    pub sum: Option<i64>,
    pub ratings: Option<i64>,
}

impl Tally {
    fn whole(&self) -> Option<(i64, i64)> {
        self.sum.zip(self.ratings).map(|(sum, ratings)| (sum, ratings * 5))
    }

    /// The satisfaction in percent, two decimals, rounded half up.
    pub fn percent(&self) -> Option<String> {
        self.whole().map(|(sum, of)| hundredths(i128::from(sum), i128::from(of)))
    }
}

fn hundredths(part: i128, whole: i128) -> String {
    exact_percent(i32::try_from(half_up(part * 10_000, whole)).unwrap_or(0))
}

/// The overall satisfaction as part over whole, exact: the parties that have a result,
/// weighted by the round's weights.
pub fn weighed(tallies: &[Tally], weights: [i16; 3]) -> Option<(i128, i128)> {
    let with_weight = Party::ALL.iter().zip(weights).filter_map(|(party, weight)| {
        let tally = tallies.iter().find(|tally| tally.party == *party)?;
        tally.whole().filter(|_| weight > 0).map(|(sum, of)| (i128::from(weight), i128::from(sum), i128::from(of)))
    });
    let (part, whole, weight) = with_weight.fold((0, 1, 0), |(part, whole, all), (weight, sum, of)| {
        (part * of + weight * sum * whole, whole * of, all + weight)
    });
    (weight > 0).then_some((part, whole * weight))
}

/// The overall satisfaction as a percentage.
pub fn weighed_text(tallies: &[Tally], weights: [i16; 3]) -> Option<String> {
    weighed(tallies, weights).map(|(part, whole)| hundredths(part, whole))
}

/// The survey's answer for a line with this source, with an explanation; `None` if too few
/// people answered or the source is no survey.
pub fn answer(source: Source, tallies: &[Tally], round: &Round) -> Option<(Answer, String)> {
    let of_party = |party: Party| {
        let tally = tallies.iter().find(|tally| tally.party == party)?;
        let (sum, of) = tally.whole()?;
        let words = format!("{}问卷 {} 份，满意度 {}", party.label(), tally.answers, hundredths(sum.into(), of.into()));
        Some((Answer { amount: Some(sum * 1000), of: Some(of * 1000), ..Answer::default() }, words))
    };
    match source {
        Source::ClientSatisfaction => of_party(Party::Clients),
        Source::PurchaserSatisfaction => of_party(Party::Purchasers),
        Source::ExecutorSatisfaction => of_party(Party::Executors),
        Source::Satisfaction => {
            let (part, whole) = weighed(tallies, round.weights)?;
            // A percentage in thousandths.
            let amount = half_up(part * 100_000, whole);
            let counted = tallies.iter().filter(|tally| tally.whole().is_some()).count();
            let words = format!("{counted} 类人员按权重，综合满意度 {}", hundredths(part, whole));
            Some((Answer { amount: Some(amount), ..Answer::default() }, words))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(party: Party, answers: i64, sum: i64, ratings: i64) -> Tally {
        let shown = answers >= FEWEST;
        Tally { party, answers, sum: shown.then_some(sum), ratings: shown.then_some(ratings) }
    }

    #[test]
    fn a_party_that_says_so_so_throughout_has_sixty_percent() {
        assert_eq!(tally(Party::Clients, 6, 90, 30).percent().unwrap(), "60%");
        assert_eq!(tally(Party::Clients, 5, 100, 21).percent().unwrap(), "95.24%");
        assert_eq!(tally(Party::Clients, 4, 90, 30).percent(), None, "too few");
    }

    #[test]
    fn who_is_hidden_does_not_count_in_the_whole() {
        let all =
            [tally(Party::Clients, 10, 45, 10), tally(Party::Purchasers, 5, 20, 5), tally(Party::Executors, 3, 3, 3)];
        // (60 × 90 % + 25 × 80 %) ÷ 85
        assert_eq!(weighed_text(&all, [60, 25, 15]).unwrap(), "87.06%");
        assert_eq!(weighed_text(&all[2..], [60, 25, 15]), None);
        assert_eq!(weighed_text(&all[..1], [0, 50, 50]), None, "no weight, no say");
    }

    #[test]
    fn typed_steps_are_read_or_named() {
        let read = |typed: &'static [&str]| Ratings::read(typed.iter().copied());
        assert_eq!(read(&["5", "０", " 1 "]).unwrap(), Ratings(vec![Some(5), None, Some(1)]));
        assert!(read(&["5", ""]).unwrap_err().contains("第 2 题"));
        assert!(read(&["6"]).is_err());
        assert!(read(&["0", "0"]).is_err());
    }

    proptest! {
        #[test]
        fn the_whole_lies_between_its_parts(
            parts in prop::collection::vec((5_i64..50, 1_i64..500), 3), weights in (0_i16..=100, 0_i16..=100)
        ) {
            let tallies: Vec<_> = Party::ALL.iter().zip(&parts)
                .map(|(party, (answers, ratings))| tally(*party, *answers, ratings + (answers * 7) % (4 * ratings + 1), *ratings))
                .collect();
            let first = weights.0.min(100);
            let second = weights.1.min(100 - first);
            if let Some((part, whole)) = weighed(&tallies, [first, second, 100 - first - second]) {
                let share = |tally: &Tally| i128::from(tally.sum.unwrap()) * whole * 1000 / i128::from(tally.ratings.unwrap() * 5);
                let least = tallies.iter().map(share).min().unwrap();
                let most = tallies.iter().map(share).max().unwrap();
                prop_assert!(least <= part * 1000 && part * 1000 <= most + 1);
            }
        }
    }
}
