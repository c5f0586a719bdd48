//! Which databases a component may use: the labels in `sqlite_databases` of its manifest entry, and no other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::backend::{Database, Databases};

/// What one component was granted. Cloning it is cheap.
#[derive(Clone, Default)]
pub struct Grant(Arc<BTreeMap<String, Option<Database>>>);

/// What stands behind a label, from a component's point of view.
pub enum Access<'a> {
    Granted(&'a Database),
    /// Granted, but nothing provides it.
    Missing,
    Denied,
}

impl Grant {
    /// What is granted to a component whose manifest entry names `labels`.
    pub fn new(labels: impl IntoIterator<Item = impl AsRef<str>>, databases: &Databases) -> Self {
        let entry = |label: &str| (label.to_owned(), databases.get(label).cloned());
        Self(Arc::new(
            labels
                .into_iter()
                .map(|label| entry(label.as_ref()))
                .collect(),
        ))
    }

    /// What this component finds under `label`.
    pub fn access(&self, label: &str) -> Access<'_> {
        match self.0.get(label) {
            Some(Some(database)) => Access::Granted(database),
            Some(None) => Access::Missing,
            None => Access::Denied,
        }
    }
}

/// Says for each label of `granted` that is not configured what is wrong, and what would configure it.
pub fn validate<'a>(
    granted: impl IntoIterator<Item = &'a str>,
    is_configured: impl Fn(&str) -> bool,
) -> Vec<String> {
    let missing = granted.into_iter().filter(|label| !is_configured(label));
    let offence = |label: &str| {
        format!(
            "no SQLite database is labelled {label:?}; the runtime configuration can provide one:\n\
             [sqlite_database.{label}]\ntype = \"spin\"\npath = \"{label}.db\""
        )
    };
    missing.map(offence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_finds_what_it_was_granted_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["auth", "billing"].map(|label| (label, folder.path().join(label)));
        let databases = Databases::open(files, &Default::default()).unwrap();
        let grant = Grant::new(["billing", "archive"], &databases);
        assert!(matches!(grant.access("billing"), Access::Granted(_)));
        assert!(matches!(grant.access("archive"), Access::Missing));
        assert!(matches!(grant.access("auth"), Access::Denied));
        assert!(matches!(grant.access("../auth"), Access::Denied));
    }

    #[test]
    fn every_unconfigured_label_is_listed_with_its_remedy() {
        let offenders = validate(["users", "bililng", "usres"], |label| label == "users");
        assert_eq!(offenders.len(), 2);
        assert!(offenders[0].contains("\n[sqlite_database.bililng]\n"));
        assert!(offenders[1].contains("\n[sqlite_database.usres]\n"));
    }
}
