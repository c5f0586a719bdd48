//! The keys of a TOML table: those asked for, and by elimination those that are unknown.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Document, Value, nearest};

/// The keys of one table. Every key asked for is a known key; the others are reported once the table has been read.
pub struct Fields<'a> {
    document: &'a Document<'a>,
    table: &'a DeTable<'a>,
    line: usize,
    place: String,
    prefix: String,
    known: RefCell<Vec<&'static str>>,
    open: Cell<bool>,
}

impl<'a> Fields<'a> {
    /// The keys of `table`. Mistakes are told after `place`, and keys with `prefix` before them.
    pub(super) fn new(
        document: &'a Document<'a>,
        table: &'a DeTable<'a>,
        line: usize,
        place: String,
        prefix: String,
    ) -> Self {
        let (known, open) = Default::default();
        Self {
            document,
            table,
            line,
            place,
            prefix,
            known,
            open,
        }
    }

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

    /// Takes the keys not asked for as known: it is reported already that the table is not for us.
    pub fn ignore_rest(&self) {
        self.open.set(true);
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
        let line = self.document.line(key.start);
        Value::new(
            self.document,
            value,
            line,
            self.place.clone(),
            format!("{}{name}", self.prefix),
        )
    }

    /// Reports the keys nobody asked for.
    pub(super) fn report_unknown(&self) {
        if self.open.get() {
            return;
        }
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
