//! Sessions in cookies, for browsers.

use selvedge_tests::{Answer, Application, Client, Person, Setup, client::Request, people};
use serde_json::{Value, json};

use crate::{client, person};

const ME: &str = "/v1/users/me";
const PARTNER: &str = "https://app.example.com";

/// A browser that signed in: what it sends along, as `Cookie`.
struct Browser {
    client: Client,
    cookies: String,
}

impl Browser {
    async fn sign_in(client: &Client, email: &str) -> Self {
        let body = json!({"email": email, "password": people::PASSWORD});
        let sign_in = client.post("/v1/auth/sign-in", &body);
        let answer = sign_in.header("x-session", "cookie").await.expect(200);
        assert_eq!(answer.json()["user"]["email"], email);
        assert_keeps_its_secrets(&answer);
        Self {
            client: client.clone(),
            cookies: cookies(&answer),
        }
    }

    fn send(&self, request: Request) -> Request {
        request.header("cookie", &self.cookies)
    }

    /// A change, asked for by a page of this origin.
    fn rename(&self, headers: &[(&str, &str)]) -> Request {
        let rename = self.send(self.client.patch(ME, &json!({"name": "Ada"})));
        headers
            .iter()
            .fold(rename, |rename, (name, value)| rename.header(name, value))
    }

    fn refresh(&self) -> Request {
        let refresh = self.send(self.client.post("/v1/auth/refresh", &json!({})));
        refresh.header("sec-fetch-site", "same-origin")
    }
}

fn set_cookies(answer: &Answer) -> Vec<&str> {
    let all = answer.headers.get_all("set-cookie").iter();
    all.map(|cookie| cookie.to_str().expect("it is text"))
        .collect()
}

/// What a browser makes of them.
fn cookies(answer: &Answer) -> String {
    let pairs = set_cookies(answer).into_iter();
    let pairs: Vec<_> = pairs
        .filter_map(|cookie| cookie.split(';').next())
        .collect();
    pairs.join("; ")
}

#[track_caller]
fn assert_keeps_its_secrets(answer: &Answer) {
    let body = answer.json();
    for name in ["access_token", "refresh_token", "token_type"] {
        assert_eq!(body.get(name), None, "{body}");
    }
    let cookies = set_cookies(answer);
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for (cookie, name) in cookies.iter().zip(["__Host-access=", "__Host-refresh="]) {
        assert!(cookie.starts_with(name), "{cookie}");
        for attribute in ["; Path=/;", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

fn with_partner() -> Application {
    Setup::application()
        .variable("allowed_origins", PARTNER)
        .start()
}

#[tokio::test]
async fn a_browser_that_asks_for_cookies_gets_no_token_to_read() {
    let email = people::fresh_email();
    let body = json!({"email": email, "password": people::PASSWORD});
    let sign_up = client().post("/v1/auth/sign-up", &body);
    let answer = sign_up.header("x-session", "cookie").await.expect(201);
    assert_keeps_its_secrets(&answer);
    let browser = Browser::sign_in(&client(), &email).await;
    let me = browser.send(browser.client.get(ME)).await.expect(200);
    assert_eq!(me.json()["id"], answer.json()["user"]["id"]);
    browser
        .rename(&[("sec-fetch-site", "same-origin")])
        .await
        .expect(200);
}

#[tokio::test]
async fn tokens_may_be_asked_for_in_no_third_way() {
    let person = person().await;
    let body = json!({"email": person.email, "password": people::PASSWORD});
    let sign_in = client().post("/v1/auth/sign-in", &body);
    sign_in.header("x-session", "url").await.problem(400);
    let sign_in = client().post("/v1/auth/sign-in", &body);
    assert!(set_cookies(&sign_in.await.expect(200)).is_empty());
}

#[tokio::test]
async fn a_browser_refreshes_by_its_cookie_and_signs_out() {
    let person = person().await;
    let mut browser = Browser::sign_in(&client(), &person.email).await;
    let before = browser.cookies.clone();
    let answer = browser.refresh().await.expect(200);
    assert_keeps_its_secrets(&answer);
    browser.cookies = cookies(&answer);
    assert_ne!(browser.cookies, before);
    browser.send(client().get(ME)).await.expect(200);

    let sign_out = browser
        .client
        .request(http::Method::POST, "/v1/auth/sign-out");
    let answer = browser
        .send(sign_out)
        .header("sec-fetch-site", "same-origin")
        .await
        .expect(204);
    for cookie in set_cookies(&answer) {
        assert!(cookie.contains("=; Path=/; Max-Age=0;"), "{cookie}");
    }
    browser.refresh().await.problem(401);
    browser
        .rename(&[("sec-fetch-site", "same-origin")])
        .await
        .problem(401);
    let nobody = client().post("/v1/auth/refresh", &json!({}));
    nobody.await.problem(401);
}

#[tokio::test]
async fn no_page_of_another_site_changes_anything() {
    let person = person().await;
    let browser = Browser::sign_in(&client(), &person.email).await;
    for headers in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", PARTNER)],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
    ] {
        browser.rename(headers).await.problem(403);
        let refresh = browser.send(client().post("/v1/auth/refresh", &json!({})));
        let refresh = headers.iter().fold(refresh, |request, (name, value)| {
            request.header(name, value)
        });
        refresh.await.problem(403);
    }
    let me = browser.send(client().get(ME)).await.expect(200).json();
    assert_eq!(me["name"], Value::Null);
    // Who shows a token by themselves is no browser that was talked into it.
    let rename = person.client.patch(ME, &json!({"name": "Ada"}));
    rename
        .header("origin", "https://evil.example")
        .await
        .expect(200);
}

#[tokio::test]
async fn pages_of_origins_that_are_allowed_may_ask_and_read() {
    let application = with_partner();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    let browser = Browser::sign_in(&client, &person.email).await;
    let answer = browser
        .rename(&[("origin", PARTNER), ("sec-fetch-site", "same-site")])
        .await
        .expect(200);
    assert_shared(&answer);
    let plans = client.get("/v1/billing/plans").header("origin", PARTNER);
    assert_shared(&plans.await.expect(200));
    // A refusal as well: a page has to know why.
    let refused = client.get(ME).header("origin", PARTNER).await;
    refused.problem(401);
    assert_shared(&refused);
    let refused = client
        .with_token("x")
        .get(ME)
        .header("origin", PARTNER)
        .await;
    refused.problem(401);
    assert_shared(&refused);

    for origin in [
        "https://evil.example",
        "null",
        "https://app.example.com.evil.example",
    ] {
        let answer = client.get("/v1/billing/plans").header("origin", origin);
        let answer = answer.await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), None);
        browser.rename(&[("origin", origin)]).await.problem(403);
    }
}

#[track_caller]
fn assert_shared(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(PARTNER));
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        Some("true")
    );
    let vary = answer.headers.get_all("vary").iter();
    assert!(
        vary.map(|value| value.as_bytes())
            .any(|value| value == b"origin")
    );
}

#[tokio::test]
async fn a_preflight_is_answered_before_anybody_is_asked_who_they_are() {
    let application = with_partner();
    let client = application.client();
    let preflight = |path: &str, origin: &str| {
        let request = client.request(http::Method::OPTIONS, path);
        request
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "content-type")
    };
    for path in [ME, "/v1/auth/sign-in", "/v1/billing/usage"] {
        let answer = preflight(path, PARTNER).await.expect(204);
        assert_shared(&answer);
        let allowed = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        assert!(allowed("access-control-allow-methods").contains("PATCH"));
        assert!(allowed("access-control-allow-headers").contains("content-type"));
        let answer = preflight(path, "https://evil.example").await;
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert!(!answer.is_success());
    }
}
