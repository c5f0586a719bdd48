//! Which databases a component may use: the labels in `sqlite_databases` of its manifest entry, and no other.

use super::engine::Database;
use crate::capability::grant;

pub use grant::Access;

/// What one component was granted.
pub type Grant = grant::Grant<Database>;

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
    fn every_unconfigured_label_is_listed_with_its_remedy() {
        let offenders = validate(["users", "bililng", "usres"], |label| label == "users");
        assert_eq!(offenders.len(), 2);
        assert!(offenders[0].contains("\n[sqlite_database.bililng]\n"));
        assert!(offenders[1].contains("\n[sqlite_database.usres]\n"));
    }
}
