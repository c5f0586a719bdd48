//! `dependencies.middleware` of a trigger: what stands in front of a component, and which grants it inherits from it.

use std::collections::BTreeSet;
use std::fmt;

use crate::document::{Fields, Value, nearest};

/// A component in front of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Middleware {
    /// The component.
    pub component: String,
    /// Which grants of the component behind it are its own, too.
    pub inherit: Inherit,
}

/// The grants a middleware has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Inherit {
    /// None at all.
    #[default]
    None,
    /// All of the component behind it.
    All,
    /// Those of the component behind it that are named.
    Some(BTreeSet<Capability>),
}

impl Inherit {
    /// Whether `capability` is inherited.
    pub fn includes(&self, capability: Capability) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(capabilities) => capabilities.contains(&capability),
        }
    }
}

/// A kind of grant, named by the key of the component that grants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// AI models, which nothing here grants.
    AiModels,
    /// Requests to other hosts.
    AllowedOutboundHosts,
    /// Environment variables.
    Environment,
    /// Files.
    Files,
    /// Key-value stores.
    KeyValueStores,
    /// SQLite databases.
    SqliteDatabases,
    /// Variables.
    Variables,
}

impl Capability {
    /// Every capability there is.
    pub const ALL: [Self; 7] = [
        Self::AiModels,
        Self::AllowedOutboundHosts,
        Self::Environment,
        Self::Files,
        Self::KeyValueStores,
        Self::SqliteDatabases,
        Self::Variables,
    ];

    /// Its key in the manifest.
    pub const fn key(self) -> &'static str {
        match self {
            Self::AiModels => "ai_models",
            Self::AllowedOutboundHosts => "allowed_outbound_hosts",
            Self::Environment => "environment",
            Self::Files => "files",
            Self::KeyValueStores => "key_value_stores",
            Self::SqliteDatabases => "sqlite_databases",
            Self::Variables => "variables",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Reads `dependencies.middleware` of the trigger whose keys are `fields`.
pub(super) fn read(fields: &Fields<'_>) -> Vec<Middleware> {
    let Some(dependencies) = fields.get("dependencies") else {
        return Vec::new();
    };
    let middleware = dependencies.fields(|fields| fields.get("middleware"));
    let entries = middleware
        .flatten()
        .map(|value| value.items())
        .unwrap_or_default();
    entries.iter().filter_map(read_middleware).collect()
}

fn read_middleware(value: &Value<'_>) -> Option<Middleware> {
    value.fields(|fields| {
        for elsewhere in ["path", "url", "package", "version", "registry", "digest"] {
            fields.refuse(
                elsewhere,
                "declare the middleware as a component and name it: { component = \"...\" }",
            );
        }
        let component = fields
            .require("component")
            .and_then(|component| component.string());
        Middleware {
            component: component.unwrap_or_default(),
            inherit: fields
                .get("inherit_configuration")
                .map(|value| read_inherit(&value))
                .unwrap_or_default(),
        }
    })
}

pub(super) fn read_inherit(value: &Value<'_>) -> Inherit {
    match value.as_boolean() {
        Some(true) => return Inherit::All,
        Some(false) => return Inherit::None,
        None => (),
    }
    let mut capabilities = BTreeSet::new();
    for (item, key) in value
        .items()
        .into_iter()
        .filter_map(|item| item.string().map(|key| (item, key)))
    {
        match Capability::ALL
            .into_iter()
            .find(|capability| capability.key() == key)
        {
            Some(capability) => drop(capabilities.insert(capability)),
            None => {
                let keys = Capability::ALL.map(Capability::key);
                let hint = match nearest(&key, keys) {
                    Some(nearest) => format!("did you mean \"{nearest}\"?"),
                    None => format!("known here: {}", keys.join(", ")),
                };
                item.report(&format!(
                    "names the capability \"{key}\", which is unknown; {hint}"
                ));
            }
        }
    }
    Inherit::Some(capabilities)
}
