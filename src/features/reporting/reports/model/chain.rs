//! The path of a report through its reviews. The `match` in [`Position::after`] is the only place
//! that says which step may follow; the check on `report_steps` in the database holds the same
//! list, and a test compares the two.

use std::fmt;

use crate::{
    features::places::stations::StationLevel,
    kernel::{Error, Result},
    words,
};

words! {
    /// Desks at which a report is reviewed, lowest first.
    Desk {
        Station = "station", "站内审核";
        Township = "township", "乡镇（街道）审核";
        County = "county", "县级审定";
    }
}

impl Desk {
    /// Title of the desk's reviewer.
    pub fn who(self) -> &'static str {
        match self {
            Self::Station => "上级站站长",
            Self::Township => "乡镇（街道）工作人员",
            Self::County => "县级工作人员",
        }
    }
}

words! {
    /// Desks a report passes: a room's report, a station's (or a room's report filed by its
    /// station), a general station's.
    Route {
        Room = "room", "室 → 站 → 乡镇（街道） → 县";
        Station = "station", "站 → 乡镇（街道） → 县";
        General = "general", "总站 → 县";
    }
}

impl Route {
    pub fn of(level: StationLevel, filed_by_station: bool) -> Self {
        match level {
            StationLevel::Village if !filed_by_station => Self::Room,
            StationLevel::Village | StationLevel::Township => Self::Station,
            StationLevel::General => Self::General,
        }
    }

    pub fn desks(self) -> &'static [Desk] {
        match self {
            Self::Room => &[Desk::Station, Desk::Township, Desk::County],
            Self::Station => &[Desk::Township, Desk::County],
            Self::General => &[Desk::County],
        }
    }

    fn first(self) -> Desk {
        self.desks()[0]
    }

    fn next(self, desk: Desk) -> Option<Desk> {
        self.desks().iter().copied().find(|other| *other > desk)
    }
}

words! {
    /// State of a report, as lists show it.
    State {
        Draft = "draft", "填报中";
        Returned = "returned", "已退回";
        AtStation = "station", "待站审核";
        AtTownship = "township", "待乡镇审核";
        AtCounty = "county", "待县级审定";
        Approved = "approved", "已审定";
        Asked = "asked", "申请更正";
        Amending = "amending", "更正中";
    }
}

impl State {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Draft => "plain",
            Self::Returned | Self::Amending => "bad",
            Self::AtStation | Self::AtTownship | Self::AtCounty | Self::Asked => "info",
            Self::Approved => "ok",
        }
    }

    /// True while its author may edit it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Returned | Self::Amending)
    }

    /// True while it is with a reviewer.
    pub fn is_under_review(self) -> bool {
        matches!(self, Self::AtStation | Self::AtTownship | Self::AtCounty)
    }
}

words! {
    /// An action on a report; each is a row of `report_steps`.
    Step {
        Submit = "submit", "提交";
        Withdraw = "withdraw", "撤回";
        Pass = "pass", "审核通过";
        Return = "return", "退回";
        Ask = "ask", "申请更正";
        Consent = "consent", "同意更正";
        Refuse = "refuse", "不同意更正";
        Abandon = "abandon", "放弃更正";
    }
}

/// Where a report is: with its author, at a desk, or settled. A returned report carries the desks
/// it still has to go back to, lowest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    Draft,
    Returned(Vec<Desk>),
    At(Desk, Vec<Desk>),
    Approved,
    /// Approved; its author has asked to correct it.
    Asked,
    /// Approved; its author is correcting it. The approved figures count meanwhile.
    Amending,
}

/// A requested move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    Submit,
    /// Back to where it was before submission, according to the last step.
    Withdraw(Position),
    Pass,
    /// To the author, or to a desk it has passed.
    Return(Option<Desk>),
    Ask,
    Consent,
    Refuse,
    Abandon,
}

impl Move {
    pub fn step(&self) -> Step {
        match self {
            Self::Submit => Step::Submit,
            Self::Withdraw(_) => Step::Withdraw,
            Self::Pass => Step::Pass,
            Self::Return(_) => Step::Return,
            Self::Ask => Step::Ask,
            Self::Consent => Step::Consent,
            Self::Refuse => Step::Refuse,
            Self::Abandon => Step::Abandon,
        }
    }
}

/// The lowest desk to go back to, with the rest still to come.
fn back_to(resume: &[Desk]) -> Option<Position> {
    let (first, rest) = resume.split_first()?;
    Some(Position::At(*first, rest.to_vec()))
}

impl Position {
    /// The transition table of the chain.
    pub fn after(&self, route: Route, wanted: &Move) -> Result<Self> {
        use Position::{Amending, Approved, Asked, At, Draft, Returned};
        let next = match (self, wanted) {
            (Draft | Amending, Move::Submit) => Some(At(route.first(), vec![])),
            (Returned(resume), Move::Submit) => back_to(resume),
            // Undoes a submission only, and only while nobody else has acted.
            (At(..), Move::Withdraw(before)) => {
                (before.after(route, &Move::Submit).ok().as_ref() == Some(self)).then(|| before.clone())
            }
            (At(desk, resume), Move::Pass) => match back_to(resume) {
                Some(back) => Some(back),
                None => Some(route.next(*desk).map_or(Approved, |next| At(next, vec![]))),
            },
            (At(desk, resume), Move::Return(target)) => {
                let mut path = vec![*desk];
                path.extend(resume);
                match target {
                    None => Some(Returned(path)),
                    Some(target) if target < desk && route.desks().contains(target) => Some(At(*target, path)),
                    Some(_) => None,
                }
            }
            (Approved, Move::Ask) => Some(Asked),
            (Asked, Move::Consent) => Some(Amending),
            (Asked, Move::Refuse | Move::Abandon) | (Amending, Move::Abandon) => Some(Approved),
            _ => None,
        };
        next.ok_or_else(|| {
            Error::refused(format!(
                "这份月报现在是「{}」，不能{}。可能有人刚办理过，请刷新后再看。",
                self.state().label(),
                wanted.step().label()
            ))
        })
    }

    pub fn state(&self) -> State {
        match self {
            Self::Draft => State::Draft,
            Self::Returned(_) => State::Returned,
            Self::At(Desk::Station, _) => State::AtStation,
            Self::At(Desk::Township, _) => State::AtTownship,
            Self::At(Desk::County, _) => State::AtCounty,
            Self::Approved => State::Approved,
            Self::Asked => State::Asked,
            Self::Amending => State::Amending,
        }
    }

    /// The desk that has it.
    pub fn desk(&self) -> Option<Desk> {
        match self {
            Self::At(desk, _) => Some(*desk),
            Self::Asked => Some(Desk::County),
            _ => None,
        }
    }

    /// The desk that gets it once its author has corrected it.
    pub fn resumes_at(&self) -> Option<Desk> {
        match self {
            Self::Returned(resume) => resume.first().copied(),
            _ => None,
        }
    }

    /// Parses the text stored in the database: the state and the desks to go back to, such as
    /// `returned>county`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split('>');
        let state = State::ALL.iter().find(|state| Some(state.as_str()) == words.clone().next())?;
        words.next();
        let desk = |word: &str| Desk::ALL.iter().copied().find(|desk| desk.as_str() == word);
        let resume = words.map(desk).collect::<Option<Vec<_>>>()?;
        let position = match state {
            State::Draft => Self::Draft,
            State::Returned => Self::Returned(resume.clone()),
            State::AtStation => Self::At(Desk::Station, resume.clone()),
            State::AtTownship => Self::At(Desk::Township, resume.clone()),
            State::AtCounty => Self::At(Desk::County, resume.clone()),
            State::Approved => Self::Approved,
            State::Asked => Self::Asked,
            State::Amending => Self::Amending,
        };
        (position.to_string() == text).then_some(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.state().as_str())?;
        if let Self::Returned(resume) | Self::At(_, resume) = self {
            for desk in resume {
                write!(f, ">{}", desk.as_str())?;
            }
        }
        Ok(())
    }
}

/// The reviewer of a desk, as far as decisions depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reviewer {
    pub desk: Desk,
    /// The lowest vacant desk whose work this reviewer does too.
    pub stands_in_from: Desk,
    /// True if this account submitted the report.
    pub is_author: bool,
}

/// Checks the reviewer's right to make this move; [`Position::after`] checks the transition.
pub fn permit(position: &Position, wanted: &Move, reviewer: Reviewer) -> Result<()> {
    if !matches!(wanted, Move::Pass | Move::Return(_) | Move::Consent | Move::Refuse) {
        return Err(Error::Forbidden);
    }
    if reviewer.is_author {
        return Err(Error::refused("这份月报是您自己提交的，要由别人审核。"));
    }
    match position.desk() {
        Some(at) if at == reviewer.desk || (reviewer.stands_in_from..reviewer.desk).contains(&at) => Ok(()),
        _ => Err(Error::refused(format!("这份月报现在是「{}」，不由您办理。", position.state().label()))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, VecDeque};

    use proptest::prelude::*;

    use super::*;

    fn targets() -> Vec<Move> {
        let mut moves = vec![Move::Submit, Move::Pass, Move::Ask, Move::Consent, Move::Refuse, Move::Abandon];
        moves.extend([None, Some(Desk::Station), Some(Desk::Township), Some(Desk::County)].map(Move::Return));
        moves
    }

    /// All transitions reachable on a route: step, from, to.
    fn reachable(route: Route) -> BTreeSet<(Step, Position, Position)> {
        let mut seen = BTreeSet::from([Position::Draft]);
        let mut todo = VecDeque::from([Position::Draft]);
        let mut found = BTreeSet::new();
        while let Some(from) = todo.pop_front() {
            for wanted in targets() {
                let Ok(to) = from.after(route, &wanted) else { continue };
                if wanted == Move::Submit {
                    let back = to.after(route, &Move::Withdraw(from.clone())).unwrap();
                    assert_eq!(back, from);
                    found.insert((Step::Withdraw, to.clone(), from.clone()));
                }
                found.insert((wanted.step(), from.clone(), to.clone()));
                if seen.insert(to.clone()) {
                    todo.push_back(to);
                }
            }
        }
        found
    }

    #[test]
    fn the_database_allows_what_the_match_allows_and_nothing_else() {
        let mut lines = BTreeSet::new();
        for route in Route::ALL {
            for (step, from, to) in reachable(*route) {
                lines.insert(format!("'{} {} {from} {to}'", route.as_str(), step.as_str()));
            }
        }
        let list = lines.iter().cloned().collect::<Vec<_>>().join(",\n        ");
        let migration = std::fs::read_to_string("migrations/20261122001100_reports.sql").unwrap();
        assert!(migration.contains(&list), "report_steps_allowed should read:\n        {list}");
    }

    #[test]
    fn a_position_is_read_as_it_is_written() {
        for route in Route::ALL {
            for (_, from, to) in reachable(*route) {
                for position in [from, to] {
                    assert_eq!(Position::parse(&position.to_string()), Some(position));
                }
            }
        }
        for bad in ["", "sent", "draft>county", "returned>desk", "county>"] {
            assert_eq!(Position::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_was_returned_resumes_at_the_desk_that_returned_it() {
        let go = |from: Position, wanted: Move| from.after(Route::Room, &wanted).unwrap();
        let at_county = go(go(go(Position::Draft, Move::Submit), Move::Pass), Move::Pass);
        let returned = go(at_county.clone(), Move::Return(None));
        assert_eq!(go(returned, Move::Submit), Position::At(Desk::County, vec![]));

        // Returned to a desk it has passed, which returns it to the author.
        let at_station = go(at_county, Move::Return(Some(Desk::Station)));
        let returned = go(at_station.clone(), Move::Return(None));
        assert_eq!(returned.to_string(), "returned>station>county");
        assert_eq!(go(returned, Move::Submit), at_station);
        assert_eq!(go(at_station, Move::Pass), Position::At(Desk::County, vec![]));
    }

    #[test]
    fn nobody_reviews_what_they_submitted_nor_at_anothers_desk() {
        let at = Position::At(Desk::Township, vec![]);
        let sits = |desk, stands_in_from, is_author| Reviewer { desk, stands_in_from, is_author };
        assert!(permit(&at, &Move::Pass, sits(Desk::Township, Desk::Township, false)).is_ok());
        assert!(permit(&at, &Move::Pass, sits(Desk::Township, Desk::Township, true)).is_err());
        assert!(permit(&at, &Move::Pass, sits(Desk::County, Desk::County, false)).is_err());
        assert!(permit(&at, &Move::Pass, sits(Desk::County, Desk::Township, false)).is_ok(), "nobody sits there");
        assert!(permit(&Position::Draft, &Move::Submit, sits(Desk::County, Desk::Station, false)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(
            std::env::var("LONG").map_or(100_000, |_| 1_000_000)))]

        /// For any sequence of moves: approval means every desk has passed its part, and a returned
        /// report never gets past the desk that returned it.
        #[test]
        fn no_sequence_of_moves_skips_a_desk(
            route in prop::sample::select(Route::ALL.to_vec()),
            presses in prop::collection::vec(0_usize..11, 1..40),
        ) {
            let moves = targets();
            let mut position = Position::Draft;
            let mut before = None;
            let mut passed: BTreeMap<Desk, bool> = BTreeMap::new();
            for press in presses {
                let wanted = match moves.get(press) {
                    Some(wanted) => wanted.clone(),
                    None => Move::Withdraw(before.clone().unwrap_or(Position::Draft)),
                };
                let Ok(next) = position.after(route, &wanted) else { continue };
                match &wanted {
                    Move::Submit if matches!(position, Position::Draft | Position::Amending) => passed.clear(),
                    Move::Pass => {
                        if let Some(desk) = position.desk() { passed.insert(desk, true); }
                        if next == Position::Approved {
                            for desk in route.desks() {
                                prop_assert!(passed.get(desk) == Some(&true), "{desk:?} was skipped");
                            }
                        }
                    }
                    _ => {}
                }
                if let Position::At(desk, resume) = &next {
                    prop_assert!(route.desks().contains(desk));
                    prop_assert!(resume.windows(2).all(|pair| pair[0] < pair[1]) && resume.first().is_none_or(|up| up > desk));
                    for below in route.desks().iter().filter(|below| *below < desk) {
                        prop_assert!(passed.get(below) == Some(&true), "{below:?} was skipped on the way to {desk:?}");
                    }
                }
                before = (wanted == Move::Submit).then(|| position.clone());
                position = next;
            }
        }
    }
}
