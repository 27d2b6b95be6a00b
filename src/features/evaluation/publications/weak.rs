//! Stations of a final round whose lines are low enough to be ordered to improve.

use super::model::{Low, low};
use crate::{
    db::Tx,
    features::{
        evaluation::{
            evaluations::{self, Evaluation, Round},
            rubrics, scoring,
        },
        places::standing,
    },
    kernel::Result,
};

/// A station with its grade and the low lines without an order.
#[derive(Clone, Debug)]
pub struct Weak {
    pub of: Evaluation,
    pub grade: String,
    pub is_failed: bool,
    pub lows: Vec<Low>,
}

/// Stations of a final round with lines below a share of their points (whole percent) and no
/// order for them yet; failed stations first. The round's scores must be open.
pub async fn low_lines(tx: &mut Tx, round: &Round, below: i64) -> Result<Vec<Weak>> {
    let rubric = rubrics::find(tx, round.rubric).await?;
    let subjects = evaluations::subjects(tx, round.id).await?;
    let results = scoring::results(tx, round.id, None).await?;
    let ids: Vec<_> = subjects.iter().map(|one| one.id).collect();
    let ordered = standing::ordered(tx, &ids).await?;
    let grades = standing::grades(tx, &ids).await?;
    let mut weak: Vec<Weak> = subjects
        .into_iter()
        .filter_map(|of| {
            let result = results.iter().find(|row| row.evaluation == of.id)?;
            let mut lows = low(&rubric, &result.outcome, below);
            lows.retain(|low| !ordered.iter().any(|(id, code)| *id == of.id && *code == low.code));
            let is_failed = grades.iter().any(|grade| grade.evaluation == of.id && grade.is_failed);
            (!lows.is_empty()).then(|| Weak { of, grade: result.grade.clone(), is_failed, lows })
        })
        .collect();
    weak.sort_by_key(|weak| !weak.is_failed);
    Ok(weak)
}
