//! TLS: served with a certificate, told to components, and renewed without a restart.

use std::fs;

use rustix::process::Signal;
use rustls::pki_types::CertificateDer;
use selvedge_tests::{
    Process, Setup, process, raw,
    tls::{Connection, Files},
};

const REQUEST: &str = "GET /request HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// Starts the faults behind the certificate in `files`.
async fn start(files: &Files) -> Process {
    let setup = Setup::faults();
    let mut up = process::command("up", &setup);
    up.args(["--no-build", "--listen", "127.0.0.1:0"]);
    up.arg("--tls-cert").arg(files.certificate());
    up.arg("--tls-key").arg(files.key());
    Process::run(up, setup).await
}

async fn connect(
    process: &Process,
    certificate: &CertificateDer<'static>,
    protocols: &[&str],
) -> Connection {
    Connection::open(process.address, certificate.clone(), protocols)
        .await
        .expect("the certificate is trusted")
}

#[tokio::test]
async fn a_component_is_told_that_its_client_came_by_tls() {
    let files = Files::new();
    let certificate = files.renew();
    let process = start(&files).await;
    let answer = connect(&process, &certificate, &[])
        .await
        .exchange(REQUEST)
        .await;
    assert_eq!(raw::status(&answer), 200, "{answer}");
    assert!(
        answer.contains(r#"["spin-full-url","https://localhost/request"]"#),
        "{answer}"
    );
}

#[tokio::test]
async fn the_client_chooses_the_protocol_and_http_2_is_preferred() {
    let files = Files::new();
    let certificate = files.renew();
    let process = start(&files).await;
    for (offered, chosen) in [
        (&["http/1.1", "h2"][..], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&[], None),
    ] {
        let connection = connect(&process, &certificate, offered).await;
        assert_eq!(connection.protocol().as_deref(), chosen, "{offered:?}");
    }
}

#[tokio::test]
async fn who_speaks_no_tls_gets_no_answer_and_disturbs_nobody() {
    let files = Files::new();
    let certificate = files.renew();
    let process = start(&files).await;
    let answer = raw::exchange(process.address, REQUEST).await;
    assert_eq!(raw::status(&answer), 0, "{answer}");
    let answer = connect(&process, &certificate, &[])
        .await
        .exchange(REQUEST)
        .await;
    assert_eq!(raw::status(&answer), 200, "{answer}");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_after_a_hangup() {
    let files = Files::new();
    let first = files.renew();
    let process = start(&files).await;
    let second = files.renew();
    process.signal(Signal::HUP);
    process
        .output
        .wait_for("that it is reloaded", |line| line.text == "reloaded")
        .await;
    let answer = connect(&process, &second, &[])
        .await
        .exchange(REQUEST)
        .await;
    assert_eq!(raw::status(&answer), 200, "{answer}");
    let refused = Connection::open(process.address, first, &[]).await;
    assert!(refused.is_err(), "the first certificate is still shown");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_leaves_the_one_before() {
    let files = Files::new();
    let certificate = files.renew();
    let process = start(&files).await;
    fs::write(files.certificate(), "no certificate").expect("it can be written");
    process.signal(Signal::HUP);
    process
        .output
        .wait_for("why not", |line| line.text.contains("certificate.pem"))
        .await;
    let answer = connect(&process, &certificate, &[])
        .await
        .exchange(REQUEST)
        .await;
    assert_eq!(raw::status(&answer), 200, "{answer}");
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused_at_the_start() {
    let (files, other) = (Files::new(), Files::new());
    files.renew();
    other.renew();
    let mut up = process::command("up", &Setup::faults());
    up.args(["--no-build", "--listen", "127.0.0.1:0"]);
    up.arg("--tls-cert").arg(files.certificate());
    up.arg("--tls-key").arg(other.key());
    let output = up.output().expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("key.pem"),
        "{said}"
    );
    assert!(!said.contains("PRIVATE KEY"), "{said}");
}
