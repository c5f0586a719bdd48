//! How a statement fails. The interface has only SQLite's text to tell kinds apart, here read in one
//! place.

use std::fmt::Display;

use crate::{Problem, host::sqlite};

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct Error {
    kind: Kind,
    cause: String,
}

/// What a component can do about a failed statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A row with this key is there already.
    UniqueViolation,
    /// Another connection holds the lock, or the statement ran out of time; another try may succeed.
    Busy,
    /// The database or the disk is full.
    Full,
    /// Nothing: a fault of ours or of the host.
    Other,
}

impl Error {
    pub(super) fn new(error: sqlite::Error, statement: &str) -> Self {
        let (kind, cause) = match error {
            sqlite::Error::NoSuchDatabase => (Kind::Other, "no such database".to_owned()),
            sqlite::Error::AccessDenied => (Kind::Other, "access denied".to_owned()),
            sqlite::Error::InvalidConnection => (Kind::Other, "invalid connection".to_owned()),
            sqlite::Error::DatabaseFull => (Kind::Full, "the database is full".to_owned()),
            sqlite::Error::Io(text) => (kind_of(&text), text),
        };
        Self {
            kind,
            cause: format!("{cause} (in: {})", outline(statement)),
        }
    }

    pub(super) fn other(cause: impl Display, statement: &str) -> Self {
        Self {
            kind: Kind::Other,
            cause: format!("{cause} (in: {})", outline(statement)),
        }
    }

    /// What can be done about it.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether a row with this key is there already.
    pub fn is_unique_violation(&self) -> bool {
        self.kind == Kind::UniqueViolation
    }
}

/// A statement holds no values, so it may be logged; its beginning is enough to find it.
fn outline(statement: &str) -> String {
    let words: Vec<&str> = statement.split_whitespace().collect();
    words.join(" ").chars().take(120).collect()
}

/// What SQLite, Spin and selvedge say when nothing was stored, and the same may work later.
const BUSY: &[&str] = &[
    "database is locked",
    "database table is locked",
    "interrupted",
    "the transaction was rolled back",
    "the database is closed",
];

fn kind_of(text: &str) -> Kind {
    let has = |part: &str| text.contains(part);
    if has("UNIQUE constraint failed") || has("PRIMARY KEY constraint failed") {
        Kind::UniqueViolation
    } else if BUSY.iter().any(|part| has(part)) {
        Kind::Busy
    } else if has("database or disk is full") {
        Kind::Full
    } else {
        Kind::Other
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error.kind {
            Kind::Busy => {
                Self::unavailable("The database is busy. Try again shortly.", 1).with_cause(error)
            }
            Kind::Full => {
                Self::unavailable("There is no room to store this.", 60).with_cause(error)
            }
            Kind::UniqueViolation | Kind::Other => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_component_can_act_on_is_told_from_the_text() {
        for (text, kind) in [
            (
                "UNIQUE constraint failed: users.email",
                Kind::UniqueViolation,
            ),
            ("database is locked", Kind::Busy),
            (
                "database is locked: the writers ahead take too long",
                Kind::Busy,
            ),
            ("interrupted: the statement ran longer than 5s", Kind::Busy),
            ("database or disk is full", Kind::Full),
            ("FOREIGN KEY constraint failed", Kind::Other),
            ("no such table: users", Kind::Other),
        ] {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }

    #[test]
    fn a_busy_or_full_database_is_a_503_and_the_rest_a_500() {
        let problem = |error| Problem::from(Error::new(error, "SELECT 1"));
        let io = |text: &str| sqlite::Error::Io(text.to_owned());
        assert_eq!(problem(io("database is locked")).status(), 503);
        assert_eq!(problem(sqlite::Error::DatabaseFull).status(), 503);
        assert_eq!(problem(io("no such table: users")).status(), 500);
        assert_eq!(problem(sqlite::Error::AccessDenied).status(), 500);
    }
}
