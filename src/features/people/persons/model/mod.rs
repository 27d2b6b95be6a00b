//! What a person is, and what a post. Pure.

mod person;
mod post;

pub use person::{Base, Education, Employer, Person, PersonForm, PoliticalStatus, Sex};
pub use post::{NewPost, Post, PostForm, PostKind, PostRank, PostRole, RecruitRoute, Span, read_end};
