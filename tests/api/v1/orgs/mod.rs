//! `/v1/orgs`: organisations, and everything about them.

mod id;
mod index;
mod invitations;
mod members;

use selvedge_tests::Person;
use serde_json::json;

use crate::{application, person};

const ORGS: &str = "/v1/orgs";
const MINE: &str = "/v1/users/me/invitations";

/// Somebody with a proven address, who can invite and be invited.
pub async fn proven() -> Person {
    person().await.verified(application()).await
}

/// A new organisation of this owner's: where it lies.
pub async fn organization(owner: &Person) -> String {
    let made = owner.client.post(ORGS, &json!({"name": "Acme"})).await;
    let made = made.expect(201).json();
    format!("{ORGS}/{}", made["id"].as_str().expect("an id"))
}

/// Invites somebody to be this, who accepts.
pub async fn join(organization: &str, owner: &Person, person: &Person, role: &str) {
    let invitation = json!({"email": person.email, "role": role});
    let path = format!("{organization}/invitations");
    let invited = owner.client.post(&path, &invitation).await.expect(201);
    let id = invited.json()["id"].as_str().expect("an id").to_owned();
    let accept = format!("{MINE}/{id}/accept");
    person.client.post(&accept, &json!({})).await.expect(200);
}
