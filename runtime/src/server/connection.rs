//! One connection, from its first byte to its last: what a client may cost, and who answers it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::Watcher,
};
use tokio::net::TcpStream;

use crate::{app::App, request};

/// A client has this long to send the head of a request: those that dawdle (slow-loris) are cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes the head of a request may have, and header fields in it. More is answered 431.
const HEAD_SIZE: usize = 64 << 10;
const HEADERS: usize = 100;

/// Answers the requests that arrive on `stream` by `app`, until either side ends it. When `drain` is told that the
/// server stops, the request in flight is the last.
pub async fn serve(stream: TcpStream, peer: SocketAddr, app: Arc<App>, drain: Watcher) {
    // Small responses must not wait for the acknowledgement of the last one.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let app = app.clone();
        async move { Ok::<_, std::convert::Infallible>(request::handle(&app, peer, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_SIZE)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away or speaks nonsense is its own business.
    if let Err(error) = drain.watch(connection).await {
        tracing::debug!(%peer, %error, "connection ended early");
    }
}
