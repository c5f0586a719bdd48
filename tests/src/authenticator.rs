//! Second factors as people carry them: an app that shows codes.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::{Answer, Application, Client, Person};

/// In seconds.
const PERIOD: i64 = 30;

/// An app that was set up with a secret.
pub struct App(Vec<u8>);

impl App {
    /// Takes the secret as people type it.
    pub fn new(secret: &str) -> Self {
        let secret = BASE32_NOPAD.decode(secret.as_bytes());
        Self(secret.expect("a secret is base32"))
    }

    /// The secret it was set up with.
    pub fn secret(&self) -> &[u8] {
        &self.0
    }

    /// The code it shows at this time, in seconds since 1970 (RFC 6238).
    pub fn code(&self, seconds: i64) -> String {
        let step = (seconds / PERIOD).to_be_bytes();
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("any key will do");
        mac.update(&step);
        let sum = mac.finalize().into_bytes();
        let offset = usize::from(sum[19] & 0xf);
        let part: [u8; 4] = sum[offset..offset + 4].try_into().expect("four bytes");
        format!(
            "{:06}",
            (u32::from_be_bytes(part) & 0x7fff_ffff) % 1_000_000
        )
    }

    /// A code that is wrong now, and a step before and after.
    pub fn wrong_code(&self, seconds: i64) -> String {
        let right = [-PERIOD, 0, PERIOD].map(|shift| self.code(seconds + shift));
        let mut codes = (0..4).map(|code| format!("{code:06}"));
        let wrong = codes.find(|code| !right.contains(code));
        wrong.expect("three codes are right, and one of four is not")
    }
}

/// Somebody with an app in use.
pub struct Guarded {
    pub person: Person,
    pub app: App,
    pub recovery_codes: Vec<String>,
}

impl Guarded {
    /// Gives `person` an app.
    pub async fn new(application: &Application, person: Person) -> Self {
        let begun = person.client.post("/v1/auth/totp", &json!({})).await;
        let begun = begun.expect(200).json();
        let app = App::new(begun["secret"].as_str().expect("a secret is text"));
        let code = json!({"code": app.code(application.now())});
        let confirmed = person.client.post("/v1/auth/totp/confirm", &code).await;
        let codes = confirmed.expect(200).json()["recovery_codes"].take();
        Self {
            person,
            app,
            recovery_codes: serde_json::from_value(codes).expect("codes are texts"),
        }
    }
}

/// The token of the half that was proven.
#[track_caller]
pub fn half_in(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text());
    let body = answer.json();
    assert_eq!(body.get("access_token"), None, "{body}");
    assert_eq!(body.get("refresh_token"), None, "{body}");
    let token = body["second_factor"]["token"].as_str();
    token.expect("there is a token").to_owned()
}

/// Proves the other half: `{"code": …}`, say.
pub async fn second_factor(client: &Client, token: &str, proof: &Value) -> Answer {
    let mut body = proof.clone();
    body["token"] = token.into();
    client.post("/v1/auth/second-factor", &body).await
}
