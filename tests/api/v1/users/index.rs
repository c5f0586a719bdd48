//! `/v1/users`.

use serde_json::Value;

use crate::{admin, assert_needs_a_caller, person};

#[tokio::test]
async fn an_administrator_pages_through_everybody_once() {
    let admin = admin().await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        let person = person().await;
        person.client.get("/v1/users/me").await.expect(200);
        expected.push(person.id);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/users?limit=2".to_owned();
    loop {
        let page = admin.client.get(&path).await.expect(200).json();
        let users = page["data"].as_array().expect("a page has data");
        assert!(users.len() <= 2);
        seen.extend(
            users
                .iter()
                .map(|user| user["id"].as_str().expect("a user has an id").to_owned()),
        );
        let Value::String(cursor) = &page["next_cursor"] else {
            break;
        };
        path = format!("/v1/users?limit=2&cursor={cursor}");
    }
    assert!(
        seen.is_sorted_by(|a, b| a < b),
        "nobody twice, the oldest first: {seen:?}"
    );
    assert!(
        expected.iter().all(|id| seen.contains(id)),
        "{expected:?} are not all in {seen:?}"
    );
}

#[tokio::test]
async fn a_page_has_twenty_unless_asked_otherwise_and_a_hundred_at_most() {
    let client = admin().await.client;
    client.get("/v1/users?limit=100").await.expect(200);
    for limit in ["0", "101"] {
        client
            .get(&format!("/v1/users?limit={limit}"))
            .await
            .problem(422)
            .names("limit");
    }
    for limit in ["-1", "ten", "1e2", "99999999999999999999"] {
        client
            .get(&format!("/v1/users?limit={limit}"))
            .await
            .problem(400)
            .names("limit");
    }
}

#[tokio::test]
async fn a_made_up_cursor_is_refused() {
    let client = admin().await.client;
    for cursor in [
        "x",
        "!!!",
        "bnVsbA",
        "IicgT1IgMT0xIC0tIg",
        &"A".repeat(5000),
    ] {
        client
            .get(&format!("/v1/users?cursor={cursor}"))
            .await
            .problem(400)
            .names("cursor");
    }
}

#[tokio::test]
async fn others_may_not() {
    person().await.client.get("/v1/users").await.problem(403);
    assert_needs_a_caller!(GET "/v1/users");
}

#[tokio::test]
async fn what_a_list_does_not_know_is_refused_by_each_in_the_same_way() {
    let admin = admin().await.client;
    for path in [
        "/v1/users",
        "/v1/users/me/invitations",
        "/v1/orgs",
        "/v1/auth/sessions",
        "/v1/auth/accounts",
        "/v1/auth/audit",
        "/v1/auth/audit/export",
        "/v1/auth/api-keys",
        "/v1/auth/webhooks",
        "/v1/auth/clients",
        "/v1/auth/consents",
        "/v1/auth/identities",
        "/v1/auth/passkeys",
        "/v1/auth/roles",
        "/v1/billing/subscriptions",
        "/v1/billing/invoices",
    ] {
        let refused = admin.get(&format!("{path}?sbject=x")).await;
        refused.problem(400).names("sbject");
    }
    let export = admin.get("/v1/auth/audit/export?limit=2").await;
    export.problem(400).names("limit");
}
