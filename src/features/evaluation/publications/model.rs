//! Low lines of a result, as candidates for rectification orders. Pure.

use crate::{
    features::evaluation::{
        rubrics::{Kind, Rubric},
        scoring::Outcome,
    },
    kernel::Points,
};

/// A line of a result that needs action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Low {
    pub code: String,
    pub line: String,
    /// The finding, as text.
    pub finding: String,
}

/// Lines of a result that scored below a share of their points (whole percent), lost points
/// to a deduction, or triggered a veto, cap or exclusion.
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
