//! `/v1/auth/accounts/{id}/impersonate`.

use std::time::Duration;

use http::Method;
use selvedge_tests::{Answer, Application, Client, Person, Setup, mail, people, token};
use serde_json::{Value, json};

use super::{colleague, person_with, try_grant};
use crate::v1::auth::audit_events;
use crate::{admin, application, assert_needs_a_caller, client, person};

const ME: &str = "/v1/users/me";

async fn try_impersonate(by: &Client, person: &Person) -> Answer {
    let path = format!("/v1/auth/accounts/{}/impersonate", person.id);
    by.post(&path, &json!({"reason": "Ticket 7: the list is empty."}))
        .await
}

/// A client that acts as somebody.
async fn impersonate(by: &Client, person: &Person) -> (Client, Value) {
    let answer = try_impersonate(by, person).await.expect(201).json();
    let token = answer["access_token"].as_str().expect("there is a token");
    (by.with_token(token), answer)
}

#[tokio::test]
async fn a_token_for_an_hour_names_both_and_so_do_log_and_audit() {
    let admin = admin().await;
    let person = colleague().await;
    let (acting, answer) = impersonate(&admin.client, &person).await;
    assert_eq!(answer["expires_in"], 3600);
    assert!(answer.get("refresh_token").is_none());
    let claims = token::claims(answer["access_token"].as_str().unwrap_or_default());
    assert_eq!(claims["sub"], person.id.as_str());
    assert_eq!(claims["act"], json!({"sub": admin.id}));
    assert_eq!(
        (&claims["roles"], &claims["permissions"]),
        (&json!([]), &json!([]))
    );
    let (from, until) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    assert_eq!(
        until.zip(from).map(|(until, from)| until - from),
        Some(3600)
    );

    // It sees what the other one sees.
    let me = acting.get(ME).await.expect(200);
    assert_eq!(me.json()["email"], person.email.as_str());
    let line = application().logs.of_request(me.request_id()).await;
    assert_eq!(line["user"], person.id.as_str());
    assert_eq!(line["actor"], admin.id.as_str());
    let own = person.client.get(ME).await.expect(200);
    let line = application().logs.of_request(own.request_id()).await;
    assert!(line.get("actor").is_none(), "{line}");

    // And the other one sees that.
    let notice = mail::to(
        &application().logs,
        &person.email,
        "Selvedge: Somebody acts",
    )
    .await;
    assert!(notice.text.contains("administrator"), "{}", notice.text);
    let export = person
        .client
        .get("/v1/auth/me/export")
        .await
        .expect(200)
        .json();
    let audit = export["auth"]["audit"]
        .as_array()
        .expect("it is a list")
        .iter();
    let started = audit.filter(|entry| entry["event"] == "impersonation-started");
    let started = Vec::from_iter(started);
    assert_eq!(started.len(), 1);
    assert_eq!(started[0]["by"], "somebody else");
    assert_eq!(
        started[0]["detail"]["reason"],
        "Ticket 7: the list is empty."
    );
    // Not from where: that is the administrator's.
    assert_eq!(
        (&started[0]["ip"], &started[0]["user_agent"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn the_owner_sees_the_session_and_ends_it() {
    let admin = admin().await.client;
    let person = colleague().await;
    let (acting, answer) = impersonate(&admin, &person).await;
    let list = person
        .client
        .get("/v1/auth/sessions")
        .await
        .expect(200)
        .json();
    let theirs = list["data"].as_array().expect("a page has data").iter();
    let theirs = Vec::from_iter(theirs.filter(|session| session["id"] == answer["session"]));
    assert_eq!(theirs.len(), 1);
    assert_eq!(theirs[0]["impersonation"], true);
    let session = answer["session"].as_str().unwrap_or_default();
    let path = format!("/v1/auth/sessions/{session}");
    person.client.delete(&path).await.expect(204);
    let rename = json!({"name": "Ada"});
    acting.patch(ME, &rename).await.problem(401);
    person.client.patch(ME, &rename).await.expect(200);
}

#[tokio::test]
async fn it_ends_by_signing_out_and_the_owner_stays_signed_in() {
    let admin = admin().await.client;
    let person = colleague().await;
    let (acting, _) = impersonate(&admin, &person).await;
    acting
        .request(Method::POST, "/v1/auth/sign-out")
        .await
        .expect(204);
    acting.get("/v1/auth/sessions").await.problem(401);
    person.client.get("/v1/auth/sessions").await.expect(200);
    admin.get("/v1/auth/accounts").await.expect(200);
    let events = audit_events(application(), &person.id);
    assert!(events.iter().any(|event| event == "impersonation-ended"));
    assert!(!events.iter().any(|event| event == "sign-out"));
}

#[tokio::test]
async fn it_ends_with_the_session_that_began_it_and_with_the_right_to_it() {
    let person = colleague().await;
    let rename = json!({"name": "Ada"});
    let first = person_with("admin").await;
    let (acting, _) = impersonate(&first.client, &person).await;
    acting.patch(ME, &rename).await.expect(200);
    first
        .client
        .request(Method::POST, "/v1/auth/sign-out")
        .await
        .expect(204);
    acting.patch(ME, &rename).await.problem(401);

    let second = person_with("admin").await;
    let (acting, _) = impersonate(&second.client, &person).await;
    acting.patch(ME, &rename).await.expect(200);
    let role = format!("/v1/auth/accounts/{}/roles/admin", second.id);
    admin().await.client.delete(&role).await.expect(204);
    acting.patch(ME, &rename).await.problem(401);
    person.client.patch(ME, &rename).await.expect(200);
}

#[tokio::test]
async fn after_an_hour_it_is_over() {
    let application = with_clock();
    let admin = Person::admin(&application).await;
    let person = Person::sign_up(&application.client()).await;
    let (acting, _) = impersonate(&admin.client, &person).await;
    application.advance(Duration::from_secs(59 * 60));
    acting.get("/v1/auth/sessions").await.expect(200);
    acting.get(ME).await.expect(200);
    application.advance(Duration::from_secs(61));
    acting.get("/v1/auth/sessions").await.problem(401);
    application.advance(Duration::from_secs(10));
    acting.get(ME).await.problem(401);
}

fn with_clock() -> Application {
    let setup = Setup::application().variable("admin_email", people::ADMIN);
    setup.with_clock().start()
}

#[tokio::test]
async fn it_takes_a_recent_proof() {
    let application = with_clock();
    let admin = Person::admin(&application).await;
    let person = Person::sign_up(&application.client()).await;
    application.advance(Duration::from_secs(11 * 60));
    let refused = try_impersonate(&admin.client, &person).await;
    assert!(
        refused.text().contains("step-up-required"),
        "{}",
        refused.text()
    );
    refused.problem(403);
    let password = json!({"password": people::PASSWORD});
    let proven = admin
        .client
        .post("/v1/auth/step-up", &password)
        .await
        .expect(200);
    let token = proven.json()["access_token"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    impersonate(&admin.client.with_token(&token), &person).await;
}

#[tokio::test]
async fn nobody_acts_as_an_administrator_or_as_oneself_or_as_nobody() {
    let admin = admin().await;
    let other = person_with("admin").await;
    try_impersonate(&admin.client, &other).await.problem(403);
    try_impersonate(&other.client, &admin).await.problem(403);
    try_impersonate(&admin.client, &admin).await.problem(403);
    let nobody = Person {
        id: "usr_01h455vb4pex5vsknk084sn02q".into(),
        ..admin.clone()
    };
    try_impersonate(&admin.client, &nobody).await.problem(404);
    let person = person().await;
    let path = format!("/v1/auth/accounts/{}", person.id);
    let disable = admin
        .client
        .request(Method::POST, &format!("{path}/disable"));
    disable.await.expect(204);
    try_impersonate(&admin.client, &person).await.problem(409);
    for reason in ["", "  ", &"x".repeat(201)] {
        let refused = admin
            .client
            .post(&format!("{path}/impersonate"), &json!({"reason": reason}));
        refused.await.problem(422).names("reason");
    }
}

#[tokio::test]
async fn who_becomes_administrator_meanwhile_is_acted_as_no_more() {
    let admin = admin().await.client;
    let person = colleague().await;
    let (acting, _) = impersonate(&admin, &person).await;
    try_grant(&admin, &person, "admin").await.expect(204);
    acting.patch(ME, &json!({"name": "Eve"})).await.problem(401);
    acting.get("/v1/auth/sessions").await.problem(401);
}

#[tokio::test]
async fn it_takes_a_caller_with_the_permission() {
    let person = person().await;
    let path = format!("/v1/auth/accounts/{}/impersonate", person.id);
    assert_needs_a_caller!(POST path);
    try_impersonate(&person.client, &person).await.problem(403);
    let support = person_with("support").await;
    try_impersonate(&support.client, &person).await.problem(403);
    let body = json!({"reason": "x", "minutes": 600});
    let refused = admin().await.client.post(&path, &body).await;
    refused.problem(400).names("minutes");
    client()
        .post(&path, &json!({"reason": "x"}))
        .await
        .problem(401);
}
