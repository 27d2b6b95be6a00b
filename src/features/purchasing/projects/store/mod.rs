//! Statements behind projects: record, register, contract, documents and life cycle.

mod contract;
mod life;
mod papers;
mod record;
mod register;

pub use contract::{set_award, set_deliverables, set_lines, set_terms};
pub use life::{StepRow, step};
pub use papers::{assign, attach, detach, join, leave};
pub use record::{Document, Plan, Project, filed_budget, find, insert, keep_waivers, number_after, plan, take, update};
pub use register::{Filter, Row, Totals, by_numbers, page, rows, years};

use crate::kernel::Error;

const STALE: &str =
    "您打开这个页面以后，有人改过这个项目，所以还没有保存。下面是您填的内容；再点一次「保存」就以您填的为准。";

/// Turns a save that touched no row into the message that somebody else saved first.
fn stale(saved: u64) -> crate::kernel::Result<()> {
    if saved == 1 { Ok(()) } else { Err(Error::at("version", STALE)) }
}
