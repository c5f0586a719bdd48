//! Which stores a component may use: the labels in `key_value_stores` of its manifest entry, and no other.

use super::backend::Store;
use crate::capability::grant;

pub use grant::Access;

/// What one component was granted.
pub type Grant = grant::Grant<Store>;

/// The label that is always configured, as under Spin.
pub const DEFAULT: &str = "default";

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
    fn every_unconfigured_label_but_the_default_is_listed_with_its_remedy() {
        let offenders = validate(["default", "cache", "cahce"], |label| label == "cache");
        assert_eq!(offenders.len(), 1);
        assert!(offenders[0].contains("\n[key_value_store.cahce]\n"));
    }
}
