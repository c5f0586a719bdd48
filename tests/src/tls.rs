//! TLS from the client's side: certificates made up for a test, and a connection that trusts one of them.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(40);

/// The files a server's certificate and its key lie in. Removed when dropped.
pub struct Files {
    folder: TempDir,
}

impl Files {
    /// Without anything in them yet.
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().expect("there is room for temporary files"),
        }
    }

    /// Puts a new certificate for `localhost` there, and hands it out to be trusted.
    pub fn renew(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let made = made.expect("a certificate can be made");
        let write = |path: PathBuf, text: String| {
            fs::write(path, text).expect("there is room for temporary files");
        };
        write(self.certificate(), made.cert.pem());
        write(self.key(), made.signing_key.serialize_pem());
        made.cert.der().clone()
    }

    /// Where the certificate lies.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// Where its key lies.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}

impl Default for Files {
    fn default() -> Self {
        Self::new()
    }
}

/// A connection by TLS.
pub struct Connection(TlsStream<TcpStream>);

impl Connection {
    /// Connects as a client that trusts `certificate` and nobody else, and offers `protocols` by ALPN. Err is a
    /// handshake that failed.
    pub async fn open(
        address: SocketAddr,
        certificate: CertificateDer<'static>,
        protocols: &[&str],
    ) -> std::io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).expect("the certificate is one");
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let offered = protocols.iter().map(|name| name.as_bytes().to_vec());
        config.alpn_protocols = offered.collect();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").expect("it is a name");
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.map(Self)
    }

    /// What the server chose by ALPN.
    pub fn protocol(&self) -> Option<String> {
        let protocol = self.0.get_ref().1.alpn_protocol()?;
        Some(String::from_utf8_lossy(protocol).into_owned())
    }

    /// Sends `request`, which has the server hang up after its answer, and returns that.
    pub async fn exchange(mut self, request: &str) -> String {
        let sent = self.0.write_all(request.as_bytes()).await;
        sent.expect("the server takes a request");
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut answer)).await;
        read.expect("the server answers in time")
            .expect("the server answers");
        String::from_utf8_lossy(&answer).into_owned()
    }
}
