//! Computes a total and a grade from the scores of a panel. Pure; integers only.
//!
//! In this order:
//! 1. The round's combination turns the scores at a line into one, rounded half up to two
//!    decimals. A yes-or-no line applies if all members say so.
//! 2. The committee's value replaces it, and an upheld appeal replaces both. Both are rounded
//!    the same way, so all sums are exact and the displayed values add up.
//! 3. Scored lines add up; a heading of bonuses or deductions gives at most its own points.
//! 4. Bonuses are added, up to the full points unless the rubric allows more; then
//!    deductions are subtracted, down to zero.
//! 5. A veto on the total makes it zero.
//! 6. The grade is the first whose lower bound is reached. Then a veto may make it the
//!    lowest, a cap limits it, and an ineligible station gets neither total nor grade.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    features::evaluation::{
        evaluations::{Band, Combination},
        rubrics::{Kind, LOWEST_GRADE, Line, Rubric, TOTAL_ZERO},
    },
    kernel::Points,
};

/// The grade label of an ungraded station.
pub const UNGRADED: &str = "不予评定";

/// The values given at a line: by each panel member in a fixed order, by the committee, and
/// after an appeal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    pub scorers: Vec<Points>,
    pub committee: Option<Points>,
    pub appeal: Option<Points>,
}

/// The inputs and the value of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineOutcome {
    pub code: String,
    pub scorers: Vec<Points>,
    pub panel: Points,
    pub committee: Option<Points>,
    pub appeal: Option<Points>,
    pub value: Points,
}

/// The result of an evaluation and how it was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub lines: Vec<LineOutcome>,
    pub base: Points,
    pub bonus: Points,
    pub deduction: Points,
    /// The total before a veto.
    pub sum: Points,
    /// `None` if not graded.
    pub total: Option<Points>,
    /// Index of the grade among the bands, best first; `None` if not graded.
    pub band: Option<usize>,
    pub grade: String,
    /// Vetoes, caps and other deciding facts, as text.
    pub notes: Vec<String>,
}

impl Outcome {
    pub fn line(&self, code: &str) -> Option<&LineOutcome> {
        self.lines.iter().find(|line| line.code == code)
    }
}

/// Combines several scores into one, rounded half up to hundredths.
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

/// True if the scores at a line spread too far, so that the committee has to settle it.
pub fn is_disputed(line: &Line, scores: &[Points], spread_bp: i32) -> bool {
    let (Some(most), Some(least)) = (scores.iter().max(), scores.iter().min()) else { return false };
    if !line.kind.has_points() {
        return most != least;
    }
    i128::from((*most - *least).0) * 10_000 > i128::from(spread_bp) * i128::from(line.points.0)
}

/// The value of a line with everything below it.
fn worth(rubric: &Rubric, line: &Line, values: &BTreeMap<&str, Points>) -> Points {
    if !rubric.has_children(&line.code) {
        return values.get(line.code.as_str()).copied().unwrap_or_default();
    }
    let sum: Points = rubric.children(Some(&line.code)).map(|child| worth(rubric, child, values)).sum();
    if line.kind == Kind::Scored { sum } else { sum.min(line.points) }
}

/// The top-level lines with their values in an outcome.
pub fn top_lines<'a>(rubric: &'a Rubric, outcome: &Outcome) -> Vec<(&'a Line, Points)> {
    let values = outcome.lines.iter().map(|line| (line.code.as_str(), line.value)).collect();
    top_values(rubric, &values)
}

/// The top-level lines with points, valued from the given values of the lines below.
pub fn top_values<'a>(rubric: &'a Rubric, values: &BTreeMap<&str, Points>) -> Vec<(&'a Line, Points)> {
    let tops = rubric.children(None).filter(|line| line.kind.has_points());
    tops.map(|line| (line, worth(rubric, line, values))).collect()
}

/// Computes a station's outcome under a rubric and the bands of its round.
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
