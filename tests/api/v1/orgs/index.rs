//! `/v1/orgs`.

use serde_json::json;

use super::{ORGS, organization, proven};
use crate::{assert_needs_a_caller, person};

#[tokio::test]
async fn who_makes_an_organisation_owns_it_and_sees_it_among_their_own() {
    let (owner, other) = futures::join!(proven(), person());
    let made = owner
        .client
        .post(ORGS, &json!({"name": " Acme & Co "}))
        .await;
    let made = made.expect(201);
    assert!(made.header("etag").is_some());
    let made = made.json();
    assert!(made["id"].as_str().is_some_and(|id| id.starts_with("org_")));
    assert_eq!(
        (&made["name"], &made["role"]),
        (&json!("Acme & Co"), &json!("owner"))
    );
    assert_eq!(made["networks"], json!([]));
    let mine = owner.client.get(ORGS).await.expect(200).json();
    assert_eq!(mine, json!({"data": [made], "next_cursor": null}));
    let theirs = other.client.get(ORGS).await.expect(200).json();
    assert_eq!(theirs["data"], json!([]));
}

#[tokio::test]
async fn it_takes_a_proven_address() {
    let made = person().await.client.post(ORGS, &json!({"name": "Acme"}));
    made.await.problem(403);
}

#[tokio::test]
async fn what_is_no_name_is_refused() {
    let client = proven().await.client;
    for name in [
        json!(""),
        json!("   "),
        json!("a\nb"),
        json!("x".repeat(101)),
    ] {
        let answer = client.post(ORGS, &json!({"name": name})).await;
        assert_eq!(answer.problem(422).fields(), ["name"], "{name}");
    }
    client
        .post(ORGS, &json!({"name": "a", "owner": "b"}))
        .await
        .problem(400);
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let owner = proven().await;
    for _ in 0..3 {
        organization(&owner).await;
    }
    let first = owner
        .client
        .get(&format!("{ORGS}?limit=2"))
        .await
        .expect(200)
        .json();
    let cursor = first["next_cursor"].as_str().expect("another page");
    let path = format!("{ORGS}?limit=2&cursor={cursor}");
    let second = owner.client.get(&path).await.expect(200).json();
    let count = |page: &serde_json::Value| page["data"].as_array().map(Vec::len);
    assert_eq!((count(&first), count(&second)), (Some(2), Some(1)));
    assert_eq!(second["next_cursor"], json!(null));
}

#[tokio::test]
async fn nobody_is_in_more_than_fifty() {
    let owner = proven().await;
    for _ in 0..50 {
        organization(&owner).await;
    }
    owner
        .client
        .post(ORGS, &json!({"name": "One more"}))
        .await
        .problem(409);
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(GET ORGS, POST ORGS);
}
