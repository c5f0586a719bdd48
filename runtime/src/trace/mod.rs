//! Where in a distributed trace a request stands, and, where the environment names a collector, the spans of it.
//!
//! Without a collector nothing is recorded: a request costs one look at an empty place.

mod collector;
mod config;
mod context;
mod encode;
mod span;

use std::sync::OnceLock;

pub use collector::Flush;
pub use context::TraceContext;
pub use span::Span;

use collector::Collector;
use config::{Config, Sampler};

static TRACER: OnceLock<Tracer> = OnceLock::new();

/// Records spans and sends them away.
struct Tracer {
    sampler: Sampler,
    collector: Collector,
}

/// Starts to record spans, if the environment says where to send them (`OTEL_EXPORTER_OTLP_ENDPOINT` and so on, as
/// Spin has it). What is recorded last is sent by [`Flush`]. To be called in an async runtime, once.
///
/// Fails when the environment asks for what there is not.
pub fn start() -> anyhow::Result<Option<Flush>> {
    let Some(config) = Config::from_environment(|name| std::env::var(name).ok())? else {
        return Ok(None);
    };
    let sampler = config.sampler;
    tracing::info!(host = config.endpoint.host(), "sending traces");
    let (collector, flush) = Collector::start(config);
    // A second call would find the first one's.
    let _ = TRACER.set(Tracer { sampler, collector });
    Ok(Some(flush))
}

fn tracer() -> Option<&'static Tracer> {
    TRACER.get()
}
