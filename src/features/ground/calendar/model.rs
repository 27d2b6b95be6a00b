//! Published holidays, moved working days and the N-th working day of a month. Pure.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};

use crate::kernel::{Day, Month};

/// An exception: a day that differs from what its weekday implies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub works: bool,
    pub name: String,
    /// Follows from the regulation alone: that year's notice was not out yet.
    pub is_provisional: bool,
    /// Set by this network.
    pub is_own: bool,
}

/// A holiday of a year: name, first and last day as (month, day), and the days that are worked in
/// exchange.
type Holiday = (&'static str, (u32, u32), (u32, u32), &'static [(u32, u32)]);

/// The State Council's notices: 国办发明电〔2023〕7 号, 〔2024〕12 号, 〔2025〕7 号.
const PUBLISHED: [(i32, &[Holiday]); 3] = [
    (
        2024,
        &[
            ("元旦", (1, 1), (1, 1), &[]),
            ("春节", (2, 10), (2, 17), &[(2, 4), (2, 18)]),
            ("清明节", (4, 4), (4, 6), &[(4, 7)]),
            ("劳动节", (5, 1), (5, 5), &[(4, 28), (5, 11)]),
            ("端午节", (6, 10), (6, 10), &[]),
            ("中秋节", (9, 15), (9, 17), &[(9, 14)]),
            ("国庆节", (10, 1), (10, 7), &[(9, 29), (10, 12)]),
        ],
    ),
    (
        2025,
        &[
            ("元旦", (1, 1), (1, 1), &[]),
            ("春节", (1, 28), (2, 4), &[(1, 26), (2, 8)]),
            ("清明节", (4, 4), (4, 6), &[]),
            ("劳动节", (5, 1), (5, 5), &[(4, 27)]),
            ("端午节", (5, 31), (6, 2), &[]),
            ("国庆节、中秋节", (10, 1), (10, 8), &[(9, 28), (10, 11)]),
        ],
    ),
    (
        2026,
        &[
            ("元旦", (1, 1), (1, 3), &[(1, 4)]),
            ("春节", (2, 15), (2, 23), &[(2, 14), (2, 28)]),
            ("清明节", (4, 4), (4, 6), &[]),
            ("劳动节", (5, 1), (5, 5), &[(5, 9)]),
            ("端午节", (6, 19), (6, 21), &[]),
            ("中秋节", (9, 25), (9, 27), &[]),
            ("国庆节", (10, 1), (10, 7), &[(9, 20), (10, 10)]),
        ],
    ),
];

/// 2027 by the regulation on public holidays alone (全国年节及纪念日放假办法, 2024): no days are moved until
/// the notice names them.
const PROVISIONAL: (i32, &[Holiday]) = (
    2027,
    &[
        ("元旦", (1, 1), (1, 1), &[]),
        ("春节", (2, 5), (2, 8), &[]),
        ("清明节", (4, 5), (4, 5), &[]),
        ("劳动节", (5, 1), (5, 2), &[]),
        ("端午节", (6, 9), (6, 9), &[]),
        ("中秋节", (9, 15), (9, 15), &[]),
        ("国庆节", (10, 1), (10, 3), &[]),
    ],
);

/// All exceptions, by day.
#[derive(Clone, Debug)]
pub struct Calendar(BTreeMap<Day, Mark>);

impl Calendar {
    /// The published calendar, without a network's overrides.
    pub fn published() -> Self {
        let mut days = BTreeMap::new();
        for (year, holidays, is_provisional) in PUBLISHED
            .iter()
            .map(|(year, holidays)| (*year, *holidays, false))
            .chain([(PROVISIONAL.0, PROVISIONAL.1, true)])
        {
            let day = |(month, day): (u32, u32)| NaiveDate::from_ymd_opt(year, month, day).map(Day);
            for (name, first, last, moved) in holidays {
                let (Some(mut at), Some(last)) = (day(*first), day(*last)) else { continue };
                while at <= last {
                    let mark = Mark { works: false, name: (*name).to_owned(), is_provisional, is_own: false };
                    days.insert(at, mark);
                    at = at.after();
                }
                for worked in moved.iter().filter_map(|on| day(*on)) {
                    let mark = Mark { works: true, name: format!("{name}调休"), is_provisional, is_own: false };
                    days.insert(worked, mark);
                }
            }
        }
        Self(days)
    }

    /// Overrides a day for this network; takes precedence over the published calendar.
    pub fn set(&mut self, day: Day, works: bool, name: String) {
        self.0.insert(day, Mark { works, name, is_provisional: false, is_own: true });
    }

    pub fn works(&self, day: Day) -> bool {
        let free = matches!(day.0.weekday(), Weekday::Sat | Weekday::Sun);
        self.0.get(&day).map_or(!free, |mark| mark.works)
    }

    pub fn mark(&self, day: Day) -> Option<&Mark> {
        self.0.get(&day)
    }

    /// The exceptions of a year, in order.
    pub fn of_year(&self, year: i32) -> Vec<(Day, &Mark)> {
        self.0.iter().filter(|(day, _)| day.year() == year).map(|(day, mark)| (*day, mark)).collect()
    }
}

/// The n-th working day of a month, or its last day if it has fewer.
pub fn nth_working_day(calendar: &Calendar, month: Month, n: u32) -> Day {
    let mut day = month.first();
    let mut worked = 0;
    while day < month.last() {
        worked += u32::from(calendar.works(day));
        if worked >= n.max(1) {
            break;
        }
        day = day.after();
    }
    day
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// Written out by hand from the notices, month by month: free days from Monday to Friday, and
    /// weekend days that are worked.
    const FREE: &str = "2024-01-01 2024-02-12 2024-02-13 2024-02-14 2024-02-15 2024-02-16 2024-04-04 2024-04-05 \
        2024-05-01 2024-05-02 2024-05-03 2024-06-10 2024-09-16 2024-09-17 2024-10-01 2024-10-02 2024-10-03 2024-10-04 \
        2024-10-07 2025-01-01 2025-01-28 2025-01-29 2025-01-30 2025-01-31 2025-02-03 2025-02-04 2025-04-04 2025-05-01 \
        2025-05-02 2025-05-05 2025-06-02 2025-10-01 2025-10-02 2025-10-03 2025-10-06 2025-10-07 2025-10-08 2026-01-01 \
        2026-01-02 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-23 2026-04-06 2026-05-01 2026-05-04 \
        2026-05-05 2026-06-19 2026-09-25 2026-10-01 2026-10-02 2026-10-05 2026-10-06 2026-10-07";
    const WORKED: &str = "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12 \
        2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11 2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 \
        2026-10-10";

    #[test]
    fn every_day_of_three_years_is_as_the_notices_say() {
        let list = |text: &str| text.split_whitespace().map(day).collect::<BTreeSet<_>>();
        let (free, worked) = (list(FREE), list(WORKED));
        let calendar = Calendar::published();
        let mut at = day("2024-01-01");
        let mut days = 0;
        while at <= day("2026-12-31") {
            // Counts from a known Monday instead of trusting the library's weekdays.
            let weekend = day("2024-01-01").days_to(at) % 7 >= 5;
            assert_eq!(calendar.works(at), worked.contains(&at) || !weekend && !free.contains(&at), "{at}");
            at = at.after();
            days += 1;
        }
        assert_eq!(days, 366 + 365 + 365);
    }

    #[test]
    fn the_fifth_working_day_steps_over_holidays() {
        let calendar = Calendar::published();
        for (month, due) in [
            ("2024-02", "2024-02-06"),
            ("2024-10", "2024-10-12"),
            ("2025-02", "2025-02-10"),
            ("2025-10", "2025-10-14"),
            ("2026-01", "2026-01-08"),
            ("2026-02", "2026-02-06"),
            ("2026-05", "2026-05-11"),
            ("2026-10", "2026-10-13"),
            ("2026-11", "2026-11-06"),
        ] {
            assert_eq!(nth_working_day(&calendar, month.parse().unwrap(), 5), day(due), "{month}");
        }
    }

    #[test]
    fn a_networks_word_goes_first() {
        let mut calendar = Calendar::published();
        calendar.set(day("2026-11-02"), false, "停电".to_owned());
        calendar.set(day("2026-11-07"), true, String::new());
        assert_eq!(nth_working_day(&calendar, "2026-11".parse().unwrap(), 5), day("2026-11-07"));
        assert!(calendar.mark(day("2026-11-02")).unwrap().is_own);
    }

    #[test]
    fn what_the_law_alone_says_is_marked_so() {
        let calendar = Calendar::published();
        assert!(calendar.of_year(2027).iter().all(|(_, mark)| mark.is_provisional));
        assert!(calendar.of_year(2026).iter().all(|(_, mark)| !mark.is_provisional));
    }

    #[test]
    fn a_month_without_enough_working_days_ends_with_its_last() {
        let calendar = Calendar::published();
        assert_eq!(nth_working_day(&calendar, "2026-11".parse().unwrap(), 99), day("2026-11-30"));
    }
}
