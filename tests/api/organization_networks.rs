//! Networks of organisations: from outside of them members act for themselves alone, and programs not at all.

use http::Method;
use selvedge_tests::client::Request;
use selvedge_tests::{Person, Setup, people};
use serde_json::{Value, json};

use crate::ip_allow::{INSIDE, OUTSIDE, behind_a_proxy};

/// From there.
fn from(address: &str, request: Request) -> Request {
    request.header("x-forwarded-for", address)
}

#[tokio::test]
async fn who_is_outside_acts_for_themselves_and_whoever_is_locked_out_is_let_in_again() {
    let application = Setup::application()
        .edited(behind_a_proxy)
        .variable("admin_email", people::ADMIN)
        .start();
    let client = application.client();
    let admin = Person::admin(&application).await;
    let owner = Person::sign_up(&client).await.verified(&application).await;
    let made = owner
        .client
        .post("/v1/orgs", &json!({"name": "Acme"}))
        .await
        .expect(201)
        .json();
    let id = made["id"].as_str().expect("an id");
    let path = format!("/v1/orgs/{id}");
    let key = json!({"name": "CI", "organization": id, "scopes": ["orgs:read"]});
    let key = owner
        .client
        .post("/v1/auth/api-keys", &key)
        .await
        .expect(201)
        .json();
    let program = client.with_token(key["secret"].as_str().expect("a secret"));

    let networks = json!({"networks": ["192.0.2.0/24", "2001:db8::/32"]});
    from(OUTSIDE, owner.client.patch(&path, &networks))
        .await
        .problem(422);
    from(INSIDE, owner.client.patch(&path, &networks))
        .await
        .expect(200);

    let choose = |person: &Person| {
        let request = person
            .client
            .request(Method::PUT, "/v1/auth/sessions/current/organization");
        request.json(&json!({"organization": id}))
    };
    from(OUTSIDE, choose(&owner)).await.problem(403);
    let refused = admin
        .client
        .get("/v1/auth/audit?event=organization-refused");
    let refused = refused.await.expect(200).json();
    assert_eq!(refused["data"][0]["object"], id);
    assert_eq!(refused["data"][0]["subject"], owner.id);
    assert_eq!(refused["data"][0]["ip"], OUTSIDE);
    let token = from(INSIDE, choose(&owner)).await.expect(200).json();
    let acting = client.with_token(token["access_token"].as_str().expect("a token"));
    for inside in [INSIDE, "2001:db8::7", "::ffff:192.0.2.7"] {
        from(inside, acting.get(&path)).await.expect(200);
        from(inside, program.get(&path)).await.expect(200);
    }
    for outside in [OUTSIDE, "2001:db9::7", "::ffff:198.51.100.7"] {
        from(outside, acting.get(&path)).await.problem(403);
        from(outside, acting.get(&format!("{path}/members")))
            .await
            .problem(403);
        from(outside, acting.patch(&path, &json!({"networks": []})))
            .await
            .problem(403);
        from(outside, program.get(&path)).await.problem(403);
        // What is the owner's own is so from everywhere.
        let me: Value = from(outside, acting.get("/v1/users/me"))
            .await
            .expect(200)
            .json();
        assert_eq!(me["id"], owner.id);
    }
    // A client cannot say twice where it is.
    let twice = from(OUTSIDE, acting.get(&path)).header("spin-client-addr", INSIDE);
    twice.await.problem(403);

    let open = admin.client.patch(&path, &json!({"networks": []}));
    from(OUTSIDE, open).await.expect(200);
    from(OUTSIDE, owner.client.get(&path)).await.expect(200);
}
