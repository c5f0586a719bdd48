//! `/v1/auth/email`.

mod verification;
