//! An application of the team's that signs people in through this one: what it, its browser and the team's page ask.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::Method;
use serde_json::{Value, json};

use crate::{Answer, Client, Person, browser::challenge, identity_provider::query};

/// Where it has people sent back.
pub const CALLBACK: &str = "https://app.example.com/callback?from=us";
/// What it keeps of each request, which is one here.
pub const VERIFIER: &str = "a-verifier-that-only-the-application-has-seen";
/// Where administrators register it.
pub const CLIENTS: &str = "/v1/auth/clients";
/// Where it gets tokens.
pub const TOKEN: &str = "/v1/auth/oauth2/token";
/// Where it asks whose they are.
pub const USERINFO: &str = "/v1/auth/oauth2/userinfo";

/// An application of the team's.
#[derive(Clone)]
pub struct RelyingParty {
    /// Without a token.
    pub client: Client,
    /// What the provider knows it by.
    pub id: String,
    /// What it proves that with.
    pub secret: Option<String>,
}

impl RelyingParty {
    /// Has an administrator register it; with more than the usual `fields`.
    pub async fn register(admin: &Client, confidential: bool, fields: Value) -> Self {
        let mut body =
            json!({"name": "Invoices", "redirect_uris": [CALLBACK], "confidential": confidential});
        for (name, value) in fields.as_object().expect("fields are an object") {
            body[name] = value.clone();
        }
        let made = admin.post(CLIENTS, &body).await.expect(201).json();
        Self {
            client: admin.anonymous(),
            id: made["id"].as_str().expect("an id").to_owned(),
            secret: made["client_secret"].as_str().map(str::to_owned),
        }
    }

    /// Sends a browser to have somebody signed in, with these parameters changed; an empty one is left out.
    pub async fn ask(&self, changes: &[(&str, &str)]) -> Answer {
        let challenge = challenge(VERIFIER);
        let mut params = vec![
            ("response_type", "code"),
            ("client_id", self.id.as_str()),
            ("redirect_uri", CALLBACK),
            ("scope", "openid email profile"),
            ("state", "s t"),
            ("nonce", "n"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            params.retain(|(own, _)| own != name);
            params.extend((!value.is_empty()).then_some((*name, *value)));
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(params)
            .finish();
        let path = format!("/v1/auth/oauth2/authorize?{query}");
        self.client.get(&path).await
    }

    /// The request that the browser brings to the team's page.
    pub async fn request(&self, changes: &[(&str, &str)]) -> String {
        let answer = self.ask(changes).await.expect(303);
        let location = answer.header("location").expect("it leads there");
        let request = location.strip_prefix("http://localhost:3000/authorize#request=");
        request.expect("it leads to the page").to_owned()
    }

    /// The code that the browser brings once `person` agreed to a request with these changes.
    pub async fn code(&self, person: &Client, changes: &[(&str, &str)]) -> String {
        let request = self.request(changes).await;
        let decided = decide(person, &request, true).await.expect(200).json();
        code_of(&decided)
    }

    /// Posts a form as itself.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        match &self.secret {
            Some(secret) => {
                let pair = BASE64_STANDARD.encode(format!("{}:{secret}", self.id));
                let request = self.client.request(Method::POST, path);
                let request = request.header("authorization", &format!("Basic {pair}"));
                send(request, form.finish()).await
            }
            None => {
                form.append_pair("client_id", &self.id);
                send(self.client.request(Method::POST, path), form.finish()).await
            }
        }
    }

    /// Asks for tokens for a code.
    pub async fn redeem(&self, code: &str) -> Answer {
        self.redeem_with(code, VERIFIER, CALLBACK).await
    }

    /// The same, with another verifier or address.
    pub async fn redeem_with(&self, code: &str, verifier: &str, redirect_uri: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", verifier),
            ("redirect_uri", redirect_uri),
        ];
        self.post(TOKEN, &fields).await
    }

    /// Asks for newer tokens.
    pub async fn refresh(&self, token: &Value) -> Answer {
        let token = token.as_str().expect("a refresh token");
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.post(TOKEN, &fields).await
    }

    /// Gives a token back.
    pub async fn revoke(&self, token: &Value) -> Answer {
        let token = token.as_str().expect("a token");
        self.post("/v1/auth/oauth2/revoke", &[("token", token)])
            .await
    }

    /// The tokens it gets once `person` agreed.
    pub async fn tokens(&self, person: &Person) -> Value {
        self.tokens_for(person, &[]).await
    }

    /// The same, of a request with these changes.
    pub async fn tokens_for(&self, person: &Person, changes: &[(&str, &str)]) -> Value {
        let code = self.code(&person.client, changes).await;
        self.redeem(&code).await.expect(200).json()
    }

    /// A client with the access token among `tokens`.
    pub fn acting(&self, tokens: &Value) -> Client {
        let token = tokens["access_token"].as_str().expect("an access token");
        self.client.with_token(token)
    }
}

async fn send(request: crate::client::Request, form: String) -> Answer {
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(form).await
}

/// The team's page asks what is wanted.
pub async fn wanted(person: &Client, request: &str) -> Answer {
    let body = json!({"request": request});
    person.post("/v1/auth/oauth2/request", &body).await
}

/// The team's page says what somebody decided.
pub async fn decide(person: &Client, request: &str, approve: bool) -> Answer {
    let body = json!({"request": request, "approve": approve});
    person.post("/v1/auth/oauth2/decision", &body).await
}

/// The code in the address that the page sends the browser to.
#[track_caller]
pub fn code_of(decided: &Value) -> String {
    let redirect_to = decided["redirect_to"].as_str().expect("an address");
    assert!(
        redirect_to.starts_with(&format!("{CALLBACK}&code=")),
        "{redirect_to}"
    );
    query(redirect_to)["code"].clone()
}

/// Expects an error of RFC 6749 section 5.2.
#[track_caller]
pub fn assert_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.json()["error"], error);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
