//! `/v1/auth/sessions` and `/v1/auth/sessions/{id}`.

use selvedge_tests::Person;
use serde_json::{Value, json};

use crate::{assert_needs_a_caller, client, person};

const SESSIONS: &str = "/v1/auth/sessions";

#[tokio::test]
async fn one_sees_where_one_is_signed_in() {
    let person = person().await;
    let sign_in = client().post(
        "/v1/auth/sign-in",
        &json!({"email": person.email, "password": selvedge_tests::people::PASSWORD}),
    );
    sign_in
        .header("user-agent", "A telephone")
        .await
        .expect(200);
    let list = person.client.get(SESSIONS).await.expect(200).json();
    let sessions = list["data"].as_array().expect("sessions are a list");
    assert_eq!(sessions.len(), 2);
    assert_eq!(
        (&sessions[0]["user_agent"], &sessions[0]["current"]),
        (&json!("A telephone"), &json!(false))
    );
    assert_eq!(
        (&sessions[1]["id"], &sessions[1]["current"]),
        (&json!(person.session()), &json!(true))
    );
    assert_eq!(sessions[0]["ip"], "127.0.0.1");
}

#[tokio::test]
async fn a_device_has_a_name_and_the_address_it_was_used_from_last() {
    let person = person().await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let refresh = client().post(
        "/v1/auth/refresh",
        &json!({"refresh_token": person.refresh_token}),
    );
    refresh.header("user-agent", agent).await.expect(200);
    let list = person.client.get(SESSIONS).await.expect(200).json();
    let session = &list["data"][0];
    assert_eq!(session["device"], "Firefox on Linux");
    assert_eq!(session["user_agent"], agent);
    assert!(session["last_used_at"].as_str() > session["created_at"].as_str());
}

#[tokio::test]
async fn all_other_sessions_can_be_ended_at_once() {
    let person = person().await;
    let others = [
        Person::sign_in(&client(), &person.email).await,
        Person::sign_in(&client(), &person.email).await,
    ];
    let stranger = crate::person().await;
    person.client.delete(SESSIONS).await.expect(204);
    for other in others {
        other.client.get(SESSIONS).await.problem(401);
    }
    let list = person.client.get(SESSIONS).await.expect(200).json();
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    stranger.client.get(SESSIONS).await.expect(200);
}

#[tokio::test]
async fn all_sessions_can_be_ended_the_one_that_asks_included() {
    let person = person().await;
    let other = Person::sign_in(&client(), &person.email).await;
    let everywhere = format!("{SESSIONS}?include_current=true");
    for wrong in ["?include_current=yes", "?all=true"] {
        let path = format!("{SESSIONS}{wrong}");
        person.client.delete(&path).await.problem(400);
    }
    person.client.delete(&everywhere).await.expect(204);
    for client in [person.client, other.client] {
        client.get(SESSIONS).await.problem(401);
    }
}

#[tokio::test]
async fn of_too_many_sessions_the_one_longest_unused_ends() {
    let application = selvedge_tests::Setup::application().with_clock().start();
    let person = Person::sign_up(&application.client()).await;
    // As if signed in a hundred times: hashing as many passwords takes a minute.
    let database = rusqlite::Connection::open(application.state().join("sqlite/auth.db"))
        .expect("auth has a database");
    database
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
             INSERT INTO sessions (id, account_id, created_at, last_used_at, expires_at)
             SELECT substr(id, 1, length(id) - 2) || printf('%02d', i), account_id, created_at,
                    last_used_at + i, expires_at
             FROM sessions, n WHERE id NOT LIKE '%' || printf('%02d', i)",
        )
        .expect("sessions can be added");
    let count = || -> i64 {
        database
            .query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))
            .expect("a count")
    };
    application.advance(std::time::Duration::from_secs(1));
    while count() < 100 {
        Person::sign_in(&application.client(), &person.email).await;
    }
    person.client.get(SESSIONS).await.expect(200);
    let newest = Person::sign_in(&application.client(), &person.email).await;
    assert_eq!(count(), 100);
    person.client.get(SESSIONS).await.problem(401);
    newest.client.get(SESSIONS).await.expect(200);
    assert_eq!(
        super::audited(&application, "session-displaced"),
        [Some(person.session())]
    );
}

#[tokio::test]
async fn sessions_come_in_pages() {
    let person = person().await;
    for _ in 0..2 {
        Person::sign_in(&client(), &person.email).await;
    }
    let first = person
        .client
        .get(&format!("{SESSIONS}?limit=2"))
        .await
        .expect(200)
        .json();
    let cursor = first["next_cursor"].as_str().expect("there are more");
    let second = person
        .client
        .get(&format!("{SESSIONS}?limit=2&cursor={cursor}"))
        .await
        .expect(200)
        .json();
    assert_eq!(second["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(second["next_cursor"], Value::Null);
    assert_eq!(second["data"][0]["id"], person.session());
}

#[tokio::test]
async fn a_session_can_be_ended_from_another() {
    let person = person().await;
    let telephone = Person::sign_in(&client(), &person.email).await;
    let path = format!("{SESSIONS}/{}", telephone.session());
    person.client.delete(&path).await.expect(204);
    person.client.delete(&path).await.problem(404);
    telephone.client.get(SESSIONS).await.problem(401);
    client()
        .post(
            "/v1/auth/refresh",
            &json!({"refresh_token": telephone.refresh_token}),
        )
        .await
        .problem(401);
    person.client.get(SESSIONS).await.expect(200);
}

#[tokio::test]
async fn somebody_elses_session_cannot_be_ended_or_found() {
    let (person, other) = futures::join!(person(), person());
    let theirs = person
        .client
        .delete(&format!("{SESSIONS}/{}", other.session()))
        .await;
    let nobodys = person
        .client
        .delete(&format!("{SESSIONS}/ses_01h455vb4pex5vsknk084sn02q"))
        .await;
    assert_eq!(theirs.problem(404).detail(), nobodys.problem(404).detail());
    other.client.get(SESSIONS).await.expect(200);
}

#[tokio::test]
async fn at_an_impossible_id_there_is_nothing() {
    let client = person().await.client;
    for id in ["1", "ses_1", "usr_01h455vb4pex5vsknk084sn02q", "%00"] {
        client
            .delete(&format!("{SESSIONS}/{id}"))
            .await
            .problem(404);
    }
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(GET SESSIONS, DELETE SESSIONS, DELETE format!("{SESSIONS}/ses_01h455vb4pex5vsknk084sn02q"));
}
