//! `/v1/auth/accounts`: the list, the search, and making one.

use http::Method;
use selvedge_tests::{Person, mail, people};
use serde_json::{Value, json};

use super::{colleague, grant, person_with};
use crate::{admin, application, assert_needs_a_caller, client, person};

const ACCOUNTS: &str = "/v1/auth/accounts";

/// The addresses that this search finds.
async fn found(query: &str) -> Vec<String> {
    let path = format!("{ACCOUNTS}?limit=100&{query}");
    let page: Value = admin().await.client.get(&path).await.expect(200).json();
    let data = page["data"].as_array().expect("a page has data");
    let email = |account: &Value| account["email"].as_str().unwrap_or_default().to_owned();
    data.iter().map(email).collect()
}

#[tokio::test]
async fn accounts_are_listed_newest_first_in_pages() {
    let (first, second) = (person().await, person().await);
    let admin = admin().await.client;
    let page = admin
        .get(&format!("{ACCOUNTS}?limit=1"))
        .await
        .expect(200)
        .json();
    assert_eq!(page["data"].as_array().map(Vec::len), Some(1));
    let mut cursor = page["next_cursor"].as_str().map(str::to_owned);
    let mut seen = vec![page["data"][0]["id"].clone()];
    while let Some(next) = cursor {
        let path = format!("{ACCOUNTS}?limit=100&cursor={next}");
        let page = admin.get(&path).await.expect(200).json();
        let data = page["data"].as_array().expect("a page has data");
        seen.extend(data.iter().map(|account| account["id"].clone()));
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    let place = |person: &Person| seen.iter().position(|id| *id == person.id.as_str());
    let (first, second) = (place(&first), place(&second));
    assert!(first.is_some() && second < first, "{second:?} {first:?}");
    let mut ids: Vec<_> = seen.iter().map(Value::to_string).collect();
    assert!(ids.is_sorted_by(|one, next| one > next));
    ids.dedup();
    assert_eq!(ids.len(), seen.len());
}

#[tokio::test]
async fn an_account_is_found_by_its_id_its_address_its_role_and_whether_it_is_disabled() {
    let person = person_with("support").await;
    let email = person.email.clone();
    assert_eq!(
        found(&format!("search={}", person.id)).await,
        [email.as_str()]
    );
    let search = email.to_uppercase().replace('@', "%40");
    assert_eq!(found(&format!("search={search}")).await, [email.as_str()]);
    assert!(found("role=support").await.contains(&email));
    assert!(!found("role=admin").await.contains(&email));
    assert_eq!(found("role=admin&search=admin%40").await, [people::ADMIN]);
    assert!(
        found(&format!("search={search}&disabled=true"))
            .await
            .is_empty()
    );
    assert_eq!(
        found(&format!("search={search}&disabled=false")).await,
        [email]
    );
    assert!(
        found("search=%25").await.is_empty(),
        "a percent sign is itself"
    );
    let admin = admin().await.client;
    let unknown = admin.get(&format!("{ACCOUNTS}?emial=x")).await;
    unknown.problem(400).names("emial");
}

#[tokio::test]
async fn one_account_is_shown_with_what_it_may_do_and_without_secrets() {
    let person = colleague().await;
    grant(&person, "support").await;
    let path = format!("{ACCOUNTS}/{}", person.id);
    let answer = admin().await.client.get(&path).await.expect(200);
    let account = answer.json();
    assert_eq!(account["email"], person.email.as_str());
    assert_eq!(account["email_verified"], true);
    assert_eq!(account["status"], "active");
    assert_eq!(account["roles"], json!(["support"]));
    assert_eq!(account["has_password"], true);
    assert_eq!(account["factors"], json!([]));
    assert!(account["last_seen_at"].is_string());
    let permissions = account["permissions"].as_array().expect("it is a list");
    assert!(
        permissions.contains(&json!("accounts.read")),
        "{permissions:?}"
    );
    assert!(!answer.text().contains("argon2") && !answer.text().contains("hash"));
    let nobody = format!("{ACCOUNTS}/usr_01h455vb4pex5vsknk084sn02q");
    admin().await.client.get(&nobody).await.problem(404);
    admin()
        .await
        .client
        .get(&format!("{ACCOUNTS}/1"))
        .await
        .problem(404);
}

#[tokio::test]
async fn who_is_invited_chooses_a_password_and_has_proven_the_address() {
    let admin = admin().await.client;
    let email = people::fresh_email();
    let body = json!({"email": email, "name": "Ada"});
    let invited = admin.post(ACCOUNTS, &body).await.expect(201).json();
    assert_eq!(
        (&invited["email_verified"], &invited["status"]),
        (&json!(false), &json!("active"))
    );
    admin.post(ACCOUNTS, &body).await.problem(409);
    people::sign_in(&client(), &email).await.problem(401);
    let mail = mail::to(&application().logs, &email, "You are invited").await;
    let choose = json!({"token": mail.token(), "password": people::PASSWORD});
    client()
        .post("/v1/auth/password/reset", &choose)
        .await
        .expect(204);
    client()
        .post("/v1/auth/password/reset", &choose)
        .await
        .problem(422);
    let signed_in = people::sign_in(&client(), &email).await.expect(200).json();
    assert_eq!(signed_in["user"]["id"], invited["id"]);
    assert_eq!(signed_in["user"]["email_verified"], true);
    let wrong = json!({"email": "ada", "name": " "});
    let refused = admin.post(ACCOUNTS, &wrong).await.problem(422);
    assert_eq!(refused.fields(), ["email", "name"]);
}

#[tokio::test]
async fn it_takes_a_caller_with_the_permission() {
    let one = format!("{ACCOUNTS}/usr_01h455vb4pex5vsknk084sn02q");
    assert_needs_a_caller!(GET ACCOUNTS, POST ACCOUNTS, GET one, DELETE one);
    let person = person().await.client;
    person.get(ACCOUNTS).await.problem(403);
    person.get(&one).await.problem(403);
    person.delete(&one).await.problem(403);
    let body = json!({"email": people::fresh_email()});
    person.post(ACCOUNTS, &body).await.problem(403);
    let support = person_with("support").await.client;
    support.get(ACCOUNTS).await.expect(200);
    support.post(ACCOUNTS, &body).await.problem(403);
    support.delete(&one).await.problem(403);
}

#[tokio::test]
async fn who_acts_on_an_account_can_say_that_they_mean_it_as_they_saw_it() {
    let admin = admin().await.client;
    let person = colleague().await;
    let path = format!("/v1/auth/accounts/{}", person.id);
    let seen = admin.get(&path).await.expect(200);
    let seen = seen.header("etag").expect("it has a tag").to_owned();
    // That its owner comes by is no change.
    let person = Person::refreshed(&client(), &person).await;
    let again = admin.get(&path).await.expect(200);
    assert_eq!(again.header("etag"), Some(seen.as_str()));
    grant(&person, "support").await;
    let acts = [
        (Method::POST, "/disable"),
        (Method::POST, "/enable"),
        (Method::POST, "/reset-password"),
        (Method::DELETE, "/factors"),
        (Method::PUT, "/roles/admin"),
        (Method::DELETE, "/roles/support"),
        (Method::DELETE, ""),
    ];
    for (method, rest) in acts {
        let act = admin.request(method, &format!("{path}{rest}"));
        act.header("if-match", &seen).await.problem(412);
    }
    let act = admin.post(&format!("{path}/impersonate"), &json!({"reason": "x"}));
    act.header("if-match", &seen).await.problem(412);
    let now = admin.get(&path).await.expect(200);
    assert_eq!(now.json()["roles"], json!(["support"]));
    let now = now.header("etag").expect("it has a tag");
    let act = admin.request(Method::POST, &format!("{path}/disable"));
    act.header("if-match", now).await.expect(204);
}
