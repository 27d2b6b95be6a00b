//! Projects: their facts, contract, budget, deliverables and life cycle, with the forms. Pure.

mod award;
mod budget;
mod contract;
mod deliverables;
mod life;
mod project;
mod rows;

pub use award::{Bid, BidsForm, hundredths};
pub use budget::{BudgetForm, Line, LineCategory};
pub use contract::{ContractForm, Instalment, Item, Terms, Trigger};
pub use deliverables::{Deliverable, DeliverablesForm, Stage};
pub use life::{Move, Position, State};
pub use project::{
    Category, DocumentKind, Draft, Member, MemberForm, Method, ProjectForm, SourceRow, TeamRole, Waiver, amounts,
    from_assistance, kept_reasons, reason_for, weigh,
};
