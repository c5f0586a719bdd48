//! Somebody else's identity provider in place of our own: three variables, and a host that the guard may reach.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use selvedge_tests::{
    Application, Setup,
    setup::component,
    token::{self, Issuer},
};
use serde_json::{Value, json};

/// Answers every request with the provider's keys, for as long as the test runs.
fn serve_keys(issuer: &Issuer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("a listener has an address");
    let keys = json!({"keys": [issuer.jwk()]}).to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{keys}",
        keys.len()
    );
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let head = BufReader::new(&stream).lines().map_while(Result::ok);
            head.take_while(|line| !line.is_empty()).for_each(drop);
            // A client that went away needs no keys.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// The application, trusting whoever has their keys at `provider`.
fn trusting(provider: SocketAddr) -> Application {
    let setup = Setup::application().edited(|manifest| {
        for id in ["auth", "users", "billing"] {
            component(manifest, id).insert(
                "allowed_outbound_hosts".into(),
                vec![format!("http://{provider}")].into(),
            );
        }
    });
    let setup = setup.variable("jwks_url", &format!("http://{provider}/keys"));
    setup
        .variable("issuer", "https://id.example.com")
        .variable("audience", "our-app")
        .start()
}

fn claims() -> Value {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs();
    let user = "usr_01h455vb4pex5vsknk084sn02q";
    json!({"iss": "https://id.example.com", "aud": ["another", "our-app"], "sub": user, "exp": now + 60})
}

#[tokio::test]
async fn tokens_of_another_provider_are_believed_and_no_others() {
    let issuer = Issuer::stranger("theirs");
    let application = trusting(serve_keys(&issuer));
    let client = application.client();

    let me = client
        .with_token(&issuer.sign(&claims()))
        .get("/v1/users/me")
        .await
        .expect(200)
        .json();
    assert_eq!(me["id"], claims()["sub"]);
    let plans = client
        .with_token(&issuer.sign(&claims()))
        .get("/v1/billing/plans")
        .await;
    plans.expect(200);

    let ours = json!({"iss": "selvedge", "aud": "selvedge", "sub": claims()["sub"], "exp": claims()["exp"]});
    client
        .with_token(&issuer.sign(&ours))
        .get("/v1/users/me")
        .await
        .problem(401);
    client
        .with_token(&token::damaged(&issuer.sign(&claims())))
        .get("/v1/users/me")
        .await
        .problem(401);
}

#[tokio::test]
async fn while_the_provider_cannot_be_reached_callers_are_told_to_come_back() {
    // A port that was free a moment ago, and that nobody listens on.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("there is a free port");
    let application = trusting(nobody);
    let client = application.client();
    let answer = client
        .with_token(&Issuer::stranger("theirs").sign(&claims()))
        .get("/v1/users/me")
        .await;
    answer.problem(503);
    assert!(answer.header("retry-after").is_some());
    // Who shows no token needs none of their keys.
    client.get("/v1/billing/plans").await.expect(200);
}
