//! `/v1`.

mod auth;
mod billing;
mod users;
