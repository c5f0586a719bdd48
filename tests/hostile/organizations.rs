//! Organisations that somebody is not in, and says to be in all the same: by headers, and by a component that auth hears.

use http::Method;
use selvedge_tests::{Answer, Application, Client, Person, Setup, components::workspace};
use serde_json::{Value, json};
use toml::Table;

const CHOOSE: &str = "/v1/auth/sessions/current/organization";
const NEWS: &str = "/wicked/tell?http://auth.spin.internal/internal/organizations";

/// Adds a component that may speak to auth, as every one may that has a guard, and says there what it is told to.
fn add_a_wicked_one(manifest: &mut Table) {
    let wasm = workspace().join("target/wasm32-wasip2/release/faults.wasm");
    let mut addition: Table = r#"
        [route]
        route = "/wicked/..."
        component = "wicked"

        [wicked]
        allowed_outbound_hosts = ["http://auth.spin.internal"]
    "#
    .parse()
    .expect("it is TOML");
    let wicked = addition["wicked"].as_table_mut().expect("it is a table");
    let wasm = wasm.to_str().expect("paths are UTF-8 here");
    wicked.insert("source".into(), wasm.into());

    let routes = manifest["trigger"]["http"].as_array_mut();
    let routes = routes.expect("triggers are an array");
    routes.push(addition["route"].clone());
    let components = manifest["component"].as_table_mut();
    let components = components.expect("components are a table");
    components.insert("wicked".into(), addition["wicked"].clone());
}

async fn organization(owner: &Person) -> String {
    let made = owner.client.post("/v1/orgs", &json!({"name": "Acme"}));
    let made = made.await.expect(201).json();
    made["id"].as_str().expect("an id").to_owned()
}

async fn choose(client: &Client, organization: &str) -> u16 {
    let choice = client.request(Method::PUT, CHOOSE);
    let choice = choice.json(&json!({"organization": organization}));
    choice.await.status.as_u16()
}

async fn people(application: &Application) -> (Person, Person) {
    let client = application.client();
    let (owner, other) = futures::join!(Person::sign_up(&client), Person::sign_up(&client));
    futures::join!(owner.verified(application), other.verified(application))
}

#[tokio::test]
async fn no_component_but_the_one_that_keeps_them_says_who_belongs_to_one() {
    let application = Setup::application().edited(add_a_wicked_one).start();
    let (owner, other) = people(&application).await;
    let id = organization(&owner).await;
    let far = i64::MAX;
    for (news, status) in [
        (
            json!({"kind": "member", "organization": id, "user": other.id, "role": "owner", "version": far}),
            400,
        ),
        (json!({"kind": "ended", "id": id, "version": far}), 400),
        (json!({"number": 1, "kind": "ended", "id": id}), 400),
        // What it was told already, and what it never will be.
        (json!({"number": 1}), 204),
        (json!({"number": far}), 204),
        (json!({"number": -1}), 204),
    ] {
        let answer = application.client().post(NEWS, &news).await.expect(200);
        let answer = answer.text();
        assert!(
            answer.starts_with(&format!("ok: {status}")),
            "{news}: {answer}"
        );
    }
    assert_eq!(choose(&other.client, &id).await, 404);
    assert_eq!(choose(&owner.client, &id).await, 200);
}

#[tokio::test]
async fn headers_of_ones_own_make_nobody_a_member_or_a_key() {
    let (owner, other) = people(crate::application()).await;
    let id = organization(&owner).await;
    let path = format!("/v1/orgs/{id}");
    for client in [&other.client, &crate::client()] {
        let asked = |key: &'static str| {
            let request = client.request(Method::GET, &path);
            let request = request.header("x-selvedge-organization", &id);
            request
                .header("x-selvedge-organization-role", "owner")
                .header(key, "apk_1")
        };
        for key in ["x-selvedge-api-key", "X-Selvedge-Api-Key"] {
            let answer = asked(key).await;
            assert!([401, 404].contains(&answer.status.as_u16()));
            let answer: Value = answer.json();
            assert!(!answer.to_string().contains("Acme"), "{answer}");
        }
    }
}

#[tokio::test]
async fn no_key_of_an_organisation_gives_itself_more_or_makes_another() {
    let (owner, _) = people(crate::application()).await;
    let id = organization(&owner).await;
    let terms = json!({"name": "CI", "organization": id, "scopes": ["orgs:read", "orgs:write"]});
    let made = owner.client.post("/v1/auth/api-keys", &terms);
    let made = made.await.expect(201).json();
    let program = crate::client().with_token(made["secret"].as_str().expect("a secret"));
    let key = format!("/v1/auth/api-keys/{}", made["id"].as_str().expect("an id"));
    program.post("/v1/auth/api-keys", &terms).await.problem(403);
    program
        .patch(&key, &json!({"scopes": ["users:write"]}))
        .await
        .problem(403);
    program
        .post(&format!("{key}/rotate"), &json!({}))
        .await
        .problem(403);
    assert_eq!(choose(&program, &id).await, 403);
    let invitation = json!({"email": "mallory@example.com", "role": "owner"});
    let invitations = format!("/v1/orgs/{id}/invitations");
    program.post(&invitations, &invitation).await.problem(403);
    let members = format!("/v1/orgs/{id}/members/{}", owner.id);
    program.delete(&members).await.problem(403);
}

/// Has somebody invite an address as this, and says what came of it.
async fn invite(by: &Person, organization: &str, email: &str, role: &str) -> Answer {
    let path = format!("/v1/orgs/{organization}/invitations");
    let body = json!({"email": email, "role": role});
    by.client.post(&path, &body).await
}

/// The invitations that somebody finds.
async fn found_by(person: &Person) -> Vec<Value> {
    let found = person.client.get("/v1/users/me/invitations").await;
    let found = found.expect(200).json();
    found["data"].as_array().expect("a page").clone()
}

#[tokio::test]
async fn who_is_removed_does_not_come_back_by_an_invitation_of_their_own() {
    let application = Setup::application().start();
    let (owner, admin) = people(&application).await;
    let (alias, other) = people(&application).await;
    let id = organization(&owner).await;
    invite(&owner, &id, &admin.email, "admin").await.expect(201);
    let invitation = found_by(&admin).await[0]["id"].take();
    let accept = |invitation: &Value| {
        let id = invitation.as_str().expect("an id");
        format!("/v1/users/me/invitations/{id}/accept")
    };
    let accepted = admin.client.request(Method::POST, &accept(&invitation));
    accepted.await.expect(200);
    invite(&admin, &id, &alias.email, "admin").await.expect(201);
    invite(&admin, &id, &other.email, "member")
        .await
        .expect(201);
    let place = format!("/v1/orgs/{id}/members/{}", admin.id);
    let invitation = found_by(&alias).await[0]["id"].take();
    // Whoever is less than before takes nobody along to where they were.
    let lower = owner.client.patch(&place, &json!({"role": "member"}));
    lower.await.expect(200);
    assert!(found_by(&alias).await.is_empty());
    let accepted = alias.client.request(Method::POST, &accept(&invitation));
    accepted.await.problem(404);
    let raise = owner.client.patch(&place, &json!({"role": "admin"}));
    raise.await.expect(200);
    invite(&admin, &id, &alias.email, "admin").await.expect(201);
    let invitation = found_by(&alias).await[0]["id"].take();
    owner.client.delete(&place).await.expect(204);
    let accepted = alias.client.request(Method::POST, &accept(&invitation));
    accepted.await.problem(404);
}

#[tokio::test]
async fn nobody_replaces_an_invitation_that_is_above_them() {
    let application = Setup::application().start();
    let (owner, admin) = people(&application).await;
    let heir = Person::sign_up(&application.client())
        .await
        .verified(&application)
        .await;
    let id = organization(&owner).await;
    invite(&owner, &id, &admin.email, "admin").await.expect(201);
    let invitation = found_by(&admin).await[0]["id"].take();
    let invitation = invitation.as_str().expect("an id");
    let accept = format!("/v1/users/me/invitations/{invitation}/accept");
    let accepted = admin.client.request(Method::POST, &accept);
    accepted.await.expect(200);
    invite(&owner, &id, &heir.email, "owner").await.expect(201);
    invite(&admin, &id, &heir.email, "member")
        .await
        .problem(403);
    assert_eq!(found_by(&heir).await[0]["role"], "owner");
}
