//! The fields and forms of a person and of a post. Pure.

mod person;
mod post;

pub use person::{Base, Education, Employer, Person, PersonForm, PoliticalStatus, Sex};
pub use post::{NewPost, Post, PostForm, PostKind, PostRank, PostRole, RecruitRoute, Span, read_end};
