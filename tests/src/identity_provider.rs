//! A provider of identities elsewhere: an OpenID Connect server as far as ours asks one, and GitHub's API. It checks what
//! it is sent, and says what a test wants it to say.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, LazyLock, Mutex},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::{get, post},
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jwt_compact::{
    Algorithm as _, AlgorithmSignature as _,
    alg::{Rsa, RsaPrivateKey},
    jwk::JsonWebKey,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::token::{self, Issuer};

/// What the provider knows the application by.
pub const CLIENT_ID: &str = "our app";
/// What proves it.
pub const CLIENT_SECRET: &str = "a: secret";

/// A provider that runs until the tests end.
pub struct IdentityProvider {
    /// Where it listens.
    pub address: SocketAddr,
    grants: Grants,
}

type Grants = Arc<Mutex<HashMap<String, Grant>>>;

/// What a code stands for, or an access token.
#[derive(Clone)]
struct Grant {
    redirect_uri: String,
    code_challenge: String,
    id_token: String,
    user: Value,
    emails: Value,
}

/// How an ID token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// As it should be.
    Rs256,
    /// As it should be, by another key.
    EdDsa,
    /// Not at all, and says so.
    None,
    /// With a public key as if it were a shared secret, RFC 8725 section 2.1.
    PublicKeyAsSecret,
    /// By a key that the provider does not publish, under the name of one that it does.
    Stranger,
    /// By one key under the name of another.
    OtherKey,
}

/// Somebody at the provider, and what its tokens say of them.
#[derive(Debug, Clone)]
pub struct Persona {
    /// What the provider calls them.
    pub subject: String,
    /// Their address there.
    pub email: String,
    /// Whether it was proven there.
    pub is_verified: bool,
    /// Claims that are not as they should be; null removes one.
    pub lies: Value,
    /// How it is signed.
    pub signature: Signature,
}

impl Persona {
    /// Somebody whose address was proven.
    pub fn new(subject: &str, email: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            email: email.to_owned(),
            is_verified: true,
            lies: json!({}),
            signature: Signature::Rs256,
        }
    }

    /// The same, with an address that was not.
    pub fn unverified(self) -> Self {
        Self {
            is_verified: false,
            ..self
        }
    }

    /// The same, with a claim that is not as it should be.
    pub fn lying(mut self, claim: &str, value: Value) -> Self {
        self.lies[claim] = value;
        self
    }

    /// The same, with a token signed so.
    pub fn signed(self, signature: Signature) -> Self {
        Self { signature, ..self }
    }
}

static RSA: LazyLock<RsaPrivateKey> = LazyLock::new(|| {
    RsaPrivateKey::new(&mut rand_core::OsRng, 2048).expect("there is randomness for a key")
});

fn ed25519() -> Issuer {
    Issuer::new([9; 32], "ed")
}

impl IdentityProvider {
    /// Starts one.
    pub fn start() -> Self {
        let grants = Grants::default();
        let (sender, address) = std::sync::mpsc::channel();
        let served = grants.clone();
        thread::spawn(move || {
            let runtime = Runtime::new().expect("threads can be started");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0")
                    .await
                    .expect("there is a free port");
                let address = listener.local_addr().expect("a listener has an address");
                let _ = sender.send(address);
                let served = axum::serve(listener, routes(address, served));
                served.await.expect("a server runs until the tests end");
            });
        });
        let address = address.recv().expect("the provider starts");
        Self { address, grants }
    }

    /// What it calls itself.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What an operator writes into `identity_providers`: this provider as `acme`, a second name of it as `other`, and as
    /// `github`.
    pub fn configuration(&self) -> String {
        let issuer = self.issuer();
        let oidc = |id: &str| json!({"id": id, "issuer": issuer, "client_id": CLIENT_ID});
        let github = json!({
            "id": "github", "type": "github", "client_id": CLIENT_ID,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/user"),
        });
        json!([oidc("acme"), oidc("other"), github]).to_string()
    }

    /// What an operator writes into `identity_provider_secrets`.
    pub fn secrets() -> String {
        json!({"acme": CLIENT_SECRET, "other": CLIENT_SECRET, "github": CLIENT_SECRET}).to_string()
    }

    /// Somebody comes with a browser that was sent to `location`, and signs in. Returns the path and query of the
    /// application's address that the browser is sent back to.
    #[track_caller]
    pub fn approve(&self, location: &str, persona: &Persona) -> String {
        let asked = query(location);
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT_ID);
        assert_eq!(asked["code_challenge_method"], "S256");
        let nonce = asked.get("nonce").cloned().unwrap_or_default();
        let email = json!([
            {"email": "other@elsewhere.example", "primary": false, "verified": true},
            {"email": persona.email, "primary": true, "verified": persona.is_verified},
        ]);
        let grant = Grant {
            redirect_uri: asked["redirect_uri"].clone(),
            code_challenge: asked["code_challenge"].clone(),
            id_token: self.id_token(persona, &nonce),
            user: json!({"id": persona.subject.parse::<u64>().unwrap_or(0), "login": "ada", "name": "Ada"}),
            emails: email,
        };
        let code = format!("code-{}", uuid::Uuid::now_v7());
        let mut grants = self.grants.lock().expect("nobody panics");
        grants.insert(code.clone(), grant);
        let mut answer = form_urlencoded::Serializer::new(String::new());
        answer
            .append_pair("code", &code)
            .append_pair("state", &asked["state"]);
        // GitHub does not say that it is GitHub.
        if !nonce.is_empty() {
            answer.append_pair("iss", &self.issuer());
        }
        let answer = answer.finish();
        let (_, path) = asked["redirect_uri"]
            .split_once("localhost:3000")
            .expect("it is the application's address");
        format!("{path}?{answer}")
    }

    fn id_token(&self, persona: &Persona, nonce: &str) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("it is after 1970")
            .as_secs();
        let mut claims = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "sub": persona.subject, "nonce": nonce,
            "iat": now, "exp": now + 300,
            "email": persona.email, "email_verified": persona.is_verified, "name": "Ada",
        });
        for (claim, value) in persona.lies.as_object().expect("lies are claims") {
            claims[claim] = value.clone();
        }
        let claims = Value::from_iter(
            claims
                .as_object()
                .expect("claims are an object")
                .clone()
                .into_iter()
                .filter(|(_, value)| !value.is_null()),
        );
        sign(persona.signature, &claims)
    }
}

fn sign(signature: Signature, claims: &Value) -> String {
    let rs256 = json!({"alg": "RS256", "kid": "rsa"});
    let ed = ed25519();
    match signature {
        Signature::Rs256 => sign_rsa(&rs256, claims),
        Signature::EdDsa => ed.sign(claims),
        Signature::None => {
            let header = json!({"alg": "none"});
            format!("{}.{}.", token::encode(&header), token::encode(claims))
        }
        Signature::PublicKeyAsSecret => {
            let header = json!({"alg": "HS256", "kid": "rsa"});
            let signed = format!("{}.{}", token::encode(&header), token::encode(claims));
            let secret = jwt_compact::alg::Hs256Key::new(rsa_jwk().to_string());
            let mac = jwt_compact::alg::Hs256.sign(&secret, signed.as_bytes());
            format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.as_bytes()))
        }
        Signature::Stranger => Issuer::stranger("ed").sign(claims),
        Signature::OtherKey => ed.sign_with(&rs256, claims),
    }
}

fn sign_rsa(header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", token::encode(header), token::encode(claims));
    let signature = Rsa::rs256().sign(&RSA, signed.as_bytes());
    format!(
        "{signed}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(signature.as_bytes())
    )
}

fn rsa_jwk() -> Value {
    let key = RSA.to_public_key();
    let mut jwk = serde_json::to_value(JsonWebKey::from(&key)).expect("a key is JSON");
    jwk["kid"] = json!("rsa");
    jwk
}

/// The parameters of an address.
pub fn query(url: &str) -> HashMap<String, String> {
    let (_, query) = url.split_once('?').expect("it has parameters");
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn routes(address: SocketAddr, grants: Grants) -> Router {
    let base = format!("http://{address}");
    let metadata = json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "authorization_response_iss_parameter_supported": true,
    });
    let keys = || async { Json(json!({"keys": [rsa_jwk(), ed25519().jwk()]})) };
    Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(|| async { Json(metadata) }),
        )
        .route("/keys", get(keys))
        .route("/token", post(give_tokens))
        .route("/user", get(show_user))
        .route("/user/emails", get(show_emails))
        .with_state(grants)
}

async fn give_tokens(
    State(grants): State<Grants>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Value>, StatusCode> {
    let form = form_urlencoded::parse(body.as_bytes()).into_owned();
    let form: HashMap<String, String> = form.collect();
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(CLIENT_ID), encode(CLIENT_SECRET));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(pair));
    let in_header = headers
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value.as_bytes() == basic.as_bytes());
    let in_body = form
        .get("client_secret")
        .is_some_and(|s| s == CLIENT_SECRET);
    if in_header == in_body || form["grant_type"] != "authorization_code" {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let mut grants = grants.lock().expect("nobody panics");
    let grant = grants
        .remove(&form["code"])
        .ok_or(StatusCode::BAD_REQUEST)?;
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    if challenge != grant.code_challenge || form["redirect_uri"] != grant.redirect_uri {
        return Err(StatusCode::BAD_REQUEST);
    }
    let access_token = format!("at-{}", uuid::Uuid::now_v7());
    let answer =
        json!({"access_token": access_token, "token_type": "Bearer", "id_token": grant.id_token});
    grants.insert(access_token, grant);
    Ok(Json(answer))
}

async fn show_user(
    State(grants): State<Grants>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    granted(&grants, &headers).map(|grant| Json(grant.user))
}

async fn show_emails(
    State(grants): State<Grants>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    granted(&grants, &headers).map(|grant| Json(grant.emails))
}

fn granted(grants: &Grants, headers: &HeaderMap) -> Result<Grant, StatusCode> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let grants = grants.lock().expect("nobody panics");
    let grant = bearer.and_then(|token| grants.get(token));
    grant.cloned().ok_or(StatusCode::UNAUTHORIZED)
}
