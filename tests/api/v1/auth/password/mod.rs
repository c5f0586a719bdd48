//! `/v1/auth/password`.

mod change;
mod forgot;
mod hashes;
