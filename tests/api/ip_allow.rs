//! Networks from which requests are taken: of whole routes by the middleware `ip-allow`, and of administrators by the
//! variable `admin_allowed_ips`.

use selvedge_tests::setup::{component, triggers};
use selvedge_tests::{Application, Person, Setup, people};
use serde_json::json;
use toml::{Table, Value};

pub const INSIDE: &str = "192.0.2.7";
pub const OUTSIDE: &str = "198.51.100.7";

/// Believes what the tests say they forward: each request says from where it comes.
pub fn behind_a_proxy(manifest: &mut Table) {
    let settings = manifest["application"]["tool"]["selvedge"]
        .as_table_mut()
        .expect("it is a table");
    settings.insert("trusted_proxies".into(), vec!["127.0.0.1"].into());
}

/// Puts `ip-allow` in front of `users`, as the README says.
fn guarded(manifest: &mut Table) {
    behind_a_proxy(manifest);
    let variables = component(manifest, "users")["variables"].as_table_mut();
    variables
        .expect("it is a table")
        .insert("allowed_ips".into(), "{{ allowed_ips }}".into());
    let mut middleware = Table::new();
    middleware.insert("component".into(), "ip-allow".into());
    middleware.insert("inherit_configuration".into(), vec!["variables"].into());
    for trigger in triggers(manifest) {
        if trigger["component"].as_str() == Some("users") {
            trigger["dependencies"]["middleware"]
                .as_array_mut()
                .expect("it is a list")
                .insert(1, Value::Table(middleware.clone()));
        }
    }
}

fn users_for(networks: &str) -> Application {
    Setup::application()
        .edited(guarded)
        .variable("allowed_ips", networks)
        .start()
}

#[tokio::test]
async fn a_route_takes_requests_from_the_networks_named_and_no_others() {
    let application = users_for("192.0.2.0/24, 2001:db8::/32");
    let person = Person::sign_up(&application.client()).await;
    let me = |from: &str| {
        person
            .client
            .get("/v1/users/me")
            .header("x-forwarded-for", from)
    };
    for inside in [
        INSIDE,
        "2001:db8::7",
        "[2001:db8::7]:443",
        "::ffff:192.0.2.7",
        "198.51.100.7, 192.0.2.7",
        "192.0.2.7, 127.0.0.1",
    ] {
        me(inside).await.expect(200);
    }
    for outside in [
        OUTSIDE,
        "2001:db9::7",
        "::ffff:198.51.100.7",
        // Whoever is not a proxy of ours may write what they like on the left.
        "192.0.2.7, 198.51.100.7",
        "192.0.2.7, nonsense",
        "0.0.0.1",
    ] {
        me(outside).await.problem(403);
    }
    // Before anybody is asked for a token, and at addresses that are not there.
    let anonymous = application.client();
    let from_outside = |path| anonymous.get(path).header("x-forwarded-for", OUTSIDE);
    from_outside("/v1/users/me").await.problem(403);
    from_outside("/v1/users/nowhere/at/all").await.problem(403);
    // Other routes are not in the middleware's way.
    from_outside("/v1/billing/plans").await.expect(200);
}

#[tokio::test]
async fn where_no_network_is_named_everybody_is_let_in() {
    let application = users_for("");
    let person = Person::sign_up(&application.client()).await;
    let me = person.client.get("/v1/users/me");
    me.header("x-forwarded-for", OUTSIDE).await.expect(200);
}

#[tokio::test]
async fn where_the_networks_cannot_be_read_nobody_is_let_in() {
    let application = users_for("192.0.2.0/24, 192.0.2.300");
    let client = application.client();
    let me = client.get("/v1/users/me").header("x-forwarded-for", INSIDE);
    me.await.problem(503);
}

#[tokio::test]
async fn administrators_are_taken_for_such_only_in_the_networks_named() {
    let start = |networks: &str| {
        Setup::application()
            .variable("admin_email", people::ADMIN)
            .variable("admin_allowed_ips", networks)
    };
    let application = start("").edited(behind_a_proxy).start();
    let admin = Person::admin(&application).await;
    let webhooks = |admin: &Person, from: &str| {
        let request = admin.client.get("/v1/auth/webhooks");
        request.header("x-forwarded-for", from)
    };
    webhooks(&admin, OUTSIDE).await.expect(200);

    let setup = start("192.0.2.0/24").on(application.stop());
    let application = setup.edited(behind_a_proxy).start();
    let admin = Person::sign_in(&application.client(), people::ADMIN).await;
    webhooks(&admin, INSIDE).await.expect(200);
    webhooks(&admin, "::ffff:192.0.2.7").await.expect(200);
    webhooks(&admin, OUTSIDE).await.problem(403);
    // In every component, by the guard in front of it.
    let users = |from: &str| {
        admin
            .client
            .get("/v1/users")
            .header("x-forwarded-for", from)
    };
    users(INSIDE).await.expect(200);
    users(OUTSIDE).await.problem(403);
    let own = admin.client.get("/v1/auth/sessions");
    own.header("x-forwarded-for", OUTSIDE).await.expect(200);

    // Whoever locked themselves out starts it with another list: the way back in is the operator's alone.
    let setup = start("198.51.100.0/24").on(application.stop());
    let application = setup.edited(behind_a_proxy).start();
    let admin = Person::sign_in(&application.client(), people::ADMIN).await;
    webhooks(&admin, OUTSIDE).await.expect(200);
    webhooks(&admin, INSIDE).await.problem(403);
    let wrong = json!({"url": "https://example.com/", "events": ["*"]});
    let create = admin.client.post("/v1/auth/webhooks", &wrong);
    create.header("x-forwarded-for", INSIDE).await.problem(403);
}

#[tokio::test]
async fn nobody_acts_as_somebody_else_from_where_administrators_are_none() {
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .variable("admin_allowed_ips", "192.0.2.0/24")
        .edited(behind_a_proxy)
        .start();
    let admin = Person::admin(&application).await;
    let person = Person::sign_up(&application.client()).await;
    let path = format!("/v1/auth/accounts/{}/impersonate", person.id);
    let impersonate = |from: &str| {
        let request = admin.client.post(&path, &json!({"reason": "x"}));
        request.header("x-forwarded-for", from)
    };
    impersonate(OUTSIDE).await.problem(403);
    let answer = impersonate(INSIDE).await.expect(201).json();
    let token = answer["access_token"].as_str().expect("there is a token");
    let acting = admin.client.with_token(token);
    for path in ["/v1/users/me", "/v1/auth/sessions"] {
        let see = |from: &str| acting.get(path).header("x-forwarded-for", from);
        see(INSIDE).await.expect(200);
        see(OUTSIDE).await.problem(403);
    }
}
