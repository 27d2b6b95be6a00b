//! The rule of two certified workers per station, and its forecast. Pure.

use std::collections::BTreeSet;

use crate::{
    features::people::certificates::Registration,
    kernel::{Day, PersonId, masked_name},
};

/// Certified workers with a valid registration that a station must have (station guide in the
/// Panzhihua plan of 10 May 2021, annex 2, 2.1).
pub const LEAST: usize = 2;

/// Why a person will stop counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The registration ends.
    Lapse,
    /// The contract ends.
    Contract,
    /// The post ends: a planned leave.
    Leave,
}

impl Reason {
    pub fn label(self) -> &'static str {
        match self {
            Self::Lapse => "登记到期",
            Self::Contract => "合同到期",
            Self::Leave => "计划离岗",
        }
    }
}

/// Days on which a person counts for a station; the last day, if any, comes with what ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    pub person: PersonId,
    pub name: String,
    pub from: Day,
    pub to: Option<(Day, Reason)>,
}

/// Intersects a post with periods of validity: the days on which both hold.
pub fn intervals(
    person: PersonId,
    name: &str,
    post: (Day, Option<Day>, Option<Day>),
    validity: &[(Day, Day)],
) -> Vec<Interval> {
    let (since, until, contract) = post;
    merged(validity)
        .into_iter()
        .filter_map(|(valid_from, valid_to)| {
            let from = since.max(valid_from);
            let ends = [until.map(|day| (day, Reason::Leave)), contract.map(|day| (day, Reason::Contract))];
            let end = ends.into_iter().flatten().chain([(valid_to, Reason::Lapse)]).min()?;
            (from <= end.0).then(|| Interval { person, name: name.to_owned(), from, to: Some(end) })
        })
        .collect()
}

/// Merges periods of validity that overlap or touch.
fn merged(validity: &[(Day, Day)]) -> Vec<(Day, Day)> {
    let mut sorted = validity.to_vec();
    sorted.sort();
    let mut out: Vec<(Day, Day)> = vec![];
    for (from, to) in sorted {
        match out.last_mut() {
            Some((_, end)) if from <= end.after() => *end = to.max(*end),
            _ => out.push((from, to)),
        }
    }
    out
}

/// Periods of validity of these registrations.
pub fn validity(registrations: &[Registration]) -> Vec<(Day, Day)> {
    registrations.iter().filter_map(|registration| registration.valid).collect()
}

/// Forecast for a station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forecast {
    /// Fewer than two today.
    Short,
    /// Fewer than two from a day on, because of these persons.
    Falls { on: Day, because: Vec<(String, Reason)> },
    /// Two or more, with no known end.
    Holds,
}

/// Number of persons that count on a day.
pub fn count_on(intervals: &[Interval], day: Day) -> usize {
    let counting = |interval: &&Interval| interval.from <= day && interval.to.is_none_or(|(to, _)| day <= to);
    intervals.iter().filter(counting).map(|interval| interval.person).collect::<BTreeSet<_>>().len()
}

/// The first day from `today` on which fewer than [`LEAST`] count.
pub fn forecast(intervals: &[Interval], today: Day) -> Forecast {
    if count_on(intervals, today) < LEAST {
        return Forecast::Short;
    }
    let ends: BTreeSet<Day> =
        intervals.iter().filter_map(|interval| interval.to).map(|(to, _)| to).filter(|to| *to >= today).collect();
    let falls = ends.into_iter().find(|end| count_on(intervals, end.after()) < LEAST);
    match falls {
        None => Forecast::Holds,
        Some(end) => {
            let ending = intervals.iter().filter_map(|interval| {
                let (to, reason) = interval.to?;
                (to == end).then(|| (interval.name.clone(), reason))
            });
            Forecast::Falls { on: end.after(), because: ending.collect() }
        }
    }
}

/// The name, masked unless the visitor may read it whole.
pub fn masked(name: &str, whole: bool) -> String {
    if whole { name.to_owned() } else { masked_name(name) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn counted(name: &str, from: &str, to: &str, reason: Reason) -> Interval {
        Interval { person: PersonId::new(), name: name.into(), from: day(from), to: Some((day(to), reason)) }
    }

    #[test]
    fn a_station_falls_below_two_on_the_day_after_the_second_to_last_stops_counting() {
        let team = [
            counted("甲", "2024-01-01", "2027-05-01", Reason::Lapse),
            counted("乙", "2024-01-01", "2026-04-10", Reason::Contract),
            counted("丙", "2024-01-01", "2026-03-20", Reason::Leave),
        ];
        let because = vec![("乙".to_owned(), Reason::Contract)];
        assert_eq!(forecast(&team, day("2026-03-05")), Forecast::Falls { on: day("2026-04-11"), because });
        assert_eq!(forecast(&team, day("2026-04-11")), Forecast::Short);
        assert_eq!(forecast(&team[..1], day("2026-03-05")), Forecast::Short);
    }

    #[test]
    fn a_successor_who_starts_in_time_keeps_the_station_whole() {
        let mut team = vec![
            counted("甲", "2024-01-01", "2028-05-01", Reason::Lapse),
            counted("乙", "2024-01-01", "2026-04-10", Reason::Lapse),
            counted("丁", "2026-04-11", "2028-06-01", Reason::Lapse),
        ];
        let Forecast::Falls { on, .. } = forecast(&team, day("2026-03-05")) else { panic!("it falls one day") };
        assert_eq!(on, day("2028-05-02"));
        team[2].from = day("2026-04-12");
        let Forecast::Falls { on, .. } = forecast(&team, day("2026-03-05")) else { panic!("it falls one day") };
        assert_eq!(on, day("2026-04-11"), "one day too late");
    }

    #[test]
    fn whatever_ends_first_ends_the_counting() {
        let post = (day("2025-01-01"), Some(day("2026-12-31")), Some(day("2026-06-30")));
        let valid = [(day("2024-01-01"), day("2026-12-31")), (day("2027-01-01"), day("2029-12-31"))];
        let found = intervals(PersonId::new(), "甲", post, &valid);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from, found[0].to), (day("2025-01-01"), Some((day("2026-06-30"), Reason::Contract))));
    }

    #[test]
    fn one_person_with_two_certificates_counts_once() {
        let mut team = vec![counted("甲", "2024-01-01", "2028-01-01", Reason::Lapse)];
        team.push(Interval { to: Some((day("2029-01-01"), Reason::Lapse)), ..team[0].clone() });
        assert_eq!(count_on(&team, day("2026-01-01")), 1);
    }

    proptest! {
        #[test]
        fn the_forecast_is_the_first_day_with_fewer_than_two(spans in prop::collection::vec((0i64..60, 0i64..120), 0..6)) {
            let today = day("2026-03-05");
            let team: Vec<Interval> = spans
                .iter()
                .map(|(start, length)| Interval {
                    person: PersonId::new(),
                    name: String::new(),
                    from: today.plus_days(start - 30),
                    to: Some((today.plus_days(start - 30 + length), Reason::Lapse)),
                })
                .collect();
            let first = (0..200).map(|off| today.plus_days(off)).find(|day| count_on(&team, *day) < LEAST);
            let told = match forecast(&team, today) {
                Forecast::Short => Some(today),
                Forecast::Falls { on, .. } => Some(on),
                Forecast::Holds => None,
            };
            prop_assert_eq!(told, first);
        }
    }
}
