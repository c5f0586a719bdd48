//! W3C Trace Context (level 1): the caller's trace is continued, or a new one begun.

use relay::Entries;
use wasip3::http::types::{Fields, HeaderError};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The only flag level 1 defines; the others are sent as zero.
const SAMPLED: u8 = 0x01;

/// Where in a trace a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    flags: u8,
    begun_here: bool,
}

impl TraceContext {
    /// The context the request came with, if there is exactly one and it is valid.
    pub fn parent(headers: &Entries) -> Option<Self> {
        headers.only(TRACEPARENT).and_then(parse)
    }

    /// A new trace. It is not marked as sampled: nothing here records spans.
    pub fn root(random: u128) -> Self {
        Self {
            trace: random.max(1),
            span: 0,
            flags: 0,
            begun_here: true,
        }
    }

    /// The same trace, one span further down.
    pub fn child(self, random: u64) -> Self {
        Self {
            span: random.max(1),
            flags: self.flags & SAMPLED,
            ..self
        }
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// Sets the headers that hand this context on.
    pub fn write(&self, fields: &Fields) -> Result<(), HeaderError> {
        if self.begun_here {
            // Vendors' state belongs to the trace that was not continued.
            fields.delete(TRACESTATE)?;
        }
        fields.set(TRACEPARENT, &[self.traceparent().into_bytes()])
    }

    fn traceparent(&self) -> String {
        format!(
            "00-{:032x}-{:016x}-{:02x}",
            self.trace, self.span, self.flags
        )
    }
}

/// Parses `version-trace-parent-flags`. A version after 00 may append fields, which are ignored.
fn parse(text: &str) -> Option<TraceContext> {
    let mut parts = text.splitn(5, '-');
    let version = hex(parts.next()?, 2)?;
    let trace = hex(parts.next()?, 32)?;
    let span = hex(parts.next()?, 16)?;
    let flags = hex(parts.next()?, 2)?;
    let invalid_version = version == 0xff || (version == 0 && parts.next().is_some());
    if invalid_version || trace == 0 || span == 0 {
        return None;
    }
    Some(TraceContext {
        trace,
        span: span as u64,
        flags: flags as u8,
        begun_here: false,
    })
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
    fn a_valid_parent_keeps_its_trace_and_sampling_under_a_new_span() {
        let child = parse(VALID).unwrap().child(0xabc);
        assert_eq!(
            child.traceparent(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000abc-01"
        );
    }

    #[test]
    fn flags_without_a_meaning_are_not_handed_on() {
        let child = parse(&VALID.replace("-01", "-ff")).unwrap().child(1);
        assert!(child.traceparent().ends_with("-01"));
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
        let root = TraceContext::root(0).child(0);
        assert!(parse(&root.traceparent()).is_some());
    }
}
