//! Headers that lie, that come twice, that hold what they must not, or that are too many.

use selvedge_tests::raw;
use serde_json::json;

use crate::{application, client, customer};

/// Sends a raw request with these header lines, and returns the response.
async fn send(first_line: &str, headers: &str) -> String {
    let request = format!("{first_line}\r\nhost: localhost\r\n{headers}connection: close\r\n\r\n");
    raw::exchange(application().address, request).await
}

#[tokio::test]
async fn an_identity_that_a_client_claims_is_not_believed() {
    let victim = customer().await;
    for name in ["x-selvedge-user", "X-Selvedge-User", "X-SELVEDGE-USER"] {
        let forged = client()
            .get("/v1/users/me")
            .header(name, &victim.id)
            .header("x-selvedge-roles", "admin")
            .header("x-selvedge-permissions", "*");
        forged.await.problem(401);
    }
    // Neither alone, nor with a token of one's own.
    let attacker = customer().await;
    let forged = attacker
        .client
        .get("/v1/users/me")
        .header("x-selvedge-user", &victim.id)
        .header("x-selvedge-email", &victim.email);
    let me = forged
        .header("x-selvedge-roles", "admin")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&me["id"], &me["email"], &me["roles"]),
        (&json!(attacker.id), &json!(attacker.email), &json!([]))
    );
    attacker
        .client
        .get("/v1/users")
        .header("x-selvedge-roles", "admin")
        .header("x-selvedge-permissions", "*")
        .await
        .problem(403);
    for (name, value) in [
        ("x-selvedge-permissions", "*"),
        ("X-Selvedge-Permissions", "users.read,webhooks.manage"),
        ("x-selvedge-roles-version", "0"),
        ("x-selvedge-actor", victim.id.as_str()),
    ] {
        let users = attacker.client.get("/v1/users").header(name, value);
        users.await.problem(403);
        let webhooks = attacker.client.get("/v1/auth/webhooks");
        webhooks.header(name, value).await.problem(403);
    }
    let session = attacker
        .client
        .get("/v1/auth/sessions")
        .header("x-selvedge-session", &victim.session())
        .await
        .expect(200);
    assert!(!session.text().contains(&victim.session()));
}

#[tokio::test]
async fn what_components_tell_each_other_reaches_nobody_else() {
    let person = customer().await;
    for path in [
        "/v1/users/me",
        "/v1/billing/plans",
        "/v1/nowhere",
        "/.well-known/jwks.json",
        "/v1/users/usr_1",
    ] {
        let answer = person.client.get(path).await;
        let internal: Vec<_> = answer
            .headers
            .keys()
            .filter(|name| name.as_str().starts_with("x-selvedge-"))
            .collect();
        assert!(internal.is_empty(), "{path}: {internal:?}");
    }
}

#[tokio::test]
async fn two_tokens_are_not_better_than_one() {
    let (one, other) = futures::join!(customer(), customer());
    let request = one
        .client
        .get("/v1/users/me")
        .header("authorization", &format!("Bearer {}", other.access_token));
    request.await.problem(401);
    let joined = format!("Bearer {}, Bearer {}", one.access_token, other.access_token);
    client()
        .get("/v1/users/me")
        .header("authorization", &joined)
        .await
        .problem(401);
}

#[tokio::test]
async fn a_line_break_in_an_address_makes_no_header() {
    for path in [
        "/v1/users/%0d%0aset-cookie:%20a=b",
        "/v1/billing/plans?%0d%0aset-cookie:%20a=b",
        "/%0a%0d/x",
    ] {
        let answer = client().get(path).header("authorization", "Basic x").await;
        assert_eq!(answer.header("set-cookie"), None, "{path}");
    }
}

#[tokio::test]
async fn a_header_that_could_be_read_in_two_ways_is_refused() {
    for headers in [
        "x-a: b\r\n folded\r\n",
        "x-a : b\r\n",
        ": b\r\n",
        "x a: b\r\n",
        "x-a: b\0c\r\n",
        "x-a: b\rc\r\n",
        "no colon\r\n",
        "content-length: 1\r\ncontent-length: 2\r\n",
        "content-length: -1\r\n",
        "content-length: +1\r\n",
        "content-length: 0x10\r\n",
        "content-length: 99999999999999999999999\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "host: another\r\n",
        "host: user@localhost\r\n",
        "host: a b\r\n",
    ] {
        let answer = send("POST /v1/billing/plans HTTP/1.1", headers).await;
        assert_eq!(raw::status(&answer), 400, "{headers:?}: {answer}");
    }
}

#[tokio::test]
async fn a_request_without_a_host_is_refused() {
    let answer = raw::exchange(
        application().address,
        "GET /v1/billing/plans HTTP/1.1\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(raw::status(&answer), 400, "{answer}");
}

#[tokio::test]
async fn a_request_hidden_in_anothers_body_is_not_answered() {
    let hidden = "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
    let lengths = format!(
        "content-length: {}\r\ntransfer-encoding: chunked\r\n",
        hidden.len() + 5
    );
    let head = format!(
        "POST /v1/auth/refresh HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n{lengths}\r\n"
    );
    let answer = raw::exchange(application().address, format!("{head}0\r\n\r\n{hidden}")).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(!answer.ends_with("ok\n"), "{answer}");
}

#[tokio::test]
async fn a_header_of_a_megabyte_is_refused() {
    let headers = format!("x-large: {}\r\n", "x".repeat(1 << 20));
    let answer = send("GET /v1/billing/plans HTTP/1.1", &headers).await;
    assert_eq!(raw::status(&answer), 431, "{answer}");
    client().get("/v1/billing/plans").await.expect(200);
}

#[tokio::test]
async fn a_thousand_headers_are_refused() {
    let headers: String = (0..1000).map(|index| format!("x-{index}: y\r\n")).collect();
    let answer = send("GET /v1/billing/plans HTTP/1.1", &headers).await;
    assert_eq!(raw::status(&answer), 431, "{answer}");
}

#[tokio::test]
async fn an_address_of_a_megabyte_is_refused() {
    let answer = send(&format!("GET /{} HTTP/1.1", "x".repeat(1 << 20)), "").await;
    assert!((400..500).contains(&raw::status(&answer)), "{answer}");
    client().get("/v1/billing/plans").await.expect(200);
}

#[tokio::test]
async fn headers_within_the_limits_pass_the_whole_chain() {
    let headers = (0..80).fold(client().get("/v1/billing/plans"), |request, index| {
        request.header(&format!("x-{index}"), &"y".repeat(500))
    });
    headers.await.expect(200);
}

#[tokio::test]
async fn a_method_nobody_knows_is_refused() {
    for method in ["TRACE", "CONNECT", "PROPFIND", "get", "X"] {
        let answer = send(&format!("{method} /v1/billing/plans HTTP/1.1"), "").await;
        assert!(
            (400..500).contains(&raw::status(&answer)),
            "{method}: {answer}"
        );
    }
}
