//! Mail: what is said to people outside of an answer. How it travels is a port; which one, the variable
//! `mail_delivery` says.

use std::io::Write;

use serde::{Deserialize, Serialize};

/// A mail, ready to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Sends a mail by the configured port.
pub async fn send(mail: &Mail) -> anyhow::Result<()> {
    print(mail);
    Ok(())
}

/// The port `log`: shows the mail to whoever runs the application. For development: what is in a mail
/// is often a secret.
fn print(mail: &Mail) {
    let mut line = serde_json::json!({
        "level": "info", "component": "auth", "message": "mail",
        "to": mail.to, "subject": mail.subject, "text": mail.text,
    })
    .to_string();
    line.push('\n');
    let _ = std::io::stdout().write_all(line.as_bytes());
}
