//! The ports `resend` and `postmark`: JSON over HTTPS to those who deliver mail, or to whoever speaks as
//! they do at another address (`mail_url`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{Mail, setting};
use crate::random;
use shared::http_client;

const SERVER_TOKEN: HeaderName = HeaderName::from_static("x-postmark-server-token");

/// Whose form of request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Resend,
    Postmark,
}

impl Provider {
    /// The one that the variable `mail_delivery` names.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        match name {
            "resend" => Ok(Self::Resend),
            "postmark" => Ok(Self::Postmark),
            _ => anyhow::bail!("mail_delivery is neither log, resend nor postmark"),
        }
    }

    /// Hands a mail over. `payload` is what the outbox holds: the same for every attempt, and so is the
    /// key by which a provider knows one that it has seen.
    pub async fn send(self, mail: &Mail, payload: &str) -> anyhow::Result<()> {
        let (url, token) = (setting("mail_url").await?, setting("mail_token").await?);
        let from = setting("mail_from").await?;
        let (path, header, credential) = match self {
            Self::Resend => ("/emails", AUTHORIZATION, format!("Bearer {token}")),
            Self::Postmark => ("/email", SERVER_TOKEN, token),
        };
        let mut credential = HeaderValue::try_from(credential)
            .map_err(|_| anyhow::anyhow!("mail_token cannot stand in a header"))?;
        credential.set_sensitive(true);
        let key = URL_SAFE_NO_PAD.encode(random::hash(payload));
        let request = Request::post(format!("{}{path}", url.trim_end_matches('/')))
            .header(header, credential)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header("idempotency-key", key)
            .body(self.body(&from, mail).to_string().into())
            .map_err(|_| anyhow::anyhow!("mail_url is no address"))?;
        let status = http_client::send(request).await?.status();
        // What else it says may repeat what it was told.
        anyhow::ensure!(status.is_success(), "the mail provider answered {status}");
        Ok(())
    }

    fn body(self, from: &str, mail: &Mail) -> Value {
        match self {
            Self::Resend => json!({
                "from": from, "to": [mail.to], "subject": mail.subject,
                "text": mail.text, "html": mail.html,
            }),
            Self::Postmark => json!({
                "From": from, "To": mail.to, "Subject": mail.subject,
                "TextBody": mail.text, "HtmlBody": mail.html,
            }),
        }
    }
}
