//! W3C Trace Context (level 1): a caller's trace is continued, and a request without one begins its own.
//!
//! A caller's context is handed on as it came. Nothing here records spans, and a span of ours that
//! nobody records would only be a hole between the caller's and those of the components.

use wasip3::http::types::{Fields, HeaderError};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// Where in a trace a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
}

impl TraceContext {
    /// The context the request came with, if there is exactly one and it is valid.
    pub fn of_caller(headers: &Fields) -> Option<Self> {
        parse(&relay::only(headers, TRACEPARENT)?)
    }

    /// The beginning of a new trace.
    pub fn new(trace: u128, span: u64) -> Self {
        Self {
            trace: trace.max(1),
            span: span.max(1),
        }
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// Sets the headers that hand on a trace that begins here.
    pub fn write(&self, fields: &Fields) -> Result<(), HeaderError> {
        // Vendors' state belongs to a trace that was not continued.
        fields.delete(TRACESTATE)?;
        fields.set(TRACEPARENT, &[self.traceparent().into_bytes()])
    }

    /// Not marked as sampled, since nothing here records spans.
    fn traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-00", self.trace, self.span)
    }
}

/// Parses `version-trace-parent-flags`. A version after 00 may append fields, which are ignored.
fn parse(text: &str) -> Option<TraceContext> {
    let mut parts = text.splitn(5, '-');
    let version = hex(parts.next()?, 2)?;
    let trace = hex(parts.next()?, 32)?;
    let span = hex(parts.next()?, 16)?;
    hex(parts.next()?, 2)?;
    let invalid_version = version == 0xff || (version == 0 && parts.next().is_some());
    if invalid_version || trace == 0 || span == 0 {
        return None;
    }
    let span = u64::try_from(span).ok()?;
    Some(TraceContext { trace, span })
}

/// Exactly `digits` lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != digits || !text.bytes().all(lower_hex) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_valid_parent_is_read() {
        let parent = parse(VALID).unwrap();
        assert_eq!(parent.trace_id(), &VALID[3..35]);
        assert_eq!(parent.traceparent(), VALID.replace("-01", "-00"));
    }

    #[test]
    fn a_later_version_may_say_more() {
        let later = VALID.replacen("00", "42", 1) + "-what-comes";
        assert_eq!(parse(&later).unwrap().trace_id(), &VALID[3..35]);
    }

    #[test]
    fn invalid_parents_are_refused() {
        for text in [
            "",
            "00",
            &VALID.to_uppercase(),
            &VALID.replacen("00", "ff", 1),
            &format!("{VALID}-more"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_new_trace_is_never_all_zero() {
        let trace = TraceContext::new(0, 0);
        assert_eq!(parse(&trace.traceparent()), Some(trace));
    }
}
