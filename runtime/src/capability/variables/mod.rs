//! The capability to read configuration values: `spin:variables` and `wasi:config`.
//!
//! A component asks for values by name (`policy` says which names there can be), the WIT functions read them (`host`),
//! and the values were resolved, and found wanting if so, when the application was loaded (`backend`).

pub mod backend;
mod host;
mod policy;

pub use backend::Values;
pub use host::{State, View, link};

/// The state of one instance of the component that has these values.
pub fn prepare(values: &Values) -> State {
    State::new(values.clone())
}
