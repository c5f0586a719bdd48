//! What an operator should know and a caller should not: one JSON line on stderr.

use std::fmt::Display;

use serde_json::json;

/// Reports that `middleware` could not do something, and why.
pub fn report(middleware: &str, message: &str, cause: &dyn Display) {
    let line = json!({
        "level": "error",
        "middleware": middleware,
        "message": message,
        "cause": cause.to_string(),
    });
    eprintln!("{line}");
}
