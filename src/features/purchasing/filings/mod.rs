//! Filing upward (备案): a county's plan of projects for a year, and each agreement once it
//! is signed, go to the authority above, which acknowledges or returns them.
//!
//! What is filed is kept as it was then. When a plan is acknowledged its planned projects
//! become filed, in the same transaction. A plan is late after the end of March, an
//! agreement a month after it was signed. Where nobody is above in the network, the county
//! notes what the authority outside answered.

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
