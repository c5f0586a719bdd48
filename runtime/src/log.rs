//! Everything the process says: events of the host on standard error, lines of guests where they belong.
//!
//! A guest line that is a JSON object is taken as structured and written to standard output as one, with the name of
//! its component; any other line becomes an event. Names are set here, so that a component cannot speak for another.

use std::{
    fmt,
    io::{IsTerminal as _, Write as _},
    sync::Arc,
};

use serde_json::Value;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// A guest's standard stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

type Write = dyn Fn(&str, Stream, &str) + Send + Sync;

/// Where lines of guests go.
#[derive(Clone)]
pub struct Sink(Arc<Write>);

impl Sink {
    /// A sink that hands each line to `write`, with the component it came from.
    pub fn new(write: impl Fn(&str, Stream, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }

    /// The process's own: structured lines to standard output, others to the host's log.
    pub fn process() -> Self {
        Self::new(
            |component, stream, line| match structured(component, line) {
                // A closed standard output must not take requests down.
                Some(line) => drop(writeln!(std::io::stdout().lock(), "{line}")),
                None if stream == Stream::Stderr => {
                    tracing::warn!(target: "guest", component, "{line}")
                }
                None => tracing::info!(target: "guest", component, "{line}"),
            },
        )
    }

    /// Writes one line, without its line break.
    pub fn write(&self, component: &str, stream: Stream, line: &str) {
        (self.0)(component, stream, line);
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}

/// The line as JSON with the component's name in it, if it is a JSON object. It is written anew: a name that stands in
/// it twice would be one to the first reader and another to the next.
fn structured(component: &str, line: &str) -> Option<String> {
    if !line.starts_with('{') {
        return None;
    }
    let Ok(Value::Object(mut fields)) = serde_json::from_str(line) else {
        return None;
    };
    fields.insert("component".into(), component.into());
    Some(Value::Object(fields).to_string())
}

/// Sends events of the host to standard error: readable on a terminal, JSON lines elsewhere. `RUST_LOG` filters them.
pub fn init() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    let events = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        events.with_target(false).init();
    } else {
        events.json().flatten_event(true).with_target(false).init();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_cannot_speak_for_another() {
        let line = r#"{"component":"auth","message":"hi","component":"billing"}"#;
        let line = structured("billing", line).unwrap();
        assert!(!line.contains("auth"));
        let fields: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(fields["component"], "billing");
        assert_eq!(fields["message"], "hi");
    }

    #[test]
    fn a_line_that_only_looks_structured_is_an_ordinary_one() {
        assert!(structured("billing", "{not json").is_none());
        assert!(structured("billing", "hello").is_none());
    }
}
