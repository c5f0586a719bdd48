//! `/v1/auth/consents`: the applications that the caller signed in to, and what they may see.

pub mod list;
pub mod withdraw;
