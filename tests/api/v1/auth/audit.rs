//! `/v1/auth/audit`: what is found in it, what is exported, and whether somebody changed it behind our back.

use std::time::Duration;

use http::Method;
use rusqlite::Connection;
use selvedge_tests::{Application, Client, Person, Setup, people};
use serde_json::{Value, json};

use super::accounts::{colleague, person_with};
use crate::{admin, assert_needs_a_caller, client, person};

const AUDIT: &str = "/v1/auth/audit";
const VERIFY: &str = "/v1/auth/audit/verify";

/// A page of entries.
async fn entries(by: &Client, query: &str) -> Vec<Value> {
    let page = by
        .get(&format!("{AUDIT}?limit=100&{query}"))
        .await
        .expect(200);
    let page: Value = page.json();
    page["data"].as_array().expect("a page has data").clone()
}

fn events(entries: &[Value]) -> Vec<&str> {
    let names = entries.iter().map(|entry| entry["event"].as_str());
    names
        .map(|name| name.expect("an entry has an event"))
        .collect()
}

#[tokio::test]
async fn what_happened_to_somebody_is_found_newest_first_with_who_and_from_where() {
    let admin = admin().await;
    let person = colleague().await;
    let wrong = json!({"email": person.email, "password": "not the password"});
    client().post("/v1/auth/sign-in", &wrong).await.problem(401);
    let path = format!("/v1/auth/accounts/{}/sessions", person.id);
    admin.client.delete(&path).await.expect(204);
    let found = entries(&admin.client, &format!("subject={}", person.id)).await;
    let expected = [
        "session-revoked",
        "sign-in-failed",
        "email-verified",
        "sign-in",
        "sign-up",
    ];
    assert_eq!(events(&found), expected);
    let revoked = &found[0];
    assert_eq!(revoked["actor"], admin.id.as_str());
    assert_eq!(revoked["subject"], person.id.as_str());
    assert_eq!(revoked["object"], person.session());
    assert_eq!(revoked["ip"], "127.0.0.1");
    assert_eq!(
        found[1]["actor"],
        Value::Null,
        "nobody proved to be anybody"
    );
    assert!(revoked["at"].is_string() && revoked["seal"].as_str().map(str::len) == Some(64));
}

#[tokio::test]
async fn what_is_looked_for_is_all_that_is_found() {
    let admin = admin().await;
    let person = person_with("support").await;
    let subject = format!("subject={}", person.id);
    let by = format!("{subject}&actor={}", admin.id);
    assert_eq!(events(&entries(&admin.client, &by).await), ["role-granted"]);
    let event = format!("{subject}&event=sign-up");
    let found = entries(&admin.client, &event).await;
    assert_eq!(events(&found), ["sign-up"]);
    let at = found[0]["at"].as_str().expect("it has a time");
    let since = format!("{event}&since={at}");
    assert_eq!(entries(&admin.client, &since).await, found);
    assert!(
        entries(&admin.client, &format!("{event}&until={at}"))
            .await
            .is_empty()
    );
    assert!(
        entries(&admin.client, "event=nothing-like-it")
            .await
            .is_empty()
    );
    let page = format!("{AUDIT}?{subject}&limit=1");
    let first = admin.client.get(&page).await.expect(200).json();
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let second = format!("{page}&cursor={cursor}");
    let second = admin.client.get(&second).await.expect(200).json();
    assert!(second["data"][0]["id"].as_i64() < first["data"][0]["id"].as_i64());

    for (query, field) in [
        ("since=yesterday", "since"),
        ("until=1", "until"),
        ("sbject=x", "sbject"),
    ] {
        let refused = admin.client.get(&format!("{AUDIT}?{query}")).await;
        refused.problem(400).names(field);
    }
    admin
        .client
        .get(&format!("{AUDIT}?actor=root"))
        .await
        .problem(400)
        .names("actor");
}

#[tokio::test]
async fn who_reads_it_stands_in_it() {
    let support = person_with("support").await;
    entries(&support.client, "event=none").await;
    support
        .client
        .get("/v1/auth/audit/export?event=none")
        .await
        .expect(200);
    support.client.get(VERIFY).await.expect(200);
    let by = format!("actor={}", support.id);
    let found = entries(&admin().await.client, &by).await;
    let read = found.iter().filter(|entry| entry["event"] == "audit-read");
    let read = Vec::from_iter(read);
    assert_eq!(read.len(), 1);
    assert_eq!(read[0]["detail"]["event"], "none");
    for event in ["audit-exported", "audit-verified"] {
        assert!(events(&found).contains(&event), "{event}");
    }
}

/// An application of its own, with its administrator.
async fn with_admin() -> (Application, Person) {
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .start();
    let admin = Person::admin(&application).await;
    (application, admin)
}

fn database(application: &Application) -> Connection {
    let file = application.state().join("sqlite/auth.db");
    let database = Connection::open(file).expect("auth has a database");
    let wait = database.busy_timeout(Duration::from_secs(10));
    wait.expect("it can wait");
    database
}

#[tokio::test]
async fn it_is_exported_as_lines_in_parts() {
    let (application, admin) = with_admin().await;
    // More than one answer holds, as entries from before there were seals.
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
        INSERT INTO audit_log (at, event, seal) SELECT i, 'old-entry', zeroblob(32) FROM n";
    database(&application)
        .execute(many, [])
        .expect("entries can be added");
    let mut path = "/v1/auth/audit/export".to_owned();
    let (mut lines, mut parts) = (Vec::new(), 0);
    loop {
        let answer = admin.client.get(&path).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        let text = answer.text();
        assert!(text.ends_with('\n'));
        lines.extend(
            text.lines()
                .map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON")),
        );
        parts += 1;
        let Some(link) = answer.header("link") else {
            break;
        };
        let end = link.find(">; rel=\"next\"").expect("it leads on");
        path = link[1..end].to_owned();
    }
    assert_eq!(parts, 2);
    assert!(lines.is_sorted_by(|one, next| one["id"].as_i64() < next["id"].as_i64()));
    assert_eq!(
        lines
            .iter()
            .filter(|line| line["event"] == "old-entry")
            .count(),
        1500
    );
    assert_eq!(lines[0]["event"], "sign-up");
    let last = lines.last().expect("there are lines")["id"].clone();
    let after = format!("/v1/auth/audit/export?event=sign-up&after={last}");
    assert_eq!(admin.client.get(&after).await.expect(200).text(), "");
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_intact_and_its_head_is_that_of_its_last_entry() {
    let (application, admin) = with_admin().await;
    let verdict = admin.client.get(VERIFY).await.expect(200).json();
    let count = "SELECT count(*) - 1, max(id) - 1 FROM audit_log";
    let (count, last): (i64, i64) = database(&application)
        .query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("they can be counted");
    assert_eq!(verdict["status"], "intact");
    assert_eq!(
        (&verdict["entries"], &verdict["unsealed"]),
        (&json!(count), &json!(0))
    );
    assert_eq!(verdict["last"], last);
    let found = entries(&admin.client, "").await;
    let sealed = found.iter().find(|entry| entry["id"] == last);
    assert_eq!(sealed.expect("it is there")["seal"], verdict["head"]);
}

/// What somebody who can write to the file does, and which entry it breaks.
#[tokio::test]
async fn whatever_is_changed_behind_our_back_is_found_at_the_first_entry_that_is_not_what_it_was() {
    let (application, admin) = with_admin().await;
    for _ in 0..5 {
        people::sign_in(&application.client(), people::ADMIN)
            .await
            .expect(200);
    }
    let database = database(&application);
    // The triggers that keep the log append-only are no obstacle to who has the file.
    for trigger in ["audit_log_is_never_changed", "audit_log_is_never_deleted"] {
        let drop = format!("DROP TRIGGER {trigger}");
        database.execute(&drop, []).expect("it can be dropped");
    }
    database
        .execute_batch("CREATE TABLE untouched AS SELECT * FROM audit_log")
        .expect("it can be copied");
    for (tampering, broken) in [
        ("UPDATE audit_log SET actor = 'usr_other' WHERE id = 3", 3),
        ("UPDATE audit_log SET ip = NULL WHERE id = 4", 4),
        ("UPDATE audit_log SET at = at + 1 WHERE id = 1", 1),
        ("UPDATE audit_log SET detail = '{}' WHERE id = 2", 2),
        ("UPDATE audit_log SET seal = zeroblob(32) WHERE id = 3", 3),
        ("DELETE FROM audit_log WHERE id = 3", 4),
        ("DELETE FROM audit_log WHERE id = 1", 2),
        (
            "INSERT INTO audit_log (id, at, event, seal)
             SELECT -1, at, event, seal FROM audit_log WHERE id = 1",
            -1,
        ),
        (
            "INSERT INTO audit_log (at, event, actor, subject, seal)
             SELECT at, event, actor, subject, seal FROM audit_log WHERE id = 2",
            0,
        ),
    ] {
        database.execute(tampering, []).expect("it can be done");
        let broken = match broken {
            0 => database.last_insert_rowid(),
            id => id,
        };
        let verdict = admin.client.get(VERIFY).await.expect(200).json();
        assert_eq!(verdict["status"], "broken", "{tampering}");
        assert_eq!(verdict["entry"], broken, "{tampering}");
        let restore = "DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM untouched;";
        database.execute_batch(restore).expect("it can be restored");
        let verdict = admin.client.get(VERIFY).await.expect(200).json();
        assert_eq!(verdict["status"], "intact", "{tampering}");
        database.execute_batch(restore).expect("it can be restored");
    }
}

#[tokio::test]
async fn through_the_application_it_cannot_be_written() {
    let client = admin().await.client;
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        for path in [AUDIT, VERIFY, "/v1/auth/audit/export"] {
            client.request(method.clone(), path).await.problem(405);
        }
    }
}

#[tokio::test]
async fn it_takes_a_caller_with_the_permission() {
    let export = "/v1/auth/audit/export";
    assert_needs_a_caller!(GET AUDIT, GET VERIFY, GET export);
    let person = person().await.client;
    for path in [AUDIT, VERIFY, export] {
        person.get(path).await.problem(403);
    }
}
