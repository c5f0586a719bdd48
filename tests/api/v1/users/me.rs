//! `/v1/users/me`.

use serde_json::json;

use crate::{admin, assert_needs_a_caller, person};

const ME: &str = "/v1/users/me";

#[tokio::test]
async fn a_profile_is_there_on_first_sight() {
    let person = person().await;
    let answer = person.client.get(ME).await.expect(200);
    let me = answer.json();
    assert_eq!(me["id"], person.id.as_str());
    assert_eq!(me["email"], person.email.as_str());
    assert_eq!(me["name"], json!(null));
    assert_eq!(me["roles"], json!([]));
    assert_eq!(me["created_at"], me["updated_at"]);
    assert!(
        me["created_at"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z') && time.len() == 24),
        "{me}"
    );
    assert!(answer.header("etag").is_some());
    // Seen again it is the same.
    assert_eq!(person.client.get(ME).await.expect(200).json(), me);
}

#[tokio::test]
async fn the_administrator_has_the_role() {
    let me = admin().await.client.get(ME).await.expect(200).json();
    assert_eq!(me["roles"], json!(["admin"]));
}

#[tokio::test]
async fn a_change_is_kept_and_changes_the_etag() {
    let person = person().await;
    let before = person.client.get(ME).await.expect(200);
    let change = json!({"name": "  Ada Lovelace ", "locale": "en-GB"});
    let changed = person.client.patch(ME, &change).await.expect(200);
    assert_eq!(changed.json()["name"], "Ada Lovelace");
    assert_eq!(changed.json()["locale"], "en-GB");
    assert_ne!(changed.header("etag"), before.header("etag"));
    let after = person.client.get(ME).await.expect(200);
    assert_eq!(
        (after.json(), after.header("etag")),
        (changed.json(), changed.header("etag"))
    );
}

#[tokio::test]
async fn what_a_change_leaves_out_stays_and_what_is_null_goes() {
    let client = person().await.client;
    client
        .patch(ME, &json!({"name": "Grace", "locale": "en"}))
        .await
        .expect(200);
    let changed = client
        .patch(ME, &json!({"locale": null}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&changed["name"], &changed["locale"]),
        (&json!("Grace"), &json!(null))
    );
}

#[tokio::test]
async fn a_change_to_what_was_not_the_last_version_is_refused() {
    let client = person().await.client;
    let first = client.get(ME).await.expect(200);
    let tag = first.header("etag").expect("a profile has a version");
    client
        .patch(ME, &json!({"name": "One"}))
        .header("if-match", tag)
        .await
        .expect(200);
    client
        .patch(ME, &json!({"name": "Two"}))
        .header("if-match", tag)
        .await
        .problem(412);
    client
        .patch(ME, &json!({"name": "Two"}))
        .header("if-match", "\"nonsense\"")
        .await
        .problem(412);
    assert_eq!(client.get(ME).await.expect(200).json()["name"], "One");
    client
        .patch(ME, &json!({"name": "Two"}))
        .header("if-match", "*")
        .await
        .expect(200);
}

#[tokio::test]
async fn of_changes_at_once_to_one_version_one_wins() {
    let client = person().await.client;
    let first = client.get(ME).await.expect(200);
    let tag = first.header("etag").expect("a profile has a version");
    let changes = (0..8).map(async |index| {
        let change = client.patch(ME, &json!({"name": format!("Name {index}")}));
        let answer = change.header("if-match", tag).await;
        if !answer.is_success() {
            answer.problem(412);
        }
        answer.is_success()
    });
    let won = futures::future::join_all(changes)
        .await
        .into_iter()
        .filter(|won| *won)
        .count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let client = person().await.client;
    let answer = client
        .patch(ME, &json!({"name": " ", "locale": "not a locale"}))
        .await;
    assert_eq!(answer.problem(422).fields(), ["name", "locale"]);
}

#[tokio::test]
async fn what_is_not_ones_own_to_change_is_unknown() {
    let client = person().await.client;
    for field in ["id", "email", "roles", "created_at", "password"] {
        client
            .patch(ME, &json!({field: "x"}))
            .await
            .problem(400)
            .names(field);
    }
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(GET ME, PATCH ME);
}
