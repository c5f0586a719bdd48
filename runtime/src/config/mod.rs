//! The runtime configuration, `runtime-config.toml` in Spin's format: where data lies, where variables come from, and
//! how much may leave the machine.
//!
//! It is optional. What Spin knows and Selvedge does not support is refused by name rather than ignored.

mod client_tls;
mod outbound;
mod place;
mod provider;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::document::{self, DocumentErrors, Fields};

pub use client_tls::{ClientTls, Identity, Roots};
pub use outbound::{Outbound, Private};
pub use place::{Database, Store};
pub use provider::{DEFAULT_PREFIX, Provider};
pub use secret::Secret;

/// What an operator decides about an application. The default decides nothing.
#[derive(Debug, Clone, Default)]
pub struct RuntimeConfig {
    /// `state_dir`, seen from the working directory.
    pub state_dir: Option<PathBuf>,
    /// `max_instance_memory`: bytes no instance goes beyond, whatever its component is given.
    pub max_instance_memory: Option<usize>,
    /// `[sqlite_database.LABEL]`.
    pub sqlite: BTreeMap<String, Database>,
    /// `[key_value_store.LABEL]`.
    pub key_value: BTreeMap<String, Store>,
    /// `[[variables_provider]]`, the first to have a value wins.
    pub variables: Vec<Provider>,
    /// `[outbound_http]` and `[outbound_networking]`.
    pub outbound: Outbound,
    /// `[[client_tls]]`, the first that fits wins.
    pub client_tls: Vec<ClientTls>,
}

impl RuntimeConfig {
    /// Reads the file at `path`.
    pub fn load(path: &Path) -> Result<Self, DocumentErrors> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| DocumentErrors::whole(path, format!("cannot be read: {error}")))?;
        Self::parse(path, &text)
    }

    /// Reads a runtime configuration from `text`, as if it stood at `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, DocumentErrors> {
        let folder = path.parent().unwrap_or(Path::new(""));
        document::read(path, text, |fields| {
            refuse_unsupported(fields);
            Self {
                state_dir: read_state_dir(fields),
                max_instance_memory: read_memory(fields),
                sqlite: place::read_databases(fields, folder),
                key_value: place::read_stores(fields, folder),
                variables: provider::read_all(fields, folder),
                outbound: outbound::read(fields),
                client_tls: client_tls::read_all(fields, folder),
            }
        })
    }
}

fn refuse_unsupported(fields: &Fields<'_>) {
    fields.refuse("log_dir", "logs go to standard output and standard error");
    fields.refuse("llm_compute", "there are no AI models here");
    for key in [
        "outbound_pg",
        "outbound_redis",
        "outbound_mysql",
        "outbound_mqtt",
    ] {
        fields.refuse(key, "components send requests by HTTP only");
    }
}

fn read_state_dir(fields: &Fields<'_>) -> Option<PathBuf> {
    let value = fields.get("state_dir")?;
    let path = value.string()?;
    if path.is_empty() {
        // To Spin this means to keep data in memory, and lose it.
        value.report("must name a folder");
    }
    Some(path.into())
}

fn read_memory(fields: &Fields<'_>) -> Option<usize> {
    let value = fields.get("max_instance_memory")?;
    let bytes = value
        .as_integer()
        .and_then(|bytes| usize::try_from(bytes).ok())
        .filter(|bytes| *bytes > 0);
    if bytes.is_none() {
        value.report("must be a number of bytes above zero");
    }
    bytes
}
