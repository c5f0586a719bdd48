//! `/v1/auth/api-keys`, and what a program can do with one.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{Answer, Application, Client, Person, Setup, mail};
use serde_json::{Value, json};

use super::audited;
use crate::{application, assert_needs_a_caller, client, person};

const KEYS: &str = "/v1/auth/api-keys";
const ME: &str = "/v1/users/me";
const USAGE: &str = "/v1/billing/usage";

/// How long what only reads may go on with what changed, and some more for a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// Somebody's key, and a program that has it.
struct Key {
    path: String,
    program: Client,
    shown: Value,
}

impl Key {
    async fn make(owner: &Person, terms: &Value) -> Self {
        let answer = owner.client.post(KEYS, terms).await.expect(201);
        Self::of(owner, answer.json())
    }

    async fn with_scopes(owner: &Person, scopes: &[&str]) -> Self {
        Self::make(owner, &json!({"name": "A program", "scopes": scopes})).await
    }

    fn of(owner: &Person, shown: Value) -> Self {
        let id = shown["id"].as_str().expect("a key has an id");
        let secret = shown["secret"].as_str().expect("a secret, once");
        assert!(id.starts_with("apk_") && secret.starts_with("sk_"));
        Self {
            path: format!("{KEYS}/{id}"),
            program: owner.client.with_token(secret),
            shown,
        }
    }

    fn secret(&self) -> &str {
        self.shown["secret"].as_str().expect("a secret")
    }
}

/// Waits until reading is answered with this status: it goes by what was known a second ago.
async fn reads_soon(program: &Client, status: u16) -> Answer {
    let read = async {
        loop {
            let answer = program.get(ME).await;
            if answer.status == status {
                return answer;
            }
        }
    };
    tokio::time::timeout(SOON, read)
        .await
        .unwrap_or_else(|_| panic!("no {status} within {SOON:?}"))
}

fn with_clock() -> Application {
    Setup::application().with_clock().start()
}

#[tokio::test]
async fn a_program_with_a_key_is_its_owner_to_every_component() {
    let person = person().await;
    let scopes = ["users:read", "users:write", "billing:read"];
    let key = Key::with_scopes(&person, &scopes).await;
    let me = key.program.get(ME).await.expect(200).json();
    assert_eq!(me["id"], person.id);
    assert_eq!(me["email"], person.email);
    let name = json!({"name": "Ada"});
    key.program.patch(ME, &name).await.expect(200);
    let me = person.client.get(ME).await.expect(200).json();
    assert_eq!(me["name"], "Ada");
    let subscriptions = key.program.get("/v1/billing/subscriptions").await;
    assert_eq!(subscriptions.expect(200).json()["data"], json!([]));
}

#[tokio::test]
async fn a_secret_is_shown_once_and_a_key_by_how_it_begins() {
    let person = person().await;
    let terms = json!({"name": " CI ", "scopes": ["users:write", "users:read"], "rate_limit": 60,
                       "expires_at": null});
    let key = Key::make(&person, &terms).await;
    let secret = key.secret();
    assert_eq!(secret.len(), 46);
    assert_eq!(key.shown["name"], "CI");
    assert_eq!(key.shown["scopes"], json!(["users:read", "users:write"]));
    assert_eq!(key.shown["rate_limit"], 60);
    assert_eq!(key.shown["expires_at"], Value::Null);
    let prefix = key.shown["prefix"].as_str().expect("a prefix");
    assert!(secret.starts_with(prefix) && prefix.len() == 11);
    for path in [KEYS, &key.path, "/v1/auth/me/export"] {
        let answer = person.client.get(path).await.expect(200);
        assert!(answer.text().contains(prefix), "{path}");
        assert!(!answer.text().contains(secret), "{path}");
    }
    let database = std::fs::read(application().state().join("sqlite/auth.db"));
    let database = database.expect("auth has a database");
    let contains = |text: &str| {
        let text = text.as_bytes();
        database.windows(text.len()).any(|found| found == text)
    };
    assert!(!contains(secret));
}

#[tokio::test]
async fn a_key_does_what_its_scopes_name_and_nothing_else() {
    let person = person().await;
    let key = Key::with_scopes(&person, &["billing:write"]).await;
    let usage = json!({"id": "one", "meter": "api_calls", "quantity": 1});
    // Nobody subscribed, which billing says: the guard let it through.
    let used = key.program.post(USAGE, &usage).await;
    assert!(used.status != 401 && used.status != 403, "{}", used.text());
    for (answer, scope) in [
        (key.program.get(USAGE).await, "billing:read"),
        (key.program.get(ME).await, "users:read"),
        (
            key.program.patch(ME, &json!({"name": "Eve"})).await,
            "users:write",
        ),
    ] {
        assert!(answer.problem(403).detail().contains(scope));
        let challenge = answer.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains("insufficient_scope") && challenge.contains(scope));
    }
}

#[tokio::test]
async fn no_key_sees_or_changes_who_its_owner_is_and_what_proves_it() {
    let person = person().await;
    let scopes = ["users:read", "users:write", "billing:read", "billing:write"];
    let key = Key::with_scopes(&person, &scopes).await;
    for path in [
        KEYS,
        &key.path,
        "/v1/auth/sessions",
        "/v1/auth/factors",
        "/v1/auth/passkeys",
        "/v1/auth/me/export",
        "/v1/auth/webhooks",
    ] {
        key.program.get(path).await.problem(403);
    }
    for path in [
        KEYS,
        "/v1/auth/password",
        "/v1/auth/email",
        "/v1/auth/totp",
        "/v1/auth/passkeys/options",
        "/v1/auth/recovery-codes",
        "/v1/auth/step-up",
        "/v1/auth/sign-out",
        "/v1/auth/keys/rotate",
    ] {
        key.program.post(path, &json!({})).await.problem(403);
    }
    for path in ["/v1/auth/me", "/v1/auth/sessions", &key.path] {
        key.program.delete(path).await.problem(403);
    }
    for scope in ["auth:read", "auth:write", "*", "*:read"] {
        let terms = json!({"name": "x", "scopes": [scope]});
        person
            .client
            .post(KEYS, &terms)
            .await
            .problem(422)
            .names("scopes");
    }
}

#[tokio::test]
async fn an_administrators_key_is_no_administrator() {
    let admin = crate::admin().await;
    let key = Key::with_scopes(&admin, &["users:read", "billing:read"]).await;
    admin.client.get("/v1/users").await.expect(200);
    key.program.get("/v1/users").await.problem(403);
    let me = key.program.get(ME).await.expect(200).json();
    assert_eq!(me["roles"], json!([]));
}

#[tokio::test]
async fn a_key_has_of_its_owners_permissions_what_its_scopes_name() {
    let (admin, person) = (crate::admin().await, person().await);
    let scopes = ["users:read", "users.read"];
    let key = Key::with_scopes(&admin, &scopes).await;
    key.program.get("/v1/users").await.expect(200);
    let key = Key::with_scopes(&person, &scopes).await;
    key.program.get("/v1/users").await.problem(403);
    // The permission alone opens nothing: where it is used has to be named as well.
    let key = Key::with_scopes(&admin, &["users.read"]).await;
    key.program.get("/v1/users").await.problem(403);
    let everything = json!({"name": "x", "scopes": ["*"]});
    let refused = admin.client.post(KEYS, &everything).await;
    refused.problem(422).names("scopes");
}

#[tokio::test]
async fn what_is_no_key_or_is_somewhere_else_lets_nobody_in() {
    let person = person().await;
    let key = Key::with_scopes(&person, &["users:read"]).await;
    let secret = key.secret();
    let mut other = secret.to_owned();
    other.replace_range(45.., if secret.ends_with('A') { "E" } else { "A" });
    for wrong in [
        &other,
        "sk_",
        &secret[..45],
        &format!("{secret}A"),
        &secret[3..],
    ] {
        client().with_token(wrong).get(ME).await.problem(401);
    }
    let cookie = format!("__Host-access={secret}");
    client()
        .get(ME)
        .header("cookie", &cookie)
        .await
        .problem(401);
    let basic = format!("Basic {secret}");
    client()
        .get(ME)
        .header("authorization", &basic)
        .await
        .problem(401);
    let made_up = client().get(ME).header("x-selvedge-api-key", "apk_1");
    made_up.await.problem(401);
}

#[tokio::test]
async fn a_revoked_key_changes_nothing_from_then_on_and_soon_reads_nothing() {
    let person = person().await;
    let key = Key::with_scopes(&person, &["users:read", "users:write"]).await;
    key.program.get(ME).await.expect(200);
    person.client.delete(&key.path).await.expect(204);
    for _ in 0..3 {
        let change = key.program.patch(ME, &json!({"name": "Eve"})).await;
        change.problem(401);
    }
    reads_soon(&key.program, 401).await;
    person.client.get(&key.path).await.problem(404);
    person.client.delete(&key.path).await.problem(404);
}

#[tokio::test]
async fn a_key_ends_when_it_says() {
    let application = with_clock();
    let person = Person::sign_up(&application.client()).await;
    let scopes = json!(["users:read", "users:write"]);
    let key = Key::make(&person, &json!({"name": "x", "scopes": scopes})).await;
    application.advance(Duration::from_secs(90 * 24 * 60 * 60 - 60));
    key.program.get(ME).await.expect(200);
    application.advance(Duration::from_secs(61));
    key.program
        .patch(ME, &json!({"name": "Eve"}))
        .await
        .problem(401);
    key.program.get(ME).await.problem(401);
}

#[tokio::test]
async fn a_new_secret_and_the_old_one_are_good_together_for_a_while() {
    let application = with_clock();
    let person = Person::sign_up(&application.client()).await;
    let key = Key::with_scopes(&person, &["users:read", "users:write"]).await;
    let rotate = format!("{}/rotate", key.path);
    let overlap = json!({"overlap_seconds": 3600});
    let rotated = person
        .client
        .post(&rotate, &overlap)
        .await
        .expect(200)
        .json();
    let next = Key::of(&person, rotated);
    assert_eq!(next.shown["id"], key.shown["id"]);
    assert_ne!(next.shown["prefix"], key.shown["prefix"]);
    let name = json!({"name": "Ada"});
    for program in [&key.program, &next.program] {
        program.patch(ME, &name).await.expect(200);
    }
    application.advance(Duration::from_secs(3600));
    key.program.patch(ME, &name).await.problem(401);
    next.program.patch(ME, &name).await.expect(200);
    // One that leaked ends at once, and takes what is left of the one before with it.
    let at_once = json!({"overlap_seconds": 0});
    let person = Person::sign_in(&application.client(), &person.email).await;
    let last = person
        .client
        .post(&rotate, &at_once)
        .await
        .expect(200)
        .json();
    next.program.patch(ME, &name).await.problem(401);
    Key::of(&person, last)
        .program
        .patch(ME, &name)
        .await
        .expect(200);
    let long = json!({"overlap_seconds": 31 * 24 * 60 * 60});
    let refused = person.client.post(&rotate, &long).await;
    refused.problem(422).names("overlap_seconds");
}

#[tokio::test]
async fn a_key_can_be_narrowed_and_changes_obey_at_once() {
    let person = person().await;
    let key = Key::with_scopes(&person, &["users:read", "users:write"]).await;
    let name = json!({"name": "Ada"});
    key.program.patch(ME, &name).await.expect(200);
    let narrow = json!({"scopes": ["users:read"], "name": "Reader", "rate_limit": 5});
    let changed = person.client.patch(&key.path, &narrow).await.expect(200);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let changed = changed.json();
    assert_eq!(changed["name"], "Reader");
    assert_eq!(changed["expires_at"], key.shown["expires_at"]);
    key.program.patch(ME, &name).await.problem(403);
    let stale = person.client.patch(&key.path, &json!({"rate_limit": null}));
    stale.header("if-match", "\"1\"").await.problem(412);
    let wide = json!({"rate_limit": null, "expires_at": "2020-01-01T00:00:00Z"});
    let refused = person.client.patch(&key.path, &wide).await;
    refused.problem(422).names("expires_at");
}

#[tokio::test]
async fn a_key_is_used_so_often_a_minute_and_no_more() {
    let application = with_clock();
    let person = Person::sign_up(&application.client()).await;
    let scopes = ["users:read", "users:write"];
    let terms = json!({"name": "x", "scopes": scopes, "rate_limit": 5});
    let key = Key::make(&person, &terms).await;
    let free = Key::with_scopes(&person, &scopes).await;
    let name = json!({"name": "Ada"});
    for _ in 0..5 {
        key.program.patch(ME, &name).await.expect(200);
    }
    for _ in 0..3 {
        let refused = key.program.patch(ME, &name).await;
        refused.problem(429);
        let wait: u64 = refused
            .header("retry-after")
            .and_then(|wait| wait.parse().ok())
            .expect("it says when to come back");
        assert!((1..=60).contains(&wait), "{wait}");
        key.program.get(ME).await.problem(429);
    }
    free.program.patch(ME, &name).await.expect(200);
    person.client.patch(ME, &name).await.expect(200);
    application.advance(Duration::from_secs(61));
    reads_soon(&key.program, 200).await;
}

#[tokio::test]
async fn twenty_changes_at_once_are_no_more_than_the_limit() {
    let person = person().await;
    let terms = json!({"name": "x", "scopes": ["users:write"], "rate_limit": 5});
    let key = Key::make(&person, &terms).await;
    let name = json!({"name": "Ada"});
    let answers = join_all((0..20).map(|_| async { key.program.patch(ME, &name).await })).await;
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!(count(200) + count(429), 20);
    assert!(count(200) <= 5, "{} went on", count(200));
    assert!(count(200) > 0);
}

#[tokio::test]
async fn a_key_is_worth_what_its_owner_is() {
    let application = with_clock();
    let person = Person::sign_up(&application.client()).await;
    let key = Key::with_scopes(&person, &["users:read", "users:write"]).await;
    let name = json!({"name": "Ada"});
    key.program.patch(ME, &name).await.expect(200);
    // Who leaves takes the keys along, and finds them again on coming back.
    person.client.delete("/v1/auth/me").await.expect(202);
    key.program.patch(ME, &name).await.problem(401);
    Person::sign_in(&application.client(), &person.email).await;
    reads_soon(&key.program, 200).await;
    key.program.patch(ME, &name).await.expect(200);
    let database = rusqlite::Connection::open(application.state().join("sqlite/auth.db"))
        .expect("auth has a database");
    let disable = "UPDATE accounts SET disabled_at = 1";
    database.execute(disable, []).expect("it can be disabled");
    key.program.patch(ME, &name).await.problem(401);
    reads_soon(&key.program, 401).await;
}

#[tokio::test]
async fn keys_do_not_outlive_that_somebody_else_proves_the_address() {
    let application = Setup::application().start();
    let client = application.client();
    let thief = Person::sign_up(&client).await;
    let key = Key::with_scopes(&thief, &["users:read", "users:write"]).await;
    let ask = json!({"email": thief.email});
    client.post("/v1/auth/magic-link", &ask).await.expect(202);
    let letter = mail::to(&application.logs, &thief.email, "Sign in").await;
    let token = json!({"token": letter.token()});
    client
        .post("/v1/auth/magic-link/sign-in", &token)
        .await
        .expect(200);
    key.program
        .patch(ME, &json!({"name": "Eve"}))
        .await
        .problem(401);
}

#[tokio::test]
async fn making_a_key_takes_a_recent_proof_and_revoking_one_does_not() {
    let application = with_clock();
    let person = Person::sign_up(&application.client()).await;
    let key = Key::with_scopes(&person, &["users:read"]).await;
    application.advance(Duration::from_secs(600));
    let terms = json!({"name": "x", "scopes": ["users:read"]});
    let rotate = format!("{}/rotate", key.path);
    for refused in [
        person.client.post(KEYS, &terms).await,
        person.client.post(&rotate, &json!({})).await,
        person.client.patch(&key.path, &terms).await,
    ] {
        refused.problem(403);
        assert!(refused.text().contains("step-up-required"));
    }
    person.client.delete(&key.path).await.expect(204);
}

#[tokio::test]
async fn somebody_elses_key_cannot_be_seen_changed_or_revoked() {
    let (person, other) = futures::join!(person(), person());
    let key = Key::with_scopes(&other, &["users:read"]).await;
    let client = &person.client;
    client.get(&key.path).await.problem(404);
    client
        .patch(&key.path, &json!({"name": "x"}))
        .await
        .problem(404);
    client.delete(&key.path).await.problem(404);
    client
        .post(&format!("{}/rotate", key.path), &json!({}))
        .await
        .problem(404);
    assert_eq!(client.get(KEYS).await.expect(200).json()["data"], json!([]));
    key.program.get(ME).await.expect(200);
}

#[tokio::test]
async fn what_happens_to_keys_is_audited_and_told() {
    let application = Setup::application().start();
    let person = Person::sign_up(&application.client()).await;
    let person = person.verified(&application).await;
    let key = Key::with_scopes(&person, &["users:read"]).await;
    mail::to(
        &application.logs,
        &person.email,
        "Selvedge: An API key was added",
    )
    .await;
    let client = &person.client;
    client
        .patch(&key.path, &json!({"name": "y"}))
        .await
        .expect(200);
    client
        .post(&format!("{}/rotate", key.path), &json!({}))
        .await
        .expect(200);
    mail::to(
        &application.logs,
        &person.email,
        "Selvedge: An API key was changed",
    )
    .await;
    client.delete(&key.path).await.expect(204);
    let id = key.shown["id"].as_str().map(str::to_owned);
    for event in ["created", "changed", "rotated", "revoked"] {
        assert_eq!(
            audited(&application, &format!("api-key-{event}")),
            std::slice::from_ref(&id),
            "{event}"
        );
    }
    assert!(!application.logs.to_string().contains(key.secret()));
}

#[tokio::test]
async fn terms_that_are_none_are_refused_all_at_once() {
    let person = person().await;
    let wrong = json!({"name": " ", "scopes": [], "rate_limit": 0,
                       "expires_at": "2020-01-01T00:00:00Z"});
    let refused = person.client.post(KEYS, &wrong).await.problem(422);
    assert_eq!(
        refused.fields(),
        ["name", "scopes", "rate_limit", "expires_at"]
    );
    let unknown = json!({"name": "x", "scopes": ["users:read"], "roles": ["admin"]});
    person.client.post(KEYS, &unknown).await.problem(400);
}

#[tokio::test]
async fn where_no_keys_are_taken_they_do_nothing() {
    let application = Setup::application().variable("api_keys_url", "").start();
    let person = Person::sign_up(&application.client()).await;
    let key = Key::with_scopes(&person, &["users:read"]).await;
    key.program.get(ME).await.problem(403);
}

#[tokio::test]
async fn where_auth_does_not_answer_keys_are_good_for_nothing() {
    let application = Setup::application()
        .variable("api_keys_url", "http://auth.spin.internal/nowhere")
        .start();
    let person = Person::sign_up(&application.client()).await;
    let key = Key::with_scopes(&person, &["users:read"]).await;
    key.program.get(ME).await.problem(503);
}

#[tokio::test]
async fn it_takes_a_caller() {
    let one = format!("{KEYS}/apk_01h455vb4pex5vsknk084sn02q");
    let rotate = format!("{one}/rotate");
    assert_needs_a_caller!(GET KEYS, GET one, DELETE one);
    for (path, body) in [
        (KEYS, json!({"name": "x", "scopes": []})),
        (&rotate, json!({})),
    ] {
        client().post(path, &body).await.problem(401);
    }
}

#[tokio::test]
async fn an_area_that_nobody_has_is_a_mistake() {
    let person = person().await;
    let terms = json!({"name": "x", "scopes": ["users:read", "usres:write"]});
    let problem = person.client.post(KEYS, &terms).await.problem(422);
    problem.names("scopes[1]");
    let key = Key::with_scopes(&person, &["users:read"]).await;
    let terms = json!({"scopes": ["bililng:read"]});
    let changed = person.client.patch(&key.path, &terms).await;
    changed.problem(422).names("scopes[0]");
    // Of a component of one's own there is one where the operator says so.
    let application = Setup::application()
        .variable("api_key_areas", "users guestbook")
        .start();
    let person = Person::sign_up(&application.client()).await;
    Key::with_scopes(&person, &["guestbook:write"]).await;
}
