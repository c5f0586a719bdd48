//! What the log must never hold, whatever is sent.

use selvedge_tests::{Setup, people};
use serde_json::json;

#[tokio::test]
async fn passwords_tokens_and_queries_are_not_in_the_log() {
    let application = Setup::application().start();
    let client = application.client();
    let person = selvedge_tests::Person::sign_up(&client).await;
    people::sign_in(&client, &person.email).await.expect(200);
    client
        .post(
            "/v1/auth/sign-in",
            &json!({"email": person.email, "password": "wr0ng-secret"}),
        )
        .await
        .problem(401);
    client
        .post(
            "/v1/auth/sign-in",
            &json!({"email": person.email, "password": ["typed-secret"]}),
        )
        .await
        .problem(400);
    client
        .post(
            "/v1/auth/sign-up",
            &json!({"email": "x", "password": "short-secret", "secret-field": 1}),
        )
        .await
        .problem(400);
    client
        .post(
            "/v1/auth/refresh",
            &json!({"refresh_token": person.refresh_token}),
        )
        .await
        .expect(200);
    client
        .get("/v1/billing/plans?access_token=query-secret")
        .header("cookie", "session=cookie-secret")
        .await
        .expect(200);
    client
        .get("/v1/users/me")
        .header("authorization", "Bearer header.secret.x")
        .await
        .problem(401);
    let last = person.client.get("/v1/users/me").await.expect(200);
    application.logs.of_request(last.request_id()).await;

    let said = application.logs.to_string();
    let signature = person
        .access_token
        .rsplit('.')
        .next()
        .expect("a token has a signature");
    let refresh = &person.refresh_token;
    for secret in [
        people::PASSWORD,
        "-secret",
        ".secret.",
        "argon2",
        signature,
        refresh,
    ] {
        assert!(!said.contains(secret), "{secret:?} is in the log:\n{said}");
    }
}

#[tokio::test]
async fn a_line_is_one_object_whatever_was_asked() {
    let application = Setup::application().start();
    let client = application.client();
    for (index, path) in [
        "/v1/users/%0a%7b%22level%22:%22forged%22%7d",
        "/v1/users/\"}{\"",
        "/v1/users/%00%1b[31m",
        "/v1/users/é",
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("line-{index}");
        client
            .get(path)
            .header("x-request-id", &id)
            .header("user-agent", "a\"}\t{")
            .await;
        let line = application.logs.of_request(&id).await;
        assert_eq!(line["status"], 401, "{line}");
    }
    let forged = application.logs.find(|line| !line.json().is_object());
    assert!(forged.is_empty(), "{forged:?}");
}
