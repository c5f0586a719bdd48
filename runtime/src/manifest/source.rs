//! The places values of variables come from: the command line, the runtime configuration, the environment.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Manifest, ResolveError};
use crate::config::Provider;
use crate::document::nearest;

/// One place values come from.
pub(super) enum Source<'a> {
    Given(BTreeMap<String, String>),
    Static(&'a BTreeMap<String, String>),
    Environment {
        prefix: &'a str,
        environment: &'a dyn Fn(&str) -> Option<String>,
        fallback: BTreeMap<String, String>,
    },
}

impl<'a> Source<'a> {
    /// The source a runtime configuration asks for.
    pub(super) fn of(
        provider: &'a Provider,
        environment: &'a dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ResolveError> {
        Ok(match provider {
            Provider::Static(values) => Self::Static(values),
            Provider::Environment { prefix, dotenv } => {
                let fallback = dotenv
                    .as_deref()
                    .map(|path| read_dotenv(path, IfAbsent::Fail));
                Self::Environment {
                    prefix,
                    environment,
                    fallback: fallback.transpose()?.unwrap_or_default(),
                }
            }
        })
    }

    /// The value of the variable `name`, if this source has one.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        match self {
            Self::Given(values) => values.get(name).cloned(),
            Self::Static(values) => values.get(name).cloned(),
            Self::Environment {
                prefix,
                environment,
                fallback,
            } => {
                let key = format!("{prefix}_{}", name.to_ascii_uppercase());
                environment(&key).or_else(|| fallback.get(&key).cloned())
            }
        }
    }
}

/// The values `given` on the command line, those in files read.
pub(super) fn read_given(
    manifest: &Manifest,
    given: &[(String, String)],
) -> Result<BTreeMap<String, String>, ResolveError> {
    let mut values = BTreeMap::new();
    for (name, value) in given {
        if !manifest.variables.contains_key(name) {
            let nearest = nearest(name, manifest.variables.keys().map(String::as_str));
            let hint = nearest
                .map(|nearest| format!("; did you mean \"{nearest}\"?"))
                .unwrap_or_default();
            return Err(ResolveError::Undeclared {
                name: name.clone(),
                hint,
            });
        }
        let value = match value.strip_prefix('@') {
            Some(path) => std::fs::read_to_string(path).map_err(|error| ResolveError::File {
                path: path.into(),
                cause: error.to_string(),
            })?,
            None => value.clone(),
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

/// What it means that a file is not there.
#[derive(PartialEq)]
pub(super) enum IfAbsent {
    Ignore,
    Fail,
}

/// The lines `NAME=VALUE` of the file at `path`.
pub(super) fn read_dotenv(
    path: &Path,
    if_absent: IfAbsent,
) -> Result<BTreeMap<String, String>, ResolveError> {
    if if_absent == IfAbsent::Ignore && !path.exists() {
        return Ok(BTreeMap::new());
    }
    let fail = |error: dotenvy::Error| ResolveError::File {
        path: path.to_owned(),
        // A line that cannot be parsed may hold a secret.
        cause: match error {
            dotenvy::Error::LineParse(..) => "one of its lines is not NAME=VALUE".to_owned(),
            other => other.to_string(),
        },
    };
    dotenvy::from_path_iter(path)
        .map_err(fail)?
        .collect::<Result<_, _>>()
        .map_err(fail)
}
