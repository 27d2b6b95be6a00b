//! Pages for rubrics, and the check of the right to change one.

pub mod compare;
pub mod exchange;
pub mod lines;
pub mod list;
pub mod write;

use super::{
    model::{Rubric, State},
    store,
};
use crate::{
    access::Act,
    db::Tx,
    kernel::{Error, Result, RubricId},
    web::Visit,
};

/// True if the visitor may change the rubric: it belongs to a place within their reach.
fn keeps(visit: &Visit, rubric: &Rubric) -> bool {
    visit.visitor.role.may(Act::SetRubrics) && visit.visitor.scope.reach.division.contains(&rubric.division)
}

/// Loads a rubric the visitor may change.
async fn own(tx: &mut Tx, visit: &Visit, id: RubricId) -> Result<Rubric> {
    let rubric = store::find(tx, id).await?;
    if keeps(visit, &rubric) { Ok(rubric) } else { Err(Error::NotFound) }
}

/// Loads a rubric the visitor may change and that is still a draft.
async fn draft(tx: &mut Tx, visit: &Visit, id: RubricId) -> Result<Rubric> {
    let rubric = own(tx, visit, id).await?;
    if rubric.state == State::Draft {
        Ok(rubric)
    } else {
        Err(Error::refused("这个版本已经发布，不能再改。要改的请先「复制为新版本」，在新版本上改。"))
    }
}
