//! Webhooks as a way in: an administrator's session in the wrong hands, or one who is curious.

use selvedge_tests::{Person, Receiver, Setup, people};
use serde_json::json;

#[tokio::test]
async fn a_webhook_leads_to_no_component_and_to_no_other_scheme() {
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .start();
    let admin = Person::admin(&application).await.client;
    for url in [
        "http://users.spin.internal/internal/people/x",
        "https://users.spin.internal/",
        "https://BILLING.SPIN.INTERNAL./",
        "https://x@users.spin.internal/",
        "https://self.alt/v1/auth/webhooks",
        "http://169.254.169.254/latest/meta-data",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://127.0.0.1.example.com/",
        "http://localhost@example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://example.com\\@users.spin.internal/",
        "https://example.com#@users.spin.internal/",
        "//users.spin.internal/",
        "javascript:alert(1)",
    ] {
        let body = json!({"url": url, "events": ["*"]});
        let answer = admin.post("/v1/auth/webhooks", &body).await;
        if url.contains('#') {
            // Read as example.com, and sent there: what follows the # is for nobody.
            assert!(answer.status == 201 || answer.status == 422, "{url}");
        } else {
            answer.problem(422).names("url");
        }
    }
}

#[tokio::test]
async fn what_a_webhook_is_told_holds_no_secret() {
    let receiver = Receiver::start();
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .variable("webhook_hosts", &receiver.origin())
        .start();
    let client = application.client();
    let admin = Person::admin(&application).await.client;
    let hook = json!({"url": receiver.origin(), "events": ["*"]});
    let secret = admin
        .post("/v1/auth/webhooks", &hook)
        .await
        .expect(201)
        .json()["secret"]
        .clone();
    let person = Person::sign_up(&client).await;
    let again = Person::sign_in(&client, &person.email).await;
    let wrong = json!({"email": person.email, "password": "wr0ng-secret"});
    client.post("/v1/auth/sign-in", &wrong).await.problem(401);
    let refresh = json!({"refresh_token": again.refresh_token});
    client.post("/v1/auth/refresh", &refresh).await.expect(200);
    let sign_out = json!({});
    person
        .client
        .post("/v1/auth/sign-out", &sign_out)
        .await
        .expect(204);
    let is_last =
        |request: &selvedge_tests::receiver::Received| request.json()["type"] == "session.ended";
    receiver.wait_for(1, is_last).await;
    for request in receiver.received() {
        let all = format!("{:?}{}", request.headers, request.body);
        for word in [
            people::PASSWORD,
            "wr0ng-secret",
            "argon2",
            &person.access_token,
            &person.refresh_token,
            &again.refresh_token,
            secret.as_str().expect("it is shown"),
        ] {
            assert!(!all.contains(word), "{word:?} is told: {all}");
        }
    }
}
