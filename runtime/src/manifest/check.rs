//! Checks what the parts of a manifest say of each other: routes taken twice, components that do not exist.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, DependencySource, HttpTrigger, Route};
use crate::document::{Fields, nearest};

/// Checks the triggers against each other and against the components.
pub(super) fn check(
    fields: &Fields<'_>,
    triggers: &[HttpTrigger],
    components: &BTreeMap<String, Component>,
) {
    for (index, trigger) in triggers.iter().enumerate() {
        check_route(fields, trigger, &triggers[..index]);
        check_components(fields, trigger, components);
    }
    check_middleware(fields, triggers, components);
    components
        .values()
        .for_each(|component| check_dependencies(fields, component, components));
}

/// Checks that `profile`, where one is asked for, is one of a component's: a misspelt one would change nothing.
pub(super) fn profile(
    fields: &Fields<'_>,
    profile: Option<&str>,
    components: &BTreeMap<String, Component>,
) {
    let known: BTreeSet<&str> = components
        .values()
        .flat_map(|component| component.profiles.iter().map(String::as_str))
        .collect();
    let Some(profile) = profile.filter(|profile| !known.contains(profile)) else {
        return;
    };
    let hint = match nearest(profile, known) {
        Some(nearest) => format!("did you mean \"{nearest}\"?"),
        None => format!("declare it: [component.NAME.profile.{profile}]"),
    };
    fields.report(&format!("no component has a profile \"{profile}\"; {hint}"));
}

// Spin refuses grants of a dependency, too, because they would not apply.
fn check_dependencies(
    fields: &Fields<'_>,
    component: &Component,
    components: &BTreeMap<String, Component>,
) {
    for dependency in &component.dependencies {
        let DependencySource::Component(id) = &dependency.source else {
            continue;
        };
        let message = match components.get(id) {
            None => match nearest(id, components.keys().map(String::as_str)) {
                Some(nearest) => {
                    format!("there is no component \"{id}\"; did you mean \"{nearest}\"?")
                }
                None => format!("there is no component \"{id}\"; declare it: [component.{id}]"),
            },
            Some(other) if !other.grants().is_empty() => format!(
                "component \"{id}\" has grants or dependencies of its own ({}), which a dependency cannot have; let \
                 it inherit those of \"{}\"",
                other.grants().join(", "),
                component.id
            ),
            Some(_) => continue,
        };
        fields.report_at(
            dependency.line,
            &format!(
                "component \"{}\": dependency \"{}\": {message}",
                component.id, dependency.name
            ),
        );
    }
}

fn check_route(fields: &Fields<'_>, trigger: &HttpTrigger, earlier: &[HttpTrigger]) {
    let Route::Pattern(pattern) = &trigger.route else {
        return;
    };
    let twin = earlier.iter().find(|other| match &other.route {
        Route::Pattern(other) => other.is_same_route(pattern),
        Route::Private => false,
    });
    if let Some(twin) = twin {
        let message = format!(
            "trigger \"{}\": route \"{}\" is taken by trigger \"{}\" (line {})",
            trigger.id,
            pattern.as_str(),
            twin.id,
            twin.line
        );
        fields.report_at(trigger.line, &message);
    }
}

fn check_components(
    fields: &Fields<'_>,
    trigger: &HttpTrigger,
    components: &BTreeMap<String, Component>,
) {
    let named = trigger
        .middleware
        .iter()
        .map(|middleware| &middleware.component)
        .map(String::as_str)
        .chain(trigger.component());
    // An empty name stands for one whose absence is reported already.
    for id in named.filter(|id| !id.is_empty() && !components.contains_key(*id)) {
        let hint = match nearest(id, components.keys().map(String::as_str)) {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => format!("declare it: [component.{id}]"),
        };
        fields.report_at(
            trigger.line,
            &format!(
                "trigger \"{}\": there is no component \"{id}\"; {hint}",
                trigger.id
            ),
        );
    }
}

// Spin refuses such a manifest, because the grants would not apply.
fn check_middleware(
    fields: &Fields<'_>,
    triggers: &[HttpTrigger],
    components: &BTreeMap<String, Component>,
) {
    let middleware = triggers.iter().flat_map(|trigger| &trigger.middleware);
    let ids: BTreeSet<_> = middleware
        .map(|middleware| middleware.component.as_str())
        .collect();
    for component in ids.into_iter().filter_map(|id| components.get(id)) {
        let grants = component.grants();
        if !grants.is_empty() {
            let message = format!(
                "component \"{}\": is middleware, which has no grants of its own ({}); grant them to the components \
                 behind it and let it inherit them",
                component.id,
                grants.join(", ")
            );
            fields.report_at(component.line, &message);
        }
    }
}
