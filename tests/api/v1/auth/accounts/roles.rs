//! `/v1/auth/accounts/{id}/roles/{role}`.

use selvedge_tests::{Person, Setup, people, token};
use serde_json::json;

use super::{colleague, grant, person_with, try_grant};
use crate::{admin, assert_needs_a_caller, client, person};

#[tokio::test]
async fn a_role_is_given_once_and_taken_once() {
    let admin = admin().await.client;
    let person = person_with("support").await;
    grant(&person, "support").await;
    let path = format!("/v1/auth/accounts/{}/roles/support", person.id);
    // Given twice it is there once, and nothing changed by it.
    person.client.get("/v1/auth/sessions").await.expect(200);
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.problem(404);
    let person = Person::refreshed(&client(), &person).await;
    assert_eq!(
        token::claims(&person.access_token)["permissions"],
        json!([])
    );
}

#[tokio::test]
async fn a_second_administrator_can_do_what_the_first_can() {
    let person = person_with("admin").await;
    person.client.get("/v1/auth/webhooks").await.expect(200);
    person.client.get("/v1/users").await.expect(200);
    let other = colleague().await;
    try_grant(&person.client, &other, "support")
        .await
        .expect(204);
}

#[tokio::test]
async fn support_sees_and_raises_nobody() {
    let support = person_with("support").await.client;
    support.get("/v1/users").await.expect(200);
    support.get("/v1/auth/webhooks").await.problem(403);
    support.get("/v1/auth/roles").await.problem(403);
}

#[tokio::test]
async fn an_address_that_is_not_proven_gets_no_role() {
    let person = person().await;
    let refused = try_grant(&admin().await.client, &person, "support").await;
    assert!(refused.problem(409).detail().contains("proven"));
}

#[tokio::test]
async fn roles_and_accounts_that_are_not_there_are_not_found() {
    let admin = admin().await.client;
    let person = colleague().await;
    try_grant(&admin, &person, "nothing").await.problem(404);
    let nobody = Person {
        id: "usr_01h455vb4pex5vsknk084sn02q".into(),
        ..person
    };
    try_grant(&admin, &nobody, "support").await.problem(404);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .start();
    let first = Person::admin(&application).await;
    let role = |person: &Person| format!("/v1/auth/accounts/{}/roles/admin", person.id);
    // Whom the operator names only the operator can take back.
    let refused = first.client.delete(&role(&first)).await.problem(409);
    assert!(refused.detail().contains("admin_email"));
    let second = Person::sign_up(&application.client())
        .await
        .verified(&application)
        .await;
    try_grant(&first.client, &second, "admin").await.expect(204);

    let application = Setup::application().on(application.stop()).start();
    let second = Person::sign_in(&application.client(), &second.email).await;
    let refused = second.client.delete(&role(&second)).await.problem(409);
    assert!(refused.detail().contains("last administrator"));
    second.client.delete("/v1/auth/me").await.problem(409);
    let third = Person::sign_up(&application.client())
        .await
        .verified(&application)
        .await;
    try_grant(&second.client, &third, "admin").await.expect(204);
    second.client.delete(&role(&second)).await.expect(204);
    let third = Person::refreshed(&application.client(), &third).await;
    third.client.delete(&role(&third)).await.problem(409);
}

#[tokio::test]
async fn it_takes_a_caller_with_the_permission() {
    let path = "/v1/auth/accounts/usr_01h455vb4pex5vsknk084sn02q/roles/support";
    assert_needs_a_caller!(PUT path, DELETE path);
    let (person, other) = futures::join!(person(), person());
    try_grant(&person.client, &other, "support")
        .await
        .problem(403);
    let own = try_grant(&person.client, &person, "admin").await;
    own.problem(403);
    person.client.delete(path).await.problem(403);
}
