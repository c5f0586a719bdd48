//! `/v1/auth/sessions/current/organization`: acting in an organisation, and what becomes of tokens that say so.

use http::Method;
use selvedge_tests::client::Request;
use selvedge_tests::{Person, token};
use serde_json::{Value, json};

use crate::v1::orgs::{join, organization, proven};
use crate::{application, assert_needs_a_caller, client};

const CHOOSE: &str = "/v1/auth/sessions/current/organization";
const ME: &str = "/v1/users/me";

/// The organisation's id, by where it lies.
fn id(organization: &str) -> &str {
    organization.rsplit('/').next().expect("an id")
}

fn choose(person: &Person, organization: &Value) -> Request {
    let request = person.client.request(Method::PUT, CHOOSE);
    request.json(&json!({"organization": organization}))
}

/// The same person with a token that speaks of the organisation.
async fn acting(person: &Person, organization: &str) -> Person {
    let answer = choose(person, &json!(id(organization))).await.expect(200);
    let access_token = answer.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    Person {
        client: person.client.with_token(&access_token),
        access_token,
        ..person.clone()
    }
}

async fn refreshed(person: &Person) -> Person {
    Person::refreshed(&client(), person).await
}

/// What the token says of an organisation, and of the subject's place in it.
fn place(person: &Person) -> (Value, Value) {
    let claims = token::claims(&person.access_token);
    (claims["org"].clone(), claims["org_role"].clone())
}

/// Something that changes nothing much, and by which the guard learns at once what was revoked.
async fn touch(person: &Person) -> u16 {
    person.client.patch(ME, &json!({})).await.status.as_u16()
}

#[tokio::test]
async fn tokens_say_in_which_organisation_one_acts_until_another_is_chosen() {
    let owner = proven().await;
    let path = organization(&owner).await;
    assert_eq!(place(&owner), (json!(null), json!(null)));
    let acting = acting(&owner, &path).await;
    assert_eq!(place(&acting), (json!(id(&path)), json!("owner")));
    acting.client.get(ME).await.expect(200);
    let refreshed = refreshed(&acting).await;
    assert_eq!(place(&refreshed), (json!(id(&path)), json!("owner")));
    let none = choose(&refreshed, &json!(null)).await.expect(200).json();
    let claims = token::claims(none["access_token"].as_str().expect("a token"));
    assert_eq!(claims["org"], json!(null));
}

#[tokio::test]
async fn nobody_acts_where_they_do_not_belong() {
    let (owner, other) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    let there = choose(&other, &json!(id(&path))).await.problem(404);
    let nowhere = choose(&other, &json!("org_01h455vb4pex5vsknk084sn02q")).await;
    assert_eq!(there.detail(), nowhere.problem(404).detail());
    choose(&other, &json!("usr_01h455vb4pex5vsknk084sn02q"))
        .await
        .problem(400);
    let empty = other.client.request(Method::PUT, CHOOSE).json(&json!({}));
    empty.await.problem(400);
}

#[tokio::test]
async fn who_is_removed_acts_there_no_more_from_the_next_request_on() {
    let (owner, member) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &member, "member").await;
    let acting = acting(&member, &path).await;
    assert_eq!(touch(&acting).await, 200);
    let members = format!("{path}/members/{}", member.id);
    owner.client.delete(&members).await.expect(204);
    assert_eq!(touch(&acting).await, 401);
    // The session goes on, without it.
    let refreshed = refreshed(&acting).await;
    assert_eq!(place(&refreshed), (json!(null), json!(null)));
    assert_eq!(touch(&refreshed).await, 200);
    // Who comes back has to choose it no second time, and the old token stays what it is.
    join(&path, &owner, &member, "admin").await;
    let back = Person::refreshed(&client(), &refreshed).await;
    assert_eq!(place(&back), (json!(id(&path)), json!("admin")));
    assert_eq!(touch(&back).await, 200);
    assert_eq!(touch(&acting).await, 401);
}

#[tokio::test]
async fn a_changed_role_is_in_the_next_token_and_the_old_one_is_refused() {
    let (owner, member) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    join(&path, &owner, &member, "admin").await;
    let acting = acting(&member, &path).await;
    let members = format!("{path}/members/{}", member.id);
    owner
        .client
        .patch(&members, &json!({"role": "member"}))
        .await
        .expect(200);
    assert_eq!(touch(&acting).await, 401);
    assert_eq!(
        place(&refreshed(&acting).await),
        (json!(id(&path)), json!("member"))
    );
}

#[tokio::test]
async fn other_networks_and_an_end_are_in_the_next_token_too() {
    let owner = proven().await;
    let path = organization(&owner).await;
    let before = acting(&owner, &path).await;
    let networks = json!({"networks": ["127.0.0.0/8"]});
    owner.client.patch(&path, &networks).await.expect(200);
    assert_eq!(touch(&before).await, 401);
    let within = refreshed(&before).await;
    let claims = token::claims(&within.access_token);
    assert_eq!(claims["org_networks"], json!(["127.0.0.0/8"]));
    // Another name is no reason for another token.
    owner
        .client
        .patch(&path, &json!({"name": "Other"}))
        .await
        .expect(200);
    assert_eq!(touch(&within).await, 200);
    owner.client.delete(&path).await.expect(204);
    assert_eq!(touch(&within).await, 401);
    assert_eq!(place(&refreshed(&within).await), (json!(null), json!(null)));
}

#[tokio::test]
async fn who_is_invited_is_told_by_mail_without_a_secret() {
    let (owner, invited) = futures::join!(proven(), proven());
    let path = organization(&owner).await;
    let invitation = json!({"email": invited.email});
    let path = format!("{path}/invitations");
    owner.client.post(&path, &invitation).await.expect(201);
    let mail = selvedge_tests::mail::to(&application().logs, &invited.email, "You are invited");
    let mail = mail.await;
    assert!(mail.text.contains("Acme"), "{}", mail.text);
    assert!(
        mail.text.contains("/invitations") && !mail.text.contains('#'),
        "{}",
        mail.text
    );
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(PUT CHOOSE);
}
