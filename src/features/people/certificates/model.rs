//! Certificates, their registration and its validity, and the ladder of posts. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    features::people::persons::PostRank,
    kernel::{Day, Problems, RegistrationId, line, plain_digits},
    words,
};

words! {
    /// Level of a professional qualification, lowest first.
    Level {
        Associate = "associate", "社会工作员";
        Assistant = "assistant", "助理社会工作师";
        Intermediate = "intermediate", "社会工作师";
        Senior = "senior", "高级社会工作师";
    }
}

words! {
    RegistrationKind {
        First = "first", "首次登记";
        Renewal = "renewal", "继续登记";
    }
}

words! {
    /// The eight states of the national system (全国社会工作信息系统).
    RegistrationState {
        NotApplied = "not_applied", "未申请";
        Pending = "pending", "待审核";
        FirstPassed = "first_passed", "初审通过";
        FirstFailed = "first_failed", "初审不通过";
        FinalPassed = "final_passed", "终审通过";
        FinalFailed = "final_failed", "终审不通过";
        Completed = "completed", "登记完成";
        Issued = "issued", "已发登记证书";
    }
}

impl RegistrationState {
    /// States that may follow.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::NotApplied | Self::FirstFailed | Self::FinalFailed => &[Self::Pending],
            Self::Pending => &[Self::FirstPassed, Self::FirstFailed],
            Self::FirstPassed => &[Self::FinalPassed, Self::FinalFailed],
            Self::FinalPassed => &[Self::Completed],
            Self::Completed => &[Self::Issued],
            Self::Issued => &[],
        }
    }

    /// True if the registration is valid in this state.
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Completed | Self::Issued)
    }

    pub fn colour(self) -> &'static str {
        match self {
            Self::NotApplied => "plain",
            Self::FirstFailed | Self::FinalFailed => "bad",
            Self::Completed | Self::Issued => "ok",
            _ => "info",
        }
    }
}

/// Months for which a registration is valid (national system).
const VALID_MONTHS: i32 = 36;
/// Length in months of the renewal window before the end of validity.
const WINDOW_MONTHS: i32 = 3;
/// Months after issue until the first registration is due; the next constant is when we warn.
const DUE_MONTHS: i32 = 12;
const WARN_MONTHS: i32 = 9;

/// Last day of a registration valid from a day.
pub fn valid_to(from: Day) -> Day {
    from.plus_months(VALID_MONTHS).before()
}

/// First day on which a registration valid until a day may be renewed.
pub fn window_from(to: Day) -> Day {
    to.after().plus_months(-WINDOW_MONTHS)
}

/// A registration, as far as validity depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub id: RegistrationId,
    pub kind: RegistrationKind,
    pub state: RegistrationState,
    pub seq: i32,
    pub valid: Option<(Day, Day)>,
    pub version: i32,
}

/// The period of validity that covers a day.
pub fn period_on(registrations: &[Registration], day: Day) -> Option<(Day, Day)> {
    registrations.iter().filter_map(|registration| registration.valid).find(|(from, to)| *from <= day && day <= *to)
}

/// The last day of gapless validity from a covered day on.
pub fn covered_until(registrations: &[Registration], day: Day) -> Option<Day> {
    let (_, mut end) = period_on(registrations, day)?;
    while let Some((_, next)) = period_on(registrations, end.after()) {
        end = next;
    }
    Some(end)
}

/// Standing of a certificate on a day. Days are counted from that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not registered yet; `left` days remain of the year in which it is due.
    Unregistered {
        left: i64,
        soon: bool,
    },
    /// Not registered within the year.
    Overdue {
        days: i64,
    },
    /// First registration applied for, not complete.
    Underway {
        state: RegistrationState,
    },
    Valid {
        left: i64,
    },
    /// In the last three months, with no registration to follow.
    Window {
        left: i64,
    },
    Lapsed {
        days: i64,
    },
}

impl Standing {
    /// True if it counts towards the two certified workers a station needs.
    pub fn is_valid(self) -> bool {
        matches!(self, Self::Valid { .. } | Self::Window { .. })
    }

    pub fn words(self) -> String {
        match self {
            Self::Unregistered { left, .. } => format!("未登记，{left} 天内应办首次登记"),
            Self::Overdue { days } => format!("未登记，首次登记已逾期 {days} 天"),
            Self::Underway { state } => format!("登记办理中：{}", state.label()),
            Self::Valid { left } => format!("登记有效，还有 {left} 天"),
            Self::Window { left } => format!("可办继续登记，还有 {left} 天到期"),
            Self::Lapsed { days } => format!("登记失效 {days} 天"),
        }
    }

    pub fn colour(self) -> &'static str {
        match self {
            Self::Valid { .. } => "ok",
            Self::Window { .. } | Self::Unregistered { soon: true, .. } => "warn",
            Self::Overdue { .. } | Self::Lapsed { .. } => "bad",
            Self::Unregistered { .. } | Self::Underway { .. } => "info",
        }
    }
}

pub fn standing(issued_on: Day, registrations: &[Registration], today: Day) -> Standing {
    if let Some(end) = covered_until(registrations, today) {
        let left = today.days_to(end);
        return if today >= window_from(end) { Standing::Window { left } } else { Standing::Valid { left } };
    }
    let last = registrations.iter().filter_map(|registration| registration.valid).map(|(_, to)| to).max();
    if let Some(last) = last.filter(|last| *last < today) {
        return Standing::Lapsed { days: last.days_to(today) };
    }
    if let Some(open) = registrations.iter().find(|registration| registration.state != RegistrationState::NotApplied) {
        return Standing::Underway { state: open.state };
    }
    let due = issued_on.plus_months(DUE_MONTHS);
    if today > due {
        return Standing::Overdue { days: due.days_to(today) };
    }
    Standing::Unregistered { left: today.days_to(due), soon: today >= issued_on.plus_months(WARN_MONTHS) }
}

/// True if the level counts towards the two certified workers: assistant and above (station guide
/// in the Panzhihua plan of 10 May 2021, annex 2, 2.1).
pub fn counts(level: Level) -> bool {
    level >= Level::Assistant
}

/// Mismatch between a post's rank and its holder's best certificate, if any: a senior post takes a
/// senior certificate, a middle one an intermediate, a junior one an assistant's or associate's
/// (Chongqing's notice of September 2021).
pub fn ladder(rank: PostRank, best: Option<Level>) -> Option<String> {
    let needed = match rank {
        PostRank::None => return None,
        PostRank::Junior => Level::Associate,
        PostRank::Middle => Level::Intermediate,
        PostRank::Senior => Level::Senior,
    };
    if best.is_some_and(|best| best >= needed) {
        return None;
    }
    let needs = match rank {
        PostRank::Senior => "高级社会工作师",
        PostRank::Middle => "社会工作师",
        _ => "助理社会工作师或社会工作员",
    };
    let has = best.map_or("没有证书", Level::label);
    Some(format!(
        "{}要有{needs}证书，现在{}。",
        rank.label(),
        if best.is_some() { format!("是{has}") } else { has.to_owned() }
    ))
}

/// Validated certificate, ready to be saved.
#[derive(Clone, Debug, Serialize)]
pub struct NewCertificate {
    pub level: Level,
    pub number: String,
    pub issued_on: Day,
}

/// Submitted fields of a certificate.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CertificateForm {
    pub key: String,
    pub version: i32,
    pub level: String,
    pub number: String,
    pub issued_on: String,
    /// Start of the current validity, if known; entering it adds a registration at once.
    pub valid_from: String,
}

impl CertificateForm {
    /// The certificate and, if typed, the first day of its current validity.
    pub fn read(&self, today: Day) -> Result<(NewCertificate, Option<Day>), Problems> {
        let mut problems = Problems::default();
        let level = problems.check("level", Level::parse(self.level.trim()).ok_or("请选择证书级别。"));
        let number = problems.check("number", line(&plain_digits(&self.number), 4, 40)).unwrap_or_default();
        let issued_on = problems.check("issued_on", self.issued_on.parse::<Day>());
        let valid_from = match self.valid_from.trim() {
            "" => None,
            typed => problems.check("valid_from", typed.parse::<Day>()),
        };
        if issued_on.is_some_and(|day| day > today) {
            problems.note("issued_on", "发证日期不能晚于今天。");
        }
        if let (Some(issued), Some(from)) = (issued_on, valid_from) {
            check_from(&mut problems, issued, from, today);
        }
        match (level, issued_on, problems.is_empty()) {
            (Some(level), Some(issued_on), true) => Ok((NewCertificate { level, number, issued_on }, valid_from)),
            _ => Err(problems),
        }
    }
}

fn check_from(problems: &mut Problems, issued_on: Day, from: Day, today: Day) {
    if from < issued_on {
        problems.note("valid_from", "登记有效期不能早于发证日期。");
    }
    if from > today.plus_months(WINDOW_MONTHS + 1) {
        problems.note("valid_from", "登记有效期最多从三个月以后开始，请核对。");
    }
}

/// Submitted fields of a registration or of its next step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RegistrationForm {
    pub key: String,
    pub version: i32,
    pub kind: String,
    pub state: String,
    pub valid_from: String,
}

impl RegistrationForm {
    /// Validates a registration in its current state in the national system.
    pub fn read(
        &self,
        issued_on: Day,
        before: &[Registration],
        today: Day,
    ) -> Result<(RegistrationKind, RegistrationState, Option<Day>), Problems> {
        let mut problems = Problems::default();
        let kind = problems.check("kind", RegistrationKind::parse(self.kind.trim()).ok_or("请选择登记种类。"));
        let (state, from) = self.read_state(issued_on, before, today, &mut problems);
        let last = before.iter().filter_map(|registration| registration.valid).map(|(_, to)| to).max();
        match (kind, last) {
            (Some(RegistrationKind::Renewal), None) => {
                problems.note("kind", "这本证书还没有完成过登记，请选「首次登记」。");
            }
            (Some(RegistrationKind::First), Some(_)) => {
                problems.note("kind", "这本证书已经完成过登记，请选「继续登记」。");
            }
            (Some(RegistrationKind::Renewal), Some(last))
                if state.is_some_and(|state| !state.is_complete()) && today < window_from(last) =>
            {
                let why = format!("继续登记在到期前 3 个月内办理：{} 起。", window_from(last));
                problems.note("state", why);
            }
            _ => {}
        }
        if before.iter().any(|registration| !registration.state.is_complete()) {
            problems.note("kind", "已经有一次登记正在办理，请在那一次上更新状态。");
        }
        match (kind, state, problems.is_empty()) {
            (Some(kind), Some(state), true) => Ok((kind, state, from)),
            _ => Err(problems),
        }
    }

    /// Validates the new state and, where that state gives validity, its first day.
    pub fn read_state(
        &self,
        issued_on: Day,
        before: &[Registration],
        today: Day,
        problems: &mut Problems,
    ) -> (Option<RegistrationState>, Option<Day>) {
        let state = problems.check("state", RegistrationState::parse(self.state.trim()).ok_or("请选择登记状态。"));
        if !state.is_some_and(RegistrationState::is_complete) {
            return (state, None);
        }
        let from = problems.check("valid_from", self.valid_from.parse::<Day>());
        if let Some(from) = from {
            check_from(problems, issued_on, from, today);
            let to = valid_to(from);
            let over =
                before.iter().filter_map(|registration| registration.valid).find(|(a, b)| *a <= to && from <= *b);
            if let Some((_, end)) = over {
                problems.note("valid_from", format!("和已有的有效期（到 {end}）重叠，继续登记从 {} 起。", end.after()));
            }
        }
        (state, from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn held(from: Day) -> Registration {
        Registration {
            id: RegistrationId::new(),
            kind: RegistrationKind::First,
            state: RegistrationState::Completed,
            seq: 1,
            valid: Some((from, valid_to(from))),
            version: 1,
        }
    }

    #[test]
    fn a_registration_holds_three_years_and_is_renewed_in_the_last_three_months() {
        let from = day("2023-06-15");
        assert_eq!(valid_to(from), day("2026-06-14"));
        let at = |today| standing(day("2023-01-01"), &[held(from)], day(today));
        assert_eq!(at("2026-03-14"), Standing::Valid { left: 92 });
        assert_eq!(at("2026-03-15"), Standing::Window { left: 91 });
        assert_eq!(at("2026-06-14"), Standing::Window { left: 0 });
        assert_eq!(at("2026-06-15"), Standing::Lapsed { days: 1 });
    }

    #[test]
    fn a_following_registration_closes_the_window() {
        let from = day("2023-06-15");
        let both = [held(from), held(day("2026-06-15"))];
        assert_eq!(standing(day("2023-01-01"), &both, day("2026-05-01")), Standing::Valid { left: 1140 });
        assert_eq!(covered_until(&both, day("2026-05-01")), Some(day("2029-06-14")));
        let gap = [held(from), held(day("2026-06-16"))];
        assert_eq!(covered_until(&gap, day("2026-05-01")), Some(day("2026-06-14")), "a day's gap ends it");
    }

    #[test]
    fn the_first_registration_is_due_within_a_year_of_issue() {
        let at = |today| standing(day("2025-03-10"), &[], day(today));
        assert_eq!(at("2025-12-09"), Standing::Unregistered { left: 91, soon: false });
        assert_eq!(at("2025-12-10"), Standing::Unregistered { left: 90, soon: true });
        assert_eq!(at("2026-03-10"), Standing::Unregistered { left: 0, soon: true });
        assert_eq!(at("2026-03-11"), Standing::Overdue { days: 1 });
    }

    #[test]
    fn a_lapsed_registration_is_never_called_a_void_certificate() {
        let words = standing(day("2020-01-01"), &[held(day("2020-02-01"))], day("2026-01-01")).words();
        assert!(words.starts_with("登记失效") && !words.contains("作废"), "{words}");
    }

    #[test]
    fn a_post_takes_its_certificate() {
        assert_eq!(ladder(PostRank::None, None), None);
        assert_eq!(ladder(PostRank::Junior, Some(Level::Associate)), None);
        assert_eq!(ladder(PostRank::Middle, Some(Level::Senior)), None, "more than needed");
        assert_eq!(
            ladder(PostRank::Middle, Some(Level::Assistant)).unwrap(),
            "中级岗要有社会工作师证书，现在是助理社会工作师。"
        );
        assert!(ladder(PostRank::Junior, None).is_some());
    }

    #[test]
    fn states_follow_each_other_as_in_the_national_system() {
        use RegistrationState::{Completed, FinalFailed, FirstFailed, Issued, NotApplied, Pending};
        assert_eq!(NotApplied.next(), [Pending]);
        assert_eq!(FirstFailed.next(), [Pending]);
        assert_eq!(FinalFailed.next(), [Pending]);
        assert_eq!(Completed.next(), [Issued]);
        assert!(Issued.next().is_empty());
    }

    #[test]
    fn a_renewal_waits_for_its_window() {
        let form = |state: &str, from: &str| RegistrationForm {
            kind: "renewal".into(),
            state: state.into(),
            valid_from: from.into(),
            ..RegistrationForm::default()
        };
        let before = [held(day("2023-06-15"))];
        let read = |form: &RegistrationForm, today| form.read(day("2023-01-01"), &before, day(today));
        assert!(read(&form("pending", ""), "2026-03-14").unwrap_err().on("state").is_some());
        assert!(read(&form("pending", ""), "2026-03-15").is_ok());
        assert!(read(&form("completed", "2026-06-14"), "2026-05-01").unwrap_err().on("valid_from").is_some());
        assert!(read(&form("completed", "2026-06-15"), "2026-05-01").is_ok());
        let first = RegistrationForm { kind: "first".into(), ..form("pending", "") };
        assert!(read(&first, "2026-05-01").unwrap_err().on("kind").is_some());
    }

    proptest! {
        #[test]
        fn every_day_of_a_validity_is_valid_and_no_other(start in 0i64..9000, off in -400i64..1600) {
            let from = day("2010-01-01").plus_days(start);
            let today = from.plus_days(off);
            let inside = from <= today && today <= valid_to(from);
            let stands = standing(from, &[held(from)], today);
            prop_assert_eq!(stands.is_valid(), inside);
            prop_assert_eq!(period_on(&[held(from)], today).is_some(), inside);
            if let Standing::Window { left } = stands {
                prop_assert!((0..=92).contains(&left));
            }
        }

        #[test]
        fn renewals_end_to_end_leave_no_gap(start in 0i64..9000, terms in 1usize..6, off in 0i64..9000) {
            let mut from = day("2010-01-01").plus_days(start);
            let first = from;
            let mut all = vec![];
            for _ in 0..terms {
                all.push(held(from));
                from = valid_to(from).after();
            }
            let today = first.plus_days(off);
            prop_assert_eq!(covered_until(&all, today), (today < from).then_some(from.before()));
        }
    }
}
