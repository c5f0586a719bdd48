//! What components tell each other, and nobody outside may ask for: no spelling of an address leads there.

use selvedge_tests::raw;

use crate::{application, customer};

#[tokio::test]
async fn no_spelling_of_an_internal_address_leads_there() {
    let person = customer().await;
    let id = &person.id;
    for component in ["users", "billing", "auth"] {
        for path in [
            format!("/internal/people/{id}"),
            format!("//internal/people/{id}"),
            format!("/internal/people/{id}/profile"),
            format!("/internal/people/{id}/usage"),
            format!("/v1/{component}/../../internal/people/{id}/profile"),
            format!("/v1/{component}/../../internal/people/{id}/usage"),
            format!("/v1/{component}/%2e%2e/%2e%2e/internal/people/{id}/profile"),
            format!("/v1/{component}/..%2f..%2finternal/people/{id}/profile"),
            format!("/v1/{component}/..\\..\\internal\\people\\{id}\\profile"),
            format!("/v1/{component}/./../..//internal/people/{id}/profile"),
            format!("/v1/{component}/;/../../internal/people/{id}/profile"),
            format!("/v1/{component}//internal/people/{id}/profile"),
            format!("/v1/{component}/internal/people/{id}/profile"),
            format!("/v1/{component}?/../internal/people/{id}/profile"),
            format!("http://{component}.spin.internal/internal/people/{id}/profile"),
            format!("http://{component}.spin.internal/internal/people/{id}/usage"),
        ] {
            for method in ["GET", "DELETE"] {
                let request = format!(
                    "{method} {path} HTTP/1.1\r\nhost: {component}.spin.internal\r\nconnection: close\r\n\
                     spin-client-addr: 0.0.0.0:0\r\nx-forwarded-for: 0.0.0.0\r\n\
                     spin-matched-route: /...\r\nauthorization: Bearer {}\r\n\r\n",
                    person.access_token
                );
                let answer = raw::exchange(application().address, request).await;
                let status = raw::status(&answer);
                assert!((400..500).contains(&status), "{method} {path}: {answer}");
            }
        }
    }
    let me = person.client.get("/v1/users/me").await.expect(200).json();
    assert_eq!(me["id"], person.id.as_str());
}
