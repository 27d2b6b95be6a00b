//! Accounts: signing in, sessions, passwords and their administration.
//!
//! A person signs in with a user name that is unique in their network and a password that only they
//! know. The system administrator creates accounts and hands out one-time codes on printed slips,
//! but never learns a password; what an account may do is up to the security administrator
//! (`features::identity::grants`).
//!
//! ```text
//! made, with a code ──sign in──▶ must choose a password ──▶ at work
//!        ▲                                                   │  ▲
//!        └───────────── code given again ◀───────────────────┤  │ unlock
//!                                                            ▼  │
//!                                           left for good ◀ locked
//! ```
//!
//! A failed sign-in takes as long and says the same whether or not the name exists. The wait before
//! the next attempt grows with each failure; it is kept per user name, also for names that do not
//! exist. The statement that admits an attempt also counts it, so that parallel attempts gain
//! nothing over sequential ones. A device that has signed in to the account before has its own
//! count: a stranger's guesses keep nobody out of their own account. A session ends after 30
//! minutes without a click (15 for administrators), and after 12 hours in any case.

mod confirm;
mod hashing;
mod model;
mod pages;
pub mod sessions;
mod store;

pub use confirm::knows_password;
pub use hashing::off_thread;
pub use model::{CODE_DAYS, Code, NewAccount, hash_code, hash_password, new_code};
pub use store::{
    NewGrant, Person, administers, end_sessions, evaluators, find, forget_all_tries, insert, insert_grant,
    people_named, set_code, set_password, take_administration, unheld,
};

use crate::{
    access::Act::ManageAccounts,
    web::{
        Routes,
        Who::{Anyone, May, Newcomer, SignedIn},
    },
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/sign-in", Anyone, pages::sign_in::show)
        .post("/sign-in", Anyone, pages::sign_in::create)
        .post("/sign-out", Newcomer, pages::sign_in::destroy)
        .get("/account", SignedIn, pages::own::show)
        .post("/account/email", SignedIn, pages::own::set_email)
        .get("/account/password", Newcomer, pages::own::password)
        .post("/account/password", Newcomer, pages::own::change_password)
        .post("/account/sessions/{id}/ending", SignedIn, pages::own::end_session)
        .get("/accounts", May(ManageAccounts), pages::admin::index)
        .get("/accounts/new", May(ManageAccounts), pages::admin::new)
        .post("/accounts", May(ManageAccounts), pages::admin::create)
        .get("/accounts/import", May(ManageAccounts), pages::bulk::new)
        .get("/accounts/import/template", May(ManageAccounts), pages::bulk::template)
        .upload("/accounts/import", May(ManageAccounts), pages::bulk::read)
        .get("/accounts/import/{id}", May(ManageAccounts), pages::bulk::show)
        .post("/accounts/import/{id}", May(ManageAccounts), pages::bulk::confirm)
        .get("/accounts/{id}", May(ManageAccounts), pages::admin::show)
        .post("/accounts/{id}", May(ManageAccounts), pages::admin::update)
        .post("/accounts/{id}/code", May(ManageAccounts), pages::admin::give_code)
        .post("/accounts/{id}/lock", May(ManageAccounts), pages::admin::lock)
        .post("/accounts/{id}/unlocking", May(ManageAccounts), pages::admin::unlock)
        .post("/accounts/{id}/departure", May(ManageAccounts), pages::admin::leave)
}
