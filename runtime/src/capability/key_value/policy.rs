//! Which stores a component may use: the labels in `key_value_stores` of its manifest entry, and no other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::backend::{Store, Stores};

/// The label that is always configured, as under Spin.
pub const DEFAULT: &str = "default";

/// What one component was granted. Cloning it is cheap.
#[derive(Clone, Default)]
pub struct Grant(Arc<BTreeMap<String, Option<Store>>>);

/// What stands behind a label, from a component's point of view.
pub enum Access<'a> {
    Granted(&'a Store),
    /// Granted, but nothing provides it.
    Missing,
    Denied,
}

impl Grant {
    /// What is granted to a component whose manifest entry names `labels`.
    pub fn new(labels: impl IntoIterator<Item = impl AsRef<str>>, stores: &Stores) -> Self {
        let entry = |label: &str| (label.to_owned(), stores.get(label));
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
            Some(Some(store)) => Access::Granted(store),
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
    let missing = granted
        .into_iter()
        .filter(|label| *label != DEFAULT && !is_configured(label));
    let offence = |label: &str| {
        format!(
            "no key-value store is labelled {label:?}; the runtime configuration can provide one:\n\
             [key_value_store.{label}]\ntype = \"spin\"\npath = \"{label}.kv\""
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
        let files = [
            ("default", folder.path().join("kv")),
            ("cache", folder.path().join("kv")),
        ];
        let stores = Stores::open(files, &Default::default()).unwrap();
        let grant = Grant::new(["default", "archive"], &stores);
        assert!(matches!(grant.access("default"), Access::Granted(_)));
        assert!(matches!(grant.access("archive"), Access::Missing));
        assert!(matches!(grant.access("cache"), Access::Denied));
    }

    #[test]
    fn every_unconfigured_label_but_the_default_is_listed_with_its_remedy() {
        let offenders = validate(["default", "cache", "cahce"], |label| label == "cache");
        assert_eq!(offenders.len(), 1);
        assert!(offenders[0].contains("\n[key_value_store.cahce]\n"));
    }
}
