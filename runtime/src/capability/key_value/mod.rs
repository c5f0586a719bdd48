//! The capability to keep small values under string keys: `spin:key-value` and `wasi:keyvalue`.
//!
//! A component opens stores it knows by label. The manifest grants labels (`policy`), the WIT functions map labels to
//! stores (`host`), and the stores are rows of SQLite files or lie on Redis servers (`backend`).

use std::path::Path;

use crate::capability::sqlite::Limits;

pub mod backend;
mod host;
mod policy;

pub use backend::{Place, Stores};
pub use host::{State, View, link};
pub use policy::{Grant, validate};

/// Opens the stores of `labels`: each in the place that `configured` names for it, else in a file that they share, in
/// `state_dir`. Creates what is missing. Blocks.
pub fn open<'a>(
    labels: impl IntoIterator<Item = &'a str>,
    configured: impl Fn(&str) -> Option<Place>,
    state_dir: &Path,
) -> anyhow::Result<Stores> {
    let place = |label: &'a str| {
        let shared = || Place::File(state_dir.join("key_value.db"));
        (label.to_owned(), configured(label).unwrap_or_else(shared))
    };
    Stores::open(labels.into_iter().map(place), &Limits::default())
}

/// The state of one instance: what its component was granted, and no store open yet.
pub fn prepare(grant: &Grant) -> State {
    State::new(grant.clone())
}
