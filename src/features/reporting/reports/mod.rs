//! Monthly reports (月报): filled in by a station, reviewed along the hierarchy, counted
//! from the moment they are approved.
//!
//! When a month ends, the reports it expects are frozen: one for every station that ran on any day
//! of it. A report is due on the N-th working day of the next month. Blank, zero and 不适用 are
//! three different values. Hard findings block submission; soft findings ask for a note.
//!
//! ```text
//! draft ──submit──▶ station ──▶ township ──▶ county ──▶ approved ──ask──▶ asked
//!   ▲ ▲                │ (rooms)    │           │           ▲                │ consent
//!   │ └── withdraw ────┴────────────┘           │           │                ▼
//!   │                                           │           └── abandon ── amending
//! returned ◀────────── return ──────────────────┘                            │
//!   └── submit: back to the desk that returned it            submit: the whole way again
//! ```
//!
//! A station's report skips the station's desk; a general station's also skips the township's. If a
//! desk is vacant, the next one does its work, and the trail records that. A desk may also return a
//! report to a desk it has passed. While an approved report is being corrected, the approved
//! figures count.

mod model;
mod pages;
mod remind;
mod stance;
mod store;
mod todo;

pub use model::{Content, Desk, Field, Finding, Past, ReturnReason, Route, Severity, State, Step, check, value_in};
pub use remind::{REMIND, remind};
pub use store::{Filter, OPEN, Own, PastStep, Recorded, begin, freeze, fresh, known, open_months, own, record_many};
pub use todo::todo;

use crate::{
    access::Act::{ExtendReports, FillReports, ReadReports, ReviewAsCounty, ReviewReports, SubmitReports},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    use pages::{amend, check, fill, list, paste, print, review, show};
    Routes::default()
        .get("/reports", May(ReadReports), list::index)
        .post("/reports/export", May(ReadReports), list::export)
        .get("/reports/matrix", May(ReadReports), list::matrix)
        .post("/reports/matrix/export", May(ReadReports), list::export_matrix)
        .get("/reports/new", May(ReadReports), list::fresh)
        .post("/reports/new", May(ReadReports), list::mark_read)
        .get("/reports/batch", May(ReviewReports), review::batch)
        .post("/reports/batch", May(ReviewReports), review::pass_batch)
        .get("/reports/{id}", May(FillReports), fill::next_of)
        .get("/reports/{id}/{month}", May(ReadReports), show::show)
        .get("/reports/{id}/{month}/print", May(ReadReports), print::show)
        .get("/reports/{id}/{month}/edit", May(FillReports), fill::edit)
        .post("/reports/{id}/{month}/edit", May(FillReports), fill::save)
        .post("/reports/{id}/{month}/cells", May(FillReports), fill::save_cells)
        .get("/reports/{id}/{month}/paste", May(FillReports), paste::ask)
        .post("/reports/{id}/{month}/paste", May(FillReports), paste::pasted)
        .post("/reports/{id}/{month}/template", May(FillReports), paste::template)
        .upload("/reports/{id}/{month}/workbook", May(FillReports), paste::bring)
        .upload("/reports/{id}/{month}/files", May(FillReports), paste::attach)
        .get("/reports/{id}/{month}/files/{file}", May(ReadReports), show::file)
        .post("/reports/{id}/{month}/files/{file}/removal", May(FillReports), paste::detach)
        .get("/reports/{id}/{month}/check", May(FillReports), check::show)
        .post("/reports/{id}/{month}/submission", May(SubmitReports), check::submit)
        .get("/reports/{id}/{month}/receipt", May(ReadReports), check::receipt)
        .post("/reports/{id}/{month}/withdrawal", May(SubmitReports), check::withdraw)
        .post("/reports/{id}/{month}/hands", May(SubmitReports), fill::hand_out)
        .post("/reports/{id}/{month}/review", May(ReviewReports), review::review)
        .post("/reports/{id}/{month}/extension", May(ExtendReports), show::extend)
        .post("/reports/{id}/{month}/correction", May(SubmitReports), amend::ask)
        .post("/reports/{id}/{month}/correction/decision", May(ReviewAsCounty), amend::decide)
        .post("/reports/{id}/{month}/correction/abandonment", May(SubmitReports), amend::abandon)
}
