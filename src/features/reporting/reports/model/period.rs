//! The time in which a report may be submitted, and its deadline. Pure.

use chrono::{DateTime, Utc};

use crate::kernel::{Day, Month};

/// Day of its month from which a report may be submitted; any earlier, the month has hardly
/// happened.
pub const OPENS: i64 = 25;

/// The deadline of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    pub month: Month,
    /// The regular deadline.
    pub due_on: Day,
    /// The station's own deadline, if it got an extension.
    pub extended_to: Option<Day>,
}

impl Timing {
    /// The last day on which the report is on time.
    pub fn last_day(&self) -> Day {
        self.extended_to.map_or(self.due_on, |day| day.max(self.due_on))
    }

    /// True until midnight, Beijing time, at the end of the last day.
    pub fn is_in_time(&self, at: DateTime<Utc>) -> bool {
        Day::of(at) <= self.last_day()
    }

    /// Days left, 0 on the last day; negative once overdue.
    pub fn left(&self, today: Day) -> i64 {
        today.days_to(self.last_day())
    }

    /// The first day on which the report may be submitted.
    pub fn opens_on(&self) -> Day {
        self.month.first().plus_days(OPENS - 1)
    }

    /// `还剩 2 天`, `今天截止`, `已逾期 3 天`.
    pub fn words(&self, today: &Day) -> String {
        match self.left(*today) {
            0 => "今天截止".to_owned(),
            left @ 1.. => format!("还剩 {left} 天"),
            over => format!("已逾期 {} 天", -over),
        }
    }
}

/// Days by which a submission was late; `None` if on time.
pub fn late_by(timing: &Timing, at: DateTime<Utc>) -> Option<i64> {
    let late = timing.last_day().days_to(Day::of(at));
    (late > 0).then_some(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(extended_to: Option<&str>) -> Timing {
        Timing {
            month: "2026-02".parse().unwrap(),
            due_on: "2026-03-06".parse().unwrap(),
            extended_to: extended_to.map(|day| day.parse().unwrap()),
        }
    }

    #[test]
    fn the_last_day_ends_at_midnight_in_beijing() {
        let last: DateTime<Utc> = "2026-03-06T15:59:59Z".parse().unwrap();
        let first: DateTime<Utc> = "2026-03-06T16:00:00Z".parse().unwrap();
        assert!(timing(None).is_in_time(last) && !timing(None).is_in_time(first));
        assert_eq!((late_by(&timing(None), last), late_by(&timing(None), first)), (None, Some(1)));
        assert!(timing(Some("2026-03-09")).is_in_time(first));
        assert_eq!(timing(Some("2026-03-01")).last_day(), timing(None).due_on, "never shorter");
    }

    #[test]
    fn time_left_is_said_plainly() {
        for (today, words) in [("2026-03-04", "还剩 2 天"), ("2026-03-06", "今天截止"), ("2026-03-09", "已逾期 3 天")]
        {
            assert_eq!(timing(None).words(&today.parse().unwrap()), words);
        }
        assert_eq!(timing(None).opens_on(), "2026-02-25".parse().unwrap());
    }
}
