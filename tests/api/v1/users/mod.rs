//! `/v1/users`.

mod id;
mod index;
mod me;
