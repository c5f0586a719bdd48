//! Tokens nobody should believe. Each is wrong in one thing only: the one that is right is believed.

use std::time::{SystemTime, UNIX_EPOCH};

use selvedge_tests::{
    Person,
    token::{self, Issuer},
};
use serde_json::{Value, json};

use crate::{application, client, customer};

/// The application's own key, somebody, and what their token says.
async fn genuine() -> (Issuer, Person, Value) {
    let person = customer().await;
    let issuer = Issuer::of_application(application().state());
    let claims = token::claims(&person.access_token);
    (issuer, person, claims)
}

/// Expects `token` to be refused wherever it is shown, even where none is needed.
#[track_caller]
fn assert_refused(token: String) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        for path in [
            "/v1/users/me",
            "/v1/auth/sessions",
            "/v1/billing/plans",
            "/.well-known/jwks.json",
        ] {
            let answer = client().with_token(&token).get(path).await;
            assert_eq!(
                answer.status, 401,
                "{path} believed the token of {caller}: {token}"
            );
            answer.problem(401);
        }
    }
}

async fn assert_believed(token: &str, person: &Person) {
    let me = client()
        .with_token(token)
        .get("/v1/users/me")
        .await
        .expect(200)
        .json();
    assert_eq!(me["id"], person.id.as_str());
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs()
}

/// The claims with one of them changed.
fn with(claims: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims.clone();
    claims[name] = value.into();
    claims
}

fn without(claims: &Value, name: &str) -> Value {
    let mut claims = claims.clone();
    claims
        .as_object_mut()
        .expect("claims are an object")
        .remove(name);
    claims
}

#[tokio::test]
async fn a_token_made_as_the_application_makes_them_is_believed() {
    let (issuer, person, claims) = genuine().await;
    assert_eq!(token::header(&person.access_token), issuer.header());
    assert_believed(&issuer.sign(&claims), &person).await;
}

#[tokio::test]
async fn a_token_without_a_signature_is_refused() {
    let (issuer, person, claims) = genuine().await;
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let unsigned = format!(
            "{}.{}.",
            token::encode(&json!({"alg": algorithm, "typ": "JWT"})),
            token::encode(&claims)
        );
        assert_refused(unsigned).await;
        let header = with(&issuer.header(), "alg", algorithm);
        assert_refused(issuer.sign_with(&header, &claims)).await;
    }
    let (signed, _) = person
        .access_token
        .rsplit_once('.')
        .expect("a token has three parts");
    assert_refused(format!("{signed}.")).await;
    assert_refused(signed.to_owned()).await;
}

#[tokio::test]
async fn a_token_of_another_algorithm_is_refused() {
    let (issuer, _, claims) = genuine().await;
    for algorithm in ["HS256", "RS256", "ES256", "EdDSA ", "eddsa"] {
        let header = with(&issuer.header(), "alg", algorithm);
        assert_refused(issuer.sign_with(&header, &claims)).await;
    }
}

#[tokio::test]
async fn a_token_by_another_key_is_refused() {
    let (issuer, _, claims) = genuine().await;
    // Under a name of its own, under the real one's, and with its key brought along.
    let stranger = Issuer::stranger("a-key-of-mine");
    assert_refused(stranger.sign(&claims)).await;
    let impostor = Issuer::stranger(&issuer.kid);
    assert_refused(impostor.sign(&claims)).await;
    for (name, value) in [
        ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"})),
        ("jku", json!("http://localhost/keys")),
        ("x5u", json!("http://localhost/keys")),
    ] {
        assert_refused(impostor.sign_with(&with(&impostor.header(), name, value), &claims)).await;
    }
    for kid in ["../../keys", "' OR 1=1 --", "", "\0"] {
        assert_refused(Issuer::stranger(kid).sign(&claims)).await;
    }
    assert_refused(issuer.sign_with(&without(&issuer.header(), "kid"), &claims)).await;
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    let (issuer, person, claims) = genuine().await;
    assert_refused(token::damaged(&person.access_token)).await;
    let (signed, signature) = person
        .access_token
        .rsplit_once('.')
        .expect("a token has three parts");
    let (header, _) = signed.split_once('.').expect("a token has three parts");
    let raised = with(&claims, "roles", json!(["admin"]));
    assert_refused(format!("{header}.{}.{signature}", token::encode(&raised))).await;
    let other = token::encode(&with(&issuer.header(), "typ", "jwt"));
    assert_refused(format!("{other}.{}.{signature}", token::encode(&claims))).await;
}

#[tokio::test]
async fn a_token_that_expired_is_refused() {
    let (issuer, person, claims) = genuine().await;
    assert_believed(&issuer.sign(&with(&claims, "exp", now() + 30)), &person).await;
    assert_refused(issuer.sign(&with(&claims, "exp", now() - 30))).await;
    assert_refused(issuer.sign(&with(&claims, "exp", 0))).await;
    assert_refused(issuer.sign(&without(&claims, "exp"))).await;
    for never in [
        json!("never"),
        json!(null),
        json!(1e300),
        json!(-1),
        json!({}),
    ] {
        assert_refused(issuer.sign(&with(&claims, "exp", never))).await;
    }
}

#[tokio::test]
async fn a_token_that_is_believed_now_is_refused_once_it_expires() {
    let (issuer, person, claims) = genuine().await;
    let short = issuer.sign(&with(&claims, "exp", now() - 2));
    // Believed by the leeway of a few seconds, remembered, and refused after.
    assert_believed(&short, &person).await;
    let refused = async {
        while client()
            .with_token(&short)
            .get("/v1/users/me")
            .await
            .is_success()
        {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), refused)
        .await
        .expect("it expires");
    assert_refused(short).await;
}

#[tokio::test]
async fn a_token_that_is_not_good_yet_is_refused() {
    let (issuer, _, claims) = genuine().await;
    assert_refused(issuer.sign(&with(&claims, "nbf", now() + 3600))).await;
}

#[tokio::test]
async fn a_token_of_another_issuer_or_for_another_audience_is_refused() {
    let (issuer, _, claims) = genuine().await;
    for name in ["iss", "aud"] {
        assert_refused(issuer.sign(&without(&claims, name))).await;
        for other in [
            json!("another"),
            json!(""),
            json!(null),
            json!([]),
            json!(["another"]),
            json!({}),
        ] {
            assert_refused(issuer.sign(&with(&claims, name, other))).await;
        }
    }
}

#[tokio::test]
async fn a_token_about_nobody_we_know_how_to_name_is_refused() {
    let (issuer, _, claims) = genuine().await;
    assert_refused(issuer.sign(&without(&claims, "sub"))).await;
    for subject in [
        json!(""),
        json!(7),
        json!(null),
        json!("usr_1\r\nx-selvedge-roles: admin"),
        json!("a b"),
    ] {
        assert_refused(issuer.sign(&with(&claims, "sub", subject))).await;
    }
    // One that names no user of ours is refused where a user is needed.
    for subject in [
        "root",
        "ses_01h455vb4pex5vsknk084sn02q",
        "usr_'; DROP TABLE accounts; --",
    ] {
        let token = issuer.sign(&with(&claims, "sub", subject));
        client()
            .with_token(&token)
            .get("/v1/users/me")
            .await
            .problem(401);
    }
}

#[tokio::test]
async fn a_permission_with_a_comma_is_not_two_permissions_and_a_role_is_none() {
    let (issuer, _, claims) = genuine().await;
    for (name, value) in [
        (
            "permissions",
            json!(["posts.read,users.read", "x\r\nusers.read", " *"]),
        ),
        ("roles", json!(["admin", "users.read", "*"])),
    ] {
        let token = issuer.sign(&with(&claims, name, value));
        let users = client().with_token(&token).get("/v1/users").await;
        users.problem(403);
    }
}

#[tokio::test]
async fn a_token_that_tells_of_roles_in_a_form_of_its_own_is_refused() {
    let (issuer, _, claims) = genuine().await;
    for (name, value) in [
        ("permissions", json!("*")),
        ("permissions", json!({"*": true})),
        ("roles_version", json!("latest")),
        ("act", json!("usr_01h455vb4pex5vsknk084sn02q")),
        ("act", json!({"sub": ["a"]})),
    ] {
        assert_refused(issuer.sign(&with(&claims, name, value))).await;
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    for text in [
        "x",
        "a.b.c",
        "...",
        "e30.e30.e30",
        "eyJ",
        &"a".repeat(9000),
        &format!("{}.b.c", "a".repeat(5000)),
    ] {
        assert_refused(text.to_owned()).await;
    }
    client()
        .get("/v1/users/me")
        .header("authorization", "Bearer")
        .await
        .problem(401);
    client()
        .get("/v1/users/me")
        .header("authorization", "Basic cm9vdDpyb290")
        .await
        .problem(401);
}

#[tokio::test]
async fn unknown_keys_do_not_make_the_guard_ask_for_keys_each_time() {
    let (_, person, claims) = genuine().await;
    let asked = || {
        let about_keys =
            |line: &selvedge_tests::logs::Line| line.json()["path"] == "/.well-known/jwks.json";
        application().logs.find(about_keys).len()
    };
    let before = asked();
    let client = client();
    for index in 0..100 {
        let token = Issuer::stranger(&format!("unknown-{index}")).sign(&claims);
        client
            .with_token(&token)
            .get("/v1/users/me")
            .await
            .problem(401);
    }
    // Other tests ask too, through other instances.
    assert!(
        asked() - before < 50,
        "{} requests for keys",
        asked() - before
    );
    person.client.get("/v1/users/me").await.expect(200);
}
