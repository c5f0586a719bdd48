//! `/v1/auth/email/verification` and `/v1/auth/email/verify`.

use std::time::Duration;

use selvedge_tests::{
    Application, Person, Setup, mail,
    people::{self, ADMIN, VERIFY},
    token,
};
use serde_json::json;

use crate::{application, assert_needs_a_caller, client, person};

const SEND: &str = "/v1/auth/email/verification";
const CONFIRM: &str = "/v1/auth/email/verify";
const HOUR: Duration = Duration::from_secs(60 * 60);

async fn link(application: &Application, nth: usize, person: &Person) -> String {
    let mail = mail::nth_to(&application.logs, nth, &person.email, VERIFY).await;
    mail.token()
}

async fn confirm(person: &Person, token: &str) -> selvedge_tests::Answer {
    person.client.post(CONFIRM, &json!({"token": token})).await
}

#[tokio::test]
async fn who_follows_the_mailed_link_has_a_proven_address() {
    let person = person().await;
    assert_eq!(token::claims(&person.access_token)["email_verified"], false);
    let verified = person.verified(application()).await;
    assert_eq!(
        token::claims(&verified.access_token)["email_verified"],
        true
    );
}

#[tokio::test]
async fn a_link_works_once() {
    let person = person().await;
    let token = link(application(), 1, &person).await;
    confirm(&person, &token).await.expect(204);
    confirm(&person, &token).await.problem(422);
}

#[tokio::test]
async fn a_link_works_for_the_account_that_it_was_mailed_about_only() {
    let (ada, eve) = (person().await, person().await);
    let token = link(application(), 1, &ada).await;
    confirm(&eve, &token).await.problem(422);
    client()
        .post(CONFIRM, &json!({"token": token}))
        .await
        .problem(401);
    // Neither has used it up.
    confirm(&ada, &token).await.expect(204);
}

#[tokio::test]
async fn a_new_link_takes_the_place_of_the_old_one() {
    let person = person().await;
    let first = link(application(), 1, &person).await;
    person.client.post(SEND, &json!({})).await.expect(202);
    let second = link(application(), 2, &person).await;
    confirm(&person, &first).await.problem(422);
    confirm(&person, &second).await.expect(204);
}

#[tokio::test]
async fn a_link_is_good_for_a_day() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    let late = link(&application, 1, &person).await;
    application.advance(25 * HOUR);
    let person = Person::sign_in(&client, &person.email).await;
    confirm(&person, &late).await.problem(422);
    person.client.post(SEND, &json!({})).await.expect(202);
    let timely = link(&application, 2, &person).await;
    application.advance(23 * HOUR);
    let person = Person::sign_in(&client, &person.email).await;
    confirm(&person, &timely).await.expect(204);
}

#[tokio::test]
async fn no_more_than_five_links_are_mailed_an_hour() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    for _ in 0..6 {
        person.client.post(SEND, &json!({})).await.expect(202);
    }
    let fifth = link(&application, 5, &person).await;
    application.advance(HOUR);
    let person = Person::sign_in(&client, &person.email).await;
    confirm(&person, &fifth).await.expect(204);
    person.client.post(SEND, &json!({})).await.expect(202);
    // A mail that comes after all that were asked for: what was not mailed before it never will be.
    let other = Person::sign_up(&client).await;
    link(&application, 1, &other).await;
    assert_eq!(mail::count_to(&application.logs, &person.email, VERIFY), 5);
}

#[tokio::test]
async fn whoever_takes_the_administrators_address_is_no_administrator_until_they_read_its_mail() {
    let application = Setup::application().variable("admin_email", ADMIN).start();
    let person = Person::sign_up_as(&application.client(), ADMIN).await;
    assert_eq!(token::claims(&person.access_token)["roles"], json!([]));
    person.client.get("/v1/users").await.problem(403);
    let admin = person.verified(&application).await;
    assert_eq!(
        token::claims(&admin.access_token)["roles"],
        json!(["admin"])
    );
    admin.client.get("/v1/users").await.expect(200);
}

#[tokio::test]
async fn somebody_who_is_not_signed_in_has_nothing_to_prove() {
    assert_needs_a_caller!(POST SEND);
    people::sign_up(&client(), &people::fresh_email())
        .await
        .expect(201);
}
