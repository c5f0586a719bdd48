//! SQL in every text that reaches a database: it is stored or refused, and never run.

use http::Method;
use selvedge_tests::people::{self, PASSWORD};
use serde_json::{Value, json};

use crate::{client, customer, entrances};

const INJECTIONS: [&str; 6] = [
    "' OR '1'='1",
    "'; DROP TABLE accounts; --",
    "\"; DELETE FROM sessions; --",
    "x' UNION SELECT password_hash FROM accounts --",
    "1); ATTACH '/tmp/x' AS x; --",
    "%' ESCAPE '\\",
];

#[tokio::test]
async fn sql_in_a_body_is_text() {
    let person = customer().await;
    // One of the entrances changes it, and may be given any text for it.
    let mut password = people::PASSWORD;
    for injection in INJECTIONS {
        for entrance in entrances() {
            for field in entrance
                .body
                .as_object()
                .expect("bodies are objects")
                .keys()
            {
                let mut body = entrance.body.clone();
                body[field] = Value::from(injection);
                let answer = entrance.request(&person.client).json(&body).await;
                assert!(
                    !answer.status.is_server_error(),
                    "{} {field} {injection}: {}",
                    entrance.path,
                    answer.text()
                );
                let is_password = entrance.path == "/v1/auth/password" && field == "password";
                if is_password && answer.is_success() {
                    password = injection;
                }
            }
        }
    }
    let credentials = json!({"email": person.email, "password": password});
    let signed_in = client().post("/v1/auth/sign-in", &credentials).await;
    signed_in.expect(200);
    person.client.get("/v1/users/me").await.expect(200);
}

#[tokio::test]
async fn sql_that_is_a_name_is_kept_as_one() {
    let client = customer().await.client;
    for injection in INJECTIONS {
        let changed = client
            .patch("/v1/users/me", &json!({"name": injection}))
            .await
            .expect(200);
        assert_eq!(changed.json()["name"], injection);
    }
}

#[tokio::test]
async fn sql_is_no_password() {
    let person = customer().await;
    for injection in INJECTIONS {
        for credentials in [
            json!({"email": person.email, "password": injection}),
            json!({"email": injection, "password": PASSWORD}),
            json!({"email": format!("{}'--", person.email), "password": PASSWORD}),
        ] {
            let answer = client().post("/v1/auth/sign-in", &credentials).await;
            assert!(answer.status.is_client_error(), "{credentials} signed in");
        }
    }
}

#[tokio::test]
async fn sql_in_a_path_or_a_query_finds_nothing() {
    let client = customer().await.client;
    for injection in INJECTIONS {
        let encoded: String = injection
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect();
        for path in [
            "/v1/users/",
            "/v1/billing/invoices/",
            "/v1/billing/subscriptions/",
        ] {
            client.get(&format!("{path}{encoded}")).await.problem(404);
        }
        client
            .delete(&format!("/v1/auth/sessions/{encoded}"))
            .await
            .problem(404);
        for list in ["/v1/billing/invoices", "/v1/billing/subscriptions"] {
            client
                .get(&format!("{list}?cursor={encoded}"))
                .await
                .problem(400);
            client
                .get(&format!("{list}?limit={encoded}"))
                .await
                .problem(400);
        }
    }
}

#[tokio::test]
async fn sql_in_a_header_is_text() {
    let person = customer().await;
    for injection in INJECTIONS {
        let subscribe = person
            .client
            .request(Method::POST, "/v1/billing/subscriptions");
        let answer = subscribe
            .header("idempotency-key", injection)
            .json(&json!({"plan": "free"}))
            .await;
        assert!(answer.status.is_client_error(), "{}", answer.text());
        let sign_in = client().post(
            "/v1/auth/sign-in",
            &json!({"email": person.email, "password": PASSWORD}),
        );
        sign_in.header("user-agent", injection).await.expect(200);
        let patch = person.client.patch("/v1/users/me", &json!({"name": "x"}));
        patch.header("if-match", injection).await.problem(412);
    }
}
