//! The application's manifest, `spin.toml` in Spin's version 2, read whole and checked before anything is loaded.
//!
//! What Spin knows and Selvedge does not support yet is refused by name rather than ignored. Settings of ours that
//! Spin has no key for stand in the tables `tool.selvedge`, which Spin ignores.

mod check;
mod component;
mod dependency;
mod files;
mod middleware;
mod name;
mod pattern;
mod profile;
#[cfg(test)]
mod properties;
mod settings;
mod source;
mod static_response;
mod template;
#[cfg(test)]
mod tests;
mod trigger;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::document::{self, DocumentErrors, Fields, Value};

pub use component::{Build, Component};
pub use dependency::{Dependency, DependencyName, DependencySource};
pub use files::{FileEntry, FileSource, Files};
pub use middleware::{Capability, Inherit, Middleware};
pub use pattern::{Pattern, Segment};
pub use settings::{ApplicationSettings, Settings, parse_duration};
pub use static_response::StaticResponse;
pub use template::{Part, Template};
pub use trigger::{Executor, HttpTrigger, Route, Target};
pub use variables::{ResolveError, Resolver, Value as VariableValue};

/// What is wrong with a manifest: one line a mistake, each with file, line, component and key.
pub type ManifestErrors = DocumentErrors;

/// A manifest without mistakes: every component, variable and capability it names exists.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file it was read from.
    pub path: PathBuf,
    /// The folder relative paths of the manifest start from.
    pub root: PathBuf,
    /// `[application]`.
    pub application: Application,
    /// `[variables]`, by name.
    pub variables: BTreeMap<String, Variable>,
    /// `[[trigger.http]]`, in the manifest's order.
    pub triggers: Vec<HttpTrigger>,
    /// `[component.ID]`, by id, and the components written inside triggers under the ids Spin gives them.
    pub components: BTreeMap<String, Component>,
    /// `[application.tool.selvedge]`.
    pub settings: ApplicationSettings,
}

/// What the application is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Its version; empty where the manifest gives none.
    pub version: String,
    /// What it is for; empty where the manifest does not say.
    pub description: String,
}

/// An application variable. It has a default or is required, never both and never neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its value where no other is given; `None` means that a value must be given.
    pub default: Option<String>,
    /// Whether its value must never be shown.
    pub secret: bool,
    /// Its line in the manifest, counted from 1.
    pub line: usize,
}

impl Variable {
    /// Whether a value must be given.
    pub fn required(&self) -> bool {
        self.default.is_none()
    }
}

impl Manifest {
    /// Reads the manifest at `path`, which may also be the folder that holds a `spin.toml`.
    pub fn load(path: &Path) -> Result<Self, ManifestErrors> {
        Self::load_profile(path, None)
    }

    /// Reads the manifest at `path` as it is in `profile`, which at least one of its components must know.
    pub fn load_profile(path: &Path, profile: Option<&str>) -> Result<Self, ManifestErrors> {
        let path = if path.is_dir() {
            path.join("spin.toml")
        } else {
            path.to_owned()
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| DocumentErrors::whole(&path, format!("cannot be read: {error}")))?;
        Self::parse_profile(&path, &text, profile)
    }

    /// Reads a manifest from `text`, as if it stood at `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ManifestErrors> {
        Self::parse_profile(path, text, None)
    }

    fn parse_profile(
        path: &Path,
        text: &str,
        profile: Option<&str>,
    ) -> Result<Self, ManifestErrors> {
        document::read(path, text, |fields| read(path, profile, fields))
    }
}

fn read(path: &Path, profile: Option<&str>, fields: &Fields<'_>) -> Manifest {
    let root = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    if !is_version_2(fields) {
        // What else is there means something else.
        fields.ignore_rest();
        return Manifest {
            path: path.to_owned(),
            root,
            application: Application::default(),
            variables: BTreeMap::new(),
            triggers: Vec::new(),
            components: BTreeMap::new(),
            settings: ApplicationSettings::default(),
        };
    }
    let (application, settings) = fields
        .require("application")
        .and_then(|value| value.fields_in("application", read_application))
        .unwrap_or_default();
    let variables = fields
        .get("variables")
        .map(|value| read_variables(&value))
        .unwrap_or_default();
    let read_component =
        |id: &str, value: &Value<'_>| component::read(id, &variables, profile, value);
    let mut components = BTreeMap::new();
    for (id, value) in fields
        .get("component")
        .map(|value| value.entries())
        .unwrap_or_default()
    {
        if let Err(rule) = name::component(&id) {
            value.report(&format!("is not a component's name: it {rule}"));
        }
        components.extend(read_component(&id, &value).map(|component| (id, component)));
    }
    let triggers = trigger::read_all(fields, &mut components, read_component);
    check::check(fields, &triggers, &components);
    check::profile(fields, profile, &components);
    Manifest {
        path: path.to_owned(),
        root,
        application,
        variables,
        triggers,
        components,
        settings,
    }
}

fn is_version_2(fields: &Fields<'_>) -> bool {
    match fields.get("spin_manifest_version") {
        Some(version) if version.as_integer() == Some(2) => return true,
        Some(version) if version.as_str() == Some("1") => version
            .report("is \"1\"; rewrite the manifest in version 2, which \"spin doctor\" does"),
        Some(version) => version.report("must be 2"),
        None if fields.get("spin_version").is_some() => fields.report(
            "is a manifest of version 1; rewrite it in version 2, which \"spin doctor\" does",
        ),
        None => fields.report(
            "key \"spin_manifest_version\" is missing; write \"spin_manifest_version = 2\"",
        ),
    }
    false
}

fn read_application(fields: &Fields<'_>) -> (Application, ApplicationSettings) {
    let application = Application {
        name: fields
            .require("name")
            .and_then(|name| name.string())
            .unwrap_or_default(),
        version: fields.string("version").unwrap_or_default(),
        description: fields.string("description").unwrap_or_default(),
    };
    fields.strings("authors");
    // Checked by `spin build` against the environments named; they change nothing when running.
    fields.get("targets");
    for (kind, value) in fields
        .get("trigger")
        .map(|value| value.entries())
        .unwrap_or_default()
    {
        match kind.as_str() {
            "http" => drop(value.fields(read_http_settings)),
            _ => value.report("is not supported; \"trigger.http\" is the only trigger"),
        }
    }
    (application, settings::read_application(fields))
}

fn read_http_settings(fields: &Fields<'_>) {
    if let Some(base) = fields.get("base")
        && base.string().is_some_and(|base| base != "/")
    {
        base.report(
            "is not supported; write routes whole: Spin no longer honours a base path either",
        );
    }
}

fn read_variables(value: &Value<'_>) -> BTreeMap<String, Variable> {
    let read_one = |(name, value): (String, Value<'_>)| {
        if let Err(rule) = name::variable(&name) {
            value.report(&format!("is not a variable's name: it {rule}"));
        }
        let variable = value.fields_in(&format!("variable \"{name}\""), |fields| {
            let required = fields.boolean("required").unwrap_or_default();
            let default = fields.string("default");
            fields.string("description");
            if required == default.is_some() {
                fields.report("must have either \"default\" or \"required = true\"");
            }
            Variable {
                default,
                secret: fields.boolean("secret").unwrap_or_default(),
                line: fields.line(),
            }
        });
        variable.map(|variable| (name, variable))
    };
    value.entries().into_iter().filter_map(read_one).collect()
}
