//! Funds (资金) for purchased services: the sources of money, the rules for spending it in a place
//! and period, and each county's spending on people in need in the year before, which the cap on
//! the assistance fund is based on.
//!
//! Rules are data: a kind, a place, a period, a share or a list of purposes, and the document they
//! rest on. A hard rule refuses; a soft one asks for a reason. [`judge`] is pure and returns every
//! rule that applies with its figures, kept or not.

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
