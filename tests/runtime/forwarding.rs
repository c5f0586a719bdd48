//! Whom the runtime believes about a caller's address.

use selvedge_tests::Setup;

use crate::{client, seen};

#[tokio::test]
async fn a_trusted_proxy_is_believed() {
    let request = client().get("/request");
    let request = request
        .header("x-forwarded-for", "127.0.0.1, 192.0.2.7")
        .header("x-forwarded-proto", "https");
    let seen = seen(request).await;
    assert_eq!(seen.header("spin-client-addr"), "192.0.2.7:0");
    assert!(
        seen.header("spin-full-url").starts_with("https://"),
        "{}",
        seen.uri()
    );
}

#[tokio::test]
async fn an_address_left_of_the_first_stranger_is_not_believed() {
    let request = client()
        .get("/request")
        .header("x-forwarded-for", "10.1.1.1, 192.0.2.7, 127.0.0.9");
    assert_eq!(
        seen(request).await.header("spin-client-addr"),
        "192.0.2.7:0"
    );
}

#[tokio::test]
async fn a_stranger_cannot_claim_another_address() {
    let setup = Setup::faults().edited(|manifest| {
        drop(
            manifest["application"]
                .as_table_mut()
                .unwrap()
                .remove("tool"),
        )
    });
    let application = setup.start();
    let names = [
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-real-ip",
        "forwarded",
    ];
    let request = names
        .iter()
        .fold(application.client().get("/request"), |request, name| {
            request.header(name, "10.0.0.1")
        });
    let seen = seen(request).await;
    assert!(seen.header("spin-client-addr").starts_with("127.0.0.1:"));
    assert!(seen.uri().starts_with("http://"));
    for name in names {
        assert!(seen.headers(name).is_empty(), "{name} came through");
    }
}
