//! Persons (人员) and their posts (任职): who they are, and where they stood when.
//!
//! A person *lies* at the station of the main post, and stays there after the last post
//! ended; who reaches that station reaches the person. At the station of a second post
//! the person is a card: a name and a role, no personal data. Posts are spans of days;
//! the database refuses two full-time posts, two main posts or two heads at a time.
//! Nothing that happened is overwritten: a transfer ends one post and begins another, so
//! that the head-count of a past month stays what it was.
//!
//! The resident ID number and the telephone number lie sealed. Pages show a mask; to see
//! the whole number takes one's password and a reason, and leaves its row in the trail.
//!
//! A transfer beyond one's own reach (调出) is asked for, and carried out by who reaches
//! both places.
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
        .post("/posts/{id}/end", May(WritePersons), pages::posts::end)
        .post("/posts/{id}/removal", May(WritePersons), pages::posts::remove)
        .get("/persons/{id}/transfer", May(WritePersons), pages::transfers::new)
        .post("/persons/{id}/transfer", May(WritePersons), pages::transfers::create)
        .get("/transfers", May(DecideTransfers), pages::transfers::index)
        .get("/transfers/{id}", May(DecideTransfers), pages::transfers::show)
        .post("/transfers/{id}", May(DecideTransfers), pages::transfers::decide)
        .post("/transfers/{id}/withdrawal", May(WritePersons), pages::transfers::withdraw)
}
