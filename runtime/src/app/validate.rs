//! Does the application ask only for what exists, and does every route pass the middleware it must?

use std::collections::BTreeSet;

use anyhow::bail;

use super::load::allowed_hosts;
use crate::{
    capability::{key_value, sqlite},
    config::RuntimeConfig,
    manifest::{Manifest, Resolver},
};

/// The components to run: those behind a route, or those asked for.
///
/// Fails for a name that no route leads to.
pub fn selection<'a>(
    manifest: &'a Manifest,
    wanted: &'a [String],
) -> anyhow::Result<BTreeSet<&'a str>> {
    let served: BTreeSet<&str> = manifest
        .triggers
        .iter()
        .filter_map(|trigger| trigger.component())
        .collect();
    if wanted.is_empty() {
        return Ok(served);
    }
    let unknown: Vec<_> = wanted
        .iter()
        .filter(|id| !served.contains(id.as_str()))
        .collect();
    if !unknown.is_empty() {
        bail!(
            "no route leads to {unknown:?}; components with a route: {}",
            list(served.iter())
        );
    }
    Ok(wanted.iter().map(String::as_str).collect())
}

/// Checks the hosts that components may reach: that they can be read, and that neighbours exist and run. A
/// component whose neighbour was left out would start, and fail at its first call to it.
pub fn grants(
    manifest: &Manifest,
    selected: &BTreeSet<&str>,
    variables: &Resolver,
) -> anyhow::Result<()> {
    let mut offenders = Vec::new();
    for component in selected
        .iter()
        .filter_map(|id| manifest.components.get(*id))
    {
        let allowed = match allowed_hosts(component, variables) {
            Ok(allowed) => allowed,
            Err(error) => {
                offenders.push(format!("{error:#}"));
                continue;
            }
        };
        for neighbour in allowed.neighbours() {
            let id = &component.id;
            if !manifest
                .triggers
                .iter()
                .any(|trigger| trigger.component() == Some(neighbour))
            {
                offenders.push(format!(
                    "component {id:?}: allowed_outbound_hosts names {neighbour}.spin.internal, but no route leads to \
                     a component {neighbour:?}"
                ));
            } else if !selected.contains(neighbour) {
                offenders.push(format!(
                    "component {id:?} calls {neighbour:?}, which was not selected; add --component-id {neighbour}"
                ));
            }
        }
    }
    if offenders.is_empty() {
        return Ok(());
    }
    bail!("{}", offenders.join("\n"))
}

/// Every route that misses one of the middlewares the application requires on all of them.
pub fn unguarded(manifest: &Manifest) -> Vec<String> {
    let required = &manifest.settings.required_middleware;
    let mut offenders = Vec::new();
    for trigger in &manifest.triggers {
        // What is the same for everybody needs no guard.
        let Some(component) = trigger.component() else {
            continue;
        };
        for name in required {
            if !trigger
                .middleware
                .iter()
                .any(|entry| entry.component == *name)
            {
                offenders.push(format!(
                    "route {} ({:?}) does not pass {name:?}; add {{ component = {name:?} }} to its \
                     dependencies.middleware",
                    trigger.route, component
                ));
            }
        }
    }
    offenders
}

/// Every grant of a database or store that `config` knows nothing of.
///
/// Here a label needs no configuration; under stock Spin it does, and a misspelt one is found most easily this way.
pub fn unconfigured(manifest: &Manifest, config: &RuntimeConfig) -> Vec<String> {
    let mut offenders = Vec::new();
    for component in manifest.components.values() {
        let databases = component.sqlite_databases.iter().map(String::as_str);
        let stores = component.key_value_stores.iter().map(String::as_str);
        let missing = sqlite::validate(databases, |label| config.sqlite.contains_key(label))
            .into_iter()
            .chain(key_value::validate(stores, |label| {
                config.key_value.contains_key(label)
            }));
        offenders.extend(missing.map(|what| format!("component {:?}: {what}", component.id)));
    }
    offenders
}

fn list<'a>(names: impl Iterator<Item = &'a &'a str>) -> String {
    names.copied().collect::<Vec<_>>().join(", ")
}
