//! The life of a project. The `match` in [`Position::after`] is the only place that says which move
//! may follow which state. The check of `project_steps` in the database holds the same list, and a
//! test compares the two.

use std::fmt;

use crate::{
    kernel::{Error, Result},
    words,
};

words! {
    /// The states of a project. Filing with the authority above comes from the Panzhihua plan of 10
    /// May 2021.
    State {
        Planned = "planned", "计划";
        Filed = "filed", "已备案";
        Procuring = "procuring", "采购中";
        Contracted = "contracted", "已签约";
        Active = "active", "执行中";
        Midterm = "midterm", "中期评估";
        Final = "final", "末期评估";
        Accepted = "accepted", "已验收";
        Closed = "closed", "已结项";
        Suspended = "suspended", "暂停";
        Terminated = "terminated", "终止";
    }
}

impl State {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Planned | Self::Filed | Self::Closed => "plain",
            Self::Procuring | Self::Contracted | Self::Midterm | Self::Final => "info",
            Self::Active | Self::Accepted => "ok",
            Self::Suspended => "warn",
            Self::Terminated => "bad",
        }
    }

    /// True while the contract is still being written.
    pub fn is_drafted(self) -> bool {
        matches!(self, Self::Planned | Self::Filed | Self::Procuring)
    }

    /// True while work, spending and payments go on.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Contracted | Self::Active | Self::Midterm | Self::Final)
    }

    /// True while money may still move: the project runs, or is accepted but not settled.
    pub fn takes_money(self) -> bool {
        self.is_running() || self == Self::Accepted
    }
}

words! {
    /// The moves of a project; each leaves a row in `project_steps`.
    Move {
        File = "file", "备案";
        Unfile = "unfile", "退回备案";
        Procure = "procure", "开始采购";
        Fail = "fail", "采购失败";
        Contract = "contract", "签约";
        Start = "start", "开始执行";
        Midterm = "midterm", "进入中期评估";
        GoOn = "go_on", "继续执行";
        Final = "final", "进入末期评估";
        Accept = "accept", "通过验收";
        Close = "close", "结项";
        Suspend = "suspend", "暂停";
        Resume = "resume", "恢复";
        Terminate = "terminate", "终止";
    }
}

impl Move {
    /// True for moves made by a filing, not by a button on the project.
    pub fn is_by_filing(self) -> bool {
        matches!(self, Self::File | Self::Unfile)
    }

    /// True if the move needs a reason.
    pub fn wants_reason(self) -> bool {
        matches!(self, Self::Fail | Self::Suspend | Self::Terminate | Self::Unfile)
    }
}

/// The position of a project. A suspended one remembers its earlier state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    At(State),
    Suspended(State),
}

impl Position {
    /// The only place that says which move may follow which state.
    pub fn after(self, wanted: Move) -> Result<Self> {
        use State::{Accepted, Active, Closed, Contracted, Filed, Final, Midterm, Planned, Procuring, Terminated};
        let next = match (self, wanted) {
            (Self::At(Planned), Move::File) | (Self::At(Procuring), Move::Fail) => Self::At(Filed),
            (Self::At(Filed), Move::Unfile) => Self::At(Planned),
            (Self::At(Filed), Move::Procure) => Self::At(Procuring),
            (Self::At(Procuring), Move::Contract) => Self::At(Contracted),
            (Self::At(Contracted), Move::Start) | (Self::At(Midterm), Move::GoOn) => Self::At(Active),
            (Self::At(Active), Move::Midterm) => Self::At(Midterm),
            (Self::At(Active | Midterm), Move::Final) => Self::At(Final),
            (Self::At(Final), Move::Accept) => Self::At(Accepted),
            (Self::At(Accepted), Move::Close) => Self::At(Closed),
            (Self::At(state), Move::Suspend) if state.is_running() => Self::Suspended(state),
            (Self::Suspended(state), Move::Resume) => Self::At(state),
            (
                Self::At(Planned | Filed | Procuring | Contracted | Active | Midterm | Final) | Self::Suspended(_),
                Move::Terminate,
            ) => Self::At(Terminated),
            (from, wanted) => {
                return Err(Error::refused(format!(
                    "项目现在是「{}」，不能{}。请刷新后再看。",
                    from.state().label(),
                    wanted.label()
                )));
            }
        };
        Ok(next)
    }

    pub fn state(self) -> State {
        match self {
            Self::At(state) => state,
            Self::Suspended(_) => State::Suspended,
        }
    }

    /// The moves allowed from here.
    pub fn moves(self) -> Vec<Move> {
        Move::ALL.iter().copied().filter(|wanted| self.after(*wanted).is_ok()).collect()
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("suspended>") {
            Some(was) => State::parse(was).filter(|state| state.is_running()).map(Self::Suspended),
            None => State::parse(text).filter(|state| *state != State::Suspended).map(Self::At),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(state) => f.write_str(state.as_str()),
            Self::Suspended(state) => write!(f, "suspended>{}", state.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn everywhere() -> Vec<Position> {
        let states = State::ALL.iter().copied().filter(|state| *state != State::Suspended);
        let suspended = State::ALL.iter().copied().filter(|state| state.is_running()).map(Position::Suspended);
        states.map(Position::At).chain(suspended).collect()
    }

    #[test]
    fn the_database_knows_the_same_moves() {
        let ours: BTreeSet<String> = everywhere()
            .into_iter()
            .flat_map(|from| from.moves().into_iter().map(move |wanted| (from, wanted)))
            .filter_map(|(from, wanted)| Some(format!("{} {from} {}", wanted.as_str(), from.after(wanted).ok()?)))
            .collect();
        let migration = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/20261122001200_projects.sql"));
        let list = migration.split("to_position in (").nth(1).unwrap().split("))").next().unwrap();
        let theirs: BTreeSet<String> = list.split('\'').skip(1).step_by(2).map(ToOwned::to_owned).collect();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn a_position_comes_back_from_its_word() {
        for position in everywhere() {
            assert_eq!(Position::parse(&position.to_string()), Some(position));
        }
        assert_eq!(Position::parse("suspended>closed"), None);
        assert_eq!(Position::parse("suspended"), None);
    }

    proptest! {
        /// Whatever is clicked: nothing is signed without filing and procurement, nothing is closed
        /// without a contract and acceptance, and a finished project stays finished.
        #[test]
        fn no_stage_is_skipped(presses in prop::collection::vec(0..Move::ALL.len(), 1..60)) {
            let mut position = Position::At(State::Planned);
            let mut been = BTreeSet::from([State::Planned]);
            for press in presses {
                let Ok(next) = position.after(Move::ALL[press]) else { continue };
                prop_assert!(!matches!(position, Position::At(State::Closed | State::Terminated)));
                if let (Position::Suspended(was), Position::At(state)) = (position, next) {
                    prop_assert!(state == was || state == State::Terminated);
                }
                let needs: &[State] = match next.state() {
                    State::Procuring => &[State::Filed],
                    State::Contracted => &[State::Filed, State::Procuring],
                    State::Active => &[State::Contracted],
                    State::Final => &[State::Active],
                    State::Accepted => &[State::Active, State::Final],
                    State::Closed => &[State::Contracted, State::Active, State::Final, State::Accepted],
                    _ => &[],
                };
                prop_assert!(needs.iter().all(|state| been.contains(state)), "{next:?} after {been:?}");
                been.insert(next.state());
                position = next;
            }
        }
    }
}
