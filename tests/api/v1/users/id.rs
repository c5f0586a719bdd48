//! `/v1/users/{id}`.

use crate::{admin, assert_needs_a_caller, person};

#[tokio::test]
async fn one_sees_oneself() {
    let person = person().await;
    let answer = person
        .client
        .get(&format!("/v1/users/{}", person.id))
        .await
        .expect(200);
    assert_eq!(answer.json()["email"], person.email.as_str());
}

#[tokio::test]
async fn nobody_else_is_seen_or_known_to_exist() {
    let (person, other) = futures::join!(person(), person());
    other.client.get("/v1/users/me").await.expect(200);
    let there = person.client.get(&format!("/v1/users/{}", other.id)).await;
    let nowhere = person
        .client
        .get("/v1/users/usr_01h455vb4pex5vsknk084sn02q")
        .await;
    assert_eq!(there.problem(404).detail(), nowhere.problem(404).detail());
}

#[tokio::test]
async fn an_administrator_sees_everybody() {
    let (admin, person) = futures::join!(admin(), person());
    person.client.get("/v1/users/me").await.expect(200);
    let answer = admin
        .client
        .get(&format!("/v1/users/{}", person.id))
        .await
        .expect(200);
    assert_eq!(answer.json()["id"], person.id.as_str());
    admin
        .client
        .get("/v1/users/usr_01h455vb4pex5vsknk084sn02q")
        .await
        .problem(404);
}

#[tokio::test]
async fn at_an_impossible_id_there_is_nothing() {
    let client = admin().await.client;
    for id in [
        "1",
        "usr_",
        "usr_1",
        "ses_01h455vb4pex5vsknk084sn02q",
        "usr_01h455vb4pex5vsknk084sn02q'--",
        "%00",
        "..%2fme",
        "%ff",
    ] {
        client.get(&format!("/v1/users/{id}")).await.problem(404);
    }
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(GET "/v1/users/usr_01h455vb4pex5vsknk084sn02q");
}
