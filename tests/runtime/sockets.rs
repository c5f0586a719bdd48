//! Sockets reach the addresses that the manifest entry of a component allows, and never listen.

use std::{io::Write as _, net::TcpListener, thread};

use selvedge_tests::{Setup, setup::component};

#[tokio::test]
async fn a_socket_connects_to_an_address_that_was_allowed_and_to_no_other() {
    let allowed = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let other = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = |listener: &TcpListener| listener.local_addr().expect("it listens");
    let (allowed_at, other_at) = (address(&allowed), address(&other));
    let greeter = thread::spawn(move || {
        let (mut peer, _) = allowed.accept().expect("somebody connects");
        peer.write_all(b"welcome").expect("the peer reads");
    });

    let setup = Setup::faults().edited(|manifest| {
        let mut allow = |id, host: String| {
            component(manifest, id).insert("allowed_outbound_hosts".into(), vec![host].into());
        };
        allow("faults", format!("tcp://{allowed_at}"));
        allow("neighbour", "*://*:*".to_owned());
    });
    let application = setup.start();
    let client = application.client();
    let tried = async |path: String| client.get(&path).await.expect(200).text();
    assert_eq!(tried(format!("/connect?{allowed_at}")).await, "ok: welcome");
    greeter.join().expect("the greeter says its word");
    let denied = "refused: PermissionDenied";
    assert_eq!(tried(format!("/connect?{other_at}")).await, denied);
    // A wildcard is no word for this machine.
    assert_eq!(
        tried(format!("/neighbour/connect?{other_at}")).await,
        denied
    );
    assert_eq!(tried("/listen?127.0.0.1:0".to_owned()).await, denied);
    assert_eq!(tried("/listen?0.0.0.0:0".to_owned()).await, denied);
}
