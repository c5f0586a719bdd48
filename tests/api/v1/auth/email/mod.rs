//! `/v1/auth/email`.

mod change;
mod verification;
