//! What components ask each other, asked by a stranger: no address leads there from outside.

use selvedge_tests::raw;
use sha2::{Digest as _, Sha256};

use crate::{application, client, customer};

/// Every way of writing the address that some server somewhere takes for it.
const TARGETS: [&str; 16] = [
    "/internal/revocations?after=0",
    "//internal/revocations?after=0",
    "/./internal/revocations?after=0",
    "/v1/auth/../../internal/revocations?after=0",
    "/v1/auth/..%2f..%2finternal/revocations?after=0",
    "/v1/auth/%2e%2e/%2e%2e/internal/revocations?after=0",
    "/v1/auth/..;/..;/internal/revocations?after=0",
    "/v1/auth/..\\..\\internal\\revocations?after=0",
    "/v1/auth//internal/revocations?after=0",
    "/v1/auth/internal/revocations?after=0",
    "/.well-known/jwks.json/../../internal/revocations?after=0",
    "/.well-known/../internal/revocations?after=0",
    "/%69nternal/revocations?after=0",
    "/INTERNAL/revocations?after=0",
    "http://auth.spin.internal/internal/revocations?after=0",
    "http://localhost/internal/revocations?after=0",
];

#[tokio::test]
async fn what_guards_are_told_nobody_else_is() {
    let person = customer().await;
    let session = person.session();
    let sign_out = person
        .client
        .request(http::Method::POST, "/v1/auth/sign-out");
    sign_out.await.expect(204);
    for host in ["localhost", "auth.spin.internal", "auth"] {
        for target in TARGETS {
            let claims = "spin-path-info: /internal/revocations\r\n\
                          x-forwarded-host: auth.spin.internal\r\n\
                          x-original-url: /internal/revocations?after=0\r\n\
                          x-rewrite-url: /internal/revocations?after=0\r\n";
            let request = format!(
                "GET {target} HTTP/1.1\r\nhost: {host}\r\n{claims}connection: close\r\n\r\n"
            );
            let response = raw::exchange(application().address, request).await;
            let status = raw::status(&response);
            assert!((400..500).contains(&status), "{host} {target}: {response}");
            assert!(!response.contains(&session), "{host} {target}: {response}");
            assert!(!response.contains("\"revoked\""), "{host} {target}");
        }
    }
}

#[tokio::test]
async fn nobody_outside_has_a_key_judged() {
    let person = customer().await;
    let terms = serde_json::json!({"name": "x", "scopes": ["users:read"]});
    let key = person.client.post("/v1/auth/api-keys", &terms).await;
    let secret = key.expect(201).json()["secret"].take();
    let hash = Sha256::digest(secret.as_str().expect("a secret").as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    for host in ["localhost", "auth.spin.internal"] {
        for target in TARGETS {
            let question = format!("api-keys?hash={hash}&before=0");
            let target = target.replace("revocations?after=0", &question);
            let request = format!(
                "POST {target} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            let response = raw::exchange(application().address, request).await;
            let status = raw::status(&response);
            assert!((400..500).contains(&status), "{host} {target}: {response}");
            assert!(
                !response.contains(&person.id),
                "{host} {target}: {response}"
            );
        }
    }
}

#[tokio::test]
async fn who_is_signed_in_is_not_told_either() {
    let stranger = client().get("/internal/revocations?after=0");
    stranger.await.problem(404);
    let person = customer().await;
    let asked = person.client.get("/internal/revocations?after=0");
    asked.await.problem(404);
}
