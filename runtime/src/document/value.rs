//! One value of a TOML file: what it is, or the mistake that it is something else.

use toml::Spanned;
use toml::de::DeValue;

use super::{Document, Fields};

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
    pub(super) fn new(
        document: &'a Document<'a>,
        value: &'a Spanned<DeValue<'a>>,
        line: usize,
        place: String,
        name: String,
    ) -> Self {
        Self {
            document,
            value,
            line,
            place,
            name,
        }
    }

    /// The line it stands on, counted from 1.
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
        let fields = Fields::new(self.document, table, self.line, place, prefix);
        let value = read(&fields);
        if closed {
            fields.report_unknown();
        }
        Some(value)
    }

    /// Whether this is a list or a table without anything in it.
    pub(super) fn is_empty(&self) -> bool {
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
