//! `/v1`.

mod auth;
mod billing;
pub mod orgs;
mod users;
