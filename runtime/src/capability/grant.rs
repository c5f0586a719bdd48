//! What one component was granted of a capability that hands out things by label: those its manifest entry names.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The granted labels, each with what stands behind it. Cloning it is cheap.
#[derive(Clone)]
pub struct Grant<T>(Arc<BTreeMap<String, Option<T>>>);

/// What stands behind a label, from a component's point of view.
pub enum Access<'a, T> {
    /// It may use this.
    Granted(&'a T),
    /// Granted, but nothing provides it.
    Missing,
    /// Not granted, whether it exists or not.
    Denied,
}

impl<T> Grant<T> {
    /// What is granted to a component whose manifest entry names `labels`, where `find` finds them.
    pub fn new(
        labels: impl IntoIterator<Item = impl AsRef<str>>,
        find: impl Fn(&str) -> Option<T>,
    ) -> Self {
        let entry = |label: &str| (label.to_owned(), find(label));
        let entries = labels.into_iter().map(|label| entry(label.as_ref()));
        Self(Arc::new(entries.collect()))
    }

    /// What this component finds under `label`.
    pub fn access(&self, label: &str) -> Access<'_, T> {
        match self.0.get(label) {
            Some(Some(granted)) => Access::Granted(granted),
            Some(None) => Access::Missing,
            None => Access::Denied,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_finds_what_it_was_granted_and_nothing_else() {
        let existing = ["auth", "billing"];
        let grant = Grant::new(["billing", "archive"], |label| {
            existing.contains(&label).then(|| label.to_owned())
        });
        assert!(matches!(grant.access("billing"), Access::Granted(found) if found == "billing"));
        assert!(matches!(grant.access("archive"), Access::Missing));
        assert!(matches!(grant.access("auth"), Access::Denied));
        assert!(matches!(grant.access("../auth"), Access::Denied));
    }
}
