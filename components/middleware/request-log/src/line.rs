//! The log line: what of a request and its answer is worth keeping, and safe to keep.
//!
//! Only what is named here is ever written. No header value but the few read below reaches a line,
//! and no query, since either may carry a token or a password.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;
use relay::Entries;
use serde::Serialize;
use wasip3::http::types::{ErrorCode, Fields, Method};

/// Longest text kept of a value that others chose; a line of any request stays well below 4 KiB,
/// which the host takes in one piece.
const MAX_TEXT: usize = 256;
const MAX_PATH: usize = 1024;

const CONTENT_LENGTH: &str = "content-length";

/// One request, as an object on one line.
#[derive(Serialize)]
pub struct Line<'a> {
    time: String,
    level: &'static str,
    request_id: &'a str,
    trace_id: &'a str,
    #[serde(flatten)]
    asked: &'a Asked,
    #[serde(flatten)]
    answered: &'a Answered,
    /// Until the head of the answer was there; its body may still be on the way.
    duration_us: u64,
}

/// What was asked for.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Asked {
    method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ip: Option<IpAddr>,
    /// The request's content length, where it said one.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_bytes: Option<u64>,
}

/// What was answered.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Answered {
    status: u16,
    /// The answer's content length, where it said one.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Who acts as the user, where it is somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    /// Why the next handler gave no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl<'a> Line<'a> {
    /// `time_ms` is when the request arrived, in milliseconds since the Unix epoch.
    pub fn new(
        time_ms: u64,
        duration: Duration,
        request_id: &'a str,
        trace_id: &'a str,
        asked: &'a Asked,
        answered: &'a Answered,
    ) -> Self {
        Self {
            time: rfc3339(time_ms),
            level: if answered.status < 500 {
                "info"
            } else {
                "error"
            },
            request_id,
            trace_id,
            asked,
            answered,
            duration_us: duration.as_micros() as u64,
        }
    }

    /// The line with its end. JSON escapes control characters, so there is no other end in it.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl Asked {
    /// Reads a request's head.
    pub fn read(headers: &Fields, method: &Method, path_with_query: Option<String>) -> Self {
        let route = relay::only(headers, "spin-matched-route")
            .or_else(|| relay::only(headers, "spin-component-route"));
        Self {
            method: cut(method_name(method), MAX_TEXT),
            route: route.map(|route| cut(&route, MAX_TEXT)),
            path: path(path_with_query.as_deref().unwrap_or_default()),
            client_ip: relay::only(headers, "spin-client-addr").and_then(|addr| ip(&addr)),
            request_bytes: relay::only(headers, CONTENT_LENGTH).and_then(|n| n.parse().ok()),
        }
    }
}

impl Answered {
    /// Reads a response's head.
    pub fn read(headers: &Entries, status: u16) -> Self {
        let said = |name| headers.only(name).map(|value| cut(value, MAX_TEXT));
        Self {
            status,
            bytes: headers.only(CONTENT_LENGTH).and_then(|n| n.parse().ok()),
            user: said("x-selvedge-user"),
            actor: said("x-selvedge-actor"),
            component: said("x-selvedge-component"),
            error: None,
        }
    }

    /// What `status` stands for when the next handler failed with `code`.
    pub fn failed(status: u16, code: &ErrorCode) -> Self {
        Self {
            status,
            error: Some(cut(&format!("{code:?}"), MAX_TEXT)),
            ..Self::default()
        }
    }
}

fn rfc3339(time_ms: u64) -> String {
    let time = i64::try_from(time_ms).ok();
    let time = time.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    format!("{:.3}", time.unwrap_or(Timestamp::UNIX_EPOCH))
}

fn method_name(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => name,
    }
}

fn path(path_with_query: &str) -> String {
    let end = path_with_query.find(['?', '#']);
    cut(
        &path_with_query[..end.unwrap_or(path_with_query.len())],
        MAX_PATH,
    )
}

/// The address of `spin-client-addr`, which Spin writes with its port.
fn ip(client_addr: &str) -> Option<IpAddr> {
    let with_port = client_addr.parse().map(|addr: SocketAddr| addr.ip());
    with_port.or_else(|_| client_addr.parse()).ok()
}

fn cut(text: &str, max: usize) -> String {
    text[..text.floor_char_boundary(max)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(asked: &Asked, answered: &Answered) -> String {
        Line::new(
            1_763_838_062_123,
            Duration::from_micros(950),
            "req-1",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            asked,
            answered,
        )
        .to_text()
    }

    #[test]
    fn a_line_is_one_flat_object() {
        let asked = Asked {
            method: "GET".into(),
            route: Some("/v1/users/:id".into()),
            path: path("/v1/users/usr_1?token=secret"),
            client_ip: ip("192.0.2.7:8777"),
            request_bytes: None,
        };
        let answered = Answered {
            status: 200,
            bytes: Some(42),
            user: Some("usr_1".into()),
            actor: Some("usr_2".into()),
            component: Some("users".into()),
            error: None,
        };
        assert_eq!(
            line(&asked, &answered),
            concat!(
                r#"{"time":"2025-11-22T19:01:02.123Z","level":"info","request_id":"req-1","#,
                r#""trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","method":"GET","#,
                r#""route":"/v1/users/:id","path":"/v1/users/usr_1","client_ip":"192.0.2.7","#,
                r#""status":200,"bytes":42,"user":"usr_1","actor":"usr_2","component":"users","duration_us":950}"#,
                "\n"
            )
        );
    }

    #[test]
    fn control_characters_do_not_end_a_line() {
        let asked = Asked {
            method: "GET\r\n{\"level\":\"forged\"}".into(),
            path: "/\u{0}\u{1b}\u{2028}".into(),
            ..Asked::default()
        };
        let text = line(&asked, &Answered::default());
        assert_eq!(text.lines().count(), 1);
        assert!(text.trim_end().chars().all(|c| !c.is_control()));
    }

    #[test]
    fn server_errors_are_errors_and_refusals_are_not() {
        for (status, level) in [(200, "info"), (401, "info"), (500, "error"), (503, "error")] {
            let answered = Answered {
                status,
                ..Answered::default()
            };
            assert_eq!(
                Line::new(0, Duration::ZERO, "", "", &Asked::default(), &answered).level,
                level
            );
        }
    }

    #[test]
    fn a_failure_is_told_with_its_cause() {
        let answered = Answered::failed(502, &ErrorCode::ConnectionRefused);
        assert!(line(&Asked::default(), &answered).contains("ConnectionRefused"));
    }

    #[test]
    fn client_addresses_lose_their_port() {
        assert_eq!(ip("[2001:db8::1]:443"), "2001:db8::1".parse().ok());
        assert_eq!(ip("2001:db8::1"), "2001:db8::1".parse().ok());
        assert_eq!(ip("192.0.2.7"), "192.0.2.7".parse().ok());
        assert_eq!(ip("not an address"), None);
    }

    #[test]
    fn a_line_stays_in_one_piece_however_long_its_parts() {
        let long = "é".repeat(10_000);
        let asked = Asked {
            method: cut(&long, MAX_TEXT),
            path: path(&long),
            route: Some(cut(&long, MAX_TEXT)),
            ..Asked::default()
        };
        assert!(line(&asked, &Answered::default()).len() < 4096);
    }
}
