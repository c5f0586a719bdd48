//! W3C Trace Context (level 1): a caller's trace is continued, and a request without one begins its own.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it, from caller to callee.
const HEADER: HeaderName = HeaderName::from_static("traceparent");

/// What vendors add to a trace; it means nothing without the context it came with.
const STATE: HeaderName = HeaderName::from_static("tracestate");

/// `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
const LENGTH: usize = 55;

/// The flag that says that the caller may have recorded its span.
const SAMPLED: u8 = 1;

/// Where in a trace something stands: which trace, which span of it, and whether that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace; never 0.
    pub trace: u128,
    /// The span that whatever comes next is a child of; never 0.
    pub span: u64,
    /// Whether the caller may have recorded it.
    pub is_sampled: bool,
}

impl TraceContext {
    /// The beginning of a new trace.
    pub fn new(is_sampled: bool) -> Self {
        Self {
            // Only has to be unlike all others: nothing is granted to who guesses one.
            trace: fastrand::u128(1..),
            span: fastrand::u64(1..),
            is_sampled,
        }
    }

    /// The context that a request came with, if there is exactly one and it is valid.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => parse(value.as_bytes()),
            _ => None,
        }
    }

    /// Continues the trace that a request came with, its headers left as they are, or sets another context in them.
    pub fn continue_or(headers: &mut HeaderMap, other: impl FnOnce() -> Self) -> Self {
        Self::of(headers).unwrap_or_else(|| {
            let context = other();
            // A state belongs to the trace that could not be continued.
            headers.remove(STATE);
            context.write(headers);
            context
        })
    }

    /// Sets the header.
    pub fn write(&self, headers: &mut HeaderMap) {
        headers.insert(HEADER, self.header_value());
    }

    fn header_value(&self) -> HeaderValue {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        write_hex(&mut text[3..35], self.trace);
        write_hex(&mut text[36..52], self.span.into());
        write_hex(&mut text[53..55], u8::from(self.is_sampled).into());
        // Cannot fail: digits and dashes.
        HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

fn write_hex(digits: &mut [u8], mut number: u128) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[usize::from(number as u8 & 15)];
        number >>= 4;
    }
}

/// Parses `version-trace-span-flags`. A version after 00 may append fields, which are ignored.
fn parse(text: &[u8]) -> Option<TraceContext> {
    let (head, rest) = text.split_at_checked(LENGTH)?;
    if [head[2], head[35], head[52]] != [b'-'; 3] {
        return None;
    }
    let version = hex(&head[..2])?;
    let trace = hex(&head[3..35])?;
    let span = u64::try_from(hex(&head[36..52])?).ok()?;
    let flags = u8::try_from(hex(&head[53..])?).ok()?;
    let is_rest_allowed = rest.is_empty() || (version > 0 && rest[0] == b'-');
    let is_valid = version != 0xff && is_rest_allowed && trace != 0 && span != 0;
    is_valid.then_some(TraceContext {
        trace,
        span,
        is_sampled: flags & SAMPLED != 0,
    })
}

/// Lower-case hexadecimal digits as a number.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn begin() -> TraceContext {
        TraceContext::new(false)
    }

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([(STATE, HeaderValue::from_static("vendor=1"))]);
        for value in values {
            headers.append(HEADER, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_valid_context_is_continued_as_it_came() {
        for text in [
            VALID,
            &format!("{}-what-comes", VALID.replacen("00", "42", 1)),
        ] {
            let mut headers = headers(&[text]);
            let context = TraceContext::continue_or(&mut headers, begin);
            assert_eq!(context.header_value(), VALID);
            assert_eq!(headers[HEADER], text);
            assert_eq!(headers[STATE], "vendor=1");
        }
    }

    #[test]
    fn what_is_no_context_begins_a_trace_without_the_state_of_another() {
        for text in [
            "",
            "00",
            &VALID.to_uppercase(),
            &VALID.replacen("00", "ff", 1),
            &VALID.replace('-', "_"),
            &format!("{VALID}-more"),
            &format!("{}more", VALID.replacen("00", "42", 1)),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            let mut headers = headers(&[text]);
            let context = TraceContext::continue_or(&mut headers, begin);
            assert_eq!(TraceContext::of(&headers), Some(context), "{text}");
            assert_ne!(headers[HEADER], text);
            assert!(!headers.contains_key(STATE), "{text}");
        }
    }

    #[test]
    fn of_two_contexts_neither_is_believed() {
        let other = VALID.replace("4bf9", "4bfa");
        let mut headers = headers(&[VALID, &other]);
        TraceContext::continue_or(&mut headers, begin);
        let values: Vec<_> = headers.get_all(HEADER).iter().collect();
        assert!(values.len() == 1 && values[0] != VALID && values[0] != other.as_str());
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        for context in [
            begin(),
            TraceContext {
                trace: 1,
                span: u64::MAX,
                is_sampled: true,
            },
        ] {
            assert_eq!(parse(context.header_value().as_bytes()), Some(context));
        }
    }
}
