//! What a project is, says and goes through. Pure.

mod contract;
mod life;
mod project;
mod rows;

pub use contract::{
    Bid, BidsForm, BudgetForm, ContractForm, Deliverable, DeliverablesForm, Instalment, Item, Line, LineCategory,
    Stage, Terms, Trigger, hundredths,
};
pub use life::{Move, Position, State};
pub use project::{
    Category, DocumentKind, Draft, Member, MemberForm, Method, ProjectForm, SourceRow, TeamRole, Waiver, amounts,
    from_assistance, reason_for, weigh,
};
pub use rows::rows;
