//! Being a provider, attacked: by strangers, by applications, by administrators that are none.

use std::{sync::LazyLock, time::Duration};

use selvedge_tests::{
    Application, Client, Person, Setup,
    identity_provider::query,
    people::{self, ADMIN},
    relying_party::{
        CALLBACK, CLIENTS, RelyingParty, TOKEN, USERINFO, VERIFIER, assert_refused, decide, wanted,
    },
    token,
};
use serde_json::json;
use tokio::sync::OnceCell;

fn setup() -> Setup {
    Setup::application()
        .variable("admin_email", ADMIN)
        .variable("issuer", "http://localhost:3000")
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

async fn register(confidential: bool) -> RelyingParty {
    RelyingParty::register(&admin().await, confidential, json!({})).await
}

/// An application that may ask to call our own API.
async fn trusted() -> RelyingParty {
    let fields = json!({"scopes": ["openid", "email", "api"]});
    RelyingParty::register(&admin().await, true, fields).await
}

async fn person() -> Person {
    Person::sign_up(&client()).await
}

#[tokio::test]
async fn what_an_application_is_given_is_no_session_of_ours() {
    let app = register(true).await;
    let person = person().await;
    let tokens = app
        .tokens_for(&person, &[("scope", "openid email api")])
        .await;
    // It may not ask for `api`.
    assert_eq!(tokens["scope"], "openid email");
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    client()
        .post("/v1/auth/refresh", &refresh)
        .await
        .problem(401);
    for shown in ["access_token", "id_token", "refresh_token"] {
        let client = client().with_token(tokens[shown].as_str().expect("a token"));
        for path in ["/v1/users/me", "/v1/auth/sessions", "/v1/billing/invoices"] {
            let answer = client.get(path).await;
            assert_eq!(answer.status, 401, "{shown} {path}");
        }
        let change =
            json!({"current_password": people::PASSWORD, "password": "another long password"});
        client.post("/v1/auth/password", &change).await.problem(401);
    }
    // Refreshing it there did not count as its use.
    app.refresh(&tokens["refresh_token"]).await.expect(200);
}

#[tokio::test]
async fn an_application_that_may_call_us_cannot_touch_the_account() {
    let app = trusted().await;
    let person = person().await.verified(application()).await;
    let tokens = app.tokens_for(&person, &[("scope", "openid api")]).await;
    let acting = app.acting(&tokens);
    acting.get("/v1/users/me").await.expect(200);
    let password =
        json!({"current_password": people::PASSWORD, "password": "another long password"});
    let other = register(false).await;
    let request = other.request(&[]).await;
    for (path, body) in [
        ("/v1/auth/password", password),
        (
            "/v1/auth/email",
            json!({"email": "eve@example.com", "current_password": people::PASSWORD}),
        ),
        ("/v1/auth/step-up", json!({"password": people::PASSWORD})),
        ("/v1/auth/totp", json!({})),
        ("/v1/auth/passkeys/options", json!({})),
        ("/v1/auth/recovery-codes", json!({})),
        (
            "/v1/auth/identities",
            json!({"code": "oc_x", "code_verifier": VERIFIER}),
        ),
        ("/v1/auth/sign-out", json!({})),
        ("/v1/auth/oauth2/request", json!({"request": request})),
        (
            "/v1/auth/oauth2/decision",
            json!({"request": request, "approve": true}),
        ),
    ] {
        let answer = acting.post(path, &body).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
    }
    for path in [
        "/v1/auth/sessions",
        "/v1/auth/me",
        "/v1/auth/consents/cli_01h455vb4pex5vsknk084sn02q",
    ] {
        let answer = acting.delete(path).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
    }
    for path in [
        "/v1/auth/sessions",
        "/v1/auth/factors",
        "/v1/auth/me/export",
        "/v1/auth/consents",
    ] {
        let answer = acting.get(path).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn an_application_of_an_administrator_is_none() {
    let app = trusted().await;
    let admin = Person::sign_in(&client(), ADMIN).await;
    let tokens = app.tokens_for(&admin, &[("scope", "openid api")]).await;
    let acting = app.acting(&tokens);
    acting.get("/v1/users").await.problem(403);
    acting.get(CLIENTS).await.problem(401);
}

#[tokio::test]
async fn nobody_but_administrators_registers_applications() {
    let app = register(true).await;
    let person = person().await;
    let body =
        json!({"name": "Mine", "redirect_uris": ["https://evil.example/"], "confidential": false});
    let path = format!("{CLIENTS}/{}", app.id);
    person.client.get(CLIENTS).await.problem(403);
    person.client.post(CLIENTS, &body).await.problem(403);
    person.client.get(&path).await.problem(403);
    let change = json!({"redirect_uris": ["https://evil.example/"]});
    person.client.patch(&path, &change).await.problem(403);
    person.client.delete(&path).await.problem(403);
    let rotate = format!("{path}/rotate-secret");
    person.client.post(&rotate, &json!({})).await.problem(403);
}

#[tokio::test]
async fn registering_takes_a_recent_proof() {
    let application = setup().with_clock().start();
    let admin = Person::admin(&application).await;
    application.advance(Duration::from_secs(11 * 60));
    let body = json!({"name": "Mine", "redirect_uris": [CALLBACK], "confidential": false});
    let answer = admin.client.post(CLIENTS, &body).await;
    answer.problem(403);
    let kind = &answer.json()["type"];
    assert_eq!(kind, "urn:selvedge:problem:step-up-required");
}

#[tokio::test]
async fn nobody_is_sent_where_the_client_does_not_live() {
    let app = register(false).await;
    for redirect_uri in [
        "",
        "https://evil.example/",
        "https://app.example.com/callback",
        "https://app.example.com/callback?from=us&x=1",
        "https://app.example.com/callback?from=us/",
        "https://app.example.com/callback?from=us#",
        "https://app.example.com/../callback?from=us",
        "https://APP.example.com/callback?from=us",
        "https://app.example.com:444/callback?from=us",
        "https://app.example.com@evil.example/callback?from=us",
    ] {
        // Neither in peace nor with an error.
        for prompt in ["", "none"] {
            let changes = [("redirect_uri", redirect_uri), ("prompt", prompt)];
            let answer = app.ask(&changes).await;
            answer.problem(400);
            assert_eq!(answer.header("location"), None);
        }
    }
    let unknown = app.ask(&[("client_id", "cli_01h455vb4pex5vsknk084sn02q")]);
    unknown.await.problem(400);
    app.ask(&[("client_id", "")]).await.problem(400);
}

#[tokio::test]
async fn a_request_without_pkce_or_for_other_than_a_code_goes_back_with_an_error() {
    let app = register(true).await;
    for (name, value, error) in [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        (
            "response_type",
            "code id_token",
            "unsupported_response_type",
        ),
        ("response_type", "", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("request", "eyJ", "request_not_supported"),
        (
            "request_uri",
            "https://evil.example/",
            "request_uri_not_supported",
        ),
        ("prompt", "none", "login_required"),
        ("max_age", "soon", "invalid_request"),
        ("scope", "admin", "invalid_scope"),
    ] {
        let answer = app.ask(&[(name, value)]).await.expect(303);
        let location = answer.header("location").expect("it leads back");
        assert!(location.starts_with(CALLBACK), "{location}");
        let back = query(location);
        assert_eq!(back["error"], error, "{name}={value}");
        assert!(!back["error_description"].is_empty(), "{name}={value}");
        assert_eq!(back["state"], "s t");
        assert!(!back.contains_key("code"));
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_what_it_gave_ends_when_it_is_used_again() {
    let app = register(false).await;
    let person = person().await;
    let code = app.code(&person.client, &[]).await;
    let tokens = app.redeem(&code).await.expect(200).json();
    assert_refused(&app.redeem(&code).await, 400, "invalid_grant");
    let refused = app.refresh(&tokens["refresh_token"]).await;
    assert_refused(&refused, 400, "invalid_grant");
    app.acting(&tokens).get(USERINFO).await.problem(401);
}

#[tokio::test]
async fn of_two_who_use_a_code_at_once_one_at_most_keeps_tokens() {
    let app = register(false).await;
    let code = app.code(&person().await.client, &[]).await;
    let (one, two) = tokio::join!(app.redeem(&code), app.redeem(&code));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    let won = if one.status == 200 { one } else { two };
    // Both had the code, so one has stolen it.
    let refused = app.refresh(&won.json()["refresh_token"]).await;
    assert_refused(&refused, 400, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_good_for_its_client_its_verifier_and_its_address_only() {
    let (app, other) = (register(false).await, register(false).await);
    let person = person().await;
    let code = async || app.code(&person.client, &[]).await;
    assert_refused(&other.redeem(&code().await).await, 400, "invalid_grant");
    for (verifier, redirect_uri) in [
        (
            "another-verifier-that-is-as-long-as-the-right-one",
            CALLBACK,
        ),
        (VERIFIER, "https://evil.example/"),
    ] {
        let code = code().await;
        let answer = app.redeem_with(&code, verifier, redirect_uri).await;
        assert_refused(&answer, 400, "invalid_grant");
        // Whoever failed has used it up.
        assert_refused(&app.redeem(&code).await, 400, "invalid_grant");
    }
    let code = code().await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
    ];
    assert_refused(&app.post(TOKEN, &fields).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_confidential_client_shows_its_secret_and_a_public_one_has_none() {
    let (app, public) = (register(true).await, register(false).await);
    let code = app.code(&person().await.client, &[]).await;
    let wrong = [None, Some("cs_wrong".to_owned()), Some(String::new())];
    for secret in wrong {
        let impostor = RelyingParty {
            secret,
            ..app.clone()
        };
        assert_refused(&impostor.redeem(&code).await, 401, "invalid_client");
    }
    app.redeem(&code).await.expect(200);
    let impostor = RelyingParty {
        secret: app.secret.clone(),
        ..public
    };
    let answer = impostor.refresh(&json!("rt_x")).await;
    assert_refused(&answer, 401, "invalid_client");
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_and_a_copy_of_it_ends_the_session() {
    let application = setup().with_clock().start();
    let admin = Person::admin(&application).await;
    let app = RelyingParty::register(&admin.client, false, json!({})).await;
    let other = RelyingParty::register(&admin.client, false, json!({})).await;
    let tokens = app.tokens(&admin).await;
    let first = &tokens["refresh_token"];
    assert_refused(&other.refresh(first).await, 400, "invalid_grant");
    other.revoke(first).await.expect(200);
    other.revoke(&tokens["access_token"]).await.expect(200);
    let newer = app.refresh(first).await.expect(200).json();
    application.advance(Duration::from_secs(11));
    assert_refused(&app.refresh(first).await, 400, "invalid_grant");
    let refused = app.refresh(&newer["refresh_token"]).await;
    assert_refused(&refused, 400, "invalid_grant");
    // A person's own refresh token is no application's.
    let own = json!(admin.refresh_token);
    assert_refused(&app.refresh(&own).await, 400, "invalid_grant");
    app.revoke(&own).await.expect(200);
    Person::refreshed(&application.client(), &admin).await;
}

#[tokio::test]
async fn whoever_signs_out_before_the_code_is_used_takes_it_back() {
    let app = register(false).await;
    let person = person().await;
    let code = app.code(&person.client, &[]).await;
    let sign_out = person.client.post("/v1/auth/sign-out", &json!({})).await;
    sign_out.expect(204);
    assert_refused(&app.redeem(&code).await, 400, "invalid_grant");
}

#[tokio::test]
async fn userinfo_believes_no_other_token() {
    let app = trusted().await;
    let person = person().await;
    let tokens = app.tokens(&person).await;
    let id_token = tokens["id_token"].as_str().expect("a token");
    let stranger = token::Issuer::stranger("k").sign(&token::claims(
        tokens["access_token"].as_str().expect("a token"),
    ));
    for text in [person.access_token.as_str(), id_token, &stranger, "x", ""] {
        let answer = client().with_token(text).get(USERINFO).await;
        assert_eq!(answer.status, 401, "{text}");
        let challenge = answer.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains("invalid_token"), "{challenge}");
    }
    client().get(USERINFO).await.problem(401);
    app.acting(&tokens).get(USERINFO).await.expect(200);
}

#[tokio::test]
async fn a_request_is_decided_once_and_by_its_secret() {
    let app = register(false).await;
    let person = person().await;
    let request = app.request(&[]).await;
    for unknown in ["ar_x", "", &app.id] {
        wanted(&person.client, unknown).await.problem(404);
        decide(&person.client, unknown, true).await.problem(404);
    }
    let decisions = tokio::join!(
        decide(&person.client, &request, true),
        decide(&person.client, &request, true)
    );
    let mut statuses = [decisions.0.status.as_u16(), decisions.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
}

#[tokio::test]
async fn what_is_no_form_or_says_something_twice_is_refused() {
    let app = register(false).await;
    let twice = [
        ("grant_type", "refresh_token"),
        ("grant_type", "refresh_token"),
    ];
    assert_refused(&app.post(TOKEN, &twice).await, 400, "invalid_request");
    let json = json!({"grant_type": "refresh_token", "client_id": app.id});
    assert_refused(&client().post(TOKEN, &json).await, 400, "invalid_request");
    for grant in ["password", "client_credentials", "implicit"] {
        let answer = app.post(TOKEN, &[("grant_type", grant)]).await;
        assert_refused(&answer, 400, "unsupported_grant_type");
    }
    assert_refused(&app.post(TOKEN, &[]).await, 400, "invalid_request");
    // No secret and no token may stand in an address.
    let path = format!("{TOKEN}?grant_type=refresh_token&client_id={}", app.id);
    assert_eq!(client().get(&path).await.status, 405);
}

#[tokio::test]
async fn what_the_database_keeps_opens_nothing() {
    let app = register(true).await;
    let person = person().await;
    let request = app.request(&[]).await;
    let code = app.code(&person.client, &[]).await;
    let unused = app.code(&person.client, &[]).await;
    let tokens = app.redeem(&code).await.expect(200).json();
    let secrets = [
        app.secret.clone().expect("a secret"),
        request,
        unused,
        tokens["refresh_token"]
            .as_str()
            .expect("a token")
            .to_owned(),
    ];
    let directory = application().state().join("sqlite");
    let files = std::fs::read_dir(directory).expect("there are databases");
    for file in files {
        let bytes = std::fs::read(file.expect("a file").path()).expect("it can be read");
        for secret in &secrets {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "a secret is stored");
        }
    }
}

#[tokio::test]
async fn what_an_administrator_takes_from_an_application_a_code_does_not_give_it() {
    let app = trusted().await;
    let person = person().await;
    let code = app.code(&person.client, &[("scope", "openid api")]).await;
    let path = format!("{CLIENTS}/{}", app.id);
    let less = json!({"scopes": ["openid"]});
    admin().await.patch(&path, &less).await.expect(200);
    let tokens = app.redeem(&code).await.expect(200).json();
    assert_eq!(tokens["scope"], "openid");
    app.acting(&tokens).get("/v1/users/me").await.problem(401);
}
