//! Where the data of an application lies: every label that a component is granted, opened once for all of them.

use std::{collections::BTreeSet, path::Path};

use crate::{
    capability::{key_value, sqlite},
    config::{self, RuntimeConfig},
    manifest::{Component, Manifest},
};

/// The databases of an application, by the label components know them by.
pub struct Storage {
    databases: sqlite::Databases,
    stores: key_value::Stores,
}

impl Storage {
    /// Opens what the `selected` components are granted, each where `config` says or in `state_dir`.
    pub fn open(
        manifest: &Manifest,
        selected: &BTreeSet<&str>,
        config: &RuntimeConfig,
        state_dir: &Path,
    ) -> anyhow::Result<Self> {
        let components = || {
            selected
                .iter()
                .filter_map(|id| manifest.components.get(*id))
        };
        let labels = |of: fn(&Component) -> &Vec<String>| -> BTreeSet<&str> {
            components().flat_map(of).map(String::as_str).collect()
        };
        Ok(Self {
            databases: sqlite::open(
                labels(|component| &component.sqlite_databases),
                |label| match config.sqlite.get(label)?.clone() {
                    config::Database::File(path) => path.map(sqlite::Place::File),
                    config::Database::LibSql { url, token } => {
                        Some(sqlite::Place::LibSql(url, token))
                    }
                },
                state_dir,
            )?,
            stores: key_value::open(
                labels(|component| &component.key_value_stores),
                |label| match config.key_value.get(label)?.clone() {
                    config::Store::File(path) => path.map(key_value::Place::File),
                    config::Store::Redis(url) => Some(key_value::Place::Redis(url)),
                },
                state_dir,
            )?,
        })
    }

    /// The database with this label.
    pub fn database(&self, label: &str) -> Option<&sqlite::Database> {
        self.databases.get(label)
    }

    /// The key-value store with this label.
    pub fn store(&self, label: &str) -> Option<key_value::backend::Store> {
        self.stores.get(label)
    }

    /// The databases that `component` may use.
    pub fn databases(&self, component: &Component) -> sqlite::Grant {
        let find = |label: &str| self.databases.get(label).cloned();
        sqlite::Grant::new(&component.sqlite_databases, find)
    }

    /// The key-value stores that `component` may use.
    pub fn stores(&self, component: &Component) -> key_value::Grant {
        key_value::Grant::new(&component.key_value_stores, |label| self.stores.get(label))
    }

    /// Closes all: what is in their logs moves into their files.
    pub fn close(&self) {
        self.databases.close();
        self.stores.close();
    }
}
