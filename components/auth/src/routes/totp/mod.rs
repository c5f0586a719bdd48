//! `/v1/auth/totp`: the authenticator app of an account.

pub mod begin;
pub mod confirm;
pub mod remove;
