//! `/v1/orgs/{id}/invitations`, and `/v1/users/me/invitations`.

use std::time::Duration;

use selvedge_tests::{Person, Setup};
use serde_json::json;

use super::{MINE, ORGS, join, organization, proven};
use crate::person;

#[tokio::test]
async fn who_is_invited_sees_it_and_accepts_once() {
    let (owner, invited) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    let invitations = format!("{path}/invitations");
    // Whatever the case: a mailbox is one.
    let body = json!({"email": invited.email.to_uppercase(), "role": "admin"});
    let made = owner
        .client
        .post(&invitations, &body)
        .await
        .expect(201)
        .json();
    let listed = owner.client.get(&invitations).await.expect(200).json();
    assert_eq!(listed["data"], json!([made]));

    let mine = invited.client.get(MINE).await.expect(200).json();
    assert_eq!(mine["data"][0]["id"], made["id"]);
    assert_eq!(mine["data"][0]["organization"]["name"], "Acme");
    let accept = format!("{MINE}/{}/accept", made["id"].as_str().expect("an id"));
    let accepted = invited
        .client
        .post(&accept, &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(accepted["role"], "admin");
    assert_eq!(
        invited.client.get(&path).await.expect(200).json()["role"],
        "admin"
    );
    invited.client.post(&accept, &json!({})).await.problem(404);
    let listed = owner.client.get(&invitations).await.expect(200).json();
    assert_eq!(listed["data"], json!([]));
}

#[tokio::test]
async fn an_invitation_is_for_its_address_alone_and_for_who_has_proven_it() {
    let (owner, invited, thief) = futures::join!(proven(), person(), proven());
    let path = format!("{}/invitations", organization(&owner).await);
    let made = owner
        .client
        .post(&path, &json!({"email": invited.email}))
        .await;
    let id = made.expect(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let accept = format!("{MINE}/{id}/accept");
    thief.client.post(&accept, &json!({})).await.problem(404);
    thief
        .client
        .delete(&format!("{MINE}/{id}"))
        .await
        .problem(404);
    assert_eq!(
        thief.client.get(MINE).await.expect(200).json()["data"],
        json!([])
    );
    // Of that address, and not proven.
    invited.client.post(&accept, &json!({})).await.problem(403);
    invited.client.get(MINE).await.problem(403);
}

#[tokio::test]
async fn nobody_invites_to_more_than_they_are_nor_with_an_address_that_is_not_proven() {
    let (owner, admin, member) = futures::join!(proven(), proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &admin, "admin").await;
    join(&path, &owner, &member, "member").await;
    let path = format!("{path}/invitations");
    let as_owner = json!({"email": "new@example.com", "role": "owner"});
    admin.client.post(&path, &as_owner).await.problem(403);
    member
        .client
        .post(&path, &json!({"email": "new@example.com"}))
        .await
        .problem(403);
    member.client.get(&path).await.problem(403);
    // An admin takes no owner's invitation back either.
    let made = owner.client.post(&path, &as_owner).await.expect(201).json();
    let made = format!("{path}/{}", made["id"].as_str().expect("an id"));
    admin.client.delete(&made).await.problem(403);
    owner.client.delete(&made).await.expect(204);
}

#[tokio::test]
async fn what_was_declined_or_taken_back_is_gone() {
    let (owner, invited) = futures::join!(proven(), proven());
    let path = format!("{}/invitations", organization(&owner).await);
    let invite = json!({"email": invited.email});
    let first = owner.client.post(&path, &invite).await.expect(201).json();
    let first = first["id"].as_str().expect("an id").to_owned();
    invited
        .client
        .delete(&format!("{MINE}/{first}"))
        .await
        .expect(204);
    invited
        .client
        .post(&format!("{MINE}/{first}/accept"), &json!({}))
        .await
        .problem(404);
    let second = owner.client.post(&path, &invite).await.expect(201).json();
    let second = second["id"].as_str().expect("an id").to_owned();
    owner
        .client
        .delete(&format!("{path}/{second}"))
        .await
        .expect(204);
    invited
        .client
        .post(&format!("{MINE}/{second}/accept"), &json!({}))
        .await
        .problem(404);
    assert_eq!(
        invited.client.get(MINE).await.expect(200).json()["data"],
        json!([])
    );
}

#[tokio::test]
async fn an_invitation_to_what_is_less_takes_nothing_away() {
    let (owner, admin) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &admin, "admin").await;
    join(&path, &owner, &admin, "member").await;
    assert_eq!(
        admin.client.get(&path).await.expect(200).json()["role"],
        "admin"
    );
}

#[tokio::test]
async fn an_invitation_is_good_for_a_week() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let owner = Person::sign_up(&client).await.verified(&application).await;
    let invited = Person::sign_up(&client).await.verified(&application).await;
    let made = owner
        .client
        .post(ORGS, &json!({"name": "Acme"}))
        .await
        .expect(201)
        .json();
    let path = format!("{ORGS}/{}/invitations", made["id"].as_str().expect("an id"));
    let made = owner
        .client
        .post(&path, &json!({"email": invited.email}))
        .await;
    let id = made.expect(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    application.advance(Duration::from_secs(7 * 24 * 60 * 60));
    let invited = Person::sign_in(&client, &invited.email).await;
    assert_eq!(
        invited.client.get(MINE).await.expect(200).json()["data"],
        json!([])
    );
    let accept = format!("{MINE}/{id}/accept");
    invited.client.post(&accept, &json!({})).await.problem(404);
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let owner = proven().await;
    let path = format!("{}/invitations", organization(&owner).await);
    for email in ["", "nobody", "a@b", "a b@example.com"] {
        let answer = owner.client.post(&path, &json!({"email": email})).await;
        assert_eq!(answer.problem(422).fields(), ["email"], "{email}");
    }
}
