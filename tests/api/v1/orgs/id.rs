//! `/v1/orgs/{id}`.

use http::Method;
use serde_json::json;

use super::{ORGS, join, organization, proven};
use crate::admin;

#[tokio::test]
async fn members_see_it_and_to_anybody_else_it_is_not_there() {
    let (owner, member, other) = futures::join!(proven(), proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &member, "member").await;
    let seen = member.client.get(&path).await.expect(200).json();
    assert_eq!(seen["role"], "member");
    let nowhere = format!("{ORGS}/org_01h455vb4pex5vsknk084sn02q");
    let there = other.client.get(&path).await.problem(404);
    let not_there = other.client.get(&nowhere).await.problem(404);
    assert_eq!(there.detail(), not_there.detail());
    for method in [Method::PATCH, Method::DELETE] {
        let request = other.client.request(method, &path);
        request.json(&json!({"name": "Mine"})).await.problem(404);
    }
}

#[tokio::test]
async fn admins_change_it_and_members_do_not() {
    let (owner, admin, member) = futures::join!(proven(), proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &admin, "admin").await;
    join(&path, &owner, &member, "member").await;
    let change = json!({"name": "Other"});
    let changed = admin.client.patch(&path, &change).await.expect(200).json();
    assert_eq!(changed["name"], "Other");
    member.client.patch(&path, &change).await.problem(403);
    admin.client.delete(&path).await.problem(403);
}

#[tokio::test]
async fn what_was_changed_in_between_is_not_changed_over() {
    let owner = proven().await;
    let path = organization(&owner).await;
    let seen = owner.client.get(&path).await.expect(200);
    let tag = seen.header("etag").expect("a tag").to_owned();
    owner
        .client
        .patch(&path, &json!({"name": "B"}))
        .await
        .expect(200);
    let stale = owner.client.patch(&path, &json!({"name": "C"}));
    stale.header("if-match", &tag).await.problem(412);
    let stale = owner.client.delete(&path).header("if-match", &tag);
    stale.await.problem(412);
}

#[tokio::test]
async fn an_owner_ends_it_for_everybody() {
    let (owner, member) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &member, "member").await;
    owner.client.delete(&path).await.expect(204);
    for person in [&owner, &member] {
        person.client.get(&path).await.problem(404);
        let mine = person.client.get(ORGS).await.expect(200).json();
        assert_eq!(mine["data"], json!([]));
    }
}

#[tokio::test]
async fn networks_must_be_such_and_contain_whoever_names_them() {
    let owner = proven().await;
    let path = organization(&owner).await;
    for networks in [
        json!(["192.0.2.0/24"]),
        json!(["nonsense"]),
        json!(["127.0.0.1,::1"]),
    ] {
        let answer = owner
            .client
            .patch(&path, &json!({"networks": networks}))
            .await;
        assert_eq!(answer.problem(422).fields(), ["networks"], "{networks}");
    }
    let named = json!({"networks": ["127.0.0.0/8", "192.0.2.0/24"]});
    let changed = owner.client.patch(&path, &named).await.expect(200).json();
    assert_eq!(changed["networks"], named["networks"]);
}

#[tokio::test]
async fn who_manages_organisations_can_let_everybody_in_again_and_do_no_more() {
    let (owner, admin) = futures::join!(proven(), admin());
    let path = organization(&owner).await;
    let named = json!({"networks": ["127.0.0.0/8"]});
    owner.client.patch(&path, &named).await.expect(200);
    for change in [
        &named,
        &json!({"name": "Mine"}),
        &json!({"name": "Mine", "networks": []}),
    ] {
        admin.client.patch(&path, change).await.problem(404);
    }
    let opened = admin.client.patch(&path, &json!({"networks": []})).await;
    assert_eq!(opened.expect(200).json()["networks"], json!([]));
}
