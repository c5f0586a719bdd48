//! The capability to use SQL databases: `spin:sqlite`.
//!
//! A component sends statements to databases it knows by label. The manifest grants labels (`policy`), the WIT functions
//! map labels to databases (`host`), and the databases are SQLite files (`backend`).
//!
//! What a component may notice when it comes from Spin: statements and results are bounded ([`Limits`]), streamed ones
//! too; there are no temporary tables, no ATTACH and no VACUUM; settings of the connection are the runtime's, foreign
//! keys excepted; and a transaction nobody continues is rolled back.

use std::path::{Path, PathBuf};

pub mod backend;
mod host;
mod policy;

pub use backend::{Databases, Limits};
pub use host::{State, View, link};
pub use policy::{Grant, validate};

/// Opens the databases of `labels`: each in the file that `configured` names for it, else in one of its own below
/// `state_dir`. Creates what is missing. Blocks.
pub fn open<'a>(
    labels: impl IntoIterator<Item = &'a str>,
    configured: impl Fn(&str) -> Option<PathBuf>,
    state_dir: &Path,
) -> anyhow::Result<Databases> {
    let file = |label: &'a str| {
        let own = || state_dir.join("sqlite").join(file_name(label));
        (label, configured(label).unwrap_or_else(own))
    };
    Databases::open(labels.into_iter().map(file), &Limits::default())
}

/// A name that is another for each label on every file system: some take `A` and `a` for the same.
fn file_name(label: &str) -> String {
    let mut name = String::new();
    for character in label.chars() {
        if character.is_ascii_uppercase() {
            name.push('=');
        }
        name.push(character.to_ascii_lowercase());
    }
    name + ".db"
}

/// The state of one instance: what its component was granted, and no connection yet.
pub fn prepare(grant: &Grant) -> State {
    State::new(grant.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_lies_where_it_is_configured_or_under_its_label() {
        let folder = tempfile::tempdir().unwrap();
        let state_dir = folder.path().join("state");
        let elsewhere = folder.path().join("elsewhere.db");
        let configured = |label: &str| (label == "billing").then(|| elsewhere.clone());
        let databases = open(["auth", "billing", "USERS"], configured, &state_dir).unwrap();
        databases.close();
        assert!(state_dir.join("sqlite/auth.db").is_file());
        assert!(state_dir.join("sqlite/=u=s=e=r=s.db").is_file());
        assert!(!state_dir.join("sqlite/billing.db").exists());
        assert!(elsewhere.is_file());
    }
}
