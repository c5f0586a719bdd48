//! `/v1/auth/me`: the caller's own account as a whole.

pub mod delete;
pub mod export;
