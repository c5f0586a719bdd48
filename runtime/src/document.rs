//! Reads a TOML file key by key, so that every mistake in it is reported at once, each with its line and the key meant.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
            match line {
                Some(line) => write!(f, ":{line}: {message}")?,
                None => write!(f, ": {message}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for DocumentErrors {}

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
        document.report(document.line(offset), error.message().replace('\n', "; "));
    }
    let value = syntax_errors.is_empty().then(|| {
        let fields = Fields {
            document: &document,
            table: table.get_ref(),
            line: 1,
            place: String::new(),
            prefix: String::new(),
            known: RefCell::default(),
        };
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

/// The keys of one table. Every key asked for is a known key; the others are reported once the table has been read.
pub struct Fields<'a> {
    document: &'a Document<'a>,
    table: &'a DeTable<'a>,
    line: usize,
    place: String,
    prefix: String,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    /// The line of the table's header, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The value of `key`, which is thereby known.
    pub fn get(&self, key: &'static str) -> Option<Value<'a>> {
        self.known.borrow_mut().push(key);
        let (spanned_key, value) = self.table.get_key_value(key)?;
        Some(self.value(spanned_key.span(), key, value))
    }

    /// The value of `key`; its absence is a mistake.
    pub fn require(&self, key: &'static str) -> Option<Value<'a>> {
        let value = self.get(key);
        if value.is_none() {
            self.report(&format!("key \"{}{key}\" is missing", self.prefix));
        }
        value
    }

    /// The string under `key`, if there is one.
    pub fn string(&self, key: &'static str) -> Option<String> {
        self.get(key)?.string()
    }

    /// The boolean under `key`, if there is one.
    pub fn boolean(&self, key: &'static str) -> Option<bool> {
        self.get(key)?.boolean()
    }

    /// The strings under `key`, each with its place; none where the key is absent.
    pub fn strings(&self, key: &'static str) -> Vec<(Value<'a>, String)> {
        let items = self.get(key).map(|value| value.items()).unwrap_or_default();
        items
            .into_iter()
            .filter_map(|item| item.string().map(|text| (item, text)))
            .collect()
    }

    /// Every key and value: the table is a map, and its keys are names rather than known words.
    pub fn entries(&self) -> Vec<(String, Value<'a>)> {
        let entries = self.table.iter();
        entries
            .map(|(key, value)| {
                (
                    key.get_ref().to_string(),
                    self.value(key.span(), key.get_ref(), value),
                )
            })
            .collect()
    }

    /// Says that `key`, a key of Spin's, is not supported here, unless it is absent or empty.
    pub fn refuse(&self, key: &'static str, advice: &str) {
        if let Some(value) = self.get(key).filter(|value| !value.is_empty()) {
            value.report(&format!("is not supported; {advice}"));
        }
    }

    /// Reports a mistake of the table as a whole.
    pub fn report(&self, message: &str) {
        self.report_at(self.line, message);
    }

    /// Reports a mistake on another line, found while reading this table.
    pub fn report_at(&self, line: usize, message: &str) {
        self.document
            .report(line, format!("{}{message}", self.place));
    }

    fn value(&self, key: Range<usize>, name: &str, value: &'a Spanned<DeValue<'a>>) -> Value<'a> {
        Value {
            document: self.document,
            value,
            line: self.document.line(key.start),
            place: self.place.clone(),
            name: format!("{}{name}", self.prefix),
        }
    }

    fn report_unknown(&self) {
        let known = self.known.borrow();
        for (key, _) in self
            .table
            .iter()
            .filter(|(key, _)| !known.contains(&key.get_ref().as_ref()))
        {
            let name = key.get_ref();
            let hint = match nearest(name, known.iter().copied()) {
                Some(nearest) => format!("did you mean \"{}{nearest}\"?", self.prefix),
                None => format!("known here: {}", known.join(", ")),
            };
            let line = self.document.line(key.span().start);
            self.report_at(
                line,
                &format!("key \"{}{name}\" is unknown; {hint}", self.prefix),
            );
        }
    }
}

/// One value, which knows where it stands.
#[derive(Clone)]
pub struct Value<'a> {
    document: &'a Document<'a>,
    value: &'a Spanned<DeValue<'a>>,
    line: usize,
    place: String,
    name: String,
}

impl<'a> Value<'a> {
    /// The line of the value's key, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Whether this is a table (rather than, say, a string).
    pub fn is_table(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    /// The string this is; anything else is a mistake.
    pub fn string(&self) -> Option<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            other => self.mismatch("a string", other),
        }
    }

    /// The boolean this is; anything else is a mistake.
    pub fn boolean(&self) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(boolean) => Some(*boolean),
            other => self.mismatch("true or false", other),
        }
    }

    /// The whole number this is, `None` where it is something else (which is no mistake yet).
    pub fn as_integer(&self) -> Option<u64> {
        let DeValue::Integer(integer) = self.value.get_ref() else {
            return None;
        };
        u64::from_str_radix(integer.as_str(), integer.radix()).ok()
    }

    /// The string this is, `None` where it is something else (which is no mistake yet).
    pub fn as_str(&self) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean this is, `None` where it is something else (which is no mistake yet).
    pub fn as_boolean(&self) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(boolean) => Some(*boolean),
            _ => None,
        }
    }

    /// The items of the list this is; anything else is a mistake.
    pub fn items(&self) -> Vec<Value<'a>> {
        let DeValue::Array(items) = self.value.get_ref() else {
            return self
                .mismatch("a list", self.value.get_ref())
                .unwrap_or_default();
        };
        let items = items.iter().map(|value| {
            let line = self.document.line(value.span().start);
            Value {
                value,
                line,
                ..self.clone()
            }
        });
        items.collect()
    }

    /// Reads the table this is, in place `place` (such as `component "billing"`), and reports its unknown keys.
    pub fn fields_in<T>(&self, place: &str, read: impl FnOnce(&Fields<'a>) -> T) -> Option<T> {
        self.read_table(format!("{place}: "), String::new(), read, true)
    }

    /// Reads the table this is, as a part of the table it stands in, and reports its unknown keys.
    pub fn fields<T>(&self, read: impl FnOnce(&Fields<'a>) -> T) -> Option<T> {
        self.read_table(self.place.clone(), format!("{}.", self.name), read, true)
    }

    /// Every name and value of the table this is, whose keys are free.
    pub fn entries(&self) -> Vec<(String, Value<'a>)> {
        let entries = self.read_table(
            self.place.clone(),
            format!("{}.", self.name),
            Fields::entries,
            false,
        );
        entries.unwrap_or_default()
    }

    /// Reports a mistake of this value: `key "x" ` and `message`.
    pub fn report(&self, message: &str) {
        self.document.report(
            self.line,
            format!("{}key \"{}\" {message}", self.place, self.name),
        );
    }

    fn read_table<T>(
        &self,
        place: String,
        prefix: String,
        read: impl FnOnce(&Fields<'a>) -> T,
        closed: bool,
    ) -> Option<T> {
        let DeValue::Table(table) = self.value.get_ref() else {
            return self.mismatch("a table", self.value.get_ref());
        };
        let known = RefCell::default();
        let fields = Fields {
            document: self.document,
            table,
            line: self.line,
            place,
            prefix,
            known,
        };
        let value = read(&fields);
        if closed {
            fields.report_unknown();
        }
        Some(value)
    }

    fn is_empty(&self) -> bool {
        match self.value.get_ref() {
            DeValue::Array(items) => items.is_empty(),
            DeValue::Table(table) => table.is_empty(),
            _ => false,
        }
    }

    fn mismatch<T>(&self, wanted: &str, found: &DeValue<'_>) -> Option<T> {
        let found = match found {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.report(&format!("must be {wanted}, not {found}"));
        None
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
