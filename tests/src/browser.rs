//! A browser with an application in it that signs people in with accounts they have elsewhere.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Answer, Client, IdentityProvider, identity_provider::Persona};

/// Where the application wants to have people back.
pub const REDIRECT_TO: &str = "http://localhost:3000/signed-in";

/// A browser: it keeps one cookie, and the secret of the application in it.
pub struct Browser {
    client: Client,
    /// What it keeps of ours.
    pub cookie: Option<String>,
    /// What the application in it keeps.
    pub verifier: String,
}

impl Browser {
    /// A new one.
    pub fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            cookie: None,
            verifier: format!(
                "verifier-of-at-least-43-characters-{}",
                uuid::Uuid::now_v7()
            ),
        }
    }

    /// Asks to be sent to a provider and then back to `redirect_to`.
    pub async fn try_leave(&mut self, provider: &str, redirect_to: &str) -> Answer {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("redirect_to", redirect_to)
            .append_pair("code_challenge", &challenge(&self.verifier))
            .finish();
        let path = format!("/v1/auth/oauth/{provider}/authorize?{query}");
        let answer = self.get(&path).await;
        if let Some(cookie) = answer.header("set-cookie") {
            let (pair, _) = cookie.split_once(';').expect("a cookie has attributes");
            self.cookie = Some(pair.to_owned());
        }
        answer
    }

    /// Is sent to a provider, whose address this is.
    pub async fn leave(&mut self, provider: &str) -> String {
        let answer = self.try_leave(provider, REDIRECT_TO).await.expect(302);
        answer
            .header("location")
            .expect("it leads there")
            .to_owned()
    }

    /// Follows an address of the application.
    pub async fn get(&self, path: &str) -> Answer {
        let request = self.client.get(path);
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie).await,
            None => request.await,
        }
    }

    /// Comes back, and says what the application is told: `code` or `error`, and which.
    pub async fn come_back(&self, path: &str) -> (String, String) {
        let answer = self.get(path).await.expect(303);
        let location = answer.header("location").expect("it leads on");
        let outcome = location
            .strip_prefix(&format!("{REDIRECT_TO}#"))
            .expect("people come back to where they wanted");
        let (name, value) = outcome.split_once('=').expect("it says what came of it");
        (name.to_owned(), value.to_owned())
    }

    /// Signs in at the provider, and brings the code of that.
    pub async fn code(
        &mut self,
        at: &IdentityProvider,
        provider: &str,
        persona: &Persona,
    ) -> String {
        let location = self.leave(provider).await;
        let (name, value) = self.come_back(&at.approve(&location, persona)).await;
        assert_eq!(name, "code", "{value}");
        value
    }

    /// What the application sends to prove that the code is its own.
    pub fn claim(&self, code: &str) -> Value {
        json!({"code": code, "code_verifier": self.verifier})
    }

    /// Signs in at the provider, and then here.
    pub async fn sign_in(
        &mut self,
        at: &IdentityProvider,
        provider: &str,
        persona: &Persona,
    ) -> Answer {
        let code = self.code(at, provider, persona).await;
        self.exchange(&code).await
    }

    /// Asks for tokens.
    pub async fn exchange(&self, code: &str) -> Answer {
        let claim = self.claim(code);
        self.client.post("/v1/auth/oauth/exchange", &claim).await
    }
}

/// RFC 7636 section 4.2.
pub fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}
