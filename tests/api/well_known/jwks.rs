//! `/.well-known/jwks.json`.

use selvedge_tests::token;

use crate::{client, person};

#[tokio::test]
async fn the_key_that_signs_is_published_without_its_secret() {
    let person = person().await;
    let answer = client().get("/.well-known/jwks.json").await.expect(200);
    let keys = answer.json()["keys"]
        .as_array()
        .expect("keys are a list")
        .clone();
    let kid = &token::header(&person.access_token)["kid"];
    let key = keys
        .iter()
        .find(|key| key["kid"] == *kid)
        .expect("the key that signed is among them");
    assert_eq!(
        (&key["kty"], &key["crv"], &key["use"]),
        (&"OKP".into(), &"Ed25519".into(), &"sig".into())
    );
    assert!(keys.iter().all(|key| key.get("d").is_none()), "{keys:?}");
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
}
