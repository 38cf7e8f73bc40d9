//! The classic surface: accounts under `/auth`, free-form orders under `/orders`. Status words and roles
//! are upper case here.

pub(crate) mod auth;
pub(crate) mod orders;
