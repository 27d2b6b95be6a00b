//! Pages of accounts: sign-in, the visitor's own account, administration and bulk creation.

pub mod admin;
pub mod bulk;
pub mod own;
pub mod sign_in;
