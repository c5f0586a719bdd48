//! The port `log`: shows a mail to whoever runs the application. For development: what is in a mail is
//! often a secret.

use std::io::Write;

use super::Mail;

/// Prints the mail as one JSON line.
pub fn print(mail: &Mail) {
    let mut line = serde_json::json!({
        "level": "info", "component": "auth", "message": "mail",
        "to": mail.to, "subject": mail.subject, "text": mail.text,
    })
    .to_string();
    line.push('\n');
    // In one write, so that lines do not mix.
    let _ = std::io::stdout().write_all(line.as_bytes());
}
