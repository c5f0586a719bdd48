//! `/v1/orgs/{id}/members`.

use serde_json::json;

use super::{join, organization, proven};
use crate::person;

#[tokio::test]
async fn members_see_each_other() {
    let (owner, member) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &member, "member").await;
    member.client.get("/v1/users/me").await.expect(200);
    let seen = member
        .client
        .get(&format!("{path}/members"))
        .await
        .expect(200)
        .json();
    let mut seen: Vec<_> = seen["data"].as_array().expect("a list").clone();
    seen.sort_by_key(|member| member["role"].to_string());
    assert_eq!(
        (&seen[0]["user"], &seen[0]["role"]),
        (&json!(member.id), &json!("member"))
    );
    assert_eq!(seen[0]["email"], member.email);
    assert_eq!(
        (&seen[1]["user"], &seen[1]["role"]),
        (&json!(owner.id), &json!("owner"))
    );
    let other = person().await;
    other
        .client
        .get(&format!("{path}/members"))
        .await
        .problem(404);
}

#[tokio::test]
async fn nobody_gives_or_takes_what_is_above_them() {
    let (owner, admin, member) = futures::join!(proven(), proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &admin, "admin").await;
    join(&path, &owner, &member, "member").await;
    let of = |id: &str| format!("{path}/members/{id}");
    let (owners, members, own) = (of(&owner.id), of(&member.id), of(&admin.id));
    // An admin: not an owner of anybody, nor anything else of an owner.
    admin
        .client
        .patch(&members, &json!({"role": "owner"}))
        .await
        .problem(403);
    admin
        .client
        .patch(&own, &json!({"role": "owner"}))
        .await
        .problem(403);
    admin
        .client
        .patch(&owners, &json!({"role": "member"}))
        .await
        .problem(403);
    admin.client.delete(&owners).await.problem(403);
    admin
        .client
        .patch(&members, &json!({"role": "admin"}))
        .await
        .expect(200);
    admin
        .client
        .patch(&members, &json!({"role": "member"}))
        .await
        .expect(200);
    // A member: nothing.
    member
        .client
        .patch(&members, &json!({"role": "admin"}))
        .await
        .problem(403);
    member.client.delete(&own).await.problem(403);
    admin.client.delete(&members).await.expect(204);
    member.client.get(&path).await.problem(404);
}

#[tokio::test]
async fn the_last_owner_stays() {
    let (owner, other) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &other, "admin").await;
    let own = format!("{path}/members/{}", owner.id);
    owner.client.delete(&own).await.problem(409);
    owner
        .client
        .patch(&own, &json!({"role": "admin"}))
        .await
        .problem(409);
    let others = format!("{path}/members/{}", other.id);
    owner
        .client
        .patch(&others, &json!({"role": "owner"}))
        .await
        .expect(200);
    owner.client.delete(&own).await.expect(204);
    owner.client.get(&path).await.problem(404);
}

#[tokio::test]
async fn of_two_owners_who_leave_at_once_one_stays() {
    let (owner, other) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &other, "owner").await;
    let of = |id: &str| format!("{path}/members/{id}");
    let (one, two) = futures::join!(async { owner.client.delete(&of(&owner.id)).await }, async {
        other.client.delete(&of(&other.id)).await
    },);
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
}

#[tokio::test]
async fn who_is_no_member_cannot_be_changed() {
    let (owner, other) = futures::join!(proven(), person());
    let path = format!("{}/members/{}", organization(&owner).await, other.id);
    owner
        .client
        .patch(&path, &json!({"role": "member"}))
        .await
        .problem(404);
    owner.client.delete(&path).await.problem(404);
    owner
        .client
        .patch(&path, &json!({"role": "king"}))
        .await
        .problem(400);
}
