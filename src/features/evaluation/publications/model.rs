//! Which lines of a result are low. Pure.

use crate::{
    features::evaluation::{
        rubrics::{Kind, Rubric},
        scoring::Outcome,
    },
    kernel::Points,
};

/// A line of a result that something should be done about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Low {
    pub code: String,
    pub line: String,
    /// What was found, in words.
    pub finding: String,
}

/// The lines of a result that stayed below a share of their points (whole percent), that
/// took points off, and that happened though they should not.
pub fn low(rubric: &Rubric, outcome: &Outcome, below: i64) -> Vec<Low> {
    let found = |code: &str| outcome.line(code).map_or(Points::ZERO, |line| line.value);
    let each = rubric.leaves().filter_map(|line| {
        let value = found(&line.code);
        let finding = match line.kind {
            Kind::Scored if i128::from(value.0) * 100 < i128::from(below) * i128::from(line.points.0) => {
                format!("得 {value} 分，满分 {} 分", line.points)
            }
            Kind::Deduction if value > Points::ZERO => format!("扣 {value} 分"),
            Kind::Veto | Kind::Cap | Kind::Ineligible if value > Points::ZERO => {
                format!("查实：{}", if line.setting.is_empty() { line.kind.label() } else { &line.setting })
            }
            _ => return None,
        };
        Some(Low { code: line.code.clone(), line: rubric.full_text(line), finding })
    });
    each.collect()
}
