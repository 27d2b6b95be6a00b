//! Entries of continuing education, the hours required, and progress. Pure. All hours are in
//! tenths.

use serde::{Deserialize, Serialize};

use crate::{
    features::people::certificates::Level,
    kernel::{Day, EducationId, FileId, Problems, line, ratio_bp, tenths, tenths_text},
    words,
};

words! {
    Category {
        Training = "training", "培训";
        Course = "course", "在读课程";
        Degree = "degree", "社会工作学历（学位）";
        Points = "points", "积分兑换";
    }
}

words! {
    Standing {
        Waiting = "waiting", "待确认";
        Confirmed = "confirmed", "已确认";
        Refused = "refused", "未通过";
    }
}

impl Standing {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Waiting => "warn",
            Self::Confirmed => "ok",
            Self::Refused => "bad",
        }
    }
}

/// Tenths of hours that a degree in social work counts, once (rule of continuing education).
const DEGREE: i32 = 900;

/// An entry of education.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: EducationId,
    pub held_on: Day,
    pub tenths: i32,
    pub title: String,
    pub provider: String,
    pub category: Category,
    pub file: Option<FileId>,
    pub standing: Standing,
    pub refused_why: String,
    pub entered_by: String,
}

impl Entry {
    pub fn hours(&self) -> String {
        tenths_text(self.tenths)
    }
}

/// Validated entry, ready to be saved.
#[derive(Clone, Debug, Serialize)]
pub struct NewEntry {
    pub held_on: Day,
    pub tenths: i32,
    pub title: String,
    pub provider: String,
    pub category: Category,
}

/// Submitted fields of an entry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EntryForm {
    pub key: String,
    pub held_on: String,
    pub hours: String,
    pub title: String,
    pub provider: String,
    pub category: String,
}

impl EntryForm {
    pub fn read(&self, today: Day) -> Result<NewEntry, Problems> {
        let mut problems = Problems::default();
        let category = problems.check("category", Category::parse(self.category.trim()).ok_or("请选择类别。"));
        let held_on = problems.check("held_on", self.held_on.parse::<Day>());
        if held_on.is_some_and(|day| day > today) {
            problems.note("held_on", "日期不能晚于今天，结束以后再登记。");
        }
        let title = problems.check("title", line(&self.title, 2, 80)).unwrap_or_default();
        let provider = problems.check("provider", line(&self.provider, 2, 60)).unwrap_or_default();
        let hours = match category {
            Some(Category::Degree) => Some(DEGREE),
            _ => problems.check("hours", tenths(&self.hours)),
        };
        if hours.is_some_and(|hours| hours == 0 || hours > 9999) {
            problems.note("hours", "学时请填 0.1 到 999.9 之间的数。");
        }
        match (category, held_on, hours, problems.is_empty()) {
            (Some(category), Some(held_on), Some(tenths), true) => {
                Ok(NewEntry { held_on, tenths, title, provider, category })
            }
            _ => Err(problems),
        }
    }
}

/// Hours the network requires of a level for validity periods that begin on or after a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub level: Level,
    pub since: Day,
    pub tenths: i32,
}

/// Hours a level requires in a period beginning on a day: the network's latest rule by then, else
/// 72 for assistants and associates and 90 above (as published at wangxiao.cn/news/3050575.html).
pub fn required(level: Level, from: Day, set: &[Requirement]) -> i32 {
    let usual = if level <= Level::Assistant { 720 } else { 900 };
    set.iter()
        .filter(|rule| rule.level == level && rule.since <= from)
        .max_by_key(|rule| rule.since)
        .map_or(usual, |rule| rule.tenths)
}

/// The pace is judged once one part in this many of the period is over.
const QUARTER: i64 = 4;

/// A person's progress in a validity period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub from: Day,
    pub to: Day,
    pub done: i32,
    pub waiting: i32,
    pub required: i32,
    /// At the present pace the hours won't suffice by the end of the period; judged after its first
    /// quarter.
    pub behind: bool,
}

impl Progress {
    pub fn percent(&self) -> i64 {
        (ratio_bp(i64::from(self.done.min(self.required)), i64::from(self.required)).unwrap_or(10_000)) / 100
    }

    pub fn left(&self) -> i32 {
        (self.required - self.done).max(0)
    }

    pub fn words(&self) -> String {
        let (done, required) = (tenths_text(self.done), tenths_text(self.required));
        match self.left() {
            0 => format!("已满 {required} 学时（{done}）"),
            left => format!("{done} / {required} 学时，还差 {}", tenths_text(left)),
        }
    }
}

/// Progress in a validity period on a day within it.
pub fn progress(period: (Day, Day), required: i32, entries: &[Entry], today: Day) -> Progress {
    let (from, to) = period;
    let of = |standing| {
        entries
            .iter()
            .filter(|entry| entry.standing == standing && from <= entry.held_on && entry.held_on <= to)
            .map(|entry| entry.tenths)
            .sum::<i32>()
    };
    let done = of(Standing::Confirmed);
    let behind = behind(period, required, done, today);
    Progress { from, to, done, waiting: of(Standing::Waiting), required, behind }
}

/// True if, at the present pace, the hours will fall short at the end of the period.
pub fn behind((from, to): (Day, Day), required: i32, done: i32, today: Day) -> bool {
    let (whole, gone) = (from.days_to(to) + 1, from.days_to(today.min(to)) + 1);
    done < required && gone * QUARTER >= whole && i64::from(done) * whole < i64::from(required) * gone
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn entry(held_on: &str, tenths: i32, standing: Standing) -> Entry {
        Entry {
            id: EducationId::new(),
            held_on: day(held_on),
            tenths,
            title: String::new(),
            provider: String::new(),
            category: Category::Training,
            file: None,
            standing,
            refused_why: String::new(),
            entered_by: String::new(),
        }
    }

    #[test]
    fn only_confirmed_hours_within_the_period_count() {
        let period = (day("2024-01-01"), day("2026-12-31"));
        let entries = [
            entry("2024-01-01", 125, Standing::Confirmed),
            entry("2026-12-31", 5, Standing::Confirmed),
            entry("2023-12-31", 500, Standing::Confirmed),
            entry("2025-05-05", 80, Standing::Waiting),
            entry("2025-05-06", 80, Standing::Refused),
        ];
        let progress = progress(period, 720, &entries, day("2024-02-01"));
        assert_eq!((progress.done, progress.waiting, progress.left()), (130, 80, 590));
        assert_eq!(progress.words(), "13 / 72 学时，还差 59");
        assert!(!progress.behind, "too early to tell");
    }

    #[test]
    fn who_falls_short_at_the_present_pace_is_behind() {
        let period = (day("2024-01-01"), day("2026-12-31"));
        let at = |done, today| behind(period, 720, done, day(today));
        assert!(at(300, "2025-07-02"), "less than half at half time");
        assert!(!at(361, "2025-07-02"));
        assert!(!at(720, "2026-12-31"), "done is done");
        assert!(at(719, "2027-06-01"), "the end has come");
    }

    #[test]
    fn the_networks_rule_goes_before_the_usual_one() {
        let set = [
            Requirement { level: Level::Assistant, since: day("2025-01-01"), tenths: 600 },
            Requirement { level: Level::Assistant, since: day("2026-01-01"), tenths: 800 },
        ];
        assert_eq!(required(Level::Assistant, day("2024-06-01"), &set), 720);
        assert_eq!(required(Level::Assistant, day("2025-06-01"), &set), 600);
        assert_eq!(required(Level::Assistant, day("2026-01-01"), &set), 800);
        assert_eq!(required(Level::Senior, day("2026-01-01"), &set), 900);
    }

    #[test]
    fn a_degree_counts_ninety_hours_whatever_was_typed() {
        let form = EntryForm {
            held_on: "2025-07-01".into(),
            hours: "3000".into(),
            title: "社会工作硕士".into(),
            provider: "某大学".into(),
            category: "degree".into(),
            ..EntryForm::default()
        };
        assert_eq!(form.read(day("2026-01-01")).unwrap().tenths, DEGREE);
        let training = EntryForm { category: "training".into(), ..form };
        assert!(training.read(day("2026-01-01")).unwrap_err().on("hours").is_some());
    }

    proptest! {
        #[test]
        fn more_hours_never_put_anybody_behind(done in 0i32..1000, more in 0i32..500, off in 0i64..1100) {
            let period = (day("2024-01-01"), day("2026-12-31"));
            let today = period.0.plus_days(off);
            prop_assert!(!behind(period, 720, done + more, today) || behind(period, 720, done, today));
        }
    }
}
