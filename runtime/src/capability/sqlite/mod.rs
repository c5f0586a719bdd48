//! The capability to use SQL databases: `spin:sqlite`.
//!
//! A component sends statements to databases it knows by label. The manifest grants labels (`policy`), the WIT functions
//! map labels to databases (`host`), and these (`engine`) are SQLite files (`backend`) or lie on servers (`libsql`).
//!
//! What a component may notice when it comes from Spin: statements and results are bounded ([`Limits`]), streamed ones
//! too; there are no temporary tables, no ATTACH and no VACUUM; settings of the connection are the runtime's, foreign
//! keys excepted; and a transaction nobody continues is rolled back. On a server its own rules hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use url::Url;

use crate::config::Secret;
use crate::metrics;

pub mod backend;
mod engine;
mod host;
mod libsql;
mod policy;

pub use backend::Limits;
pub use engine::Database;
pub use host::{State, View, link};
pub use policy::{Grant, validate};

/// Where a database lies.
#[derive(Debug, Clone)]
pub enum Place {
    /// In this file.
    File(PathBuf),
    /// On the libSQL server at this URL, which knows us by this token.
    LibSql(Url, Secret),
}

/// The databases that are configured, by label.
#[derive(Clone, Default)]
pub struct Databases(BTreeMap<String, Database>);

impl Databases {
    /// The database with this label.
    pub fn get(&self, label: &str) -> Option<&Database> {
        self.0.get(label)
    }

    /// Closes all of them. Blocks.
    pub fn close(&self) {
        self.0.values().for_each(Database::close);
    }
}

/// Opens the databases of `labels`: each in the place that `configured` names for it, else in a file of its own below
/// `state_dir`. Creates what is missing. Blocks.
pub fn open<'a>(
    labels: impl IntoIterator<Item = &'a str>,
    configured: impl Fn(&str) -> Option<Place>,
    state_dir: &Path,
) -> anyhow::Result<Databases> {
    let limits = Limits::default();
    let open = |label: &'a str| {
        let own = || Place::File(state_dir.join("sqlite").join(file_name(label)));
        let database = match configured(label).unwrap_or_else(own) {
            Place::File(path) => {
                backend::Database::open(&path, limits.clone(), "").map(Database::File)
            }
            Place::LibSql(url, token) => {
                libsql::Database::new(&url, &token, limits.clone()).map(Database::LibSql)
            }
        };
        let database =
            database.with_context(|| format!("the SQLite database {label:?} is not available"))?;
        Ok((label.to_owned(), database))
    };
    labels
        .into_iter()
        .map(open)
        .collect::<anyhow::Result<_>>()
        .map(Databases)
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

/// The state of one instance: what its component was granted, where its statements are counted, and no connection yet.
pub fn prepare(grant: &Grant, metrics: &Arc<metrics::Databases>) -> State {
    State::new(grant.clone(), metrics.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_lies_where_it_is_configured_or_under_its_label() {
        let folder = tempfile::tempdir().unwrap();
        let state_dir = folder.path().join("state");
        let elsewhere = folder.path().join("elsewhere.db");
        let configured = |label: &str| (label == "billing").then(|| Place::File(elsewhere.clone()));
        let databases = open(["auth", "billing", "USERS"], configured, &state_dir).unwrap();
        databases.close();
        assert!(state_dir.join("sqlite/auth.db").is_file());
        assert!(state_dir.join("sqlite/=u=s=e=r=s.db").is_file());
        assert!(!state_dir.join("sqlite/billing.db").exists());
        assert!(elsewhere.is_file());
    }
}
