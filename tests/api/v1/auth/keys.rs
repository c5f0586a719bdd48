//! `/v1/auth/keys/rotate`, and the keys' own life.

use std::time::Duration;

use selvedge_tests::{Application, Person, Setup, people, token};
use serde_json::{Value, json};

use crate::{admin, assert_needs_a_caller, person};

const ROTATE: &str = "/v1/auth/keys/rotate";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long guards may take to ask for a key they do not know, and some more for a busy machine.
const SOON: Duration = Duration::from_secs(20);

fn with_admin() -> Setup {
    Setup::application()
        .variable("admin_email", people::ADMIN)
        .with_clock()
}

/// The ids of the keys that are published.
async fn published(application: &Application) -> Vec<String> {
    let set = application.client().get("/.well-known/jwks.json");
    let set = set.await.expect(200).json();
    let keys = set["keys"].as_array().expect("it is a list");
    let id = |key: &Value| key["kid"].as_str().expect("a key has an id").to_owned();
    keys.iter().map(id).collect()
}

/// The id of the key that a token was signed with.
fn signer(person: &Person) -> String {
    let header = token::header(&person.access_token);
    header["kid"].as_str().expect("it is text").to_owned()
}

/// Expects the token to be believed, by guards that may have to ask for its key first.
async fn assert_believed(person: &Person) {
    let believed = async { while !person.client.get("/v1/users/me").await.is_success() {} };
    tokio::time::timeout(SOON, believed)
        .await
        .expect("the token is believed");
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_until_its_tokens_have_ended() {
    let application = with_admin().start();
    let client = application.client();
    let admin = Person::admin(&application).await;
    assert_eq!(published(&application).await, [signer(&admin)]);
    let rotated = admin.client.post(ROTATE, &json!({})).await.expect(201);
    let new = rotated.json()["id"]
        .as_str()
        .expect("it is text")
        .to_owned();
    assert_eq!(published(&application).await, [signer(&admin), new.clone()]);
    // Asked again, the one that waits is the one.
    let again = admin.client.post(ROTATE, &json!({})).await.expect(201);
    assert_eq!(again.json()["id"], new.as_str());

    application.advance(9 * MINUTE);
    let before = Person::sign_in(&client, &admin.email).await;
    assert_eq!(signer(&before), signer(&admin));
    application.advance(MINUTE);
    let after = Person::sign_in(&client, &admin.email).await;
    assert_eq!(signer(&after), new);
    assert_believed(&after).await;
    assert_believed(&before).await;

    application.advance(64 * MINUTE);
    assert_eq!(published(&application).await.len(), 2);
    application.advance(MINUTE);
    assert_eq!(published(&application).await, [new]);
    assert_eq!(super::audited(&application, "keys-rotated").len(), 2);
}

#[tokio::test]
async fn a_key_signs_for_ninety_days_unless_one_says_otherwise() {
    let monthly = Setup::application().variable("signing_key_days", "30");
    let never = Setup::application().variable("signing_key_days", "0");
    for (setup, days) in [(Setup::application(), 90), (monthly, 30), (never, 10_000)] {
        let application = setup.with_clock().start();
        let client = application.client();
        let person = Person::sign_up(&client).await;
        application.advance((days - 1) * DAY);
        Person::sign_in(&client, &person.email).await;
        assert_eq!(published(&application).await, [signer(&person)]);
        if days == 10_000 {
            continue;
        }
        application.advance(DAY - 10 * MINUTE);
        let last = Person::sign_in(&client, &person.email).await;
        assert_eq!(signer(&last), signer(&person));
        assert_eq!(published(&application).await.len(), 2);
        application.advance(10 * MINUTE);
        let next = Person::sign_in(&client, &person.email).await;
        assert_ne!(signer(&next), signer(&person));
        assert_believed(&next).await;
    }
}

#[tokio::test]
async fn tokens_are_signed_by_the_algorithm_that_is_asked_for() {
    let application = Setup::application()
        .variable("signing_algorithm", "ES256")
        .start();
    let person = Person::sign_up(&application.client()).await;
    assert_eq!(token::header(&person.access_token)["alg"], "ES256");
    assert_believed(&person).await;
    let damaged = token::damaged(&person.access_token);
    let damaged = application.client().with_token(&damaged);
    damaged.get("/v1/users/me").await.problem(401);

    // Changed, it changes for new tokens once they can be verified, and the old ones are good until they end.
    let application = Setup::application()
        .with_clock()
        .on(application.stop())
        .start();
    let client = application.client();
    let before = Person::sign_in(&client, &person.email).await;
    assert_eq!(token::header(&before.access_token)["alg"], "ES256");
    application.advance(10 * MINUTE);
    let after = Person::sign_in(&client, &person.email).await;
    assert_eq!(token::header(&after.access_token)["alg"], "EdDSA");
    assert_believed(&after).await;
    assert_believed(&before).await;
}

/// Waits until what this person's token reads is answered with this status: reading goes by what was known a second ago.
async fn believed_soon(person: &Person, status: u16) {
    let read = async { while person.client.get("/v1/users/me").await.status != status {} };
    let in_time = tokio::time::timeout(Duration::from_secs(20), read).await;
    in_time.unwrap_or_else(|_| panic!("no {status}"));
}

#[tokio::test]
async fn keys_that_somebody_else_may_have_are_good_for_nothing() {
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .start();
    let admin = Person::admin(&application).await;
    let rotate = admin.client.post(ROTATE, &json!({"compromised": true}));
    let new = rotate.await.expect(201).json()["id"].clone();
    let again = Person::sign_in(&application.client(), &admin.email).await;
    assert_eq!(new, signer(&again));
    assert_eq!(published(&application).await, [signer(&again)]);
    // Nothing is changed by the old ones from now on, and what they could read is over in a second.
    let name = json!({"name": "Thief"});
    for path in [
        "/v1/users/me",
        "/v1/auth/api-keys/apk_01h455vb4pex5vsknk084sn02q",
    ] {
        admin.client.patch(path, &name).await.problem(401);
    }
    believed_soon(&again, 200).await;
    believed_soon(&admin, 401).await;
    // So it is for guards that are new.
    let application = Setup::application().on(application.stop()).start();
    let client = application.client();
    let me = |person: &Person| client.with_token(&person.access_token).get("/v1/users/me");
    me(&again).await.expect(200);
    me(&admin).await.problem(401);
}

#[tokio::test]
async fn private_keys_are_stored_sealed_and_open_by_their_key_only() {
    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let application = Setup::application().variable("encryption_key", KEY).start();
    let person = Person::sign_up(&application.client()).await;
    let state = application.stop();
    let database = rusqlite::Connection::open(state.path().join("sqlite/auth.db"));
    let stored: Vec<u8> = database
        .and_then(|database| {
            database.query_row("SELECT secret FROM signing_keys", [], |row| row.get(0))
        })
        .expect("there is a key");
    // How it is sealed, a nonce, the secret, and what proves that nobody changed it.
    assert_eq!((stored[0], stored.len()), (1, 1 + 12 + 32 + 16));

    let application = Setup::application()
        .variable("encryption_key", KEY)
        .on(state)
        .start();
    let again = Person::sign_in(&application.client(), &person.email).await;
    assert_eq!(signer(&again), signer(&person));
    let application = Setup::application().on(application.stop()).start();
    let refused = people::sign_in(&application.client(), &person.email).await;
    refused.problem(500);
}

#[tokio::test]
async fn who_knows_the_keys_already_is_not_told_again() {
    let application = with_admin().start();
    let client = application.client();
    let admin = Person::admin(&application).await;
    let jwks = || client.get("/.well-known/jwks.json");
    let told = jwks().await.expect(200);
    assert_eq!(told.header("cache-control"), Some("public, max-age=300"));
    let tag = told.header("etag").expect("it has a tag").to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}")] {
        let again = jwks().header("if-none-match", &known).await.expect(304);
        assert!(again.body.is_empty());
        assert_eq!(again.header("etag"), Some(tag.as_str()));
    }
    jwks().header("if-none-match", "\"x\"").await.expect(200);
    admin.client.post(ROTATE, &json!({})).await.expect(201);
    let changed = jwks().header("if-none-match", &tag).await.expect(200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
}

#[tokio::test]
async fn only_an_administrator_rotates_keys() {
    let wrong = admin().await.client;
    wrong
        .post(ROTATE, &json!({"compromised": "yes"}))
        .await
        .problem(400);
    person()
        .await
        .client
        .post(ROTATE, &json!({}))
        .await
        .problem(403);
    assert_needs_a_caller!(POST ROTATE);
}
