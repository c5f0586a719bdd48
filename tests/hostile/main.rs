//! Everything a stranger may send: every way in, and nothing comes of it but a problem.

mod asvs;
mod bodies;
mod connections;
mod federation;
mod headers;
mod http2;
mod identity;
mod internal;
mod organizations;
mod personal_data;
mod privileges;
mod provider;
mod secrets;
mod sql;
mod tokens;
mod webhooks;

use std::sync::LazyLock;

use http::Method;
use selvedge_tests::{Application, Client, Person, Setup, client::Request, people};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

/// One application for all tests here.
fn application() -> &'static Application {
    static APPLICATION: LazyLock<Application> = LazyLock::new(|| {
        Setup::application()
            .variable("admin_email", people::ADMIN)
            .start()
    });
    &APPLICATION
}

/// An anonymous client. Connections belong to the test's own runtime, so each test has its own client.
fn client() -> Client {
    application().client()
}

/// Somebody new, who pays.
async fn customer() -> Person {
    let person = Person::sign_up(&client()).await;
    let subscribe = person
        .client
        .post("/v1/billing/subscriptions", &json!({"plan": "team"}));
    subscribe
        .header("idempotency-key", "customer")
        .await
        .expect(201);
    person
}

/// The administrator whom the operator names.
async fn admin() -> Person {
    static ADMIN: OnceCell<Person> = OnceCell::const_new();
    let admin = ADMIN.get_or_init(async || Person::admin(application()).await);
    let admin = admin.await.clone();
    let client = client().with_token(&admin.access_token);
    Person { client, ..admin }
}

/// Somebody new, with this role.
async fn with_role(role: &str) -> Person {
    let person = Person::sign_up(&client())
        .await
        .verified(application())
        .await;
    let path = format!("/v1/auth/accounts/{}/roles/{role}", person.id);
    let grant = admin().await.client.request(Method::PUT, &path);
    grant.await.expect(204);
    Person::refreshed(&client(), &person).await
}

/// A way in: an endpoint that takes a body, and a body it would take.
struct Entrance {
    method: Method,
    path: &'static str,
    body: Value,
}

impl Entrance {
    /// A request to it, without a body yet.
    fn request(&self, client: &Client) -> Request {
        client
            .request(self.method.clone(), self.path)
            .header("idempotency-key", "k")
    }
}

/// Every endpoint that takes a body.
fn entrances() -> Vec<Entrance> {
    let entrance = |method, path, body| Entrance { method, path, body };
    vec![
        entrance(
            Method::POST,
            "/v1/auth/sign-up",
            json!({"email": "new@example.com", "password": people::PASSWORD, "name": "Ada"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/sign-in",
            json!({"email": "new@example.com", "password": people::PASSWORD}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/refresh",
            json!({"refresh_token": "rt_x"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/email/verify",
            json!({"token": "ev_x"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/magic-link",
            json!({"email": "new@example.com"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/magic-link/sign-in",
            json!({"token": "ml_x"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/code",
            json!({"email": "new@example.com"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/code/sign-in",
            json!({"challenge": "sc_x", "code": "000000"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/password",
            json!({"current_password": people::PASSWORD, "password": people::PASSWORD}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/password/forgot",
            json!({"email": "new@example.com"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/password/reset",
            json!({"token": "pr_x", "password": people::PASSWORD}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/email",
            json!({"email": "other@example.com", "current_password": people::PASSWORD}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/email/confirm",
            json!({"token": "ec_x"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/admin/import",
            json!({"users": [{"email": "old@example.com"}]}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/oauth/exchange",
            json!({"code": "oc_x", "code_verifier": "x"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/oauth2/request",
            json!({"request": "ar_x"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/identities",
            json!({"code": "oc_x", "code_verifier": "x"}),
        ),
        entrance(
            Method::POST,
            "/v1/auth/api-keys",
            json!({"name": "A program", "scopes": ["users:read"], "rate_limit": 1}),
        ),
        entrance(
            Method::PATCH,
            "/v1/users/me",
            json!({"name": "Ada", "locale": "en"}),
        ),
        entrance(Method::POST, "/v1/orgs", json!({"name": "Acme"})),
        entrance(
            Method::PATCH,
            "/v1/orgs/org_01h455vb4pex5vsknk084sn02q",
            json!({"name": "Acme", "networks": ["192.0.2.0/24"]}),
        ),
        entrance(
            Method::PATCH,
            "/v1/orgs/org_01h455vb4pex5vsknk084sn02q/members/usr_01h455vb4pex5vsknk084sn02q",
            json!({"role": "admin"}),
        ),
        entrance(
            Method::POST,
            "/v1/orgs/org_01h455vb4pex5vsknk084sn02q/invitations",
            json!({"email": "new@example.com", "role": "member"}),
        ),
        entrance(
            Method::PUT,
            "/v1/auth/sessions/current/organization",
            json!({"organization": "org_01h455vb4pex5vsknk084sn02q"}),
        ),
        entrance(
            Method::POST,
            "/v1/billing/subscriptions",
            json!({"plan": "team"}),
        ),
        entrance(
            Method::POST,
            "/v1/billing/usage",
            json!({"id": "e", "meter": "api_calls", "quantity": 1, "at": "2026-01-01T00:00:00Z"}),
        ),
    ]
}
