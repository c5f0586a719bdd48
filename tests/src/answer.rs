//! What came back, and what a test may say about it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// A whole response.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Words that are nobody's business outside: they tell of the inside, or of a cause.
const SECRETS: [&str; 10] = [
    "panicked",
    "wasm",
    "backtrace",
    "sqlite",
    "select ",
    "insert into",
    "unique constraint",
    "argon2",
    ".rs:",
    "spin.internal",
];

impl Answer {
    /// Expects this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{:?}\n{}",
            self.headers,
            self.text()
        );
        self
    }

    /// Whether it is a 2xx.
    pub fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// One header, if it is there once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        assert!(
            values.next().is_none(),
            "{name} is there more than once: {:?}",
            self.headers
        );
        value.to_str().ok()
    }

    /// The request's id.
    #[track_caller]
    pub fn request_id(&self) -> &str {
        self.header("x-request-id")
            .expect("every answer has a request id")
    }

    /// Expects a problem (RFC 9457) of this status, complete and without a word about the inside.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Problem {
        let text = self.text();
        assert_eq!(self.status.as_u16(), status, "{text}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{text}"
        );
        let body = self.json();
        assert_eq!(body["status"], status, "{text}");
        let kind = body["type"].as_str().unwrap_or_default();
        assert!(kind.starts_with("urn:selvedge:problem:"), "{text}");
        assert!(
            body["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty()),
            "{text}"
        );
        assert!(
            body["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty()),
            "{text}"
        );
        assert_eq!(
            body["request_id"].as_str(),
            Some(self.request_id()),
            "{text}"
        );
        let lower = text.to_lowercase();
        for secret in SECRETS {
            assert!(
                !lower.contains(secret),
                "a problem speaks of {secret:?}: {text}"
            );
        }
        if status == 401 {
            assert_eq!(
                self.header("www-authenticate").map(|value| &value[..6]),
                Some("Bearer"),
                "{:?}",
                self.headers
            );
        }
        Problem(body)
    }
}

/// A problem's body.
#[derive(Debug)]
pub struct Problem(Value);

impl Problem {
    /// What it says is wrong.
    pub fn detail(&self) -> &str {
        self.0["detail"].as_str().unwrap_or_default()
    }

    /// The fields it names, in order.
    pub fn fields(&self) -> Vec<&str> {
        let errors = self.0["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        errors
            .iter()
            .map(|error| error["field"].as_str().unwrap_or_default())
            .collect()
    }

    /// Expects it to name this field, with something to say about it.
    #[track_caller]
    pub fn names(&self, field: &str) {
        let errors = self.0["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let named = errors.iter().any(|error| {
            error["field"] == field
                && error["message"]
                    .as_str()
                    .is_some_and(|message| !message.is_empty())
        });
        assert!(named, "no error names {field:?}: {}", self.0);
    }
}
