//! `/v1/auth/api-keys` of organisations.

use selvedge_tests::{Client, Person};
use serde_json::{Value, json};

use crate::v1::orgs::{join, organization, proven};

const KEYS: &str = "/v1/auth/api-keys";

fn id(organization: &str) -> &str {
    organization.rsplit('/').next().expect("an id")
}

fn terms(organization: &str) -> Value {
    json!({"name": "CI", "organization": id(organization), "scopes": ["orgs:read", "orgs:write", "users:read"]})
}

/// A key of the organisation's, made by this person: where it lies, and a program that has it.
async fn key(maker: &Person, organization: &str) -> (String, Client) {
    let made = maker
        .client
        .post(KEYS, &terms(organization))
        .await
        .expect(201)
        .json();
    assert_eq!(made["organization"], id(organization));
    let program = maker
        .client
        .with_token(made["secret"].as_str().expect("a secret"));
    (
        format!("{KEYS}/{}", made["id"].as_str().expect("an id")),
        program,
    )
}

#[tokio::test]
async fn a_program_of_an_organisation_looks_at_it_and_is_no_person() {
    let (owner, other) = futures::join!(proven(), proven());
    let (mine, theirs) = (organization(&owner).await, organization(&other).await);
    let (_, program) = key(&owner, &mine).await;
    let seen = program.get(&mine).await.expect(200).json();
    assert_eq!(
        (&seen["id"], &seen["role"]),
        (&json!(id(&mine)), &json!(null))
    );
    let members = program
        .get(&format!("{mine}/members"))
        .await
        .expect(200)
        .json();
    assert_eq!(members["data"][0]["user"], owner.id);
    // Nowhere else, and nothing that takes a person.
    program.get(&theirs).await.problem(404);
    program.get("/v1/orgs").await.problem(403);
    program.get("/v1/users/me").await.problem(403);
    program
        .patch(&mine, &json!({"name": "Ours"}))
        .await
        .problem(403);
    program.delete(&mine).await.problem(403);
}

#[tokio::test]
async fn those_who_look_after_it_look_after_its_keys_and_nobody_else() {
    let (owner, admin, member) = futures::join!(proven(), proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &admin, "admin").await;
    join(&path, &owner, &member, "member").await;
    let stranger = proven().await;
    member.client.post(KEYS, &terms(&path)).await.problem(403);
    stranger.client.post(KEYS, &terms(&path)).await.problem(404);

    let (lies, program) = key(&admin, &path).await;
    let of = format!("{KEYS}?organization={}", id(&path));
    let listed = owner.client.get(&of).await.expect(200).json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    member.client.get(&of).await.problem(403);
    stranger.client.get(&of).await.problem(404);
    // It is among nobody's own.
    assert_eq!(
        admin.client.get(KEYS).await.expect(200).json()["data"],
        json!([])
    );
    for person in [&member, &stranger] {
        person.client.get(&lies).await.problem(404);
        person
            .client
            .patch(&lies, &json!({"name": "Mine"}))
            .await
            .problem(404);
        person
            .client
            .post(&format!("{lies}/rotate"), &json!({}))
            .await
            .problem(404);
        person.client.delete(&lies).await.problem(404);
    }
    owner
        .client
        .patch(&lies, &json!({"name": "Ours"}))
        .await
        .expect(200);
    owner.client.delete(&lies).await.expect(204);
    program.patch(&path, &json!({})).await.problem(401);
}

#[tokio::test]
async fn a_key_stays_when_its_maker_goes() {
    let (owner, admin) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &admin, "admin").await;
    let (lies, program) = key(&admin, &path).await;
    owner
        .client
        .delete(&format!("{path}/members/{}", admin.id))
        .await
        .expect(204);
    program.get(&path).await.expect(200);
    admin.client.get(&lies).await.problem(404);
    owner.client.get(&lies).await.expect(200);
}

#[tokio::test]
async fn a_key_ends_with_its_organisation() {
    let owner = proven().await;
    let path = organization(&owner).await;
    let (lies, program) = key(&owner, &path).await;
    owner.client.delete(&path).await.expect(204);
    program.patch(&path, &json!({})).await.problem(401);
    owner.client.get(&lies).await.problem(404);
}

#[tokio::test]
async fn nobodys_permissions_are_a_key_of_an_organisations() {
    let admin = crate::admin().await;
    let path = organization(&admin).await;
    let terms =
        json!({"name": "CI", "organization": id(&path), "scopes": ["users:read", "users.read"]});
    let made = admin.client.post(KEYS, &terms).await.expect(201).json();
    let program = admin
        .client
        .with_token(made["secret"].as_str().expect("a secret"));
    program.get("/v1/users").await.problem(403);
}
