//! `[component.ID.profile.NAME]`: what of a component is another in the profile NAME.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Build, Component, Dependency, component, dependency};
use crate::document::{Fields, Value};

/// What a profile replaces.
struct Override {
    source: Option<PathBuf>,
    environment: BTreeMap<String, String>,
    dependencies: Vec<Dependency>,
    command: Option<Vec<String>>,
}

/// The profiles of a component, by name.
#[derive(Default)]
pub(super) struct Profiles(BTreeMap<String, Override>);

/// Reads all profiles of a component, the one asked for or not: a mistake in any is one.
pub(super) fn read(fields: &Fields<'_>) -> Profiles {
    let entries = fields.get("profile").map(|value| value.entries());
    let read = |(name, value): (String, Value<'_>)| {
        let read = value.fields(read_override)?;
        Some((name, read))
    };
    Profiles(
        entries
            .unwrap_or_default()
            .into_iter()
            .filter_map(read)
            .collect(),
    )
}

fn read_override(fields: &Fields<'_>) -> Override {
    let source = fields.get("source");
    let command = fields.get("build").and_then(|build| {
        build.fields(|fields| {
            let command = fields.require("command");
            command.map(|command| component::read_command(&command))
        })
    });
    Override {
        source: source.and_then(|source| component::read_source(&source)),
        environment: component::read_environment(fields),
        dependencies: dependency::read(fields),
        command: command.flatten(),
    }
}

impl Profiles {
    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Makes `component` what it is in the profile `name`; it stays what it is where it has none of this name.
    pub fn apply(self, name: &str, component: &mut Component) {
        let mut profiles = self.0;
        let Some(profile) = profiles.remove(name) else {
            return;
        };
        if let Some(source) = profile.source {
            component.source = source;
        }
        component.environment.extend(profile.environment);
        for dependency in profile.dependencies {
            component
                .dependencies
                .retain(|other| other.name != dependency.name);
            component.dependencies.push(dependency);
        }
        match (profile.command, &mut component.build) {
            (Some(command), Some(build)) => build.command = command,
            (Some(command), build) => {
                *build = Some(Build {
                    command,
                    workdir: None,
                    watch: Vec::new(),
                });
            }
            (None, _) => (),
        }
    }
}
