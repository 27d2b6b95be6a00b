//! The life of an evaluation. Only the `match` in [`State::after`] defines which state
//! follows which; the check constraint of `evaluation_steps` in the database holds the same
//! list, and a test compares the two.

use crate::{
    kernel::{Error, Result},
    words,
};

words! {
    /// The state of a station's evaluation.
    State {
        Scheduled = "scheduled", "待开始";
        SelfScoring = "self_scoring", "自评中";
        Submitted = "submitted", "已提交自评";
        OnSite = "on_site", "实地评估";
        Scored = "scored", "专家已评完";
        Moderated = "moderated", "已合议";
        PublicNotice = "public_notice", "公示中";
        Appeals = "appeals", "复核中";
        Final = "final", "已定稿";
        Archived = "archived", "已归档";
        Excluded = "excluded", "退出本轮";
    }
}

words! {
    /// A step that changes the state, stored as a row of `evaluation_steps`.
    Step {
        Open = "open", "开始自评";
        Submit = "submit", "提交自评";
        Return = "return", "退回自评";
        Visit = "visit", "开始实地评估";
        Score = "score", "专家全部提交";
        Reopen = "reopen", "退回专家评分";
        Moderate = "moderate", "完成合议";
        Reconsider = "reconsider", "重新合议";
        Release = "release", "发布结果";
        Hear = "hear", "结束公示";
        Finalize = "finalize", "定稿";
        Archive = "archive", "归档";
        Exclude = "exclude", "退出本轮";
    }
}

impl Step {
    /// True if the step needs a reason.
    pub fn wants_reason(self) -> bool {
        matches!(self, Self::Return | Self::Reopen | Self::Reconsider | Self::Exclude)
    }
}

impl State {
    /// The state that follows a step; an error if the step is not allowed here.
    pub fn after(self, step: Step) -> Result<Self> {
        use State::{
            Appeals, Archived, Excluded, Final, Moderated, OnSite, PublicNotice, Scheduled, Scored, SelfScoring,
            Submitted,
        };
        let next = match (self, step) {
            (Scheduled, Step::Open) | (Submitted, Step::Return) => SelfScoring,
            (SelfScoring, Step::Submit) => Submitted,
            (Submitted, Step::Visit) | (Scored, Step::Reopen) => OnSite,
            (OnSite, Step::Score) | (Moderated, Step::Reconsider) => Scored,
            (Scored, Step::Moderate) => Moderated,
            (Moderated, Step::Release) => PublicNotice,
            (PublicNotice, Step::Hear) => Appeals,
            (Appeals, Step::Finalize) => Final,
            (Final, Step::Archive) => Archived,
            (Scheduled | SelfScoring | Submitted | OnSite | Scored | Moderated, Step::Exclude) => Excluded,
            (from, step) => {
                return Err(Error::refused(format!(
                    "这个站点的评估现在是「{}」，不能{}。请刷新后再看。",
                    from.label(),
                    step.label()
                )));
            }
        };
        Ok(next)
    }

    /// True while the station may still edit its self-scores.
    pub fn takes_self_scores(self) -> bool {
        self == Self::SelfScoring
    }

    /// True once the result is released.
    pub fn is_released(self) -> bool {
        matches!(self, Self::PublicNotice | Self::Appeals | Self::Final | Self::Archived)
    }

    /// True once the panel has a score sheet, filled in or not.
    pub fn has_sheet(self) -> bool {
        matches!(self, Self::OnSite | Self::Scored | Self::Moderated) || self.is_released()
    }

    /// True while the panel may still change.
    pub fn takes_seats(self) -> bool {
        matches!(self, Self::Scheduled | Self::SelfScoring | Self::Submitted | Self::OnSite)
    }

    pub fn colour(self) -> &'static str {
        match self {
            Self::Scheduled | Self::Excluded | Self::Archived => "plain",
            Self::SelfScoring | Self::OnSite => "warn",
            Self::Submitted | Self::Scored | Self::Moderated => "info",
            Self::PublicNotice | Self::Appeals | Self::Final => "ok",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_database_knows_the_same_steps() {
        let ours: BTreeSet<String> = State::ALL
            .iter()
            .flat_map(|from| Step::ALL.iter().map(move |step| (*from, *step)))
            .filter_map(|(from, step)| {
                let to = from.after(step).ok()?;
                Some(format!("{} {} {}", step.as_str(), from.as_str(), to.as_str()))
            })
            .collect();
        let migration = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/20261122001500_evaluations.sql"));
        let list = migration.split("to_position in (").nth(1).unwrap().split("))").next().unwrap();
        let theirs: BTreeSet<String> = list.split('\'').skip(1).step_by(2).map(ToOwned::to_owned).collect();
        assert_eq!(ours, theirs);
    }

    proptest! {
        /// Whatever steps are tried: a released result was scored and moderated, a final one
        /// went through appeals, and an excluded or archived evaluation stays so.
        #[test]
        fn no_step_is_skipped(presses in prop::collection::vec(0..Step::ALL.len(), 1..80)) {
            let way = [State::Scheduled, State::SelfScoring, State::Submitted, State::OnSite, State::Scored,
                State::Moderated, State::PublicNotice, State::Appeals, State::Final, State::Archived];
            let mut been = 0;
            let mut state = State::Scheduled;
            for press in presses {
                let Ok(next) = state.after(Step::ALL[press]) else { continue };
                prop_assert!(!matches!(state, State::Archived | State::Excluded));
                if let Some(at) = way.iter().position(|of| *of == next) {
                    prop_assert!(at <= been + 1, "{state:?} to {next:?}");
                    been = been.max(at);
                }
                if state.is_released() {
                    prop_assert!(next.is_released());
                }
                state = next;
            }
        }
    }
}
