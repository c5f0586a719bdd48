//! `[sqlite_database.LABEL]` and `[key_value_store.LABEL]`: where data lies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use url::Url;

use super::Secret;
use crate::document::{Fields, Value};

/// Where a database lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// In this file, seen from the working directory. `None` leaves the place to the state directory (where Spin would
    /// keep the data in memory, and lose it).
    File(Option<PathBuf>),
    /// On a libSQL server.
    LibSql {
        /// Where it answers, by HTTP.
        url: Url,
        /// What it knows us by; empty where it asks for nothing.
        token: Secret,
    },
}

/// Where a key-value store lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// In a file, as for a database.
    File(Option<PathBuf>),
    /// On the Redis server with this URL.
    Redis(Secret),
}

/// Reads `[sqlite_database.LABEL]`, all of them. Paths start from `folder`.
pub(super) fn read_databases(fields: &Fields<'_>, folder: &Path) -> BTreeMap<String, Database> {
    read_all(fields, "sqlite_database", |kind, fields| match kind {
        "spin" => {
            if fields.boolean("allow_attach_file") == Some(true) {
                fields.report("\"allow_attach_file\" is not supported; databases are kept apart");
            }
            Ok(Some(Database::File(read_path(fields, folder))))
        }
        "libsql" => Ok(read_libsql(fields)),
        _ => Err("supported are: \"spin\" and \"libsql\""),
    })
}

/// Reads `[key_value_store.LABEL]`, all of them. Paths start from `folder`.
pub(super) fn read_stores(fields: &Fields<'_>, folder: &Path) -> BTreeMap<String, Store> {
    read_all(fields, "key_value_store", |kind, fields| match kind {
        "spin" => Ok(Some(Store::File(read_path(fields, folder)))),
        "redis" => Ok(read_redis(fields)),
        _ => Err("supported are: \"spin\" and \"redis\""),
    })
}

fn read_all<T>(
    fields: &Fields<'_>,
    key: &'static str,
    read: impl Fn(&str, &Fields<'_>) -> Result<Option<T>, &'static str>,
) -> BTreeMap<String, T> {
    let tables = fields.get(key).map(|value| value.entries());
    let read = |(label, value): (String, Value<'_>)| {
        let place = value.fields_in(&format!("{key} \"{label}\""), |fields| {
            let kind = fields.require("type")?;
            let name = kind.string()?;
            read(&name, fields).unwrap_or_else(|supported| {
                fields.ignore_rest();
                kind.report(&format!("\"{name}\" is not supported; {supported}"));
                None
            })
        });
        Some((label, place.flatten()?))
    };
    tables
        .unwrap_or_default()
        .into_iter()
        .filter_map(read)
        .collect()
}

fn read_path(fields: &Fields<'_>, folder: &Path) -> Option<PathBuf> {
    fields.string("path").map(|path| folder.join(path))
}

fn read_libsql(fields: &Fields<'_>) -> Option<Database> {
    let url = fields.require("url");
    let token = fields.require("token").and_then(|token| token.string());
    let value = url?;
    // A `libsql:` URL is what the service that runs most of these servers calls its own; they answer by HTTPS.
    let text = value.string()?.replacen("libsql://", "https://", 1);
    let url = Url::parse(&text).ok().filter(|url| {
        let is_plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain
    });
    if url.is_none() {
        value.report("must be a URL that begins with http://, https:// or libsql://, with the secret in \"token\"");
    }
    Some(Database::LibSql {
        url: url?,
        token: token?.into(),
    })
}

fn read_redis(fields: &Fields<'_>) -> Option<Store> {
    let value = fields.require("url")?;
    let url = value.string()?;
    // Not shown when it is wrong: it may hold a password.
    match Url::parse(&url).map(|url| url.scheme().to_owned()) {
        Ok(scheme) if scheme == "redis" => (),
        Ok(scheme) if scheme == "rediss" => value
            .report("asks for TLS, which is not supported; put a tunnel in front of the server"),
        _ => value.report("must be a URL that begins with redis://"),
    }
    Some(Store::Redis(url.into()))
}
