//! What is done to an account: `/disable`, `/enable`, `/reset-password`, `/factors`, `/sessions`, and its removal.

use http::Method;
use selvedge_tests::{Answer, Client, Person, authenticator::Guarded, mail, people};
use serde_json::json;

use super::{colleague, person_with};
use crate::v1::auth::audit_events;
use crate::{admin, application, assert_needs_a_caller, client, person};

fn path(person: &Person, rest: &str) -> String {
    format!("/v1/auth/accounts/{}{rest}", person.id)
}

/// Posts nothing to what is done.
async fn act(by: &Client, person: &Person, rest: &str) -> Answer {
    by.request(Method::POST, &path(person, rest)).await
}

#[tokio::test]
async fn a_disabled_account_is_out_everywhere_and_its_owner_is_told_who_else_is_not() {
    let admin = admin().await.client;
    let person = colleague().await;
    act(&admin, &person, "/disable").await.expect(204);
    act(&admin, &person, "/disable").await.expect(204);
    person.client.get("/v1/auth/sessions").await.problem(401);
    let rename = json!({"name": "Ada"});
    person
        .client
        .patch("/v1/users/me", &rename)
        .await
        .problem(401);
    let refresh = json!({"refresh_token": person.refresh_token});
    client()
        .post("/v1/auth/refresh", &refresh)
        .await
        .problem(401);
    // Who knows the password is told why; who does not learns nothing.
    let owner = people::sign_in(&client(), &person.email).await.problem(403);
    assert_eq!(owner.detail(), "This account is disabled.");
    let wrong = |email: &str| json!({"email": email, "password": "not the password at all"});
    let stranger = client()
        .post("/v1/auth/sign-in", &wrong(&person.email))
        .await;
    let nobody = client()
        .post("/v1/auth/sign-in", &wrong("nobody@example.org"))
        .await;
    assert_eq!(stranger.problem(401).detail(), nobody.problem(401).detail());
    let shown = admin.get(&path(&person, "")).await.expect(200).json();
    assert_eq!(shown["status"], "disabled");

    act(&admin, &person, "/enable").await.expect(204);
    Person::sign_in(&client(), &person.email).await;
    let events = audit_events(application(), &person.id);
    let count = |event: &str| events.iter().filter(|found| *found == event).count();
    assert_eq!(
        (count("account-disabled"), count("account-enabled")),
        (1, 1)
    );
}

#[tokio::test]
async fn a_password_that_is_reset_is_good_no_more_and_a_link_is_mailed() {
    let support = person_with("support").await.client;
    let person = colleague().await;
    act(&support, &person, "/reset-password").await.expect(202);
    person.client.get("/v1/auth/sessions").await.problem(401);
    people::sign_in(&client(), &person.email).await.problem(401);
    let mail = mail::to(&application().logs, &person.email, "Choose a new password").await;
    let choose = json!({"token": mail.token(), "password": "another battery staple horse"});
    client()
        .post("/v1/auth/password/reset", &choose)
        .await
        .expect(204);
    let body = json!({"email": person.email, "password": "another battery staple horse"});
    client().post("/v1/auth/sign-in", &body).await.expect(200);
}

#[tokio::test]
async fn who_lost_the_second_factor_is_let_in_without_and_told() {
    let person = colleague().await;
    let person = Guarded::new(application(), person).await.person;
    let half = people::sign_in(&client(), &person.email).await.expect(202);
    let admin = admin().await.client;
    admin.delete(&path(&person, "/factors")).await.expect(204);
    // The sign-in that waited for the factor does not go on without it.
    let token = half.json()["second_factor"]["token"].clone();
    let finish = json!({"token": token, "code": "000000"});
    let finished = client().post("/v1/auth/second-factor", &finish).await;
    assert!(!finished.is_success());
    people::sign_in(&client(), &person.email).await.expect(200);
    let notice = mail::to(
        &application().logs,
        &person.email,
        "Selvedge: Your second factors",
    )
    .await;
    assert!(notice.text.contains("administrator"), "{}", notice.text);
}

#[tokio::test]
async fn sessions_of_somebody_are_listed_and_ended() {
    let support = person_with("support").await.client;
    let telephone = colleague().await;
    let laptop = Person::sign_in(&client(), &telephone.email).await;
    let list = support
        .get(&path(&telephone, "/sessions"))
        .await
        .expect(200)
        .json();
    let sessions = list["data"].as_array().expect("a page has data").iter();
    let ids: Vec<_> = sessions.map(|session| session["id"].clone()).collect();
    assert_eq!(ids, [json!(laptop.session()), json!(telephone.session())]);
    let one = path(&telephone, &format!("/sessions/{}", telephone.session()));
    support.delete(&one).await.expect(204);
    support.delete(&one).await.problem(404);
    telephone.client.get("/v1/auth/sessions").await.problem(401);
    laptop.client.get("/v1/auth/sessions").await.expect(200);
    // A session is ended by the account that it is of, and by no other.
    let stranger = person().await;
    let mixed = path(&stranger, &format!("/sessions/{}", laptop.session()));
    support.delete(&mixed).await.problem(404);
    laptop.client.get("/v1/auth/sessions").await.expect(200);
    support
        .delete(&path(&laptop, "/sessions"))
        .await
        .expect(204);
    laptop.client.get("/v1/auth/sessions").await.problem(401);
    let rename = json!({"name": "Ada"});
    laptop
        .client
        .patch("/v1/users/me", &rename)
        .await
        .problem(401);
}

#[tokio::test]
async fn an_account_that_is_removed_is_gone_at_once_and_its_owner_told() {
    let admin = admin().await.client;
    let person = colleague().await;
    admin.delete(&path(&person, "")).await.expect(204);
    admin.delete(&path(&person, "")).await.problem(404);
    people::sign_in(&client(), &person.email).await.problem(401);
    let rename = json!({"name": "Ada"});
    person
        .client
        .patch("/v1/users/me", &rename)
        .await
        .problem(401);
    mail::to(
        &application().logs,
        &person.email,
        "Selvedge: Your account was removed",
    )
    .await;
    people::sign_up(&client(), &person.email).await.expect(201);
}

#[tokio::test]
async fn nobody_does_it_to_themselves() {
    let admin = admin().await;
    act(&admin.client, &admin, "/disable").await.problem(409);
    admin.client.delete(&path(&admin, "")).await.problem(409);
}

#[tokio::test]
async fn it_takes_a_caller_with_the_permission() {
    let (person, other) = futures::join!(person(), person());
    let all = [
        (Method::POST, "/disable"),
        (Method::POST, "/enable"),
        (Method::POST, "/reset-password"),
        (Method::DELETE, "/factors"),
        (Method::GET, "/sessions"),
        (Method::DELETE, "/sessions"),
        (Method::DELETE, "/sessions/ses_01h455vb4pex5vsknk084sn02q"),
    ];
    for (method, rest) in all {
        let path = path(&other, rest);
        client().request(method.clone(), &path).await.problem(401);
        person.client.request(method, &path).await.problem(403);
    }
    let disable = path(&other, "/disable");
    assert_needs_a_caller!(POST disable);
    // Not even to one's own, by this way.
    person
        .client
        .get(&path(&person, "/sessions"))
        .await
        .problem(403);
}
