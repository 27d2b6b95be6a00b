//! Purchased-service projects (购买服务项目): a county's purchase from an agency for its stations, with
//! its funds, contract and progress.
//!
//! ```text
//! planned ─▶ filed ─▶ procuring ─▶ contracted ─▶ active ◀─▶ midterm
//!    ▲         │ ▲        │             │          │           │
//!    └─────────┘ └────────┘             │          └──▶ final ◀┘
//!     returned      failed              │                 │
//!                                       ▼                 ▼
//!            suspended ◀─▶ (any that runs)            accepted ─▶ closed
//!                └──────────▶ terminated ◀── (all before accepted)
//! ```
//!
//! Until it is signed a project is written: facts, funds, stations, award, contract with priced
//! items and instalments, budget, deliverables. After signing none of that is overwritten; events
//! are added instead: the team changes, documents arrive, and the features above this one spend,
//! pay, count and evaluate.
//!
//! A project is within reach of its county and the levels above, the townships of its host and of
//! the stations it covers, the heads of these stations, its agency, and its assigned evaluators
//! (`of_project` in the migration). Its child rows are open to a transaction that has opened the
//! project first ([`find`]).

mod import;
mod model;
mod pages;
mod store;
mod table;
mod weighing;

pub use model::{
    Bid, BidsForm, BudgetForm, Category, ContractForm, Deliverable, DeliverablesForm, DocumentKind, Draft, Instalment,
    Item, Line, LineCategory, Member, MemberForm, Method, Move, Position, ProjectForm, SourceRow, Stage, State,
    TeamRole, Terms, Trigger, hundredths,
};
pub use pages::PARTS;
pub use store::{
    Document, Filter, Plan, Project, Row, StepRow, Totals, assign, find, insert, join, keep_waivers, page, plan, rows,
    set_award, set_deliverables, set_lines, set_terms, step, take,
};
pub use weighing::{findings, not_ready};

use crate::{
    access::Act::{ReadProjects, RunProjects, WriteProjects},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/projects", May(ReadProjects), pages::list::index)
        .post("/projects/export", May(ReadProjects), pages::list::export)
        .get("/projects/import", May(WriteProjects), import::new)
        .get("/projects/import/template", May(WriteProjects), import::template)
        .upload("/projects/import", May(WriteProjects), import::read)
        .get("/projects/import/{id}", May(WriteProjects), import::show)
        .post("/projects/import/{id}", May(WriteProjects), import::confirm)
        .post("/projects/import/{id}/refused", May(WriteProjects), import::refused)
        .get("/projects/new", May(WriteProjects), pages::edit::new)
        .post("/projects", May(WriteProjects), pages::edit::create)
        .get("/projects/{id}/edit", May(WriteProjects), pages::edit::edit)
        .post("/projects/{id}", May(WriteProjects), pages::edit::update)
        .get("/projects/{id}/award", May(WriteProjects), pages::award::edit)
        .post("/projects/{id}/award", May(WriteProjects), pages::award::update)
        .get("/projects/{id}/contract", May(WriteProjects), pages::contract::edit)
        .post("/projects/{id}/contract", May(WriteProjects), pages::contract::update)
        .get("/projects/{id}/contract/print", May(ReadProjects), pages::contract::print)
        .get("/projects/{id}/budget", May(WriteProjects), pages::budget::edit)
        .post("/projects/{id}/budget", May(WriteProjects), pages::budget::update)
        .get("/projects/{id}/deliverables/edit", May(WriteProjects), pages::deliverables::edit)
        .post("/projects/{id}/deliverables/edit", May(WriteProjects), pages::deliverables::update)
        .get("/projects/{id}/papers", May(ReadProjects), pages::papers::show)
        .upload("/projects/{id}/papers", May(RunProjects), pages::papers::attach)
        .get("/projects/{id}/papers/{file}", May(ReadProjects), pages::papers::file)
        .post("/projects/{id}/papers/{file}/removal", May(RunProjects), pages::papers::detach)
        .get("/projects/{id}/team", May(ReadProjects), pages::team::show)
        .post("/projects/{id}/team", May(RunProjects), pages::team::join)
        .post("/projects/{id}/team/{seq}/departure", May(RunProjects), pages::team::leave)
        .post("/projects/{id}/evaluators", May(WriteProjects), pages::team::assign)
}
