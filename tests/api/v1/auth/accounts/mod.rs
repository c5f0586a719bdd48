//! `/v1/auth/accounts`.

mod care;
mod impersonate;
mod index;
mod roles;

use http::Method;
use selvedge_tests::{Answer, Client, Person};

use crate::{admin, application, client, person};

/// Somebody whose address is proven, so that they can be given a role.
pub async fn colleague() -> Person {
    person().await.verified(application()).await
}

/// Gives somebody a role.
pub async fn grant(person: &Person, role: &str) {
    try_grant(&admin().await.client, person, role)
        .await
        .expect(204);
}

/// Tries to, as somebody else.
pub async fn try_grant(by: &Client, person: &Person, role: &str) -> Answer {
    let path = format!("/v1/auth/accounts/{}/roles/{role}", person.id);
    by.request(Method::PUT, &path).await
}

/// Somebody who has this role, and a token that says so.
pub async fn person_with(role: &str) -> Person {
    let person = colleague().await;
    grant(&person, role).await;
    Person::refreshed(&client(), &person).await
}
