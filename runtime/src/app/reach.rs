//! Who can reach what: the application as its manifest draws it, for people to read.

use std::fmt::Write as _;

use super::App;
use crate::manifest::{Component, Dependency, DependencySource, HttpTrigger, Inherit, Manifest};

impl App {
    /// Every served route with the chain behind it: `request-log → auth-guard → users`.
    pub fn chains(&self) -> impl Iterator<Item = (String, String)> {
        self.manifest
            .triggers
            .iter()
            .zip(&self.answers)
            .filter(|(_, answer)| answer.is_some())
            .map(|(trigger, _)| (trigger.route.to_string(), chain(trigger)))
    }
}

fn chain(trigger: &HttpTrigger) -> String {
    let middleware = trigger
        .middleware
        .iter()
        .map(|entry| entry.component.as_str());
    middleware
        .chain([trigger.component().unwrap_or("(static response)")])
        .collect::<Vec<_>>()
        .join(" → ")
}

/// The report of `selvedge check`: every route with its chain, every component with its grants.
pub fn report(manifest: &Manifest) -> String {
    let mut report = String::from("Routes\n");
    for trigger in &manifest.triggers {
        line(&mut report, &trigger.route.to_string(), &chain(trigger));
    }
    for component in manifest.components.values() {
        let _ = writeln!(report, "\n{}", component.id);
        let inherited = inherited(manifest, &component.id);
        for (what, names) in grants(component) {
            if !names.is_empty() {
                line(&mut report, what, &names.join(", "));
            }
        }
        if !inherited.is_empty() {
            line(&mut report, "as middleware", &inherited);
        } else if grants(component).iter().all(|(_, names)| names.is_empty()) {
            line(&mut report, "reaches", "nothing");
        }
    }
    report
}

fn line(report: &mut String, what: &str, names: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(report, "  {what:<34} {names}");
}

fn grants(component: &Component) -> [(&'static str, Vec<String>); 7] {
    [
        ("databases", component.sqlite_databases.clone()),
        ("key-value stores", component.key_value_stores.clone()),
        (
            "hosts",
            component
                .allowed_outbound_hosts
                .iter()
                .map(ToString::to_string)
                .collect(),
        ),
        ("variables", component.variables.keys().cloned().collect()),
        (
            "environment",
            component.environment.keys().cloned().collect(),
        ),
        (
            "files",
            component
                .files
                .entries
                .iter()
                .map(|entry| entry.source.to_string())
                .collect(),
        ),
        (
            "dependencies",
            component.dependencies.iter().map(dependency).collect(),
        ),
    ]
}

/// What answers which imports, and what it reaches.
fn dependency(dependency: &Dependency) -> String {
    let source = match &dependency.source {
        DependencySource::Component(id) => id.clone(),
        DependencySource::File(path) => path.display().to_string(),
    };
    let inherits = inherits(dependency.inherit.as_ref().unwrap_or(&Inherit::None));
    format!("{source} as {} (inherits {inherits})", dependency.name)
}

fn inherits(inherit: &Inherit) -> String {
    match inherit {
        Inherit::None => "nothing".to_owned(),
        Inherit::All => "everything".to_owned(),
        Inherit::Some(some) => some
            .iter()
            .map(|capability| capability.key())
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// What a component inherits where it is a middleware: the same everywhere, or told apart by service.
fn inherited(manifest: &Manifest, id: &str) -> String {
    let mut by_grant: Vec<(String, Vec<&str>)> = Vec::new();
    for trigger in &manifest.triggers {
        for entry in trigger
            .middleware
            .iter()
            .filter(|entry| entry.component == id)
        {
            let grant = inherits(&entry.inherit);
            let service = trigger.component().unwrap_or_default();
            match by_grant.iter_mut().find(|(known, _)| *known == grant) {
                Some((_, services)) if services.contains(&service) => {}
                Some((_, services)) => services.push(service),
                None => by_grant.push((grant, vec![service])),
            }
        }
    }
    let parts = by_grant
        .iter()
        .map(|(grant, services)| format!("{grant} of {}", services.join(", ")));
    parts.collect::<Vec<_>>().join("; ")
}
