//! Everything the process says: events of the host on standard error, lines of guests where they belong.
//!
//! A guest line that is a JSON object is taken as structured and written to standard output as one, with the name of
//! its component; any other line becomes an event. Names are set here, so that a component cannot speak for another.
//! Lines for standard output are written by a thread of their own, many at a time: no request waits for who reads them.

mod output;

use std::{borrow::Cow, fmt, io::IsTerminal as _, sync::Arc};

use serde::{
    Deserializer as _,
    de::{IgnoredAny, MapAccess, Visitor},
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
                Some(line) => output::write(&line),
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

/// Waits until the lines written so far are out, but not for ever: nobody may be reading.
pub fn flush() {
    output::flush();
}

/// The line as JSON with the component's name in it, if it is a JSON object. A name that stands in it twice would be
/// one to the first reader and another to the next, so then it is written anew.
fn structured<'a>(component: &str, line: &'a str) -> Option<Cow<'a, str>> {
    if !line.starts_with('{') {
        return None;
    }
    match name_in(line)? {
        Name::Once(name) if name == component => Some(line.into()),
        _ => {
            let Ok(Value::Object(mut fields)) = serde_json::from_str(line) else {
                return None;
            };
            fields.insert("component".into(), component.into());
            Some(Value::Object(fields).to_string().into())
        }
    }
}

/// What a line says it comes from.
enum Name<'a> {
    Once(Cow<'a, str>),
    NeverOrOften,
}

/// The name in a line, `None` where the line is no JSON object. Nearly all lines pass here and nowhere else, so nothing
/// else is kept of them.
fn name_in(line: &str) -> Option<Name<'_>> {
    struct Fields;

    impl<'de> Visitor<'de> for Fields {
        type Value = Name<'de>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Name<'de>, A::Error> {
            let mut names = Vec::new();
            while let Some(Text(field)) = fields.next_key()? {
                if field == "component" {
                    names.push(fields.next_value::<Value>()?);
                } else {
                    fields.next_value::<IgnoredAny>()?;
                }
            }
            Ok(match (names.pop(), names.is_empty()) {
                (Some(Value::String(name)), true) => Name::Once(name.into()),
                _ => Name::NeverOrOften,
            })
        }
    }

    let mut line = serde_json::Deserializer::from_str(line);
    let name = line.deserialize_map(Fields).ok()?;
    line.end().ok()?;
    Some(name)
}

/// A text that is copied only where it holds escapes.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

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
        let line = r#"{"component":"auth"}"#;
        assert_eq!(
            structured("billing", line).unwrap(),
            r#"{"component":"billing"}"#
        );
        let line = r#"{"compon\u0065nt":"auth","component":"billing"}"#;
        assert!(!structured("billing", line).unwrap().contains("auth"));
        assert_eq!(
            structured("billing", "{}").unwrap(),
            r#"{"component":"billing"}"#
        );
    }

    #[test]
    fn a_line_that_names_its_component_is_written_as_it_is() {
        let line = r#"{ "message": "hi", "component": "billing" }"#;
        assert_eq!(structured("billing", line).unwrap(), line);
    }

    #[test]
    fn a_line_that_only_looks_structured_is_an_ordinary_one() {
        assert!(structured("billing", "{not json").is_none());
        assert!(structured("billing", r#"{"a": 1} {"b": 2}"#).is_none());
        assert!(structured("billing", "hello").is_none());
    }
}
