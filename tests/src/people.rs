//! Who asks: people who signed up, each with a client that carries their token.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::{Answer, Application, Client, mail};

/// The address of the administrator, for the variable `admin_email`.
pub const ADMIN: &str = "admin@example.com";

/// What everybody here signs in with.
pub const PASSWORD: &str = "correct horse battery staple";

/// How the subject begins of the mail that lets people prove their address.
pub const VERIFY: &str = "Confirm your address";

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    /// Their user id.
    pub id: String,
    /// Their email address, as they gave it.
    pub email: String,
    /// A client that carries their access token.
    pub client: Client,
    /// The token the client carries.
    pub access_token: String,
    /// The refresh token that came with it.
    pub refresh_token: String,
}

impl Person {
    /// Signs up somebody new.
    pub async fn sign_up(client: &Client) -> Self {
        Self::sign_up_as(client, &fresh_email()).await
    }

    /// Signs up somebody with this address.
    pub async fn sign_up_as(client: &Client, email: &str) -> Self {
        let answer = sign_up(client, email).await.expect(201);
        Self::of_answer(client, email, &answer)
    }

    /// Signs in somebody who signed up before.
    pub async fn sign_in(client: &Client, email: &str) -> Self {
        let answer = sign_in(client, email).await.expect(200);
        Self::of_answer(client, email, &answer)
    }

    /// Signs up the administrator. The application must have been started with [`ADMIN`] as `admin_email`.
    pub async fn admin(application: &Application) -> Self {
        let person = Self::sign_up_as(&application.client(), ADMIN).await;
        person.verified(application).await
    }

    /// The same with an address that is proven, and new tokens that say so.
    pub async fn verified(self, application: &Application) -> Self {
        let mail = mail::to(&application.logs, &self.email, VERIFY).await;
        let token = json!({"token": mail.token()});
        let verify = self.client.post("/v1/auth/email/verify", &token);
        verify.await.expect(204);
        Self::refreshed(&self.client.anonymous(), &self).await
    }

    /// The same session of the same person, with new tokens.
    pub async fn refreshed(client: &Client, person: &Self) -> Self {
        let refresh = json!({"refresh_token": person.refresh_token});
        let answer = client.post("/v1/auth/refresh", &refresh).await.expect(200);
        Self::of_answer(client, &person.email, &answer)
    }

    /// Somebody whom `answer` signed in.
    pub fn of_answer(client: &Client, email: &str, answer: &Answer) -> Self {
        let body = answer.json();
        let text = |value: &Value| {
            value
                .as_str()
                .expect("a token answer is complete")
                .to_owned()
        };
        let access_token = text(&body["access_token"]);
        Self {
            id: text(&body["user"]["id"]),
            email: email.to_owned(),
            client: client.with_token(&access_token),
            access_token,
            refresh_token: text(&body["refresh_token"]),
        }
    }

    /// The session the token belongs to, as the token says.
    pub fn session(&self) -> String {
        let claims = crate::token::claims(&self.access_token);
        claims["sid"]
            .as_str()
            .expect("a token names its session")
            .to_owned()
    }
}

/// An address nobody in this process has used.
pub fn fresh_email() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!(
        "person-{}@example.com",
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Asks to sign up.
pub async fn sign_up(client: &Client, email: &str) -> Answer {
    client
        .post(
            "/v1/auth/sign-up",
            &json!({"email": email, "password": PASSWORD}),
        )
        .await
}

/// Asks to sign in.
pub async fn sign_in(client: &Client, email: &str) -> Answer {
    client
        .post(
            "/v1/auth/sign-in",
            &json!({"email": email, "password": PASSWORD}),
        )
        .await
}
