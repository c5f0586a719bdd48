//! The first moments of an application: nothing is migrated yet, no instance is warm, and everybody comes at once.

use futures::future::join_all;
use selvedge_tests::{Person, Setup, people};
use serde_json::json;

#[tokio::test]
async fn the_first_requests_may_come_all_at_once() {
    let application = Setup::application().start();
    let client = application.client();
    let first = join_all((0..12).map(|_| Person::sign_up(&client))).await;
    join_all(first.iter().map(async |person| {
        let subscribe = person
            .client
            .post("/v1/billing/subscriptions", &json!({"plan": "free"}));
        let (me, subscribed) =
            futures::join!(async { person.client.get("/v1/users/me").await }, async {
                subscribe.header("idempotency-key", "k").await
            },);
        me.expect(200);
        subscribed.expect(201);
    }))
    .await;
}

#[tokio::test]
async fn a_process_that_is_killed_in_its_first_moments_starts_again() {
    let mut setup = Setup::application();
    for _ in 0..3 {
        let process = setup.spawn().await;
        let client = process.client();
        // Killed as soon as the first of them is answered: the others are still at their migrations or their hashes.
        let emails: Vec<_> = (0..4).map(|_| people::fresh_email()).collect();
        let sign_ups = emails.iter().map(|email| {
            let body = json!({"email": email, "password": people::PASSWORD});
            Box::pin(client.post("/v1/auth/sign-up", &body).try_send())
        });
        let (first, index, _) = futures::future::select_all(sign_ups).await;
        first.expect("it is answered").expect(201);
        let state = process.kill().await;

        let process = Setup::application().on(state).spawn().await;
        let client = process.client();
        people::sign_in(&client, &emails[index]).await.expect(200);
        Person::sign_up(&client)
            .await
            .client
            .get("/v1/users/me")
            .await
            .expect(200);
        setup = Setup::application().on(process.kill().await);
    }
}
