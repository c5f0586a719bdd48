//! `[component.ID]`: where a component comes from, and what it is granted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{
    Dependency, Files, Settings, Template, Variable, dependency, files, name, profile, settings,
};
use crate::document::{Fields, Value, nearest};

/// A component and its grants.
#[derive(Debug, Clone)]
pub struct Component {
    /// Its name in the manifest.
    pub id: String,
    /// Its line in the manifest, counted from 1.
    pub line: usize,
    /// The file that holds it, relative to the manifest's folder.
    pub source: PathBuf,
    /// What it is for; empty where the manifest does not say.
    pub description: String,
    /// How to build it; `None` where it is built elsewhere.
    pub build: Option<Build>,
    /// Variables it may read, by name.
    pub variables: BTreeMap<String, Template>,
    /// Environment variables it sees.
    pub environment: BTreeMap<String, String>,
    /// Files it may read.
    pub files: Files,
    /// Hosts it may send requests to, as in `https://api.example.com`.
    pub allowed_outbound_hosts: Vec<Template>,
    /// Labels of the key-value stores it may open.
    pub key_value_stores: Vec<String>,
    /// Labels of the SQLite databases it may open.
    pub sqlite_databases: Vec<String>,
    /// The components that answer some of its imports.
    pub dependencies: Vec<Dependency>,
    /// Names of the profiles in which it is another.
    pub profiles: Vec<String>,
    /// `[component.ID.tool.selvedge]`.
    pub settings: Settings,
}

/// How a component is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Shell commands, run one after the other.
    pub command: Vec<String>,
    /// The folder they run in, relative to the manifest's folder; that folder itself where there is none.
    pub workdir: Option<PathBuf>,
    /// Paths and glob patterns of the files it is built from, relative to the folder the commands run in.
    pub watch: Vec<String>,
}

impl Component {
    /// The keys of the grants, and dependencies, it has of its own.
    pub fn grants(&self) -> Vec<&'static str> {
        let grants = [
            ("variables", self.variables.is_empty()),
            ("environment", self.environment.is_empty()),
            ("files", self.files.entries.is_empty()),
            (
                "allowed_outbound_hosts",
                self.allowed_outbound_hosts.is_empty(),
            ),
            ("key_value_stores", self.key_value_stores.is_empty()),
            ("sqlite_databases", self.sqlite_databases.is_empty()),
            ("dependencies", self.dependencies.is_empty()),
        ];
        grants
            .into_iter()
            .filter(|(_, empty)| !empty)
            .map(|(key, _)| key)
            .collect()
    }
}

/// Reads the table `value` as the component `id`, as it is in `profile`. `declared` are the variables its templates may
/// name.
pub(super) fn read(
    id: &str,
    declared: &BTreeMap<String, Variable>,
    profile: Option<&str>,
    value: &Value<'_>,
) -> Option<Component> {
    value.fields_in(&format!("component \"{id}\""), |fields| {
        refuse_unsupported(fields);
        let profiles = profile::read(fields);
        let mut component = Component {
            id: id.to_owned(),
            line: fields.line(),
            source: fields
                .require("source")
                .and_then(|source| read_source(&source))
                .unwrap_or_default(),
            description: fields.string("description").unwrap_or_default(),
            build: fields
                .get("build")
                .and_then(|build| build.fields(read_build)),
            variables: read_variables(fields, declared),
            environment: read_environment(fields),
            files: files::read(fields),
            allowed_outbound_hosts: fields
                .strings("allowed_outbound_hosts")
                .iter()
                .map(|(value, text)| read_template(value, text, declared))
                .collect(),
            key_value_stores: read_labels(fields, "key_value_stores"),
            sqlite_databases: read_labels(fields, "sqlite_databases"),
            dependencies: dependency::read(fields),
            profiles: profiles.names().map(str::to_owned).collect(),
            settings: settings::read_component(fields),
        };
        if let Some(profile) = profile {
            profiles.apply(profile, &mut component);
        }
        dependency::settle(fields, &mut component.dependencies);
        component
    })
}

fn refuse_unsupported(fields: &Fields<'_>) {
    fields.refuse(
        "ai_models",
        "call a model over HTTP, through \"allowed_outbound_hosts\"",
    );
    fields.refuse(
        "allowed_http_hosts",
        "write \"allowed_outbound_hosts\" instead",
    );
    // Checked by `spin build` against the environments named; they change nothing when running.
    fields.get("targets");
}

pub(super) fn read_source(source: &Value<'_>) -> Option<PathBuf> {
    if source.is_table() {
        source.report(
            "must be the path of a file: sources by URL or from a registry are not supported",
        );
        return None;
    }
    source.string().map(PathBuf::from)
}

/// One shell command, or several.
pub(super) fn read_command(value: &Value<'_>) -> Vec<String> {
    match value.as_str() {
        Some(single) => vec![single.to_owned()],
        None => value.items().iter().filter_map(Value::string).collect(),
    }
}

fn read_build(fields: &Fields<'_>) -> Build {
    let command = fields
        .require("command")
        .map(|command| read_command(&command));
    let workdir = fields.get("workdir").and_then(|value| {
        let path = PathBuf::from(value.string()?);
        if path.is_absolute() {
            value.report("must be relative to the manifest");
        }
        Some(path)
    });
    Build {
        command: command.unwrap_or_default(),
        workdir,
        watch: fields
            .strings("watch")
            .into_iter()
            .map(|(_, pattern)| pattern)
            .collect(),
    }
}

fn read_variables(
    fields: &Fields<'_>,
    declared: &BTreeMap<String, Variable>,
) -> BTreeMap<String, Template> {
    let mut variables = BTreeMap::new();
    for (name, value) in fields
        .get("variables")
        .map(|value| value.entries())
        .unwrap_or_default()
    {
        if let Err(rule) = name::variable(&name) {
            value.report(&format!("is not a variable's name: it {rule}"));
        }
        if let Some(text) = value.string() {
            variables.insert(name, read_template(&value, &text, declared));
        }
    }
    variables
}

fn read_template(value: &Value<'_>, text: &str, declared: &BTreeMap<String, Variable>) -> Template {
    let template = Template::parse(text).unwrap_or_else(|error| {
        value.report(&error.to_string());
        Template::default()
    });
    for name in template
        .variables()
        .filter(|name| !declared.contains_key(*name))
    {
        let hint = match nearest(name, declared.keys().map(String::as_str)) {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => format!("declare it: [variables] {name} = {{ required = true }}"),
        };
        value.report(&format!(
            "names the variable \"{name}\", which the application does not declare; {hint}"
        ));
    }
    template
}

pub(super) fn read_environment(fields: &Fields<'_>) -> BTreeMap<String, String> {
    let entries = fields
        .get("environment")
        .map(|value| value.entries())
        .unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|(name, value)| value.string().map(|text| (name, text)))
        .collect()
}

fn read_labels(fields: &Fields<'_>, key: &'static str) -> Vec<String> {
    let mut labels = Vec::new();
    for (value, label) in fields.strings(key) {
        if let Err(rule) = name::label(&label) {
            value.report(&format!(
                "holds \"{label}\", which is not a label: it {rule}"
            ));
        } else if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}
