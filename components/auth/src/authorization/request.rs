//! An application's request to have somebody signed in, RFC 6749 section 4.1.1 as OAuth 2.1 and RFC 7636 narrow it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::{Problem, Result, Timestamp};

use super::{Client, ClientId, Scope};
use crate::federation::check_challenge;
use crate::store::sessions::Session;

/// Longer than any that somebody needs, in bytes.
const LIMIT: usize = 1024;

/// What the browser brings. What is not known is passed over, RFC 6749 section 3.1.
#[derive(Debug, Clone, Deserialize)]
pub struct Params {
    pub client_id: String,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    response_mode: Option<String>,
    #[serde(default)]
    scope: String,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    #[serde(default)]
    prompt: String,
    max_age: Option<String>,
    /// OpenID Connect Core section 6. What they hold is not ours to guess.
    request: Option<String>,
    request_uri: Option<String>,
}

/// A request that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub client_id: ClientId,
    pub redirect_uri: String,
    pub scope: Scope,
    pub state: Option<String>,
    pub nonce: Option<String>,
    pub code_challenge: String,
    /// Whether people decide again, whatever they agreed to before: OpenID Connect Core section 3.1.2.1, `prompt`.
    pub asks_consent: bool,
    /// Whether they prove again who they are.
    asks_login: bool,
    /// How long ago they may have done so, in seconds.
    max_age: Option<u32>,
    begun_at: Timestamp,
}

/// What is wrong with a request, RFC 6749 section 4.1.2.1: an error of the standard's, and why, for who made the
/// application.
#[derive(Debug, PartialEq, Eq)]
struct Wrong(&'static str, &'static str);

impl Params {
    /// The request; or, where it is wrong, the address that the browser is sent back to with what is. A problem where
    /// it cannot be sent back: whoever named the address may not be the client.
    pub fn judge(
        &self,
        client: &Client,
        issuer: &str,
        now: Timestamp,
    ) -> Result<std::result::Result<Request, String>> {
        let redirect_uri = self.redirect_uri.as_deref();
        let redirect_uri = redirect_uri
            .filter(|uri| client.takes(uri))
            .ok_or_else(|| {
                Problem::bad_request("The client has not registered this redirect_uri.")
            })?;
        let judged = self.check(client, redirect_uri, now);
        Ok(judged.map_err(|Wrong(error, why)| {
            let state = self.state.as_deref();
            let said = [("error", error), ("error_description", why)];
            answer(redirect_uri, state, issuer, &said)
        }))
    }

    fn check(
        &self,
        client: &Client,
        redirect_uri: &str,
        now: Timestamp,
    ) -> std::result::Result<Request, Wrong> {
        let is_short = |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= LIMIT);
        let refuse = |error, why| Err(Wrong(error, why));
        if self.request.is_some() {
            return refuse("request_not_supported", "Send the parameters themselves.");
        }
        if self.request_uri.is_some() {
            return refuse(
                "request_uri_not_supported",
                "Send the parameters themselves.",
            );
        }
        if self.response_type.as_deref() != Some("code") {
            return refuse(
                "unsupported_response_type",
                "There is response_type code alone.",
            );
        }
        let challenge = self.code_challenge.as_deref().unwrap_or_default();
        let prompts: Vec<_> = self.prompt.split_ascii_whitespace().collect();
        let is_known = |prompt: &&str| ["login", "consent", "select_account"].contains(prompt);
        let mode = self.response_mode.as_deref();
        let wrong = [
            (
                mode.is_some_and(|mode| mode != "query"),
                "There is response_mode query alone.",
            ),
            (
                challenge.is_empty(),
                "PKCE is required: code_challenge is missing.",
            ),
            (
                self.code_challenge_method.as_deref() != Some("S256"),
                "code_challenge_method must be S256.",
            ),
            (
                check_challenge(challenge).is_err(),
                "code_challenge must be SHA-256 of a verifier in base64url: 43 characters.",
            ),
            (
                !is_short(&self.state) || !is_short(&self.nonce),
                "state and nonce must not be longer than 1024 bytes.",
            ),
            (
                prompts != ["none"] && !prompts.iter().all(is_known),
                "prompt must be none alone, or some of login, consent and select_account.",
            ),
        ];
        if let Some((_, why)) = wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
            return refuse("invalid_request", why);
        }
        let Ok(max_age) = self.max_age.as_deref().map(str::parse).transpose() else {
            return refuse("invalid_request", "max_age must be a number of seconds.");
        };
        if prompts == ["none"] {
            return refuse(
                "login_required",
                "There is no page here that could tell without asking.",
            );
        }
        let scope = client.scope.granted(&self.scope);
        if scope.names().next().is_none() {
            return refuse(
                "invalid_scope",
                "The client may ask for none of these scopes.",
            );
        }
        Ok(Request {
            client_id: client.id,
            redirect_uri: redirect_uri.to_owned(),
            scope,
            state: self.state.clone(),
            nonce: self.nonce.clone(),
            code_challenge: challenge.to_owned(),
            asks_consent: prompts.contains(&"consent"),
            asks_login: prompts.contains(&"login"),
            max_age,
            begun_at: now,
        })
    }
}

impl Request {
    /// Whether the session's last proof is as recent as the application wants it.
    pub fn is_satisfied_by(&self, session: &Session, now: Timestamp) -> bool {
        let proven = session.authenticated_at;
        let is_since = !self.asks_login || proven >= self.begun_at;
        let max_age = self.max_age.map(|age| Duration::from_secs(age.into()));
        is_since && max_age.is_none_or(|age| now <= proven.plus(age))
    }

    /// Where the browser goes with what came of the request. `issuer` says of whom, RFC 9207.
    pub fn answer(&self, issuer: &str, name: &str, value: &str) -> String {
        let state = self.state.as_deref();
        answer(&self.redirect_uri, state, issuer, &[(name, value)])
    }
}

fn answer(uri: &str, state: Option<&str>, issuer: &str, said: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(said);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", issuer);
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use shared::SessionId;

    use super::*;
    use crate::method::{Method, Methods};

    const BEGUN: Timestamp = Timestamp::from_millis(1_000_000);

    fn request(changes: &str) -> std::result::Result<Request, &'static str> {
        let challenge = "x".repeat(43);
        let mut params: Params = serde_json::from_value(serde_json::json!({
            "client_id": "", "response_type": "code", "scope": "openid",
            "code_challenge": challenge, "code_challenge_method": "S256",
        }))
        .unwrap();
        for (name, value) in form_urlencoded::parse(changes.as_bytes()) {
            match &*name {
                "prompt" => params.prompt = value.into_owned(),
                "max_age" => params.max_age = Some(value.into_owned()),
                _ => params.scope = value.into_owned(),
            }
        }
        let client = Client {
            id: ClientId::new(),
            name: String::new(),
            confidential: false,
            redirect_uris: Vec::new(),
            scope: Scope::check(&["openid".to_owned()]).unwrap(),
            version: 1,
            created_at: BEGUN,
            updated_at: BEGUN,
        };
        let judged = params.check(&client, "https://app.example.com/", BEGUN);
        judged.map_err(|Wrong(error, _)| error)
    }

    fn is_satisfied(changes: &str, proven_at: i64, now: i64) -> bool {
        let session = Session {
            id: SessionId::new(),
            methods: Methods::one(Method::Password),
            authenticated_at: Timestamp::from_millis(proven_at),
        };
        let request = request(changes).unwrap();
        request.is_satisfied_by(&session, Timestamp::from_millis(now))
    }

    #[test]
    fn an_application_says_how_recent_a_proof_it_wants() {
        assert!(is_satisfied("", 0, 2_000_000));
        assert!(!is_satisfied("prompt=login", 999_999, 1_000_000));
        assert!(is_satisfied("prompt=consent+login", 1_000_000, 2_000_000));
        assert!(is_satisfied("max_age=10", 1_000_000, 1_010_000));
        assert!(!is_satisfied("max_age=10", 1_000_000, 1_010_001));
        assert!(!is_satisfied("max_age=0", 1_000_000, 1_000_001));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for changes in ["prompt=none+login", "prompt=x", "max_age=-1", "max_age=x"] {
            assert_eq!(request(changes), Err("invalid_request"), "{changes}");
        }
        assert_eq!(request("prompt=none"), Err("login_required"));
        assert_eq!(request("scope=admin"), Err("invalid_scope"));
        assert!(request("prompt=consent").unwrap().asks_consent);
    }

    #[test]
    fn an_answer_keeps_what_the_address_had() {
        let address = answer(
            "https://a.example/?x=1",
            Some("s t"),
            "https://us",
            &[("code", "c&d")],
        );
        assert_eq!(
            address,
            "https://a.example/?x=1&code=c%26d&state=s+t&iss=https%3A%2F%2Fus"
        );
    }
}
