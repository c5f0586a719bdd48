//! Reads a TOML file key by key, so that every mistake in it is reported at once, each with its line and the key meant.

mod fields;
mod value;

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

pub use fields::Fields;
pub use value::Value;

/// What is wrong in a file, in the order of its lines. Displays as one line a mistake: `spin.toml:42: what is wrong`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentErrors {
    path: PathBuf,
    mistakes: Vec<Mistake>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mistake {
    /// Counted from 1; `None` where the file as a whole is meant.
    line: Option<usize>,
    message: String,
}

impl DocumentErrors {
    /// A mistake of the whole file, such as that it cannot be read.
    pub fn whole(path: &Path, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            path: path.to_owned(),
            mistakes: vec![Mistake {
                line: None,
                message,
            }],
        }
    }

    /// Mistakes on lines, counted from 1, that came out after the file was read.
    pub fn on_lines(path: &Path, mistakes: impl IntoIterator<Item = (usize, String)>) -> Self {
        let mistake = |(line, message)| Mistake {
            line: Some(line),
            message,
        };
        let mut mistakes: Vec<_> = mistakes.into_iter().map(mistake).collect();
        mistakes.sort();
        Self {
            path: path.to_owned(),
            mistakes,
        }
    }
}

impl fmt::Display for DocumentErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Mistake { line, message }) in self.mistakes.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", self.path.display())?;
            if let Some(line) = line {
                write!(f, ":{line}")?;
            }
            write!(f, ": ")?;
            // A key of the file may hold line breaks, or what a terminal would obey.
            for c in message.chars() {
                match c.is_control() {
                    true => write!(f, "{}", c.escape_default())?,
                    false => f.write_char(c)?,
                }
            }
        }
        Ok(())
    }
}

impl std::error::Error for DocumentErrors {}

/// What the parser says of a key that is there twice, without saying which.
const DUPLICATE: &str = "duplicate key";

struct Document<'a> {
    text: &'a str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl Document<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self
            .text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count()
    }

    fn report(&self, line: usize, message: String) {
        self.mistakes.borrow_mut().push(Mistake {
            line: Some(line),
            message,
        });
    }
}

/// Parses `text` and hands its top-level keys to `read`. The value `read` makes counts only if no mistake was reported,
/// so it may hold stand-ins where it reported one.
pub fn read<T>(
    path: &Path,
    text: &str,
    read: impl FnOnce(&Fields<'_>) -> T,
) -> Result<T, DocumentErrors> {
    let document = Document {
        text,
        mistakes: RefCell::default(),
    };
    let (table, syntax_errors) = DeTable::parse_recoverable(text);
    for error in &syntax_errors {
        let offset = error.span().map_or(0, |span| span.start);
        let mut message = error.message().replace('\n', "; ");
        if let Some(key) = error.span().and_then(|span| text.get(span))
            && message == DUPLICATE
        {
            message = format!("{message}: {key}");
        }
        document.report(document.line(offset), message);
    }
    let value = syntax_errors.is_empty().then(|| {
        let fields = Fields::new(&document, table.get_ref(), 1, String::new(), String::new());
        let value = read(&fields);
        fields.report_unknown();
        value
    });
    let mut mistakes = document.mistakes.into_inner();
    mistakes.sort();
    match value {
        Some(value) if mistakes.is_empty() => Ok(value),
        _ => Err(DocumentErrors {
            path: path.to_owned(),
            mistakes,
        }),
    }
}

/// The candidate a misspelt `name` was probably meant to be.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let distances = candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate));
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1.max(name.len() / 3)).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str, reader: impl FnOnce(&Fields<'_>)) -> String {
        read(Path::new("spin.toml"), text, reader)
            .expect_err("a mistake")
            .to_string()
    }

    #[test]
    fn every_mistake_is_reported_in_the_order_of_lines() {
        let found = errors("b = 1\na = 2\ncolor = 3\n", |fields| {
            fields.string("a");
            fields.string("b");
            fields.string("colour");
        });
        let expected = "spin.toml:1: key \"b\" must be a string, not a number\n\
                        spin.toml:2: key \"a\" must be a string, not a number\n\
                        spin.toml:3: key \"color\" is unknown; did you mean \"colour\"?";
        assert_eq!(found, expected);
    }

    #[test]
    fn a_key_like_no_other_gets_the_list_of_known_ones() {
        let found = errors("zebra = 1", |fields| {
            drop((fields.get("name"), fields.get("version")))
        });
        assert_eq!(
            found,
            "spin.toml:1: key \"zebra\" is unknown; known here: name, version"
        );
    }

    #[test]
    fn syntax_errors_are_all_reported_and_nothing_else_is() {
        let found = errors("a =\nb = 1\nb = 2\n", |_| unreachable!("not read"));
        assert_eq!(found.lines().count(), 2, "{found}");
        assert!(
            found.contains("spin.toml:1: ") && found.contains("spin.toml:3: duplicate key"),
            "{found}"
        );
    }

    #[test]
    fn nested_keys_are_named_by_their_whole_path() {
        let found = errors("[build]\nworkdir = 1\nwach = []\n", |fields| {
            fields
                .get("build")
                .expect("build")
                .fields(|build| drop((build.string("workdir"), build.get("watch"))));
        });
        let expected = "spin.toml:2: key \"build.workdir\" must be a string, not a number\n\
                        spin.toml:3: key \"build.wach\" is unknown; did you mean \"build.watch\"?";
        assert_eq!(found, expected);
    }

    #[test]
    fn a_mistake_is_one_line_whatever_its_key_holds() {
        let found = errors("\"a\\n\\u001b[2J\" = 1", |fields| drop(fields.get("b")));
        let expected = "spin.toml:1: key \"a\\n\\u{1b}[2J\" is unknown; known here: b";
        assert_eq!(found, expected);
    }

    #[test]
    fn a_missing_key_is_reported_at_its_table() {
        let found = errors("\n[application]\n", |fields| {
            let application = fields.get("application").expect("application");
            application.fields_in("application", |fields| drop(fields.require("name")));
        });
        assert_eq!(found, "spin.toml:2: application: key \"name\" is missing");
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(
            nearest("sqlite_database", ["source", "sqlite_databases"]),
            Some("sqlite_databases")
        );
        assert_eq!(nearest("zebra", ["source", "sqlite_databases"]), None);
    }
}
