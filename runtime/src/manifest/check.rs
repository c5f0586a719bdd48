//! Checks what the parts of a manifest say of each other: routes taken twice, components that do not exist.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, HttpTrigger, Route};
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
        .chain([&trigger.component]);
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
