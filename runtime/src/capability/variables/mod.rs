//! The capability to read configuration values: `spin:variables`.
//!
//! The manifest names a component's variables (`policy`), the WIT function reads them (`host`), and the values were
//! resolved when the application was loaded (`backend`).

pub mod backend;
mod host;
mod policy;

pub use backend::Values;
pub use host::{State, View, link};
pub use policy::validate;

/// The state of one instance of the component that has these values.
pub fn prepare(values: &Values) -> State {
    State::new(values.clone())
}
