//! Funds (资金) for purchased services: where money comes from, the rules that money of a
//! source follows in a place and for a time, and what a county spent the year before on
//! people in need, which one of these rules is counted from.
//!
//! Rules are data: a kind, a place, a time, a share or a list of purposes, the document
//! it rests on. A hard rule refuses; a soft one asks for a reason. [`judge`] is pure and
//! answers every rule that applies with its figures, kept or not.

mod model;
mod pages;
mod store;

pub use model::{Assistance, Facts, Finding, Purpose, Rule, RuleKind, Source, judge, share_of_percent};
pub use store::{add_rule, assistance, rule_at, rules, rules_for, set_spending};

use crate::{
    access::Act::{ReadProjects, SetFunds},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/funds/rules", May(ReadProjects), pages::rules)
        .get("/funds/rules/new", May(SetFunds), pages::new_rule)
        .post("/funds/rules", May(SetFunds), pages::create_rule)
        .get("/funds/rules/{id}/edit", May(SetFunds), pages::edit_rule)
        .post("/funds/rules/{id}", May(SetFunds), pages::update_rule)
        .get("/funds/assistance", May(SetFunds), pages::assistance)
        .post("/funds/assistance", May(SetFunds), pages::enter_assistance)
}
