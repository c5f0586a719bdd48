//! Which component answers a path, and what it is told about that.

use selvedge_tests::Setup;

use crate::{client, seen};

#[tokio::test]
async fn the_most_specific_route_answers() {
    let client = client();
    for (path, route) in [
        ("/exact/request", "/exact/request"),
        ("/exact/request/", "/exact/request"),
        ("/shop/7/request", "/shop/:item/request"),
        ("/shop/7/reviews/2024/request", "/shop/:item/reviews/..."),
        ("/neighbour/request", "/neighbour/..."),
        ("/shop/7/8/request", "/..."),
        ("/request", "/..."),
    ] {
        let seen = seen(client.get(path)).await;
        assert_eq!(seen.header("spin-matched-route"), route, "{path}");
    }
}

#[tokio::test]
async fn a_component_is_told_how_it_was_reached() {
    let client = client();
    let seen = seen(client.get("/shop/blue%20hat/reviews/2024/request?sort=asc")).await;
    let url = format!(
        "http://{}/shop/blue%20hat/reviews/2024/request?sort=asc",
        client.address()
    );
    assert_eq!(seen.header("spin-path-match-item"), "blue%20hat");
    assert_eq!(seen.header("spin-path-info"), "/2024/request");
    assert_eq!(
        seen.header("spin-raw-component-route"),
        "/shop/:item/reviews/..."
    );
    assert_eq!(seen.header("spin-component-route"), "/shop/:item/reviews");
    assert_eq!(seen.header("spin-base-path"), "/");
    assert_eq!(seen.header("spin-full-url"), url);
    assert!(seen.header("spin-client-addr").starts_with("127.0.0.1:"));
    assert_eq!(seen.uri(), url);
}

#[tokio::test]
async fn what_a_client_claims_about_its_route_is_removed() {
    let request = client().get("/shop/7/request");
    let seen = seen(
        request
            .header("spin-path-match-item", "8")
            .header("spin-client-addr", "10.0.0.1:1")
            .header("spin-path-match-admin", "true"),
    )
    .await;
    assert_eq!(seen.header("spin-path-match-item"), "7");
    assert!(seen.header("spin-client-addr").starts_with("127.0.0.1:"));
    assert!(seen.headers("spin-path-match-admin").is_empty());
}

#[tokio::test]
async fn a_path_without_a_route_is_a_problem() {
    let setup = Setup::faults().edited(|manifest| {
        let triggers = manifest["trigger"]["http"]
            .as_array_mut()
            .expect("triggers are an array");
        triggers.retain(|trigger| trigger["route"].as_str() != Some("/..."));
    });
    let application = setup.start();
    application.client().get("/elsewhere").await.problem(404);
    application
        .client()
        .get("/neighbour/hello")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_private_component_is_reached_by_its_neighbours_only() {
    let answer = client()
        .get("/fetch?http://hidden.spin.internal/hello")
        .await
        .expect(200);
    assert_eq!(answer.text(), "ok: 200 hello");
    // From outside the same name is only a Host header.
    let request = client()
        .get("/request")
        .header("host", "hidden.spin.internal");
    assert_eq!(seen(request).await.header("spin-matched-route"), "/...");
}

#[tokio::test]
async fn a_neighbour_is_told_that_no_route_led_to_it() {
    let answer = client()
        .get("/fetch?http://neighbour.spin.internal/shop/7/request")
        .await
        .expect(200);
    let seen = answer.text();
    assert!(
        seen.contains(r#"["spin-client-addr","0.0.0.0:0"]"#),
        "{seen}"
    );
    assert!(seen.contains(r#"["spin-matched-route","/..."]"#), "{seen}");
}

#[tokio::test]
async fn only_selected_components_answer() {
    let setup = Setup::faults().only("neighbour");
    let application = setup.start();
    application
        .client()
        .get("/neighbour/hello")
        .await
        .expect(200);
    application.client().get("/small/hello").await.problem(404);
}
