//! Requests as descriptions of servers write them, and as they go over the wire.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::Deserialize;

/// Stands for text that no other request has. As long as what it is replaced with, so that the length stays.
const UNIQUE: &str = "{unique}";
const UNIQUE_DIGITS: usize = UNIQUE.len();

/// A request in a server's description. `{name}` is replaced by what an earlier answer was found to have, and
/// `{unique}` by eight digits that differ from request to request.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Template {
    #[serde(default = "get")]
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Sent as JSON.
    body: Option<String>,
    /// What to keep of the answer: names, and JSON pointers (RFC 6901) to what they stand for.
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
}

fn get() -> String {
    "GET".to_owned()
}

/// A request's bytes.
pub struct Request {
    bytes: Vec<u8>,
    /// Where something unique stands.
    unique: Vec<usize>,
}

impl Template {
    /// A GET without more.
    pub fn get(path: &str) -> Self {
        Self {
            method: get(),
            path: path.to_owned(),
            headers: BTreeMap::new(),
            body: None,
            capture: BTreeMap::new(),
        }
    }

    /// The request, with names replaced by `fill`.
    pub fn request(&self, fill: impl Fn(&str) -> String) -> Request {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: localhost\r\nuser-agent: side-by-side\r\n",
            self.method,
            fill(&self.path)
        );
        for (name, value) in &self.headers {
            text += &format!("{name}: {}\r\n", fill(value));
        }
        let body = self.body.as_deref().map(fill);
        if let Some(body) = &body {
            let length = body.len();
            text += &format!("content-type: application/json\r\ncontent-length: {length}\r\n");
        }
        text += "\r\n";
        text += body.as_deref().unwrap_or_default();
        Request {
            unique: text.match_indices(UNIQUE).map(|(at, _)| at).collect(),
            bytes: text.into_bytes(),
        }
    }
}

impl Request {
    /// A copy for one client to send again and again.
    pub fn draft(&self) -> Draft<'_> {
        Draft {
            unique: &self.unique,
            bytes: self.bytes.clone(),
        }
    }
}

/// A request that one client sends again and again.
pub struct Draft<'a> {
    bytes: Vec<u8>,
    unique: &'a [usize],
}

impl Draft<'_> {
    /// The bytes to send next.
    pub fn next(&mut self) -> &[u8] {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        if !self.unique.is_empty() {
            let mut number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut digits = [b'0'; UNIQUE_DIGITS];
            for digit in digits.iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
            for &at in self.unique {
                self.bytes[at..at + UNIQUE_DIGITS].copy_from_slice(&digits);
            }
        }
        &self.bytes
    }
}
