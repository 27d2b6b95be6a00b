//! Filing with the authority above (备案): a county's yearly plan of projects, and each signed
//! agreement. The authority acknowledges the filing or returns it.
//!
//! Each filing keeps its content as it was at the time. Acknowledging a plan marks its planned
//! projects as filed, in the same transaction. A plan is late after the end of March, an agreement
//! a month after signing. Where the network has no authority above, the county enters the answer of
//! the authority outside.

mod pages;
mod store;

pub use store::{State as FilingState, decide, file_agreement, file_plan, find, plannable};

use crate::{
    access::Act::{ReadMoney, WriteProjects},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/filings", May(ReadMoney), pages::index)
        .post("/filings", May(WriteProjects), pages::submit_plan)
        .post("/filings/export", May(ReadMoney), pages::export)
        .get("/filings/{id}", May(ReadMoney), pages::show)
        .post("/filings/{id}/decision", May(ReadMoney), pages::decide)
        .post("/projects/{id}/filing", May(WriteProjects), pages::submit_agreement)
}
