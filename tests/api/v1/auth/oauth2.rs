//! `/v1/auth/oauth2` and `/.well-known/openid-configuration`: being the provider that one's own applications sign people
//! in with.

use std::{sync::LazyLock, time::Duration};

use selvedge_tests::{
    Application, Client, Person, Setup,
    identity_provider::query,
    people::{self, ADMIN},
    relying_party::{
        CALLBACK, CLIENTS, RelyingParty, USERINFO, assert_refused, code_of, decide, wanted,
    },
    token,
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::assert_needs_a_caller;

const ISSUER: &str = "http://localhost:3000";
const CONSENTS: &str = "/v1/auth/consents";

fn setup() -> Setup {
    Setup::application()
        .variable("admin_email", ADMIN)
        .variable("issuer", ISSUER)
}

fn application() -> &'static Application {
    static APPLICATION: LazyLock<Application> = LazyLock::new(|| setup().start());
    &APPLICATION
}

fn client() -> Client {
    application().client()
}

/// The administrator, who has just signed in.
async fn admin() -> Client {
    static MADE: OnceCell<()> = OnceCell::const_new();
    MADE.get_or_init(async || drop(Person::admin(application()).await))
        .await;
    Person::sign_in(&client(), ADMIN).await.client
}

async fn public() -> RelyingParty {
    RelyingParty::register(&admin().await, false, json!({})).await
}

async fn confidential() -> RelyingParty {
    RelyingParty::register(&admin().await, true, json!({})).await
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

async fn person() -> Person {
    Person::sign_up(&client()).await
}

#[tokio::test]
async fn an_application_finds_out_all_it_needs() {
    let answer = client().get("/.well-known/openid-configuration").await;
    let metadata = answer.expect(200).json();
    assert_eq!(metadata["issuer"], ISSUER);
    let endpoint = |name: &str| format!("{ISSUER}/v1/auth/oauth2/{name}");
    assert_eq!(metadata["authorization_endpoint"], endpoint("authorize"));
    assert_eq!(metadata["token_endpoint"], endpoint("token"));
    assert_eq!(metadata["userinfo_endpoint"], endpoint("userinfo"));
    let keys = format!("{ISSUER}/.well-known/jwks.json");
    assert_eq!(metadata["jwks_uri"], keys);
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256"])
    );
}

#[tokio::test]
async fn where_the_issuer_is_no_address_this_is_no_provider() {
    let client = crate::client();
    let answer = client.get("/.well-known/openid-configuration").await;
    answer.problem(404);
}

#[tokio::test]
async fn an_application_signs_somebody_in() {
    for app in [public().await, confidential().await] {
        let person = person().await;
        let tokens = app.tokens(&person).await;
        assert_eq!(tokens["token_type"], "Bearer");
        assert_eq!(tokens["scope"], "openid profile email");
        let id_token = token::claims(text(&tokens["id_token"]));
        let own = token::claims(&person.access_token);
        assert_eq!(id_token["iss"], ISSUER);
        assert_eq!(id_token["aud"], app.id.as_str());
        assert_eq!(id_token["sub"], person.id.as_str());
        assert_eq!(id_token["nonce"], "n");
        assert_eq!(id_token["email"], person.email.as_str());
        for claim in ["auth_time", "amr", "acr"] {
            assert_eq!(id_token[claim], own[claim], "{claim}");
        }
        let access_token = token::claims(text(&tokens["access_token"]));
        assert_eq!(id_token["sid"], access_token["sid"]);
        assert_ne!(id_token["sid"], own["sid"]);
        let userinfo = app.acting(&tokens).get(USERINFO).await.expect(200).json();
        assert_eq!(userinfo["sub"], id_token["sub"]);
        assert_eq!(userinfo["email_verified"], false);
    }
}

#[tokio::test]
async fn a_secret_may_stand_in_the_form_too() {
    let app = confidential().await;
    let secret = app.secret.clone().expect("a secret");
    let in_form = RelyingParty {
        secret: None,
        ..app.clone()
    };
    let code = app.code(&person().await.client, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", selvedge_tests::relying_party::VERIFIER),
        ("redirect_uri", CALLBACK),
        ("client_secret", &secret),
    ];
    let answer = in_form.post(selvedge_tests::relying_party::TOKEN, &fields);
    answer.await.expect(200);
}

#[tokio::test]
async fn the_page_is_told_what_is_wanted_and_by_whom() {
    let app = public().await;
    let person = person().await;
    let request = app.request(&[]).await;
    wanted(&client(), &request).await.problem(401);
    let answer = wanted(&person.client, &request).await.expect(200).json();
    assert_eq!(answer["client"], json!({"id": app.id, "name": "Invoices"}));
    assert_eq!(answer["scopes"], json!(["openid", "profile", "email"]));
    assert_eq!(answer["redirect_uri"], CALLBACK);
    assert_eq!(answer["consent_required"], true);
    let decided = decide(&person.client, &request, false).await;
    let back = query(text(&decided.expect(200).json()["redirect_to"]));
    assert_eq!(back["error"], "access_denied");
    assert_eq!(
        (back["state"].as_str(), back["iss"].as_str()),
        ("s t", ISSUER)
    );
    decide(&person.client, &request, true).await.problem(404);
}

#[tokio::test]
async fn whoever_agreed_is_not_asked_again_until_more_is_wanted() {
    let app = public().await;
    let person = person().await;
    let is_asked = async |changes: &[(&str, &str)]| {
        let request = app.request(changes).await;
        let answer = wanted(&person.client, &request).await.expect(200).json();
        answer["consent_required"] == true
    };
    let less = [("scope", "openid")];
    assert!(is_asked(&less).await);
    app.tokens_for(&person, &less).await;
    assert!(!is_asked(&less).await);
    assert!(is_asked(&[]).await);
    assert!(is_asked(&[("scope", "openid"), ("prompt", "consent")]).await);
}

#[tokio::test]
async fn consents_are_seen_and_taken_back_with_all_they_gave() {
    let app = public().await;
    let person = person().await;
    let tokens = app.tokens(&person).await;
    let unused = app.code(&person.client, &[]).await;
    let list = person.client.get(CONSENTS).await.expect(200).json();
    assert_eq!(list["data"][0]["id"], app.id.as_str());
    assert_eq!(list["data"][0]["name"], "Invoices");
    let sessions = person.client.get("/v1/auth/sessions").await.expect(200);
    assert_eq!(sessions.json()["data"][0]["application"], "Invoices");
    let path = format!("{CONSENTS}/{}", app.id);
    let eve = self::person().await;
    eve.client.delete(&path).await.problem(404);
    person.client.delete(&path).await.expect(204);
    person.client.delete(&path).await.problem(404);
    let refused = app.refresh(&tokens["refresh_token"]).await;
    assert_refused(&refused, 400, "invalid_grant");
    app.acting(&tokens).get(USERINFO).await.problem(401);
    assert_refused(&app.redeem(&unused).await, 400, "invalid_grant");
    let request = app.request(&[]).await;
    let answer = wanted(&person.client, &request).await.expect(200).json();
    assert_eq!(answer["consent_required"], true);
    // The person's own session goes on.
    person.client.get(CONSENTS).await.expect(200);
}

#[tokio::test]
async fn an_application_sees_what_was_asked_for_and_no_more() {
    let app = public().await;
    let person = person().await;
    let tokens = app.tokens_for(&person, &[("scope", "openid")]).await;
    let id_token = token::claims(text(&tokens["id_token"]));
    assert_eq!(id_token.get("email"), None);
    let userinfo = app.acting(&tokens).get(USERINFO).await.expect(200).json();
    assert_eq!(userinfo, json!({"sub": person.id}));
    // Without `openid` it is not told who somebody is.
    let tokens = app.tokens_for(&person, &[("scope", "email")]).await;
    assert_eq!(tokens.get("id_token"), None);
    app.acting(&tokens).get(USERINFO).await.problem(403);
}

#[tokio::test]
async fn an_application_goes_on_with_its_refresh_token() {
    let app = confidential().await;
    let person = person().await;
    let tokens = app.tokens(&person).await;
    let newer = app.refresh(&tokens["refresh_token"]).await;
    let newer = newer.expect(200).json();
    assert_ne!(newer["refresh_token"], tokens["refresh_token"]);
    let [old, new] = [&tokens, &newer].map(|tokens| token::claims(text(&tokens["id_token"])));
    for claim in ["sub", "aud", "iss", "auth_time", "sid"] {
        assert_eq!(old[claim], new[claim], "{claim}");
    }
    // With less than before, if it wants; and never with more.
    let refresh = text(&newer["refresh_token"]).to_owned();
    let with = async |scope: &str| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            ("scope", scope),
        ];
        app.post(selvedge_tests::relying_party::TOKEN, &fields)
            .await
    };
    assert_refused(&with("openid api").await, 400, "invalid_scope");
    let less = with("openid").await.expect(200).json();
    assert_eq!(less["scope"], "openid");
    let userinfo = app.acting(&less).get(USERINFO).await.expect(200).json();
    assert_eq!(userinfo, json!({"sub": person.id}));
}

#[tokio::test]
async fn what_an_application_gives_back_is_good_for_nothing() {
    let app = public().await;
    let person = person().await;
    for token in ["refresh_token", "access_token"] {
        let tokens = app.tokens(&person).await;
        app.revoke(&tokens[token]).await.expect(200);
        app.revoke(&tokens[token]).await.expect(200);
        let refused = app.refresh(&tokens["refresh_token"]).await;
        assert_refused(&refused, 400, "invalid_grant");
        app.acting(&tokens).get(USERINFO).await.problem(401);
    }
    // The person's own session goes on.
    person.client.get("/v1/auth/sessions").await.expect(200);
}

#[tokio::test]
async fn an_application_with_the_scope_api_calls_our_own() {
    let fields = json!({"scopes": ["openid", "email", "api"]});
    let app = RelyingParty::register(&admin().await, true, fields).await;
    let person = person().await;
    let scope = [("scope", "openid api")];
    let tokens = app.tokens_for(&person, &scope).await;
    let me = app.acting(&tokens).get("/v1/users/me").await.expect(200);
    assert_eq!(me.json()["id"], person.id.as_str());
    // An administrator may think better of it.
    let path = format!("{CLIENTS}/{}", app.id);
    let change = json!({"scopes": ["openid"]});
    admin().await.patch(&path, &change).await.expect(200);
    let less = app.refresh(&tokens["refresh_token"]).await;
    let less = less.expect(200).json();
    assert_eq!(less["scope"], "openid");
    app.acting(&less).get("/v1/users/me").await.problem(401);
    // Its session ends like any other.
    app.revoke(&less["refresh_token"]).await.expect(200);
    let change = json!({"name": "Ada"});
    let refused = app.acting(&tokens).patch("/v1/users/me", &change).await;
    refused.problem(401);
}

#[tokio::test]
async fn an_application_may_want_a_recent_proof() {
    let application = setup().with_clock().start();
    let admin = Person::admin(&application).await;
    let app = RelyingParty::register(&admin.client, false, json!({})).await;
    let person = Person::sign_up(&application.client()).await;
    application.advance(Duration::from_secs(60));
    for changes in [[("prompt", "login")], [("max_age", "30")]] {
        let request = app.request(&changes).await;
        let asked = wanted(&person.client, &request).await.expect(200).json();
        assert_eq!(asked["step_up_required"], true);
        let refused = decide(&person.client, &request, true).await;
        refused.problem(403);
        let kind = &refused.json()["type"];
        assert_eq!(kind, "urn:selvedge:problem:step-up-required");
        // The request is still there for whoever steps up.
        let proof = json!({"password": people::PASSWORD});
        let stepped = person.client.post("/v1/auth/step-up", &proof).await;
        let stepped = stepped.expect(200).json();
        let stepped = token::claims(text(&stepped["access_token"]));
        let asked = wanted(&person.client, &request).await.expect(200).json();
        assert_eq!(asked["step_up_required"], false);
        let decided = decide(&person.client, &request, true).await;
        let tokens = app.redeem(&code_of(&decided.expect(200).json())).await;
        let id_token = token::claims(text(&tokens.expect(200).json()["id_token"]));
        assert_eq!(id_token["auth_time"], stepped["auth_time"]);
        application.advance(Duration::from_secs(60));
    }
    let enough = app.request(&[("max_age", "3600")]).await;
    decide(&person.client, &enough, true).await.expect(200);
}

#[tokio::test]
async fn whoever_signs_out_everywhere_or_leaves_takes_applications_along() {
    let app = public().await;
    let person = person().await;
    let tokens = app.tokens(&person).await;
    let export = person.client.get("/v1/auth/me/export").await;
    let told = export.expect(200).json()["auth"]["applications"].take();
    assert_eq!(told[0]["client"], app.id.as_str());
    person.client.delete("/v1/auth/sessions").await.expect(204);
    let refused = app.refresh(&tokens["refresh_token"]).await;
    assert_refused(&refused, 400, "invalid_grant");

    let tokens = app.tokens(&person).await;
    let unused = app.code(&person.client, &[]).await;
    person.client.delete("/v1/auth/me").await.expect(202);
    let refused = app.refresh(&tokens["refresh_token"]).await;
    assert_refused(&refused, 400, "invalid_grant");
    assert_refused(&app.redeem(&unused).await, 400, "invalid_grant");
}

#[tokio::test]
async fn administrators_say_which_applications_there_are() {
    let admin = admin().await;
    let app = confidential().await;
    let path = format!("{CLIENTS}/{}", app.id);
    for path in [CLIENTS, &path] {
        let shown = admin.get(path).await.expect(200).text();
        assert!(shown.contains(&app.id));
        assert!(!shown.contains(app.secret.as_deref().expect("a secret")));
    }
    let wrong = json!({"name": "", "redirect_uris": ["http://evil.example/"], "confidential": false, "scopes": ["x"]});
    let problem = admin.post(CLIENTS, &wrong).await.problem(422);
    assert_eq!(problem.fields(), ["name", "redirect_uris[0]", "scopes"]);
    let change = json!({"name": "Bills", "scopes": ["openid"]});
    let stale = admin.patch(&path, &change).header("if-match", "\"7\"");
    stale.await.problem(412);
    let changed = admin.patch(&path, &change).header("if-match", "\"1\"");
    let changed = changed.await.expect(200);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(changed.json()["name"], "Bills");
    assert_eq!(changed.json()["redirect_uris"], json!([CALLBACK]));
    let person = person().await;
    let tokens = app.tokens(&person).await;
    assert_eq!(tokens["scope"], "openid");
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.problem(404);
    let refused = app.refresh(&tokens["refresh_token"]).await;
    assert_refused(&refused, 401, "invalid_client");
    let list = person.client.get(CONSENTS).await.expect(200).json();
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn a_secret_is_replaced_in_a_day_or_at_once() {
    let application = setup().with_clock().start();
    let admin = Person::admin(&application).await;
    let old = RelyingParty::register(&admin.client, true, json!({})).await;
    let path = format!("{CLIENTS}/{}/rotate-secret", old.id);
    let rotate = async |body: Value| {
        let proof = json!({"password": people::PASSWORD});
        let stepped = admin.client.post("/v1/auth/step-up", &proof).await;
        let token = stepped.expect(200).json()["access_token"].clone();
        let client = application.client().with_token(text(&token));
        let rotated = client.post(&path, &body).await.expect(200).json();
        RelyingParty {
            secret: Some(text(&rotated["client_secret"]).to_owned()),
            ..old.clone()
        }
    };
    // What it says of a token that is none tells whether it knows the client.
    let knows = async |app: &RelyingParty| app.refresh(&json!("rt_x")).await.status == 400;
    let new = rotate(json!({})).await;
    assert!(knows(&old).await && knows(&new).await);
    application.advance(Duration::from_secs(24 * 60 * 60));
    assert!(!knows(&old).await && knows(&new).await);
    let admin = Person::sign_in(&application.client(), ADMIN).await;
    let compromised = admin.client.post(&path, &json!({"compromised": true}));
    compromised.await.expect(200);
    assert!(!knows(&new).await);
    let public = RelyingParty::register(&admin.client, false, json!({})).await;
    let path = format!("{CLIENTS}/{}/rotate-secret", public.id);
    admin.client.post(&path, &json!({})).await.problem(409);
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let application = setup().with_clock().start();
    let admin = Person::admin(&application).await;
    let app = RelyingParty::register(&admin.client, false, json!({})).await;
    let code = app.code(&admin.client, &[]).await;
    application.advance(Duration::from_secs(61));
    assert_refused(&app.redeem(&code).await, 400, "invalid_grant");
}

#[tokio::test]
async fn clients_and_consents_are_for_who_is_signed_in() {
    let client = format!("{CLIENTS}/cli_01h455vb4pex5vsknk084sn02q");
    assert_needs_a_caller!(GET CLIENTS, POST CLIENTS, GET client, PATCH client, DELETE client);
    assert_needs_a_caller!(GET CONSENTS, DELETE format!("{CONSENTS}/cli_01h455vb4pex5vsknk084sn02q"));
    assert_needs_a_caller!(POST "/v1/auth/oauth2/request", POST "/v1/auth/oauth2/decision");
}
