//! What the runtime counts, for an operator's Prometheus.
//!
//! Everything that can be counted is known when the application is loaded, so a request never looks a name up: it adds
//! to counters of its own core, and whoever asks adds those together. Labels come from the manifest alone, never from
//! a request. An application that takes the place of another begins anew, which Prometheus takes for a restart.

mod counter;
mod histogram;
mod process;
mod text;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;

use crate::manifest::{HttpTrigger, Manifest};
use counter::Sharded;
pub use counter::{Counted, Counter, Gauge};
use histogram::Histogram;
use text::Text;

/// The media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The route that requests count for which match none.
const NO_ROUTE: &str = "none";

/// All counters of an application.
pub struct Metrics {
    /// By trigger, in the manifest's order, and then those that match none.
    routes: Vec<(String, Sharded<Classes>)>,
    components: BTreeMap<String, Arc<Component>>,
    databases: Arc<Databases>,
}

/// How long the answers of one route took, by the first digit of their status.
#[derive(Default)]
struct Classes([Histogram; 5]);

impl Classes {
    fn of(&self, status: StatusCode) -> &Histogram {
        let class = usize::from(status.as_u16() / 100);
        &self.0[class.clamp(1, 5) - 1]
    }
}

/// What is counted of one component.
#[derive(Default)]
pub struct Component {
    /// Requests that wait for an instance.
    pub queued: Gauge,
    /// Requests that have one, until the last byte of their answer.
    pub in_flight: Gauge,
    /// Instances that are alive.
    pub instances: Gauge,
    /// Instances made so far.
    pub created: Counter,
    /// Calls that ended without an answer, or in the middle of it.
    pub failures: Failures,
    /// Requests it sent.
    pub outbound: Outbound,
}

/// Why calls ended without an answer.
#[derive(Default)]
pub struct Failures {
    /// The component trapped.
    pub trap: Counter,
    /// Its time was up.
    pub deadline: Counter,
    /// There was no capacity left.
    pub refused: Counter,
    /// It answered with an error code, or could not be started.
    pub error: Counter,
}

/// Where requests of a component went.
#[derive(Default)]
pub struct Outbound {
    /// To another component.
    pub internal: Counter,
    /// Out of the process.
    pub network: Counter,
    /// Nowhere: its manifest entry does not grant it, or there is nothing.
    pub refused: Counter,
}

/// What is counted of each database, by its label.
pub type Databases = BTreeMap<String, Arc<Database>>;

/// What is counted of one database.
#[derive(Default)]
pub struct Database {
    statements: Sharded<Histogram>,
    /// Statements that failed because others were writing for too long.
    pub busy: Counter,
    /// Statements that were cut off at their deadline.
    pub deadline: Counter,
    /// Transactions that were rolled back because nobody continued them.
    pub expired: Counter,
    /// Statements that failed for any other reason.
    pub failed: Counter,
}

impl Database {
    /// A statement took this long, its wait for a connection included, whether or not it failed.
    pub fn ran(&self, duration: Duration) {
        self.statements.here().record(duration);
    }
}

/// A request that is being answered.
pub struct Answering<'a> {
    metrics: &'a Metrics,
    started: Instant,
    route: usize,
}

impl Answering<'_> {
    /// It matched this trigger.
    pub fn matched(&mut self, trigger: usize) {
        self.route = trigger;
    }

    /// The head of its answer is there.
    pub fn answered(self, status: StatusCode) {
        if let Some((_, classes)) = self.metrics.routes.get(self.route) {
            classes.here().of(status).record(self.started.elapsed());
        }
    }
}

impl Metrics {
    /// Counters for all that `manifest` names, at zero.
    pub fn new(manifest: &Manifest) -> Self {
        let triggers = manifest.triggers.iter();
        let routes = triggers.map(|trigger| trigger.route.to_string());
        let components = manifest.components.values();
        let labels = components.flat_map(|component| &component.sqlite_databases);
        // Middleware works in the instances of what it stands before.
        let called = manifest.triggers.iter().filter_map(HttpTrigger::component);
        Self {
            routes: routes
                .chain([NO_ROUTE.to_owned()])
                .map(|route| (route, Sharded::default()))
                .collect(),
            components: called.map(|id| (id.to_owned(), Arc::default())).collect(),
            databases: Arc::new(
                labels
                    .map(|label| (label.clone(), Arc::default()))
                    .collect(),
            ),
        }
    }

    /// A request arrived.
    pub fn answering(&self) -> Answering<'_> {
        Answering {
            metrics: self,
            started: Instant::now(),
            route: self.routes.len() - 1,
        }
    }

    /// What is counted of the component with this id.
    pub fn component(&self, id: &str) -> Arc<Component> {
        self.components.get(id).cloned().unwrap_or_default()
    }

    /// What is counted of the databases.
    pub fn databases(&self) -> Arc<Databases> {
        self.databases.clone()
    }

    /// All of it in Prometheus' text format, with what the system says of the process.
    pub fn render(&self) -> String {
        let mut text = Text::default();
        self.render_routes(&mut text);
        self.render_components(&mut text);
        self.render_databases(&mut text);
        process::render(&mut text);
        text.finish()
    }

    fn render_routes(&self, text: &mut Text) {
        const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        text.family(
            "selvedge_http_request_duration_seconds",
            "histogram",
            "Time until the head of the answer, by route and status.",
        );
        for (route, shards) in &self.routes {
            for (index, class) in CLASSES.iter().enumerate() {
                let parts = shards.all().map(|classes| &classes.0[index]);
                let sum = histogram::sum(parts);
                // Most routes never have most of them.
                if !sum.is_empty() {
                    text.histogram(&[("route", route.as_str()), ("status", class)], &sum);
                }
            }
        }
    }

    fn render_components(&self, text: &mut Text) {
        type Value = fn(&Component) -> u64;
        let mut family = |name, kind, help, values: &[(Option<(&str, &str)>, Value)]| {
            text.family(name, kind, help);
            for (id, component) in &self.components {
                for (label, value) in values {
                    let labels = [Some(("component", id.as_str())), *label];
                    let labels: Vec<_> = labels.into_iter().flatten().collect();
                    text.sample(&labels, value(component) as f64);
                }
            }
        };
        family(
            "selvedge_component_requests_queued",
            "gauge",
            "Requests that wait for an instance.",
            &[(None, |component| component.queued.get())],
        );
        family(
            "selvedge_component_requests_in_flight",
            "gauge",
            "Requests that have an instance, until the last byte of their answer.",
            &[(None, |component| component.in_flight.get())],
        );
        family(
            "selvedge_component_instances",
            "gauge",
            "Instances that are alive.",
            &[(None, |component| component.instances.get())],
        );
        family(
            "selvedge_component_instances_created_total",
            "counter",
            "Instances made so far; those that are not alive are retired.",
            &[(None, |component| component.created.get())],
        );
        family(
            "selvedge_component_failures_total",
            "counter",
            "Calls that ended without an answer, or in the middle of it.",
            &[
                (Some(("reason", "trap")), |component| {
                    component.failures.trap.get()
                }),
                (Some(("reason", "deadline")), |component| {
                    component.failures.deadline.get()
                }),
                (Some(("reason", "refused")), |component| {
                    component.failures.refused.get()
                }),
                (Some(("reason", "error")), |component| {
                    component.failures.error.get()
                }),
            ],
        );
        family(
            "selvedge_component_outbound_requests_total",
            "counter",
            "Requests that the component sent, by where they went.",
            &[
                (Some(("to", "component")), |component| {
                    component.outbound.internal.get()
                }),
                (Some(("to", "network")), |component| {
                    component.outbound.network.get()
                }),
                (Some(("to", "refused")), |component| {
                    component.outbound.refused.get()
                }),
            ],
        );
    }

    fn render_databases(&self, text: &mut Text) {
        text.family(
            "selvedge_sqlite_statement_duration_seconds",
            "histogram",
            "Time a statement took, its wait for a connection included.",
        );
        for (label, database) in &*self.databases {
            let sum = histogram::sum(database.statements.all());
            text.histogram(&[("database", label)], &sum);
        }
        text.family(
            "selvedge_sqlite_errors_total",
            "counter",
            "Statements that failed; `expired` ones found their transaction rolled back.",
        );
        for (label, database) in &*self.databases {
            for (reason, counter) in [
                ("busy", &database.busy),
                ("deadline", &database.deadline),
                ("expired", &database.expired),
                ("failed", &database.failed),
            ] {
                text.sample(
                    &[("database", label), ("reason", reason)],
                    counter.get() as f64,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn metrics() -> Metrics {
        let text = "spin_manifest_version = 2\napplication.name = \"a\"\n\
                    [[trigger.http]]\nroute = \"/a/:id\"\ncomponent = \"a\"\n\
                    [component.a]\nsource = \"a.wasm\"\nsqlite_databases = [\"main\"]\n";
        Metrics::new(&Manifest::parse(Path::new("spin.toml"), text).expect("a manifest"))
    }

    fn has(metrics: &Metrics, line: &str) -> bool {
        metrics.render().lines().any(|found| found == line)
    }

    #[test]
    fn an_answer_counts_for_its_route_and_status() {
        let metrics = metrics();
        let mut answering = metrics.answering();
        answering.matched(0);
        answering.answered(StatusCode::CREATED);
        metrics.answering().answered(StatusCode::NOT_FOUND);
        for (labels, is_there) in [
            (r#"{route="/a/:id",status="2xx"}"#, true),
            (r#"{route="/a/:id",status="4xx"}"#, false),
            (r#"{route="none",status="4xx"}"#, true),
        ] {
            let line = format!("selvedge_http_request_duration_seconds_count{labels} 1");
            assert_eq!(has(&metrics, &line), is_there, "{line}");
        }
    }

    #[test]
    fn what_is_counted_elsewhere_is_one_sum() {
        let metrics = metrics();
        let component = metrics.component("a");
        let counted = component.in_flight.hold();
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| component.created.add());
            }
            scope.spawn(|| drop(counted));
        });
        assert_eq!(
            (component.created.get(), component.in_flight.get()),
            (20, 0)
        );
        let line = r#"selvedge_component_instances_created_total{component="a"} 20"#;
        assert!(has(&metrics, line));
    }
}
