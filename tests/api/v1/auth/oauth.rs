//! `/v1/auth/oauth` and `/v1/auth/identities`: signing in with an account that one has elsewhere.

use std::sync::LazyLock;

use selvedge_tests::{
    Application, Browser, Client, IdentityProvider, Person, Setup,
    authenticator::{Guarded, half_in, second_factor},
    identity_provider::{Persona, Signature},
    mail,
    people::{self, ADMIN},
    token,
};
use serde_json::json;

use super::assert_signed_in;
use crate::assert_needs_a_caller;

const IDENTITIES: &str = "/v1/auth/identities";

/// A provider, and an application whose people can sign in with it.
fn setting() -> &'static (IdentityProvider, Application) {
    static SETTING: LazyLock<(IdentityProvider, Application)> = LazyLock::new(|| {
        let provider = IdentityProvider::start();
        let setup = Setup::application()
            .variable("admin_email", ADMIN)
            .variable("identity_providers", &provider.configuration())
            .variable("identity_provider_secrets", &IdentityProvider::secrets())
            .variable("identity_host_a", &provider.issuer());
        (provider, setup.start())
    });
    &SETTING
}

fn provider() -> &'static IdentityProvider {
    &setting().0
}

fn application() -> &'static Application {
    &setting().1
}

fn client() -> Client {
    application().client()
}

/// Somebody at the provider whom nobody here knows.
fn stranger() -> Persona {
    let email = people::fresh_email();
    let digits: String = email.chars().filter(char::is_ascii_digit).collect();
    Persona::new(&digits, &email)
}

async fn sign_in(persona: &Persona) -> selvedge_tests::Answer {
    Browser::new(&client())
        .sign_in(provider(), "acme", persona)
        .await
}

async fn identities(client: &Client) -> Vec<serde_json::Value> {
    let list = client.get(IDENTITIES).await.expect(200).json();
    list["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn somebody_new_gets_an_account_with_a_proven_address() {
    let persona = stranger();
    let body = assert_signed_in(&sign_in(&persona).await.expect(200));
    assert_eq!(body["user"]["email"], persona.email.as_str());
    assert_eq!(body["user"]["email_verified"], true);
    assert_eq!(body["user"]["name"], "Ada");
    let access_token = body["access_token"].as_str().expect("a token");
    assert_eq!(token::claims(access_token)["amr"], json!(["oauth"]));
}

#[tokio::test]
async fn whoever_comes_again_is_the_same_whatever_their_address_is_then() {
    let persona = stranger();
    let first = sign_in(&persona).await.expect(200).json();
    let moved = Persona::new(&persona.subject, &people::fresh_email()).unverified();
    let second = sign_in(&moved).await.expect(200).json();
    assert_eq!(first["user"]["id"], second["user"]["id"]);
    assert_eq!(second["user"]["email"], persona.email.as_str());
}

#[tokio::test]
async fn a_token_may_be_signed_with_any_key_that_the_provider_publishes() {
    let persona = stranger().signed(Signature::EdDsa);
    assert_signed_in(&sign_in(&persona).await.expect(200));
}

#[tokio::test]
async fn github_tells_who_somebody_is_by_its_api() {
    let persona = stranger();
    let mut browser = Browser::new(&client());
    let answer = browser.sign_in(provider(), "github", &persona).await;
    let body = assert_signed_in(&answer.expect(200));
    assert_eq!(body["user"]["email"], persona.email.as_str());
    // The same number at another issuer is somebody else.
    let other = Persona::new(&persona.subject, &people::fresh_email());
    let other = sign_in(&other).await.expect(200).json();
    assert_ne!(other["user"]["id"], body["user"]["id"]);
}

#[tokio::test]
async fn an_address_of_github_that_is_not_verified_or_not_primary_counts_for_nothing() {
    let mut browser = Browser::new(&client());
    let persona = stranger().unverified();
    let answer = browser.sign_in(provider(), "github", &persona).await;
    answer.problem(422);
}

#[tokio::test]
async fn an_address_that_the_provider_did_not_prove_makes_no_account() {
    let persona = stranger().unverified();
    sign_in(&persona).await.problem(422);
    let absent = stranger().lying("email", json!(null));
    sign_in(&absent).await.problem(422);
    // Nor does the answer tell whether there is an account.
    let known = Person::sign_up(&client()).await;
    let persona = Persona::new("77001", &known.email).unverified();
    sign_in(&persona).await.problem(422);
}

#[tokio::test]
async fn an_account_with_the_same_proven_address_is_linked_and_its_owner_told() {
    let person = Person::sign_up(&client())
        .await
        .verified(application())
        .await;
    let answer = sign_in(&Persona::new("88001", &person.email)).await;
    let body = assert_signed_in(&answer.expect(200));
    assert_eq!(body["user"]["id"], person.id.as_str());
    let linked = identities(&person.client).await;
    assert_eq!(linked.len(), 1);
    assert_eq!(linked[0]["provider"], "acme");
    let logs = &application().logs;
    mail::to(logs, &person.email, "Selvedge: A way to sign in was added").await;
    // The password stays good.
    people::sign_in(&client(), &person.email).await.expect(200);
}

#[tokio::test]
async fn an_account_that_somebody_made_with_a_strangers_address_does_not_get_the_stranger() {
    let squatter = Person::sign_up(&client()).await;
    let persona = Persona::new("99001", &squatter.email);
    let mut browser = Browser::new(&client());
    let code = browser.code(provider(), "acme", &persona).await;
    browser.exchange(&code).await.problem(409);
    assert!(identities(&squatter.client).await.is_empty());
    // Nor can the squatter take an identity in, and keep it when the owner comes.
    let own = Browser::new(&client())
        .code(provider(), "acme", &stranger())
        .await;
    let link = squatter.client.post(IDENTITIES, &browser.claim(&own)).await;
    link.problem(403);
    // The code was not used up: once the address is proven it is good.
    squatter.verified(application()).await;
    assert_signed_in(&browser.exchange(&code).await.expect(200));
}

#[tokio::test]
async fn who_is_signed_in_can_link_a_provider_and_sign_in_with_it() {
    let person = Person::sign_up(&client())
        .await
        .verified(application())
        .await;
    // With another address than the account's.
    let persona = stranger();
    let mut browser = Browser::new(&client());
    let code = browser.code(provider(), "acme", &persona).await;
    let linked = person.client.post(IDENTITIES, &browser.claim(&code)).await;
    let linked = linked.expect(201).json();
    assert_eq!(linked["email"], persona.email.as_str());
    person
        .client
        .post(IDENTITIES, &browser.claim(&code))
        .await
        .problem(422);
    let body = sign_in(&persona).await.expect(200).json();
    assert_eq!(body["user"]["id"], person.id.as_str());
    assert_eq!(body["user"]["email"], person.email.as_str());
}

#[tokio::test]
async fn an_identity_is_linked_to_one_account_only() {
    let persona = stranger();
    sign_in(&persona).await.expect(200);
    let person = Person::sign_up(&client())
        .await
        .verified(application())
        .await;
    let mut browser = Browser::new(&client());
    let code = browser.code(provider(), "acme", &persona).await;
    let link = person.client.post(IDENTITIES, &browser.claim(&code)).await;
    link.problem(409);
}

#[tokio::test]
async fn a_provider_can_be_unlinked_and_signs_nobody_in_then() {
    let person = Person::sign_up(&client())
        .await
        .verified(application())
        .await;
    let persona = stranger();
    let mut browser = Browser::new(&client());
    let code = browser.code(provider(), "acme", &persona).await;
    let linked = person.client.post(IDENTITIES, &browser.claim(&code)).await;
    let id = linked.expect(201).json()["id"].clone();
    let path = format!("{IDENTITIES}/{}", id.as_str().expect("an id"));
    // Of somebody else there is none.
    let eve = Person::sign_up(&client()).await;
    eve.client.delete(&path).await.problem(404);
    person.client.delete(&path).await.expect(204);
    person.client.delete(&path).await.problem(404);
    assert!(identities(&person.client).await.is_empty());
    let logs = &application().logs;
    mail::to(
        logs,
        &person.email,
        "Selvedge: A way to sign in was removed",
    )
    .await;
    let other = sign_in(&persona).await.expect(200).json();
    assert_ne!(other["user"]["id"], person.id.as_str());
}

#[tokio::test]
async fn who_unlinks_the_only_provider_signs_in_by_mail() {
    let persona = stranger();
    let only = Person::of_answer(&client(), &persona.email, &sign_in(&persona).await);
    let id = identities(&only.client).await[0]["id"].clone();
    let path = format!("{IDENTITIES}/{}", id.as_str().expect("an id"));
    only.client.delete(&path).await.expect(204);
    let ask = json!({"email": only.email});
    client().post("/v1/auth/magic-link", &ask).await.expect(202);
    let mail = mail::to(&application().logs, &only.email, "Sign in to").await;
    let token = json!({"token": mail.token()});
    let answer = client().post("/v1/auth/magic-link/sign-in", &token).await;
    let body = assert_signed_in(&answer.expect(200));
    assert_eq!(body["user"]["id"], only.id.as_str());
}

#[tokio::test]
async fn a_second_factor_is_asked_for_behind_a_provider_too() {
    let persona = stranger();
    let person = Person::of_answer(&client(), &persona.email, &sign_in(&persona).await);
    let guarded = Guarded::new(application(), person).await;
    let half = half_in(&sign_in(&persona).await);
    let code = json!({"recovery_code": guarded.recovery_codes[0]});
    let answer = second_factor(&client(), &half, &code).await.expect(200);
    let body = assert_signed_in(&answer);
    let claims = token::claims(body["access_token"].as_str().expect("a token"));
    assert_eq!(claims["amr"], json!(["oauth", "recovery", "mfa"]));
    assert_eq!(claims["acr"], "aal2");
}

#[tokio::test]
async fn an_export_tells_of_identities_and_a_removed_account_leaves_none() {
    let persona = stranger();
    let person = Person::of_answer(&client(), &persona.email, &sign_in(&persona).await);
    let export = person
        .client
        .get("/v1/auth/me/export")
        .await
        .expect(200)
        .json();
    let told = &export["auth"]["identities"][0];
    assert_eq!(told["subject"], persona.subject.as_str());
    assert_eq!(told["issuer"], provider().issuer());
    // Signing in takes a wish for deletion back, by this door as by the others.
    person.client.delete("/v1/auth/me").await.expect(202);
    let again = sign_in(&persona).await.expect(200).json();
    assert_eq!(again["user"]["id"], person.id.as_str());
    let logs = &application().logs;
    mail::to(logs, &persona.email, "Selvedge: Your account stays").await;
}

#[tokio::test]
async fn an_expired_token_does_not_stand_in_the_way() {
    let stale = client().with_token("eyJhbGciOiJFZERTQSJ9.e30.AA");
    stale.get("/v1/users/me").await.problem(401);
    let mut browser = Browser::new(&stale);
    let answer = browser.sign_in(provider(), "acme", &stranger()).await;
    assert_signed_in(&answer.expect(200));
}

#[tokio::test]
async fn whoever_changes_their_mind_at_the_provider_comes_back_without_a_code() {
    let mut browser = Browser::new(&client());
    let location = browser.leave("acme").await;
    let state = &selvedge_tests::identity_provider::query(&location)["state"];
    let issuer = provider().issuer();
    let path =
        format!("/v1/auth/oauth/acme/callback?error=access_denied&state={state}&iss={issuer}");
    let outcome = browser.come_back(&path).await;
    assert_eq!(outcome, ("error".into(), "access_denied".into()));
}

#[tokio::test]
async fn two_tabs_can_sign_in_at_once() {
    let mut browser = Browser::new(&client());
    let (one, two) = (browser.leave("acme").await, browser.leave("acme").await);
    for location in [one, two] {
        let (name, _) = browser
            .come_back(&provider().approve(&location, &stranger()))
            .await;
        assert_eq!(name, "code");
    }
}

#[tokio::test]
async fn a_provider_that_is_not_configured_is_not_there() {
    let mut browser = Browser::new(&client());
    let answer = browser.try_leave("nobody", selvedge_tests::browser::REDIRECT_TO);
    answer.await.problem(404);
    let unconfigured = crate::client();
    let mut browser = Browser::new(&unconfigured);
    let answer = browser.try_leave("acme", selvedge_tests::browser::REDIRECT_TO);
    answer.await.problem(404);
}

#[tokio::test]
async fn identities_are_their_owners() {
    assert_needs_a_caller!(GET IDENTITIES, POST IDENTITIES, DELETE format!("{IDENTITIES}/idn_01h455vb4pex5vsknk084sn02q"));
}

#[tokio::test]
async fn whoever_looks_after_accounts_sees_who_vouches_for_them() {
    let persona = stranger();
    let signed_in = sign_in(&persona).await.expect(200).json();
    let id = signed_in["user"]["id"].as_str().expect("an id");
    let admin = Person::admin(application()).await.client;
    let path = format!("/v1/auth/accounts/{id}");
    let shown = admin.get(&path).await.expect(200).json();
    assert_eq!(shown["email_vouched_by"], "acme");
    assert_eq!(shown["identities"][0]["provider"], "acme");
    assert_eq!(shown["identities"][0]["email"], persona.email.as_str());
    let admins = signed_in_as_admin(&admin).await;
    assert_eq!(admins["email_vouched_by"], json!(null));
    assert_eq!(admins["identities"], json!([]));
}

async fn signed_in_as_admin(admin: &Client) -> serde_json::Value {
    let found = admin
        .get(&format!("/v1/auth/accounts?search={ADMIN}"))
        .await;
    let id = found.expect(200).json()["data"][0]["id"].take();
    let path = format!("/v1/auth/accounts/{}", id.as_str().expect("an id"));
    admin.get(&path).await.expect(200).json()
}
