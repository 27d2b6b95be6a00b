//! From the scores of a panel to a total and a grade. Pure; only whole numbers.
//!
//! In this order:
//! 1. The scores at a line become one by the round's combination, rounded half up to two
//!    decimals. Where something happens or doesn't, it has happened if all say so.
//! 2. What the committee settled takes the place of that, what an appeal changed of both,
//!    rounded the same way; so all sums are exact and what is shown adds up.
//! 3. Scored lines add up; a heading of bonuses or deductions is worth at most its points.
//! 4. Bonuses come on top, up to the full points unless the rubric lets them go beyond;
//!    then deductions are taken off, down to nought.
//! 5. A veto of the total makes it nought.
//! 6. The grade is the first whose lowest points are reached; then a veto makes it the
//!    lowest, a cap bounds it, and who is ineligible has neither total nor grade.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    features::evaluation::{
        evaluations::{Band, Combination},
        rubrics::{Kind, LOWEST_GRADE, Line, Rubric, TOTAL_ZERO},
    },
    kernel::Points,
};

/// The grade of who is not graded.
pub const UNGRADED: &str = "不予评定";

/// What was given at a line: by each of the panel in a fixed order, by the committee, after
/// an appeal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    pub scorers: Vec<Points>,
    pub committee: Option<Points>,
    pub appeal: Option<Points>,
}

/// What a line came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineOutcome {
    pub code: String,
    pub scorers: Vec<Points>,
    pub panel: Points,
    pub committee: Option<Points>,
    pub appeal: Option<Points>,
    pub value: Points,
}

/// What an evaluation came to, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub lines: Vec<LineOutcome>,
    pub base: Points,
    pub bonus: Points,
    pub deduction: Points,
    /// Before a veto.
    pub sum: Points,
    /// `None`: not graded.
    pub total: Option<Points>,
    /// The place of its grade among the bands, best first; `None`: not graded.
    pub band: Option<usize>,
    pub grade: String,
    /// What else decided, in words.
    pub notes: Vec<String>,
}

impl Outcome {
    pub fn line(&self, code: &str) -> Option<&LineOutcome> {
        self.lines.iter().find(|line| line.code == code)
    }
}

/// Several scores as one, rounded half up to hundredths.
pub fn combine(scores: &[Points], how: Combination) -> Points {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable();
    let cut = match how {
        Combination::Trimmed => sorted.len() / 5,
        Combination::DropExtremes if sorted.len() >= 3 => 1,
        Combination::Mean | Combination::DropExtremes => 0,
    };
    Points::mean(&sorted[cut..sorted.len() - cut])
}

/// Whether scores at a line lie further apart than may be, so that it has to be settled.
pub fn is_disputed(line: &Line, scores: &[Points], spread_bp: i32) -> bool {
    let (Some(most), Some(least)) = (scores.iter().max(), scores.iter().min()) else { return false };
    if !line.kind.has_points() {
        return most != least;
    }
    i128::from((*most - *least).0) * 10_000 > i128::from(spread_bp) * i128::from(line.points.0)
}

/// What a line and all below it are worth.
fn worth(rubric: &Rubric, line: &Line, values: &BTreeMap<&str, Points>) -> Points {
    if !rubric.has_children(&line.code) {
        return values.get(line.code.as_str()).copied().unwrap_or_default();
    }
    let sum: Points = rubric.children(Some(&line.code)).map(|child| worth(rubric, child, values)).sum();
    if line.kind == Kind::Scored { sum } else { sum.min(line.points) }
}

/// What the lines at the top came to.
pub fn top_lines<'a>(rubric: &'a Rubric, outcome: &Outcome) -> Vec<(&'a Line, Points)> {
    let values = outcome.lines.iter().map(|line| (line.code.as_str(), line.value)).collect();
    top_values(rubric, &values)
}

/// What the lines at the top are worth where those below have these values.
pub fn top_values<'a>(rubric: &'a Rubric, values: &BTreeMap<&str, Points>) -> Vec<(&'a Line, Points)> {
    let tops = rubric.children(None).filter(|line| line.kind.has_points());
    tops.map(|line| (line, worth(rubric, line, values))).collect()
}

/// What a station's columns come to under a rubric and the bands of its round.
pub fn calculate(rubric: &Rubric, (bands, how): (&[Band], Combination), columns: &BTreeMap<String, Column>) -> Outcome {
    let lines: Vec<LineOutcome> = rubric
        .leaves()
        .map(|line| {
            let column = columns.get(&line.code).cloned().unwrap_or_default();
            let panel = if line.kind.has_points() {
                combine(&column.scorers, how)
            } else {
                column.scorers.iter().copied().min().unwrap_or_default()
            };
            let value = column.appeal.or(column.committee).unwrap_or(panel).rounded();
            LineOutcome {
                code: line.code.clone(),
                scorers: column.scorers,
                panel,
                committee: column.committee,
                appeal: column.appeal,
                value,
            }
        })
        .collect();
    let values: BTreeMap<&str, Points> = lines.iter().map(|line| (line.code.as_str(), line.value)).collect();
    let sum_of = |kind: Kind| -> Points {
        rubric.children(None).filter(|line| line.kind == kind).map(|line| worth(rubric, line, &values)).sum()
    };
    let (base, bonus, deduction) = (sum_of(Kind::Scored), sum_of(Kind::Bonus), sum_of(Kind::Deduction));
    let mut sum = base + bonus;
    if !rubric.bonus_over {
        sum = sum.min(rubric.full().max(base));
    }
    let sum = (sum - deduction).max(Points::ZERO);

    let happened = |kind: Kind| {
        let of = rubric.leaves().filter(move |line| line.kind == kind);
        of.filter(|line| values.get(line.code.as_str()).is_some_and(|value| *value > Points::ZERO))
    };
    let (mut total, mut notes) = (sum, vec![]);
    for line in happened(Kind::Veto).filter(|line| line.setting == TOTAL_ZERO) {
        total = Points::ZERO;
        notes.push(format!("{} {}：总分计零。", line.code, line.text));
    }
    let lowest = bands.len().saturating_sub(1);
    let mut band = bands.iter().position(|band| total >= band.from).unwrap_or(lowest);
    for line in happened(Kind::Veto).filter(|line| line.setting == LOWEST_GRADE) {
        band = lowest;
        notes.push(format!("{} {}：评为最低等级。", line.code, line.text));
    }
    for line in happened(Kind::Cap) {
        if let Some(at) = bands.iter().position(|band| band.label == line.setting).filter(|at| *at > band) {
            band = at;
            notes.push(format!("{} {}：最高评为{}。", line.code, line.text, line.setting));
        }
    }
    let ineligible: Vec<_> =
        happened(Kind::Ineligible).map(|line| format!("{} {}：不予评定。", line.code, line.text)).collect();
    let is_graded = ineligible.is_empty();
    notes.extend(ineligible);
    let grade = if is_graded { bands.get(band).map_or("", |band| band.label.as_str()) } else { UNGRADED };
    Outcome {
        lines,
        base,
        bonus,
        deduction,
        sum,
        total: is_graded.then_some(total),
        band: is_graded.then_some(band),
        grade: grade.to_owned(),
        notes,
    }
}
