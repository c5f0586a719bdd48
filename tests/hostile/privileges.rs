//! Ways up: roles that somebody gives themselves, acts on those who may do more, and names that are not one's own.

use std::future::IntoFuture;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::Method;
use selvedge_tests::{Client, Person, Setup, mail, people, token, token::Issuer};
use serde_json::{Value, json};

use crate::{admin, application, client, entrances, with_role};

async fn colleague() -> Person {
    Person::sign_up(&client())
        .await
        .verified(application())
        .await
}

fn role_of(person: &Person, role: &str) -> String {
    format!("/v1/auth/accounts/{}/roles/{role}", person.id)
}

/// Somebody with a role made of these permissions, and the role's name.
async fn with_permissions(name: &str, permissions: &[&str]) -> Person {
    let role = json!({"name": name, "permissions": permissions});
    admin()
        .await
        .client
        .post("/v1/auth/roles", &role)
        .await
        .expect(201);
    with_role(name).await
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_have() {
    let granter = with_permissions("granter", &["roles.grant", "roles.manage", "roles.read"]).await;
    let other = colleague().await;
    for person in [&granter, &other] {
        for role in ["admin", "support"] {
            let grant = granter.client.request(Method::PUT, &role_of(person, role));
            grant.await.problem(403);
        }
    }
    // Nor by a role of their own making, nor by adding to the one they have.
    for permissions in [
        json!(["users.read"]),
        json!(["roles.grant", "accounts.impersonate"]),
    ] {
        let own = json!({"name": "mine", "permissions": permissions});
        granter
            .client
            .post("/v1/auth/roles", &own)
            .await
            .problem(403);
        let more = json!({"permissions": permissions});
        granter
            .client
            .patch("/v1/auth/roles/granter", &more)
            .await
            .problem(403);
    }
    let all = json!({"name": "mine", "permissions": ["*"]});
    granter
        .client
        .post("/v1/auth/roles", &all)
        .await
        .problem(422);
    // What they have they may pass on.
    let fewer = json!({"name": "fewer", "permissions": ["roles.read"]});
    granter
        .client
        .post("/v1/auth/roles", &fewer)
        .await
        .expect(201);
    let grant = granter
        .client
        .request(Method::PUT, &role_of(&other, "fewer"));
    grant.await.expect(204);
}

#[tokio::test]
async fn nobody_weakens_those_who_may_do_more() {
    let granter =
        with_permissions("weakener", &["roles.grant", "roles.manage", "roles.read"]).await;
    let strong = with_permissions("strong", &["roles.read", "books.burn"]).await;
    let fewer = json!({"permissions": []});
    granter
        .client
        .patch("/v1/auth/roles/strong", &fewer)
        .await
        .problem(403);
    granter
        .client
        .delete("/v1/auth/roles/strong")
        .await
        .problem(403);
    granter
        .client
        .delete(&role_of(&strong, "strong"))
        .await
        .problem(403);
    granter
        .client
        .delete(&role_of(&admin().await, "admin"))
        .await
        .problem(403);
    for (method, path) in [
        (Method::PATCH, "/v1/auth/roles/admin"),
        (Method::DELETE, "/v1/auth/roles/admin"),
    ] {
        granter
            .client
            .request(method, path)
            .json(&json!({}))
            .await
            .problem(409);
    }
}

#[tokio::test]
async fn support_can_do_nothing_to_those_who_may_do_more() {
    let support = with_role("support").await.client;
    let admin = admin().await;
    let path = |rest: &str| format!("/v1/auth/accounts/{}{rest}", admin.id);
    for (method, rest) in [
        (Method::POST, "/reset-password"),
        (Method::DELETE, "/sessions"),
        (Method::DELETE, &format!("/sessions/{}", admin.session())),
        (Method::POST, "/disable"),
        (Method::POST, "/enable"),
        (Method::DELETE, "/factors"),
        (Method::DELETE, ""),
        (Method::POST, "/impersonate"),
        (Method::PUT, "/roles/support"),
    ] {
        let answer = support
            .request(method.clone(), &path(rest))
            .json(&json!({"reason": "x"}));
        answer.await.problem(403);
    }
    admin.client.get("/v1/auth/accounts").await.expect(200);
    people::sign_in(&client(), people::ADMIN).await.expect(200);
}

#[tokio::test]
async fn every_permission_over_accounts_ends_before_those_who_may_do_more() {
    let caretaker = with_permissions(
        "caretaker",
        &[
            "accounts.delete",
            "accounts.disable",
            "accounts.impersonate",
            "factors.reset",
            "passwords.reset",
            "sessions.end",
        ],
    );
    let caretaker = caretaker.await.client;
    let above = [
        admin().await,
        with_permissions("above", &["books.bind"]).await,
    ];
    let below = colleague().await;
    for person in &above {
        let path = |rest: &str| format!("/v1/auth/accounts/{}{rest}", person.id);
        for (method, rest) in [
            (Method::POST, "/disable"),
            (Method::POST, "/enable"),
            (Method::POST, "/reset-password"),
            (Method::DELETE, "/factors"),
            (Method::DELETE, "/sessions"),
            (Method::POST, "/impersonate"),
            (Method::DELETE, ""),
        ] {
            let request = caretaker.request(method, &path(rest));
            request.json(&json!({"reason": "x"})).await.problem(403);
        }
        person.client.get("/v1/auth/sessions").await.expect(200);
    }
    let path = format!("/v1/auth/accounts/{}", below.id);
    let act = caretaker.post(&format!("{path}/impersonate"), &json!({"reason": "x"}));
    act.await.expect(201);
    caretaker.delete(&path).await.expect(204);
}

#[tokio::test]
async fn the_administrators_address_is_not_imported_by_others() {
    let importer = with_permissions("importer", &["accounts.create"])
        .await
        .client;
    let import = |email: &str| json!({"users": [{"email": email, "email_verified": true}]});
    let taken = importer
        .post(
            "/v1/auth/admin/import",
            &import(&people::ADMIN.to_uppercase()),
        )
        .await;
    taken.problem(422).names("users[0].email");
    let fresh = people::fresh_email();
    importer
        .post("/v1/auth/admin/import", &import(&fresh))
        .await
        .expect(200);
    importer
        .post("/v1/auth/accounts", &json!({"email": people::ADMIN}))
        .await
        .problem(409);
}

/// A client that acts as somebody, and whom it acts as.
async fn impersonating() -> (Client, Person) {
    let person = colleague().await;
    let path = format!("/v1/auth/accounts/{}/impersonate", person.id);
    let admin = admin().await.client;
    let answer = admin
        .post(&path, &json!({"reason": "x"}))
        .await
        .expect(201)
        .json();
    let token = answer["access_token"].as_str().expect("there is a token");
    (client().with_token(token), person)
}

#[tokio::test]
async fn who_acts_as_somebody_changes_nothing_of_how_they_get_in() {
    let (acting, person) = impersonating().await;
    let get = |path: &'static str| (Method::GET, path, json!({}));
    let post = |path: &'static str, body: Value| (Method::POST, path, body);
    let refused = [
        get("/v1/auth/me/export"),
        get("/v1/auth/accounts"),
        get("/v1/auth/audit"),
        get("/v1/auth/roles"),
        get("/v1/auth/webhooks"),
        (Method::DELETE, "/v1/auth/me", json!({})),
        (Method::DELETE, "/v1/auth/sessions", json!({})),
        (
            Method::DELETE,
            "/v1/auth/sessions?include_current=true",
            json!({}),
        ),
        (Method::DELETE, "/v1/auth/totp", json!({})),
        post("/v1/auth/totp", json!({})),
        post("/v1/auth/totp/confirm", json!({"code": "000000"})),
        post("/v1/auth/passkeys/options", json!({})),
        post("/v1/auth/passkeys", json!({})),
        post("/v1/auth/recovery-codes", json!({})),
        post("/v1/auth/step-up", json!({"password": people::PASSWORD})),
        post("/v1/auth/step-up/options", json!({})),
        post(
            "/v1/auth/password",
            json!({"current_password": people::PASSWORD, "password": "another long battery"}),
        ),
        post(
            "/v1/auth/email",
            json!({"email": "eve@example.com", "current_password": people::PASSWORD}),
        ),
        post("/v1/auth/email/verification", json!({})),
        post("/v1/auth/keys/rotate", json!({})),
    ];
    for (method, path, body) in refused {
        let answer = acting.request(method.clone(), path).json(&body).await;
        let told = answer.text();
        answer.problem(403);
        assert!(told.contains("impersonating"), "{method} {path}: {told}");
    }
    // Nor do they act as a third, or give themselves anything.
    let path = format!("/v1/auth/accounts/{}/impersonate", person.id);
    acting
        .post(&path, &json!({"reason": "x"}))
        .await
        .problem(403);
    acting
        .request(Method::PUT, &role_of(&person, "admin"))
        .await
        .problem(403);
    person.client.get("/v1/auth/sessions").await.expect(200);
}

#[tokio::test]
async fn whatever_takes_a_body_in_auth_is_refused_or_does_not_know_who_acts() {
    let (acting, _) = impersonating().await;
    for entrance in entrances() {
        if !entrance.path.starts_with("/v1/auth/") {
            continue;
        }
        let answer = entrance.request(&acting).json(&entrance.body).await;
        let about_nobody = [
            "sign-up",
            "sign-in",
            "refresh",
            "magic-link",
            "code",
            "password/forgot",
            "password/reset",
            "oauth/",
        ];
        let is_anonymous = about_nobody.iter().any(|part| entrance.path.contains(part));
        assert!(
            is_anonymous || answer.status == 403,
            "{}: {}",
            entrance.path,
            answer.text()
        );
    }
}

#[tokio::test]
async fn who_acts_is_in_the_token_and_cannot_be_left_out() {
    let (acting, person) = impersonating().await;
    let me = acting
        .get("/v1/users/me")
        .header("x-selvedge-actor", &person.id);
    let me = me.await.expect(200);
    let line = application().logs.of_request(me.request_id()).await;
    assert_eq!(line["actor"], admin().await.id.as_str());
    let reset = acting.post("/v1/auth/recovery-codes", &json!({}));
    reset.header("x-selvedge-actor", "").await.problem(403);
    // One that the application signed, and whose actor cannot be told, speaks for nobody.
    let claims = token::claims(&person.access_token);
    let issuer = Issuer::of_application(application().state());
    for actor in [
        json!({"sub": "a b"}),
        json!({"sub": "root"}),
        json!({"sub": ""}),
    ] {
        let mut claims = claims.clone();
        claims["act"] = actor;
        let strange = client().with_token(&issuer.sign(&claims));
        strange.get("/v1/users/me").await.problem(401);
    }
}

#[tokio::test]
async fn an_account_of_somebody_else_is_nobodys_business() {
    let (one, other) = futures::join!(colleague(), colleague());
    for rest in [
        "",
        "/sessions",
        "/roles/support",
        "/impersonate",
        "/factors",
        "/disable",
    ] {
        let path = format!("/v1/auth/accounts/{}{rest}", other.id);
        let nowhere = format!("/v1/auth/accounts/usr_01h455vb4pex5vsknk084sn02q{rest}");
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let there = one
                .client
                .request(method.clone(), &path)
                .json(&json!({"reason": "x"}));
            let not_there = one
                .client
                .request(method.clone(), &nowhere)
                .json(&json!({"reason": "x"}));
            let (there, not_there) = futures::join!(there.into_future(), not_there.into_future());
            assert!(
                [403, 405].contains(&there.status.as_u16()),
                "{method} {path}"
            );
            assert_eq!(there.status, not_there.status, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn whoever_reads_the_audit_from_the_middle_on_stands_in_it_too() {
    let support = with_role("support").await;
    let read = async |path: &str| support.client.get(path).await.expect(200);
    // A position is no secret: readers can make them up, and begin where they like.
    read("/v1/auth/audit/export?after=0").await;
    let cursor = BASE64_URL_SAFE_NO_PAD.encode(i64::MAX.to_string());
    read(&format!("/v1/auth/audit?cursor={cursor}")).await;
    let by = format!("/v1/auth/audit?actor={}", support.id);
    let found = admin().await.client.get(&by).await.expect(200).json();
    let entries = found["data"].as_array().expect("a page");
    for event in ["audit-exported", "audit-read"] {
        assert!(
            entries.iter().any(|entry| entry["event"] == event),
            "{event}"
        );
    }
}

#[tokio::test]
async fn who_gives_up_the_administrators_address_is_administrator_no_more() {
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .start();
    let admin = Person::admin(&application).await;
    let email = people::fresh_email();
    let wish = json!({"email": email, "current_password": people::PASSWORD});
    admin.client.post("/v1/auth/email", &wish).await.expect(202);
    let mail = mail::to(&application.logs, &email, "Confirm").await;
    let token = json!({"token": mail.token()});
    let confirm = admin.client.post("/v1/auth/email/confirm", &token);
    confirm.await.expect(204);
    admin.client.get("/v1/auth/accounts").await.problem(401);
    let refreshed = Person::refreshed(&application.client(), &admin).await;
    refreshed.client.get("/v1/auth/accounts").await.problem(403);
}

#[tokio::test]
async fn an_address_that_somebody_merely_imported_makes_no_administrator_later() {
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .start();
    let admin = Person::admin(&application).await;
    let importer = Person::sign_up(&application.client())
        .await
        .verified(&application)
        .await;
    let role = json!({"name": "importer", "permissions": ["accounts.create"]});
    let made = admin.client.post("/v1/auth/roles", &role);
    made.await.expect(201);
    let path = role_of(&importer, "importer");
    let grant = admin.client.request(Method::PUT, &path);
    grant.await.expect(204);
    let importer = Person::refreshed(&application.client(), &importer).await;
    let email = people::fresh_email();
    let hash = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
    let users = json!({"users": [
        {"email": email, "email_verified": true, "password_hash": hash},
    ]});
    let import = importer.client.post("/v1/auth/admin/import", &users);
    let id = import.await.expect(200).json()["data"][0]["id"].take();
    let id = id.as_str().expect("an id").to_owned();
    // Not even a role is given to whom nobody wrote to.
    let grant = format!("/v1/auth/accounts/{id}/roles/support");
    let grant = admin.client.request(Method::PUT, &grant);
    grant.await.problem(409);
    let application = Setup::application()
        .variable("admin_email", &email)
        .on(application.stop())
        .start();
    let imported = json!({"email": email, "password": "correct horse"});
    let answer = application.client().post("/v1/auth/sign-in", &imported);
    let imported = Person::of_answer(&application.client(), &email, &answer.await.expect(200));
    imported.client.get("/v1/auth/accounts").await.problem(403);
}
