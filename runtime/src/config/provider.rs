//! `[[variables_provider]]`: where values of variables come from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::document::{Fields, Value};

/// Where values of variables come from.
#[derive(Clone, PartialEq, Eq)]
pub enum Provider {
    /// From the configuration itself, by name.
    Static(BTreeMap<String, String>),
    /// From environment variables.
    Environment {
        /// What their names begin with: the variable `token` is `PREFIX_TOKEN`.
        prefix: String,
        /// A file that is looked into for those the environment lacks.
        dotenv: Option<PathBuf>,
    },
}

// Any value may be a secret.
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static(values) => f.debug_tuple("Static").field(&values.keys()).finish(),
            Self::Environment { prefix, dotenv } => f
                .debug_struct("Environment")
                .field("prefix", prefix)
                .field("dotenv", dotenv)
                .finish(),
        }
    }
}

/// What Spin's environment variables begin with.
pub const DEFAULT_PREFIX: &str = "SPIN_VARIABLE";

/// Reads all providers, in their order.
pub(super) fn read_all(fields: &Fields<'_>, folder: &Path) -> Vec<Provider> {
    // The second is the name Spin gave it at first, and looks at only without the first.
    let (current, former) = (
        fields.get("variables_provider"),
        fields.get("config_provider"),
    );
    let providers = current
        .or(former)
        .map(|value| value.items())
        .unwrap_or_default();
    let read = |value: &Value<'_>| {
        value
            .fields(|fields| read_provider(fields, folder))
            .flatten()
    };
    providers.iter().filter_map(read).collect()
}

fn read_provider(fields: &Fields<'_>, folder: &Path) -> Option<Provider> {
    let kind = fields.require("type")?;
    match kind.string()?.as_str() {
        "static" => {
            let values = fields.require("values")?.entries();
            let values = values
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.string()?)));
            Some(Provider::Static(values.collect()))
        }
        "env" => Some(Provider::Environment {
            prefix: fields
                .string("prefix")
                .unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
            dotenv: fields.string("dotenv_path").map(|path| folder.join(path)),
        }),
        other => {
            fields.ignore_rest();
            kind.report(&format!(
                "\"{other}\" is not supported; supported are: \"static\" and \"env\""
            ));
            None
        }
    }
}
