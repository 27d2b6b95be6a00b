//! Persons (人员) and their posts (任职): their identity, and where they worked when.
//!
//! A person *belongs* to the station of their main post and stays there after the last post ends;
//! reaching that station means reaching the person. The station of a second post sees a card: a
//! name and a role, no personal data. Posts are periods of days; the database refuses overlaps of
//! two full-time posts, two main posts or two heads. History is never overwritten: a transfer ends
//! one post and begins another, so the head-count of a past month stays the same.
//!
//! Resident ID numbers and telephone numbers are stored encrypted. Pages show a mask; seeing the
//! whole number takes the visitor's password and a reason, and is recorded in the audit trail.
//!
//! A transfer beyond the visitor's reach (调出) is requested, and carried out by somebody who
//! reaches both places.
//!
//! ```text
//! asked ──▶ carried out
//!   ├─────▶ refused
//!   └─────▶ withdrawn
//! ```

mod model;
mod pages;
mod store;

pub use model::{
    Base, Education, Employer, NewPost, Person, PersonForm, PoliticalStatus, Post, PostForm, PostKind, PostRank,
    PostRole, RecruitRoute, Sex, Span,
};
pub use store::{
    PLACES, Transfer, all_of_station, end_post, find, find_by_print, insert, insert_all, insert_post, link_account,
    main_posts, opens, posts_of, settle_places, transfers_of, update_all,
};

use crate::{
    access::Act::{DecideTransfers, ReadPersons, WritePersons},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/persons/new", May(WritePersons), pages::write::new)
        .post("/persons", May(WritePersons), pages::write::create)
        .get("/persons/{id}/edit", May(WritePersons), pages::write::edit)
        .post("/persons/{id}", May(WritePersons), pages::write::update)
        .upload("/persons/{id}/photo", May(WritePersons), pages::write::photo)
        .get("/persons/{id}/photo", May(ReadPersons), pages::write::show_photo)
        .post("/persons/{id}/account", May(WritePersons), pages::write::link_account)
        .get("/persons/{id}/numbers", May(WritePersons), pages::numbers::ask)
        .post("/persons/{id}/numbers", May(WritePersons), pages::numbers::show)
        .get("/persons/{id}/posts/new", May(WritePersons), pages::posts::new)
        .post("/persons/{id}/posts", May(WritePersons), pages::posts::create)
        .get("/posts/{id}", May(WritePersons), pages::posts::edit)
        .post("/posts/{id}", May(WritePersons), pages::posts::update)
        .post("/posts/{id}/ending", May(WritePersons), pages::posts::end)
        .post("/posts/{id}/removal", May(WritePersons), pages::posts::remove)
        .get("/persons/{id}/transfer", May(WritePersons), pages::transfers::new)
        .post("/persons/{id}/transfer", May(WritePersons), pages::transfers::create)
        .get("/transfers", May(DecideTransfers), pages::transfers::index)
        .get("/transfers/{id}", May(DecideTransfers), pages::transfers::show)
        .post("/transfers/{id}", May(DecideTransfers), pages::transfers::decide)
        .post("/transfers/{id}/withdrawal", May(WritePersons), pages::transfers::withdraw)
}
