//! Signing in with other providers, attacked: by strangers, by who else has a provider, and by providers.

use std::{sync::LazyLock, time::Duration};

use selvedge_tests::{
    Answer, Application, Browser, Client, IdentityProvider, Person, Setup,
    browser::{self, REDIRECT_TO},
    identity_provider::{Persona, Signature, query},
    mail, people, token,
};
use serde_json::{Value, json};

fn start(provider: &IdentityProvider) -> Setup {
    Setup::application()
        .variable("identity_providers", &provider.configuration())
        .variable("identity_provider_secrets", &IdentityProvider::secrets())
        .variable("identity_host_a", &provider.issuer())
}

fn setting() -> &'static (IdentityProvider, Application) {
    static SETTING: LazyLock<(IdentityProvider, Application)> = LazyLock::new(|| {
        let provider = IdentityProvider::start();
        let application = start(&provider).start();
        (provider, application)
    });
    &SETTING
}

fn provider() -> &'static IdentityProvider {
    &setting().0
}

fn client() -> Client {
    setting().1.client()
}

fn persona() -> Persona {
    let email = people::fresh_email();
    Persona::new(&email, &email)
}

/// What the browser of `persona` brings back.
async fn outcome(persona: &Persona) -> (String, String) {
    let mut browser = Browser::new(&client());
    let location = browser.leave("acme").await;
    browser
        .come_back(&provider().approve(&location, persona))
        .await
}

async fn assert_not_believed(persona: Persona) {
    let outcome = outcome(&persona).await;
    assert_eq!(
        outcome,
        ("error".into(), "server_error".into()),
        "{persona:?}"
    );
}

fn seconds_from_now(seconds: i64) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    json!(now.expect("it is after 1970").as_secs() as i64 + seconds)
}

#[tokio::test]
async fn an_id_token_that_is_wrong_in_one_thing_is_not_believed() {
    assert_eq!(outcome(&persona()).await.0, "code");
    for (claim, value) in [
        ("nonce", json!("of-another-flight")),
        ("nonce", Value::Null),
        ("aud", json!("another app")),
        ("aud", json!(["our app", "another app"])),
        ("azp", json!("another app")),
        ("iss", json!("http://127.0.0.1:1")),
        ("iss", json!("https://accounts.google.com")),
        ("exp", seconds_from_now(-120)),
        ("exp", Value::Null),
        ("iat", seconds_from_now(3600)),
        ("iat", Value::Null),
        ("sub", json!("")),
        ("sub", Value::Null),
    ] {
        assert_not_believed(persona().lying(claim, value)).await;
    }
}

#[tokio::test]
async fn an_id_token_that_the_provider_did_not_sign_is_not_believed() {
    for signature in [
        Signature::None,
        Signature::PublicKeyAsSecret,
        Signature::Stranger,
        Signature::OtherKey,
    ] {
        assert_not_believed(persona().signed(signature)).await;
    }
}

#[tokio::test]
async fn a_providers_word_makes_no_administrator() {
    let provider = IdentityProvider::start();
    let application = start(&provider)
        .variable("admin_email", people::ADMIN)
        .start();
    let claimed = Persona::new("666", "ADMIN@example.com");
    let sign_in = async || {
        Browser::new(&application.client())
            .sign_in(&provider, "acme", &claimed)
            .await
    };
    // Neither before there is an account with the address, nor after it was proven by mail.
    sign_in().await.problem(409);
    let admin = Person::admin(&application).await;
    sign_in().await.problem(409);
    let linked = admin.client.get("/v1/auth/identities").await.expect(200);
    assert_eq!(linked.json()["data"], json!([]));
    // So it is with whoever was given a role.
    let support = Person::sign_up(&application.client())
        .await
        .verified(&application)
        .await;
    let path = format!("/v1/auth/accounts/{}/roles/support", support.id);
    admin
        .client
        .request(http::Method::PUT, &path)
        .await
        .expect(204);
    let persona = Persona::new("667", &support.email);
    let answer = Browser::new(&application.client())
        .sign_in(&provider, "acme", &persona)
        .await;
    answer.problem(409);
    // Who is signed in by other means may link it.
    let mut browser = Browser::new(&application.client());
    let code = browser.code(&provider, "acme", &claimed).await;
    let link = admin
        .client
        .post("/v1/auth/identities", &browser.claim(&code));
    link.await.expect(201);
    let body = sign_in().await.expect(200).json();
    assert_eq!(body["user"]["id"], admin.id.as_str());
}

#[tokio::test]
async fn nobody_is_sent_out_of_the_application() {
    for redirect_to in [
        "https://evil.example/",
        "//evil.example/",
        "/signed-in",
        "http://localhost:3000.evil.example/",
        "http://localhost:3000@evil.example/",
        "http://localhost:30001/",
        "http://localhost:3000\\@evil.example/",
        "http://localhost:3000/#code=",
        "javascript:alert(1)",
        "",
    ] {
        let answer = Browser::new(&client()).try_leave("acme", redirect_to).await;
        answer.problem(422).names("redirect_to");
        assert_eq!(answer.header("location"), None);
    }
}

#[tokio::test]
async fn a_strangers_browser_cannot_come_back_with_the_attackers_account() {
    let mut attacker = Browser::new(&client());
    let location = attacker.leave("acme").await;
    let path = provider().approve(&location, &persona());
    // The victim follows the attacker's link: with no cookie, and with one of its own.
    let mut victim = Browser::new(&client());
    victim.get(&path).await.problem(400);
    victim.leave("acme").await;
    victim.get(&path).await.problem(400);
    // Nobody has used it up.
    assert_eq!(attacker.come_back(&path).await.0, "code");
}

#[tokio::test]
async fn nobody_comes_back_twice_or_from_another_provider() {
    let mut browser = Browser::new(&client());
    let location = browser.leave("acme").await;
    let path = provider().approve(&location, &persona());
    browser.come_back(&path).await;
    browser.get(&path).await.problem(400);

    let location = browser.leave("acme").await;
    let path = provider().approve(&location, &persona());
    let elsewhere = path.replace("/acme/", "/other/");
    browser.get(&elsewhere).await.problem(400);
}

#[tokio::test]
async fn an_answer_that_names_another_provider_or_none_is_mixed_up() {
    for iss in ["https://evil.example", ""] {
        let mut browser = Browser::new(&client());
        let location = browser.leave("acme").await;
        let path = provider().approve(&location, &persona());
        let (rest, _) = path.split_once("&iss=").expect("it says who answers");
        let iss = if iss.is_empty() {
            String::new()
        } else {
            format!("&iss={iss}")
        };
        let outcome = browser.come_back(&format!("{rest}{iss}")).await;
        assert_eq!(outcome, ("error".into(), "server_error".into()));
    }
}

#[tokio::test]
async fn a_code_of_the_provider_is_good_on_its_own_flight_only() {
    let (mut victim, mut attacker) = (Browser::new(&client()), Browser::new(&client()));
    let stolen = victim.leave("acme").await;
    let stolen = query(&provider().approve(&stolen, &persona()))["code"].clone();
    // The attacker puts the stolen code into an answer of its own: the verifier is not the one it was given for.
    let location = attacker.leave("acme").await;
    let path = provider().approve(&location, &persona());
    let own = query(&path)["code"].clone();
    let outcome = attacker.come_back(&path.replace(&own, &stolen)).await;
    assert_eq!(outcome, ("error".into(), "server_error".into()));
}

#[tokio::test]
async fn the_code_that_the_browser_brings_is_good_once_and_for_who_began_only() {
    let mut browser = Browser::new(&client());
    let code = browser.code(provider(), "acme", &persona()).await;
    let thief = Browser::new(&client());
    thief.exchange(&code).await.problem(422);
    browser.exchange(&code).await.expect(200);
    browser.exchange(&code).await.problem(422);
}

#[tokio::test]
async fn of_two_who_use_a_code_at_once_one_gets_in() {
    let mut browser = Browser::new(&client());
    let code = browser.code(provider(), "acme", &persona()).await;
    let (one, two) = tokio::join!(browser.exchange(&code), browser.exchange(&code));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
}

#[tokio::test]
async fn who_takes_too_long_begins_again() {
    let provider = IdentityProvider::start();
    let application = start(&provider).with_clock().start();
    let client = application.client();
    let mut browser = Browser::new(&client);
    let location = browser.leave("acme").await;
    let path = provider.approve(&location, &persona());
    application.advance(Duration::from_secs(11 * 60));
    browser.get(&path).await.problem(400);
}

#[tokio::test]
async fn an_application_without_a_secret_of_its_own_gets_nobody_signed_in() {
    let leave = async |query: &str| -> Answer {
        let path = format!("/v1/auth/oauth/acme/authorize?redirect_to={REDIRECT_TO}{query}");
        client().get(&path).await
    };
    let challenge = browser::challenge("x");
    leave("").await.problem(400).names("code_challenge");
    leave("&code_challenge=short")
        .await
        .problem(422)
        .names("code_challenge");
    leave(&format!(
        "&code_challenge={challenge}&code_challenge_method=plain"
    ))
    .await
    .problem(400);
    leave(&format!(
        "&code_challenge={challenge}&code_challenge_method=S256"
    ))
    .await
    .expect(302);
}

#[tokio::test]
async fn the_browser_carries_no_token_and_keeps_its_secret_to_itself() {
    let mut browser = Browser::new(&client());
    let answer = browser.try_leave("acme", REDIRECT_TO).await.expect(302);
    let cookie = answer.header("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let location = answer.header("location").expect("it leads there");
    let secret = browser.cookie.clone().expect("a cookie");
    let (_, secret) = secret.split_once('=').expect("a value");
    assert!(!location.contains(secret));
    let path = provider().approve(location, &persona());
    let answer = browser.get(&path).await.expect(303);
    let location = answer.header("location").expect("it leads on");
    assert!(
        !location.contains("eyJ") && !location.contains("rt_"),
        "{location}"
    );
}

/// Signs somebody in by a link that is mailed.
async fn by_mail(application: &Application, email: &str) -> Person {
    let client = application.client();
    let asked = client.post("/v1/auth/magic-link", &json!({"email": email}));
    asked.await.expect(202);
    let mail = mail::to(&application.logs, email, "Sign in").await;
    let token = json!({"token": mail.token()});
    let answer = client.post("/v1/auth/magic-link/sign-in", &token).await;
    Person::of_answer(&client, email, &answer.expect(200))
}

#[tokio::test]
async fn who_a_provider_vouched_for_is_no_administrator_later_either() {
    let provider = IdentityProvider::start();
    let application = start(&provider).start();
    let claimed = Persona::new("666", people::ADMIN);
    let mut browser = Browser::new(&application.client());
    browser
        .sign_in(&provider, "acme", &claimed)
        .await
        .expect(200);
    // The operator names the address when there is an account with it.
    let application = start(&provider)
        .variable("admin_email", people::ADMIN)
        .on(application.stop())
        .start();
    let mut browser = Browser::new(&application.client());
    let answer = browser.sign_in(&provider, "acme", &claimed).await;
    let pretender = Person::of_answer(&application.client(), people::ADMIN, &answer.expect(200));
    assert_eq!(answer_roles(&pretender), json!([]));
    pretender.client.get("/v1/auth/accounts").await.problem(403);
    // Whoever reads the mail is administrator, and nobody else is in any more.
    let admin = by_mail(&application, people::ADMIN).await;
    assert_eq!(answer_roles(&admin), json!(["admin"]));
    pretender.client.get("/v1/auth/sessions").await.problem(401);
    let mut browser = Browser::new(&application.client());
    let again = browser.sign_in(&provider, "acme", &claimed).await;
    again.problem(409);
}

fn answer_roles(person: &Person) -> Value {
    token::claims(&person.access_token)["roles"].clone()
}

#[tokio::test]
async fn a_role_is_for_who_reads_the_mail_and_not_for_whom_a_provider_vouches() {
    let provider = IdentityProvider::start();
    let application = start(&provider)
        .variable("admin_email", people::ADMIN)
        .start();
    let admin = Person::admin(&application).await;
    let email = people::fresh_email();
    let persona = Persona::new("668", &email);
    let mut browser = Browser::new(&application.client());
    let answer = browser.sign_in(&provider, "acme", &persona).await;
    let vouched = Person::of_answer(&application.client(), &email, &answer.expect(200));
    let role = format!("/v1/auth/accounts/{}/roles/support", vouched.id);
    let grant = || admin.client.request(http::Method::PUT, &role);
    grant().await.problem(409);
    // Nor for who merely reads it, as long as the other one is in as well.
    by_mail(&application, &email).await;
    grant().await.problem(409);
    let path = "/v1/auth/email/verification";
    let asked = vouched.client.request(http::Method::POST, path).await;
    asked.expect(202);
    vouched.verified(&application).await;
    grant().await.expect(204);
}

#[tokio::test]
async fn who_proves_an_address_without_the_provider_has_the_account_alone() {
    let provider = IdentityProvider::start();
    let application = start(&provider).start();
    let email = people::fresh_email();
    let persona = Persona::new("669", &email);
    let mut browser = Browser::new(&application.client());
    let answer = browser.sign_in(&provider, "acme", &persona).await;
    let vouched = Person::of_answer(&application.client(), &email, &answer.expect(200));
    let owner = by_mail(&application, &email).await;
    let path = "/v1/auth/email/verification";
    let asked = owner.client.request(http::Method::POST, path).await;
    asked.expect(202);
    let owner = owner.verified(&application).await;
    vouched.client.get("/v1/auth/sessions").await.problem(401);
    let linked = owner.client.get("/v1/auth/identities").await.expect(200);
    assert_eq!(linked.json()["data"], json!([]));
}

#[tokio::test]
async fn nobody_is_sent_back_into_the_api_which_may_send_them_on_with_their_code() {
    // An answer that leads on without a fragment of its own leaves the browser the one it has: an application that is
    // registered here would be handed the code of somebody who signs in, for a challenge of its own.
    let authorize = "v1/auth/oauth2/authorize?client_id=cli_x&redirect_uri=https://app.example.com";
    for way in [
        "/",
        "/x/../",
        "/./",
        "/%2e/",
        "/x/%2E%2e/",
        "/x/.%2e/",
        "//",
    ] {
        let redirect_to = format!("http://localhost:3000{way}{authorize}");
        let mut browser = Browser::new(&client());
        let answer = browser.try_leave("acme", &redirect_to).await;
        answer.problem(422).names("redirect_to");
    }
    for path in [
        "/v1/auth/oauth/acme/callback",
        "/%761/auth/x",
        "/v1%2fauth/x",
    ] {
        let redirect_to = format!("http://localhost:3000{path}");
        let mut browser = Browser::new(&client());
        let answer = browser.try_leave("acme", &redirect_to).await;
        answer.problem(422).names("redirect_to");
    }
}
