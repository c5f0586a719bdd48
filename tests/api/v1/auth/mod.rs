//! `/v1/auth`.

mod accounts;
mod api_keys;
mod audit;
mod code;
mod cookies;
mod devices;
mod email;
mod keys;
mod magic_link;
mod me;
mod oauth;
mod oauth2;
mod organization;
mod organization_keys;
mod passkeys;
mod password;
mod refresh;
mod roles;
mod second_factor;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;
mod step_up;
mod throttle;
mod totp;
mod webhooks;

use rusqlite::{Connection, OpenFlags};
use selvedge_tests::{Answer, Application, token};
use serde_json::Value;

/// Expects an answer that signs somebody in, and returns its body.
#[track_caller]
fn assert_signed_in(answer: &Answer) -> Value {
    let body = answer.json();
    let access_token = body["access_token"]
        .as_str()
        .expect("there is an access token");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    assert!(
        body["refresh_token"]
            .as_str()
            .is_some_and(|token| token.len() >= 43),
        "{body}"
    );
    assert!(
        body["user"]["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("usr_")),
        "{body}"
    );
    // RFC 6749 section 5.1: tokens are in no cache.
    assert_eq!(answer.header("cache-control"), Some("no-store"));

    let claims = token::claims(access_token);
    assert_eq!(claims["sub"], body["user"]["id"]);
    assert_eq!(claims["email"], body["user"]["email"]);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&"selvedge".into(), &"selvedge".into())
    );
    let (from, until) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    assert_eq!(until.zip(from).map(|(until, from)| until - from), Some(900));
    body
}

/// What every audit entry of this event is about, in order: a session, a key.
fn audited(application: &Application, event: &str) -> Vec<Option<String>> {
    let file = application.state().join("sqlite/auth.db");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("auth has a database");
    let mut entries = database
        .prepare("SELECT object FROM audit_log WHERE event = ? ORDER BY id")
        .expect("there is an audit");
    let rows = entries.query_map([event], |row| row.get(0));
    rows.and_then(Iterator::collect).expect("it can be read")
}

/// What the audit says of an account, in order.
fn audit_events(application: &Application, subject: &str) -> Vec<String> {
    let file = application.state().join("sqlite/auth.db");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("auth has a database");
    let mut entries = database
        .prepare("SELECT event FROM audit_log WHERE subject = ? ORDER BY id")
        .expect("there is an audit");
    let rows = entries.query_map([subject], |row| row.get(0));
    rows.and_then(Iterator::collect).expect("it can be read")
}

/// Expects answers of this status that differ in nothing but whose they are.
#[track_caller]
fn says_the_same(answers: &[Answer; 2], status: u16) {
    let [one, other] = answers.each_ref().map(|answer| {
        let headers = answer.headers.iter();
        let own = ["x-request-id", "date"];
        let headers: Vec<_> = headers
            .filter(|(name, _)| !own.contains(&name.as_str()))
            .collect();
        (answer.status.as_u16(), headers, &answer.body)
    });
    assert_eq!(one, other);
    assert_eq!(one.0, status);
}
