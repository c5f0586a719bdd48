//! What was said: lines, kept in order, that a test can look through or wait for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::sync::watch;

/// How long a line may take to appear before the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// One line, and who said it.
#[derive(Debug, Clone)]
pub struct Line {
    /// The component, or `stdout` or `stderr` of a process.
    pub source: String,
    /// The line without its end.
    pub text: String,
}

impl Line {
    /// The line as a JSON object; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// Everything said so far. Clones see the same lines.
#[derive(Clone)]
pub struct Logs {
    lines: Arc<Mutex<Vec<Line>>>,
    changed: Arc<watch::Sender<()>>,
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            lines: Arc::default(),
            changed: Arc::new(watch::Sender::new(())),
        }
    }
}

impl Logs {
    /// Adds a line.
    pub fn add(&self, source: &str, text: &str) {
        let line = Line {
            source: source.to_owned(),
            text: text.to_owned(),
        };
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
        self.changed.send_replace(());
    }

    /// The lines so far that fulfil `condition`.
    pub fn find(&self, condition: impl Fn(&Line) -> bool) -> Vec<Line> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .iter()
            .filter(|line| condition(line))
            .cloned()
            .collect()
    }

    /// The first line that fulfils `condition`, as soon as there is one.
    pub async fn wait_for(&self, what: &str, condition: impl Fn(&Line) -> bool) -> Line {
        self.wait_for_nth(1, what, condition).await
    }

    /// As [`Self::wait_for`], but the first counts as 1.
    pub async fn wait_for_nth(
        &self,
        nth: usize,
        what: &str,
        condition: impl Fn(&Line) -> bool,
    ) -> Line {
        let mut changed = self.changed.subscribe();
        let search = async {
            loop {
                changed.mark_unchanged();
                if let Some(line) = self.find(&condition).into_iter().nth(nth - 1) {
                    return line;
                }
                let _ = changed.changed().await;
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(line) => line,
            Err(_) => panic!("no line {what} within {PATIENCE:?}; there are:\n{self}"),
        }
    }

    /// The line `request-log` wrote about the request with this id. Requests that components send each other on its
    /// way have the same, and are told from it by their client, which is nowhere.
    pub async fn of_request(&self, request_id: &str) -> Value {
        let is_it = |line: &Line| {
            let json = line.json();
            json["request_id"] == request_id
                && json["duration_us"].is_u64()
                && json["client_ip"] != "0.0.0.0"
        };
        self.wait_for(&format!("about request {request_id}"), is_it)
            .await
            .json()
    }
}

impl std::fmt::Display for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in self.find(|_| true) {
            writeln!(f, "{}: {}", line.source, line.text)?;
        }
        Ok(())
    }
}
