//! How far a deliverable has got, compared with the time elapsed. Pure.

use crate::{
    features::purchasing::projects::{Deliverable, Stage, State},
    kernel::{Day, percent, ratio_bp},
};

/// The progress of a deliverable on a given day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub planned: i64,
    pub done: i64,
    pub counted: i64,
    /// Days elapsed of the time allowed.
    pub passed_days: i64,
    pub all_days: i64,
    /// The expected total on the last day at the pace so far; `None` in the first month.
    pub forecast: Option<i64>,
    /// The deadline, once it has passed and the plan is not met.
    pub overdue_since: Option<Day>,
}

impl Progress {
    /// The counted share of the plan, as `83.3%`.
    pub fn share(&self) -> String {
        percent(self.counted, self.planned)
    }

    /// The elapsed share of the term, as `75%`.
    pub fn time(&self) -> String {
        percent(self.passed_days, self.all_days)
    }

    /// The value for a meter, 0 to 100.
    pub fn meter(&self) -> i64 {
        ratio_bp(self.counted.min(self.planned), self.planned).unwrap_or(0) / 100
    }

    /// Done but not counted.
    pub fn short(&self) -> i64 {
        self.done - self.counted
    }

    /// True when the count lags the elapsed time by more than a tenth of the plan.
    pub fn is_behind(&self) -> bool {
        let (part, time) = (ratio_bp(self.counted, self.planned), ratio_bp(self.passed_days, self.all_days));
        matches!((part, time), (Some(part), Some(time)) if part + 1000 < time)
    }

    /// The tag: colour and label.
    pub fn tag(&self) -> (&'static str, &'static str) {
        if self.counted >= self.planned {
            ("ok", "已完成")
        } else if self.overdue_since.is_some() {
            ("bad", "逾期")
        } else if self.is_behind() {
            ("warn", "落后于时间")
        } else {
            ("info", "进行中")
        }
    }
}

/// The progress of a deliverable on a day. A mid-term deliverable is due at half of the term, or
/// when the mid-term evaluation begins.
pub fn progress(
    deliverable: &Deliverable,
    (done, counted): (i64, i64),
    (starts_on, ends_on): (Option<Day>, Option<Day>),
    state: State,
    today: Day,
) -> Progress {
    let planned = deliverable.planned;
    let (Some(starts_on), Some(ends_on)) = (starts_on, ends_on) else {
        return Progress { planned, done, counted, passed_days: 0, all_days: 0, forecast: None, overdue_since: None };
    };
    let due_on = match deliverable.stage {
        Stage::Midterm => starts_on.plus_days((starts_on.days_to(ends_on) + 1) / 2),
        Stage::Final => ends_on,
    };
    let all_days = starts_on.days_to(due_on) + 1;
    let passed_days = (starts_on.days_to(today) + 1).clamp(0, all_days);
    let forecast = (passed_days >= 30).then(|| (counted * all_days * 2 + passed_days) / (passed_days * 2));
    let at_midterm = deliverable.stage == Stage::Midterm && matches!(state, State::Midterm | State::Final);
    let is_over = due_on < today || at_midterm;
    let overdue_since = (is_over && counted < planned).then_some(if due_on < today { due_on } else { today });
    Progress { planned, done, counted, passed_days, all_days, forecast, overdue_since }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deliverable(planned: i64, stage: Stage) -> Deliverable {
        Deliverable {
            seq: 1,
            name: "小组".into(),
            unit: "个".into(),
            planned,
            slot: None,
            rule: String::new(),
            least_sessions: Some(4),
            least_people: None,
            stage,
        }
    }

    #[test]
    fn progress_is_held_against_time_and_carried_on() {
        let term = ("2021-01-01".parse().ok(), "2021-12-31".parse().ok());
        let on = |day: &str, counted, stage| {
            progress(&deliverable(12, stage), (counted + 1, counted), term, State::Active, day.parse().unwrap())
        };
        let half = on("2021-07-01", 6, Stage::Final);
        assert_eq!((half.passed_days, half.all_days, half.forecast), (182, 365, Some(12)));
        assert_eq!((half.share().as_str(), half.short()), ("50%", 1));
        assert_eq!(half.tag().1, "进行中");
        assert_eq!(on("2021-07-01", 4, Stage::Final).tag().1, "落后于时间");
        assert_eq!(on("2021-01-15", 0, Stage::Final).forecast, None, "half a month foretells nothing");
        assert_eq!(on("2021-07-05", 11, Stage::Midterm).tag().1, "逾期");
        assert_eq!(on("2021-07-05", 12, Stage::Midterm).tag().1, "已完成");
        assert_eq!(on("2022-01-01", 11, Stage::Final).overdue_since, "2021-12-31".parse().ok());
        assert_eq!(on("2022-03-01", 9, Stage::Final).forecast, Some(9), "a term that is over is not carried on");
    }
}
