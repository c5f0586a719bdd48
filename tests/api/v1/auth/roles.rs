//! `/v1/auth/roles`, and what comes of having one.

use serde_json::{Value, json};

use super::accounts::{colleague, grant, person_with};
use crate::{admin, assert_needs_a_caller, client, person};
use selvedge_tests::{Person, token};

const ROLES: &str = "/v1/auth/roles";

/// Makes a role of these permissions.
async fn role(name: &str, permissions: &[&str]) -> Value {
    let body = json!({"name": name, "description": "For a test.", "permissions": permissions});
    let answer = admin().await.client.post(ROLES, &body).await.expect(201);
    assert_eq!(answer.header("etag"), Some("\"1\""));
    answer.json()
}

#[tokio::test]
async fn a_role_is_made_seen_changed_and_removed() {
    let admin = admin().await.client;
    let made = role("librarian", &["books.write", "books.read", "books.read"]).await;
    assert_eq!(made["permissions"], json!(["books.read", "books.write"]));
    assert_eq!(made["built_in"], false);
    let path = format!("{ROLES}/librarian");
    assert_eq!(admin.get(&path).await.expect(200).json(), made);
    let change = json!({"permissions": ["books.read"]});
    let stale = admin.patch(&path, &change).header("if-match", "\"7\"");
    stale.await.problem(412);
    let changed = admin.patch(&path, &change).await.expect(200);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(changed.json()["permissions"], json!(["books.read"]));
    assert_eq!(changed.json()["description"], "For a test.");
    admin.delete(&path).await.expect(204);
    admin.get(&path).await.problem(404);
    admin.delete(&path).await.problem(404);
    admin.patch(&path, &change).await.problem(404);
}

#[tokio::test]
async fn the_built_in_roles_are_listed_and_stay_what_they_are() {
    role("listed", &["books.read"]).await;
    let admin = admin().await.client;
    let list = admin
        .get(&format!("{ROLES}?limit=100"))
        .await
        .expect(200)
        .json();
    let named = |name: &str| {
        let roles = list["data"].as_array().expect("a page has data").iter();
        roles.filter(|role| role["name"] == name).count()
    };
    assert_eq!(
        (named("admin"), named("support"), named("listed")),
        (1, 1, 1)
    );
    assert_eq!(list["data"][0]["permissions"], json!(["*"]));
    for name in ["admin", "support"] {
        let path = format!("{ROLES}/{name}");
        assert_eq!(admin.get(&path).await.expect(200).json()["built_in"], true);
        let change = json!({"permissions": []});
        admin.patch(&path, &change).await.problem(409);
        admin.delete(&path).await.problem(409);
        let again = json!({"name": name, "permissions": []});
        admin.post(ROLES, &again).await.problem(422).names("name");
    }
}

#[tokio::test]
async fn a_role_that_cannot_be_is_refused_and_every_mistake_named() {
    let admin = admin().await.client;
    let body = json!({"name": "A b", "description": "x".repeat(201), "permissions": ["*"]});
    let refused = admin.post(ROLES, &body).await.problem(422);
    assert_eq!(refused.fields(), ["name", "description", "permissions"]);
    role("taken", &[]).await;
    let again = json!({"name": "taken", "permissions": []});
    admin.post(ROLES, &again).await.problem(409);
    let much: Vec<_> = (0..200)
        .map(|index| format!("books.action-{index}"))
        .collect();
    let body = json!({"name": "much", "permissions": much});
    admin
        .post(ROLES, &body)
        .await
        .problem(422)
        .names("permissions");
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on_and_its_end_too() {
    role("accountant", &["users.read"]).await;
    let person = colleague().await;
    person.client.get("/v1/users").await.problem(403);
    person.client.get("/v1/auth/sessions").await.expect(200);
    grant(&person, "accountant").await;

    // The old token knows of no role: a client that gets a 401 refreshes, and has it.
    let refused = person.client.get("/v1/auth/sessions").await.problem(401);
    assert!(refused.detail().contains("Refresh"), "{}", refused.detail());
    let person = Person::refreshed(&client(), &person).await;
    let claims = token::claims(&person.access_token);
    assert_eq!(claims["roles"], json!(["accountant"]));
    assert_eq!(claims["permissions"], json!(["users.read"]));
    person.client.get("/v1/users").await.expect(200);

    // What changes something is refused at once, in every component.
    let admin = admin().await.client;
    let change = json!({"permissions": ["users.read", "books.read"]});
    admin
        .patch(&format!("{ROLES}/accountant"), &change)
        .await
        .expect(200);
    let rename = json!({"name": "Ada"});
    let refused = person
        .client
        .patch("/v1/users/me", &rename)
        .await
        .problem(401);
    assert!(refused.detail().contains("Refresh"), "{}", refused.detail());
    let person = Person::refreshed(&client(), &person).await;
    person
        .client
        .patch("/v1/users/me", &rename)
        .await
        .expect(200);

    admin
        .delete(&format!("{ROLES}/accountant"))
        .await
        .expect(204);
    person
        .client
        .patch("/v1/users/me", &rename)
        .await
        .problem(401);
    let person = Person::refreshed(&client(), &person).await;
    person.client.get("/v1/users").await.problem(403);
    assert_eq!(token::claims(&person.access_token)["roles"], json!([]));
}

#[tokio::test]
async fn another_description_costs_nobody_a_token() {
    role("described", &["users.read"]).await;
    let person = person_with("described").await;
    let path = format!("{ROLES}/described");
    let change = json!({"description": "Other words."});
    admin().await.client.patch(&path, &change).await.expect(200);
    let rename = json!({"name": "Ada"});
    person
        .client
        .patch("/v1/users/me", &rename)
        .await
        .expect(200);
}

#[tokio::test]
async fn it_takes_a_caller_with_the_permission() {
    assert_needs_a_caller!(GET ROLES, POST ROLES, GET "/v1/auth/roles/admin",
        PATCH "/v1/auth/roles/x", DELETE "/v1/auth/roles/x");
    let person = person().await.client;
    let body = json!({"name": "mine", "permissions": []});
    person.get(ROLES).await.problem(403);
    person.get("/v1/auth/roles/admin").await.problem(403);
    person.post(ROLES, &body).await.problem(403);
    person
        .patch("/v1/auth/roles/x", &json!({}))
        .await
        .problem(403);
    person.delete("/v1/auth/roles/x").await.problem(403);
}
