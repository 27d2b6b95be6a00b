//! Evaluation forms, grades, rectification states and the draw for spot checks. Pure.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    features::purchasing::projects::{State, hundredths},
    kernel::{Day, FileId, Problems, ProjectId, least_of, line},
    words,
};

words! {
    /// The kinds of evaluation a project goes through.
    Kind {
        Midterm = "midterm", "中期评估";
        Final = "final", "末期评估";
        Spot = "spot", "抽查";
    }
}

impl Kind {
    /// The kinds allowed for a project in this state.
    pub fn of(state: State) -> Vec<Self> {
        match state {
            State::Midterm => vec![Self::Midterm, Self::Spot],
            State::Final => vec![Self::Final, Self::Spot],
            State::Contracted | State::Active | State::Accepted => vec![Self::Spot],
            _ => vec![],
        }
    }
}

words! {
    /// The grade a score earns.
    Grade {
        Excellent = "excellent", "优秀";
        Good = "good", "良好";
        Pass = "pass", "合格";
        Fail = "fail", "不合格";
    }
}

impl Grade {
    /// Grades begin at 90, 80 and 60 of 100. The score is in hundredths.
    pub fn of(score_centi: i32) -> Self {
        match score_centi {
            9000.. => Self::Excellent,
            8000.. => Self::Good,
            6000.. => Self::Pass,
            _ => Self::Fail,
        }
    }

    pub fn colour(self) -> &'static str {
        match self {
            Self::Excellent | Self::Good => "ok",
            Self::Pass => "info",
            Self::Fail => "bad",
        }
    }
}

words! {
    /// The state of a rectification.
    RectificationState {
        Open = "open", "待整改";
        Submitted = "submitted", "待复查";
        Passed = "passed", "已整改";
    }
}

/// A completed evaluation.
#[derive(Clone, Debug, Deserialize)]
pub struct Appraisal {
    pub seq: i16,
    pub kind: Kind,
    pub held_on: Day,
    pub score_centi: i32,
    pub grade: Grade,
    pub passed: bool,
    pub findings: String,
    pub file_id: Option<FileId>,
    pub entered_by: String,
    pub entered_at: DateTime<Utc>,
}

impl Appraisal {
    pub fn score(&self) -> String {
        crate::kernel::amount_text(i64::from(self.score_centi), 2)
    }
}

/// A finding the agency must fix after an evaluation.
#[derive(Clone, Debug, Deserialize)]
pub struct Rectification {
    pub seq: i16,
    pub appraisal_seq: i16,
    pub finding: String,
    pub due_on: Day,
    pub state: RectificationState,
    pub proof: String,
    pub file_id: Option<FileId>,
    pub submitted_by: Option<String>,
    pub submitted_on: Option<Day>,
    pub words: String,
    pub checked_by: Option<String>,
    pub checked_on: Option<Day>,
    pub rounds: i16,
    /// Earlier answers and the evaluator's comments on them, oldest first.
    #[serde(default)]
    pub history: Vec<Round>,
}

/// An answer that was rejected.
#[derive(Clone, Debug, Deserialize)]
pub struct Round {
    pub proof: String,
    pub file_id: Option<FileId>,
    pub submitted_by: Option<String>,
    pub submitted_on: Option<Day>,
    pub words: String,
}

impl Rectification {
    pub fn is_overdue(&self, today: &Day) -> bool {
        self.state == RectificationState::Open && self.due_on < *today
    }

    pub fn colour(&self) -> &'static str {
        match self.state {
            RectificationState::Open => "bad",
            RectificationState::Submitted => "info",
            RectificationState::Passed => "ok",
        }
    }
}

/// The evaluation form as typed. Rectifications go one to a line and share one deadline.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct AppraisalForm {
    pub key: String,
    pub kind: String,
    pub held_on: String,
    pub score: String,
    pub findings: String,
    pub mend: String,
    pub due_on: String,
}

/// An evaluation form after validation.
#[derive(Clone, Debug, Serialize)]
pub struct AppraisalRead {
    pub kind: Kind,
    pub held_on: Day,
    pub score_centi: i32,
    pub findings: String,
    pub mend: Vec<(String, Day)>,
}

impl AppraisalForm {
    pub fn read(&self, state: State, signed_on: Option<Day>, today: Day) -> Result<AppraisalRead, Problems> {
        let mut problems = Problems::default();
        let kind = problems.check("kind", Kind::parse(&self.kind).ok_or("请选择评估种类。"));
        if let Some(kind) = kind
            && !Kind::of(state).contains(&kind)
        {
            let why = match kind {
                Kind::Midterm => "请先在项目概况里把项目推进到「中期评估」，再登记中期评估结果。",
                Kind::Final => "请先在项目概况里把项目推进到「末期评估」，再登记末期评估结果。",
                Kind::Spot => "只有已签约、没有结束的项目可以抽查。",
            };
            problems.note("kind", why);
        }
        let held_on = problems.check("held_on", self.held_on.parse::<Day>());
        if held_on.is_some_and(|day| day > today) {
            problems.note("held_on", "评估日期不能晚于今天。");
        }
        if held_on.zip(signed_on).is_some_and(|(day, signed_on)| day < signed_on) {
            problems.note("held_on", "评估日期不能早于合同签订日期。");
        }
        let score_centi = problems.check("score", hundredths(&self.score));
        let findings = problems.check("findings", line(&self.findings, 4, 1000));
        let mut mend = vec![];
        let lines: Vec<&str> = self.mend.lines().map(str::trim).filter(|text| !text.is_empty()).collect();
        if !lines.is_empty() {
            let due_on = problems.check("due_on", self.due_on.parse::<Day>());
            if let (Some(due_on), Some(held_on)) = (due_on, held_on)
                && due_on < held_on
            {
                problems.note("due_on", "整改期限不能早于评估日期。");
            }
            for text in lines {
                let text = problems.check("mend", line(text, 2, 300));
                mend.extend(text.zip(due_on));
            }
        }
        if mend.len() > 30 {
            problems.note("mend", "一次最多 30 条，请合并相近的问题。");
        }
        if score_centi.is_some_and(|score| Grade::of(score) == Grade::Fail) && self.mend.trim().is_empty() {
            problems.note("mend", "评估不合格的要写明整改要求，每行一条。");
        }
        let (Some(kind), Some(held_on), Some(score_centi), Some(findings)) = (kind, held_on, score_centi, findings)
        else {
            return Err(problems);
        };
        problems.or(AppraisalRead { kind, held_on, score_centi, findings, mend })
    }
}

/// Draws at least the given share of the candidates, in the order of SHA-256 over the seed, a line
/// break and the project's number.
pub fn draw(seed: &str, candidates: &[(ProjectId, String)], share_bp: i32) -> Vec<ProjectId> {
    let mut ranked: Vec<_> =
        candidates.iter().map(|(id, number)| (Sha256::digest(format!("{seed}\n{number}")).to_vec(), *id)).collect();
    ranked.sort_unstable();
    let wanted = least_of(i64::try_from(candidates.len()).unwrap_or(0), share_bp);
    ranked.into_iter().take(usize::try_from(wanted).unwrap_or(0)).map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        Grade::{Excellent, Fail, Good, Pass},
        *,
    };

    #[test]
    fn grades_begin_where_they_begin() {
        let of = [10_000, 9000, 8999, 8000, 7999, 6000, 5999, 0].map(Grade::of);
        assert_eq!(of, [Excellent, Excellent, Good, Good, Pass, Pass, Fail, Fail]);
    }

    #[test]
    fn an_evaluation_belongs_to_its_stage() {
        let form = AppraisalForm {
            kind: "midterm".into(),
            held_on: "2021-12-20".into(),
            score: "５８.5".into(),
            findings: "小组服务进度偏慢".into(),
            mend: "补齐小组记录\n\n核对经费凭证".into(),
            due_on: "2022-01-20".into(),
            ..AppraisalForm::default()
        };
        let today = "2021-12-31".parse().unwrap();
        let read = form.read(State::Midterm, None, today).unwrap();
        assert_eq!((read.score_centi, read.mend.len()), (5850, 2));
        assert!(form.read(State::Active, None, today).unwrap_err().on("kind").unwrap().contains("推进到「中期评估」"));
        let unmended = AppraisalForm { mend: String::new(), ..form };
        assert!(unmended.read(State::Midterm, None, today).unwrap_err().on("mend").is_some());
    }

    proptest! {
        #[test]
        fn a_draw_can_be_made_again_and_is_large_enough(seed in "[a-z0-9]{1,12}", count in 0..60_usize, share in 1..=10_000_i32) {
            let candidates: Vec<_> = (0..count).map(|at| (ProjectId::new(), format!("510411-2021-{at:02}"))).collect();
            let picked = draw(&seed, &candidates, share);
            let mut turned = candidates.clone();
            turned.reverse();
            prop_assert_eq!(&picked, &draw(&seed, &turned, share), "the order they come in does not matter");
            prop_assert!(picked.len() * 10_000 >= count * usize::try_from(share).unwrap());
            prop_assert!(picked.is_empty() || (picked.len() - 1) * 10_000 < count * usize::try_from(share).unwrap());
        }
    }
}
