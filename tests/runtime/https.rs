//! HTTPS to other hosts: whom a component believes there, and what it shows.

use std::{fs, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use selvedge_tests::{Setup, setup::component, tls::Files};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// A server at `localhost` that shows the certificate in `files`, and lets in who shows the one in `clients`, or anybody.
async fn serve(files: &Files, clients: Option<&Files>) -> u16 {
    let builder = || {
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions")
    };
    let builder = match clients {
        Some(clients) => builder().with_client_cert_verifier(verifier(clients)),
        None => builder().with_no_client_auth(),
    };
    let key = PrivateKeyDer::from_pem_file(files.key()).expect("there is a key");
    let config = builder.with_single_cert(vec![certificate(files)], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("they belong together")));
    let listener = TcpListener::bind("localhost:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Who is not let in, or does not believe it, is somebody whose test looks at that.
            let _ = answer(&acceptor, stream).await;
        }
    });
    port
}

async fn answer(acceptor: &TlsAcceptor, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
    stream.write_all(answer).await?;
    stream.shutdown().await
}

fn verifier(clients: &Files) -> Arc<dyn ClientCertVerifier> {
    let mut roots = RootCertStore::empty();
    roots
        .add(certificate(clients))
        .expect("the certificate is one");
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    verifier.build().expect("there are roots")
}

fn certificate(files: &Files) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(files.certificate()).expect("there is a certificate")
}

/// What a component gets from the server at `port` under a runtime configuration.
async fn fetched(port: u16, config: &str) -> String {
    let setup = Setup::faults().configured(config).edited(|manifest| {
        let hosts = vec![format!("https://localhost:{port}")];
        component(manifest, "neighbour").insert("allowed_outbound_hosts".into(), hosts.into());
    });
    let path = format!("/neighbour/fetch?https://localhost:{port}/");
    let answer = setup.start().client().get(&path).await;
    answer.expect(200).text()
}

/// The configuration by which `component` trusts what `files` hold and nobody else.
fn trusting(component: &str, files: &Files) -> String {
    let roots = files.certificate();
    format!(
        "[[client_tls]]\ncomponent_ids = [\"{component}\"]\nhosts = [\"localhost\"]\nca_roots_file = {roots:?}\n"
    )
}

fn renewed() -> Files {
    let files = Files::new();
    files.renew();
    files
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_not_believed() {
    let port = serve(&renewed(), None).await;
    let answer = fetched(port, "").await;
    assert_eq!(answer, "refused: ErrorCode::TlsCertificateError");
}

#[tokio::test]
async fn an_authority_is_believed_by_the_components_and_for_the_hosts_it_is_named_for() {
    let files = renewed();
    let port = serve(&files, None).await;
    let named = trusting("neighbour", &files);
    assert_eq!(fetched(port, &named).await, "ok: 200 hello");
    for other in [
        trusting("small", &files),
        named.replace("\"localhost\"", "\"example.com\""),
        trusting("neighbour", &renewed()),
    ] {
        let answer = fetched(port, &other).await;
        assert_eq!(answer, "refused: ErrorCode::TlsCertificateError", "{other}");
    }
}

#[tokio::test]
async fn a_component_shows_the_certificate_it_is_given() {
    let (server, client) = (renewed(), renewed());
    let port = serve(&server, Some(&client)).await;
    let believing = trusting("neighbour", &server);
    let showing = format!(
        "{believing}client_cert_file = {:?}\nclient_private_key_file = {:?}\n",
        client.certificate(),
        client.key()
    );
    assert_eq!(fetched(port, &showing).await, "ok: 200 hello");
    let refused = fetched(port, &believing).await;
    assert!(refused.starts_with("refused: "), "{refused}");
}

#[test]
fn certificates_that_cannot_be_used_are_refused_at_the_start() {
    let files = renewed();
    fs::write(files.certificate(), "no certificate").expect("it can be written");
    let setup = Setup::faults().configured(&trusting("neighbour", &files));
    let mut check = selvedge_tests::process::command("up", &setup);
    check.args(["--no-build", "--listen", "127.0.0.1:0"]);
    let output = check.output().expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("certificate.pem"),
        "{said}"
    );
}
