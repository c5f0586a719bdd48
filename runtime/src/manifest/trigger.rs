//! `[[trigger.http]]`: which component answers which route, and what stands in front of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Component, Middleware, Pattern, StaticResponse, middleware, name, static_response};
use crate::document::{Fields, Value};

/// A route and what answers it.
#[derive(Debug, Clone)]
pub struct HttpTrigger {
    /// Its id: as written, else made as Spin makes it.
    pub id: String,
    /// Its line in the manifest, counted from 1.
    pub line: usize,
    /// The paths it answers.
    pub route: Route,
    /// What answers.
    pub target: Target,
    /// What a request passes before, outermost first.
    pub middleware: Vec<Middleware>,
    /// How the component is called.
    pub executor: Executor,
}

/// How a component is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Executor {
    /// By a function it exports to handle requests.
    #[default]
    Handler,
    /// As a program that runs once for each request (WAGI).
    Wagi {
        /// What its arguments are made of: `${SCRIPT_NAME}` is the path, `${ARGS}` the pairs of the query.
        argv: String,
    },
}

/// What answers a route.
#[derive(Debug, Clone)]
pub enum Target {
    /// The component of this id.
    Component(String),
    /// The same response every time.
    Static(StaticResponse),
}

impl HttpTrigger {
    /// The component that answers, if one does.
    pub fn component(&self) -> Option<&str> {
        match &self.target {
            Target::Component(id) => Some(id),
            Target::Static(_) => None,
        }
    }
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
            let target = match (fields.get("component"), fields.get("static_response")) {
                (None, Some(response)) => Target::Static(static_response::read(&response)),
                (Some(inline), None) if inline.is_table() => {
                    let component = inline_id(&id, components);
                    let read = read_component(&component, &inline);
                    components.extend(read.map(|read| (component.clone(), read)));
                    Target::Component(component)
                }
                (Some(component), None) => {
                    Target::Component(component.string().unwrap_or_default())
                }
                (Some(_), Some(_)) => {
                    fields.report("has both a \"component\" and a \"static_response\"");
                    Target::Static(StaticResponse::default())
                }
                (None, None) => {
                    fields.report("key \"component\" is missing (or \"static_response\")");
                    Target::Component(String::new())
                }
            };
            read(&id, target, fields)
        });
        triggers.extend(trigger);
    }
    triggers
}

fn read(id: &str, target: Target, fields: &Fields<'_>) -> HttpTrigger {
    fields.get("id");
    fields.refuse(
        "components",
        "put middleware under \"dependencies.middleware\"",
    );
    let executor = read_executor(fields);
    let middleware = middleware::read(fields);
    if executor != Executor::Handler && !middleware.is_empty() {
        fields.report("has middleware in front of a program, which is none to link with; its executor is \"wagi\"");
    }
    if matches!(target, Target::Static(_)) && !middleware.is_empty() {
        fields.report("has middleware in front of a \"static_response\", which passes none; let a component answer");
    }
    HttpTrigger {
        id: id.to_owned(),
        line: fields.line(),
        route: fields
            .require("route")
            .and_then(|value| read_route(&value))
            .unwrap_or(Route::Private),
        target,
        middleware,
        executor,
    }
}

/// The id of the component written inside the trigger `id`: the natural one, else the first counted one that is free.
fn inline_id(id: &str, components: &BTreeMap<String, Component>) -> String {
    let natural = format!("{id}-component");
    let counted = (1..).map(|number| format!("inline-component{number}"));
    let is_free = |id: &String| name::component(id).is_ok() && !components.contains_key(id);
    let mut candidates = std::iter::once(natural).chain(counted);
    candidates.find(is_free).unwrap_or_default()
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

fn read_executor(fields: &Fields<'_>) -> Executor {
    let Some(executor) = fields.get("executor") else {
        return Executor::Handler;
    };
    let read = executor.fields(|fields| {
        let kind = fields.require("type")?;
        match kind.string()?.as_str() {
            "http" | "spin" => Some(Executor::Handler),
            "wagi" => Some(read_wagi(fields)),
            _ => {
                kind.report("must be \"http\" or \"wagi\"");
                None
            }
        }
    });
    read.flatten().unwrap_or_default()
}

fn read_wagi(fields: &Fields<'_>) -> Executor {
    // Programs begin at the one place that WASI has for it.
    if let Some(entrypoint) = fields.get("entrypoint")
        && entrypoint.string().is_some_and(|name| name != "_start")
    {
        entrypoint.report("must be \"_start\"");
    }
    let argv = fields.string("argv");
    Executor::Wagi {
        argv: argv.unwrap_or_else(|| "${SCRIPT_NAME} ${ARGS}".to_owned()),
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
