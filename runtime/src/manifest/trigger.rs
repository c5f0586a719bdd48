//! `[[trigger.http]]`: which component answers which route, and what stands in front of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Component, Middleware, Pattern, middleware, name};
use crate::document::{Fields, Value};

/// A route and the component that answers it.
#[derive(Debug, Clone)]
pub struct HttpTrigger {
    /// Its id: as written, else made as Spin makes it.
    pub id: String,
    /// Its line in the manifest, counted from 1.
    pub line: usize,
    /// The paths it answers.
    pub route: Route,
    /// The component that answers.
    pub component: String,
    /// What a request passes before, outermost first.
    pub middleware: Vec<Middleware>,
}

/// The paths a trigger answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Those that match.
    Pattern(Pattern),
    /// None: only other components reach it, as `http://COMPONENT.spin.internal`.
    Private,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pattern(pattern) => pattern.as_str(),
            Self::Private => "(private)",
        })
    }
}

/// Reads all triggers. A component written inside a trigger is added to `components` under the id Spin gives it.
pub(super) fn read_all(
    fields: &Fields<'_>,
    components: &mut BTreeMap<String, Component>,
    read_component: impl Fn(&str, &Value<'_>) -> Option<Component>,
) -> Vec<HttpTrigger> {
    let mut entries = Vec::new();
    for (kind, value) in fields
        .get("trigger")
        .map(|value| value.entries())
        .unwrap_or_default()
    {
        match kind.as_str() {
            "http" => entries = value.items(),
            _ => value.report("is not supported; \"trigger.http\" is the only trigger"),
        }
    }
    if entries.is_empty() {
        fields.report("the application has no [[trigger.http]], so nothing could be asked of it");
    }
    let mut ids = Ids::default();
    for entry in &entries {
        ids.take_written(entry);
    }
    let mut triggers = Vec::new();
    for entry in &entries {
        let id = ids.of(entry);
        let trigger = entry.fields_in(&format!("trigger \"{id}\""), |fields| {
            let inline = fields.get("component").filter(Value::is_table);
            let component = match &inline {
                Some(_) => format!("{id}-component"),
                None => fields
                    .require("component")
                    .and_then(|value| value.string())
                    .unwrap_or_default(),
            };
            if let Some(value) = inline {
                check_inline_id(fields, &component, components);
                components.extend(
                    read_component(&component, &value).map(|read| (component.clone(), read)),
                );
            }
            read(&id, component, fields)
        });
        triggers.extend(trigger);
    }
    triggers
}

fn read(id: &str, component: String, fields: &Fields<'_>) -> HttpTrigger {
    fields.get("id");
    fields.refuse(
        "components",
        "put middleware under \"dependencies.middleware\"",
    );
    fields.refuse("static_response", "let a component answer");
    check_executor(fields);
    HttpTrigger {
        id: id.to_owned(),
        line: fields.line(),
        route: fields
            .require("route")
            .and_then(|value| read_route(&value))
            .unwrap_or(Route::Private),
        component,
        middleware: middleware::read(fields),
    }
}

fn check_inline_id(fields: &Fields<'_>, component: &str, components: &BTreeMap<String, Component>) {
    let rule = match name::component(component) {
        Err(rule) => rule,
        Ok(()) if components.contains_key(component) => "exists already".to_owned(),
        Ok(()) => return,
    };
    fields.report(&format!(
        "its component would be named \"{component}\": that {rule}; give the trigger another id"
    ));
}

fn read_route(value: &Value<'_>) -> Option<Route> {
    if value.is_table() {
        let private = value.fields(|fields| fields.boolean("private"))?;
        if private != Some(true) {
            value.report("must be a path or { private = true }");
        }
        return Some(Route::Private);
    }
    let text = value.string()?;
    let pattern = Pattern::parse(&text).map_err(|rule| value.report(&format!("\"{text}\" {rule}")));
    pattern.ok().map(Route::Pattern)
}

fn check_executor(fields: &Fields<'_>) {
    let Some(executor) = fields.get("executor") else {
        return;
    };
    let kind = executor
        .fields(|fields| fields.require("type").and_then(|kind| kind.string()))
        .flatten();
    if kind.is_some_and(|kind| kind != "http" && kind != "spin") {
        executor.report(
            "is not supported; components answer as wasi:http handlers, which needs no executor",
        );
    }
}

/// The ids of triggers, as Spin makes them up for those that have none.
#[derive(Default)]
struct Ids {
    taken: BTreeSet<String>,
}

impl Ids {
    fn take_written(&mut self, entry: &Value<'_>) {
        if let Some(id) = written(entry, "id")
            && !self.taken.insert(id.clone())
        {
            entry.report(&format!("has the id \"{id}\", as an earlier trigger has"));
        }
    }

    fn of(&mut self, entry: &Value<'_>) -> String {
        if let Some(id) = written(entry, "id") {
            return id;
        }
        let natural =
            written(entry, "component").map(|component| format!("{component}-http-trigger"));
        let counted = (1..).map(|number| format!("http-trigger{number}"));
        let mut candidates = natural.into_iter().chain(counted);
        let id = candidates
            .find(|id| !self.taken.contains(id))
            .unwrap_or_default();
        self.taken.insert(id.clone());
        id
    }
}

fn written(entry: &Value<'_>, key: &str) -> Option<String> {
    if !entry.is_table() {
        return None;
    }
    let entries = entry.entries();
    let (_, value) = entries.into_iter().find(|(name, _)| name == key)?;
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}
