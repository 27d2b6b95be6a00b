//! Rubrics (评分细则): the criteria stations are scored by, stored as data. The code contains
//! no line of any county's rubric, only the methods that lines use.
//!
//! ```text
//! draft ──publish──▶ published ──retire──▶ retired
//!   ▲                    │                    │
//!   └──── next version ──┴────────────────────┘
//! ```
//!
//! A rubric has up to three levels. A scored line has points, a method with its setting, a
//! note, the evidence it asks for, and optionally a system figure that answers it. The
//! children of a scored line must add up to its points, or the rubric can't be published.
//! Bonuses and deductions may have children; then their own points are the upper limit. A
//! veto sets the total to zero or gives the lowest grade; a cap limits the grade; an
//! ineligible station gets no grade. A published version never changes: the next version is
//! a new row, and a page compares any two versions. The lines can be exported to a workbook
//! and imported again without loss.

mod model;
mod pages;
mod store;
mod table;

pub use model::{Answer, Asks, Grade, Kind, LOWEST_GRADE, Line, Method, Rubric, Source, State, TOTAL_ZERO};
pub use store::{Head, find, insert, published, touch};
pub use table::TEMPLATES;

use crate::{
    access::Act::{ReadEvaluations, SetRubrics},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    use pages::{compare, exchange, lines, list, write};
    Routes::default()
        .get("/rubrics", May(ReadEvaluations), list::index)
        .get("/rubrics/new", May(SetRubrics), write::new)
        .post("/rubrics", May(SetRubrics), write::create)
        .get("/rubrics/{id}", May(ReadEvaluations), list::show)
        .get("/rubrics/{id}/edit", May(SetRubrics), write::edit)
        .post("/rubrics/{id}", May(SetRubrics), write::update)
        .post("/rubrics/{id}/publication", May(SetRubrics), write::publish)
        .post("/rubrics/{id}/retirement", May(SetRubrics), write::retire)
        .post("/rubrics/{id}/copy", May(SetRubrics), write::copy)
        .post("/rubrics/{id}/removal", May(SetRubrics), write::remove)
        .get("/rubrics/{id}/lines/new", May(SetRubrics), lines::new)
        .post("/rubrics/{id}/lines", May(SetRubrics), lines::create)
        .get("/rubrics/{id}/lines/{code}", May(SetRubrics), lines::edit)
        .post("/rubrics/{id}/lines/{code}", May(SetRubrics), lines::update)
        .post("/rubrics/{id}/lines/{code}/removal", May(SetRubrics), lines::remove)
        .post("/rubrics/{id}/lines/{code}/rise", May(SetRubrics), lines::up)
        .get("/rubrics/{id}/compare", May(ReadEvaluations), compare::show)
        .post("/rubrics/{id}/export", May(ReadEvaluations), exchange::export)
        .get("/rubrics/{id}/import", May(SetRubrics), exchange::ask)
        .upload("/rubrics/{id}/import", May(SetRubrics), exchange::bring)
}
