//! Who one is, attacked: by those who come at once, who stop midway, and who ask again and again.

use futures::future::{join, join_all};
use selvedge_tests::{Answer, Person, mail, people};
use serde_json::{Value, json};

use crate::{application, client};

/// Somebody who signed up with an address that is not theirs, and what its owner was mailed, who proves it with that.
async fn thief_and_link() -> (Person, Value) {
    let thief = Person::sign_up(&client()).await;
    let wish = json!({"email": thief.email});
    let asked = client().post("/v1/auth/magic-link", &wish).await;
    asked.expect(202);
    let link = mail::to(&application().logs, &thief.email, "Sign in to").await;
    (thief, json!({"token": link.token()}))
}

/// Follows the link once `began` did, while `goes_on` goes on until it is refused.
async fn follow<T>(
    link: &Value,
    began: impl Future,
    goes_on: impl Future<Output = T>,
) -> (Answer, T) {
    let follow = async {
        began.await;
        client().post("/v1/auth/magic-link/sign-in", link).await
    };
    join(follow, goes_on).await
}

#[tokio::test]
async fn no_sign_in_that_began_before_outlives_the_owner_who_shows_everybody_out() {
    let (thief, link) = thief_and_link().await;
    let client = client();
    let sign_in = async || people::sign_in(&client, &thief.email).await;
    let again_and_again = async || {
        let mut sessions = Vec::new();
        loop {
            let answer = sign_in().await;
            if answer.status != 200 {
                answer.problem(401);
                break sessions;
            }
            sessions.push(answer.json()["refresh_token"].clone());
        }
    };
    let thieves = join_all((0..6).map(|_| again_and_again()));
    let (owner, sessions) = follow(&link, sign_in(), thieves).await;
    owner.expect(200);
    for session in sessions.concat() {
        let refresh = json!({"refresh_token": session});
        client.post("/v1/auth/refresh", &refresh).await.problem(401);
    }
}

#[tokio::test]
async fn no_key_is_left_behind_by_who_is_shown_out_at_the_same_time() {
    let (thief, link) = thief_and_link().await;
    let create = async || {
        let key = json!({"name": "A program", "scopes": ["users:read"]});
        thief.client.post("/v1/auth/api-keys", &key).await
    };
    let again_and_again = async || while create().await.status == 201 {};
    let thieves = join_all((0..6).map(|_| again_and_again()));
    let (owner, _) = follow(&link, create(), thieves).await;
    let owner = Person::of_answer(&client(), &thief.email, &owner.expect(200));
    let left = owner.client.get("/v1/auth/api-keys").await.expect(200);
    assert_eq!(left.json()["data"], json!([]));
}
