//! A request on its way out of the process.
//!
//! A name is looked up once, and the connection goes to an address that was looked at: a name server that answers
//! otherwise a moment later gains nothing. The certificate is still that of the name.

use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, Sleep, sleep, timeout},
};
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::{Error, WasiBody};

use super::{network::Networks, policy::Allowed};

/// Where a request goes.
pub struct Destination {
    /// How the manifest allows it.
    pub allowed: Allowed,
    /// What does the handshake, for HTTPS.
    pub tls: Option<TlsConnector>,
}

/// How long each step may take.
pub struct Limits {
    /// From the look-up of the name to the end of the handshake.
    pub connect: Duration,
    /// From then to the head of the answer.
    pub first_byte: Duration,
    /// Between two pieces of its body.
    pub between_bytes: Duration,
}

/// Sends `request` to its destination, where `networks` has no objection. The response's body comes as
/// long as the future beside it is polled.
pub async fn send(
    mut request: Request<WasiBody>,
    destination: Destination,
    networks: &Networks,
    limits: &Limits,
) -> Result<
    (
        Response<WasiBody>,
        impl Future<Output = Result<(), Error>> + use<>,
    ),
    Error,
> {
    let stream = timeout(
        limits.connect,
        connect(request.uri(), destination, networks),
    );
    let stream = stream.await.map_err(|_| Error::ConnectionTimeout)??;
    let (mut sender, mut connection) = http1::handshake(TokioIo::new(stream)).await?;
    // The host goes into a header: that is how one asks an origin (RFC 9112, 3.2).
    if let Some(authority) = request.uri().authority().cloned()
        && !request.headers().contains_key(header::HOST)
    {
        let host = HeaderValue::from_str(authority.as_str());
        let host = host.map_err(|_| Error::HttpRequestUriInvalid)?;
        request.headers_mut().insert(header::HOST, host);
    }
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map(Uri::from).unwrap_or_default();
    let between_bytes = limits.between_bytes;
    let mut answer = Box::pin(timeout(limits.first_byte, sender.send_request(request)));
    let mut ended = None;
    let answer = tokio::select! {
        biased;
        answer = &mut answer => answer,
        result = &mut connection => {
            result?;
            ended = Some(());
            answer.await
        }
    };
    let response = answer.map_err(|_| Error::ConnectionReadTimeout)??;
    let response = response.map(|inner| Paced::new(inner, between_bytes).boxed_unsync());
    Ok((response, async move {
        match ended {
            Some(()) => Ok(()),
            None => Ok(connection.await?),
        }
    }))
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn connect(
    uri: &Uri,
    destination: Destination,
    networks: &Networks,
) -> Result<Box<dyn Stream>, Error> {
    let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
    let Destination { allowed, tls } = destination;
    let port = authority.port_u16();
    let port = port.unwrap_or(if tls.is_some() { 443 } else { 80 });
    let host = authority.host().trim_matches(['[', ']']);
    let addresses = resolve(host, port, allowed, networks).await?;
    let stream = TcpStream::connect(&addresses[..]).await;
    let stream = stream.map_err(Error::Connect)?;
    stream.set_nodelay(true).map_err(Error::Connect)?;
    let Some(connector) = tls else {
        return Ok(Box::new(stream));
    };
    let name = match host.parse::<IpAddr>() {
        Ok(address) => ServerName::from(address),
        Err(_) => ServerName::try_from(host.to_owned())?,
    };
    let stream = connector.connect(name, stream).await;
    Ok(Box::new(stream.map_err(handshake_error)?))
}

/// Tells a peer that cannot be believed from one that speaks TLS badly.
fn handshake_error(error: std::io::Error) -> Error {
    let cause = error.get_ref().and_then(|error| error.downcast_ref());
    match cause {
        Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
        _ => Error::Tls(error),
    }
}

/// The addresses of `host` that are open to a destination that is `allowed`.
async fn resolve(
    host: &str,
    port: u16,
    allowed: Allowed,
    networks: &Networks,
) -> Result<Vec<SocketAddr>, Error> {
    let found = tokio::net::lookup_host((host, port)).await;
    let mut addresses: Vec<_> = found.map_err(Error::Connect)?.collect();
    let mut objection = None;
    addresses.retain(|address| {
        let found = networks.objection(address.ip(), allowed);
        objection = objection.or(found);
        found.is_none()
    });
    match objection {
        Some(cause) if addresses.is_empty() => {
            tracing::warn!(host, port, "outbound request denied: {cause}");
            Err(Error::DestinationIpProhibited)
        }
        _ => Ok(addresses),
    }
}

/// A body whose next piece is waited for only so long.
struct Paced {
    inner: Incoming,
    pause: Duration,
    patience: Pin<Box<Sleep>>,
}

impl Paced {
    fn new(inner: Incoming, pause: Duration) -> Self {
        Self {
            inner,
            pause,
            patience: Box::pin(sleep(pause)),
        }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            // A time too far off to be told is not waited for either.
            if let Some(next) = Instant::now().checked_add(self.pause) {
                self.patience.as_mut().reset(next);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
        }
        ready!(self.patience.as_mut().poll(context));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[tokio::test]
    async fn a_name_is_as_open_as_the_addresses_it_stands_for() {
        let networks = Networks::new(&config::Outbound::default());
        let resolve = |host, allowed| resolve(host, 80, allowed, &networks);
        for host in ["localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let denied = resolve(host, Allowed::ByWildcard).await;
            assert!(
                matches!(denied, Err(Error::DestinationIpProhibited)),
                "{host}"
            );
            let open = resolve(host, Allowed::ByName).await.unwrap();
            assert!(open.iter().all(|address| address.port() == 80) && !open.is_empty());
        }
        let open = resolve("1.1.1.1", Allowed::ByWildcard).await.unwrap();
        assert_eq!(open, [SocketAddr::from(([1, 1, 1, 1], 80))]);
    }
}
