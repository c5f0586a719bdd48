//! One connection, from its first byte to its last: what a client may cost, and who answers it.

use std::{
    convert::Infallible, future::poll_fn, net::SocketAddr, pin::pin, sync::Arc, task::Poll,
    time::Duration,
};

use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::net::TcpStream;

use super::{
    Site,
    answer::AnswerBody,
    drain::Told,
    pace::{Clock, Overdue, Pace, Patience},
    stream::{Io, Stream},
};
use crate::request::{self, Client};

/// Bytes the head of a request may have, and header fields in it. More is answered 431.
const HEAD_SIZE: usize = 64 << 10;
const HEADERS: usize = 100;

/// Requests at once on one HTTP/2 connection, as many as RFC 9113 (5.1.2) wants there to be at least.
const STREAMS: u32 = 100;

/// Streams that a client may open and reset before anybody saw them, and those that were reset for its mistakes;
/// beyond it the connection ends (CVE-2023-44487, CVE-2025-8671).
const RESETS: usize = 20;
const MISTAKES: usize = 100;

/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(20);

/// Answers the requests that arrive on `stream` for `site`, until either side ends it. When `drain` tells that the
/// server stops, those in flight are the last.
pub async fn serve(stream: TcpStream, peer: SocketAddr, site: Arc<Site>, mut drain: Told) {
    // Small responses must not wait for the acknowledgement of the last one.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let io = match site.tls() {
        None => Io::Plain(stream),
        Some(tls) => tokio::select! {
            () = drain.ending() => return,
            stream = tls.accept(stream) => match stream {
                Ok(stream) => Io::Tls(Box::new(stream)),
                Err(error) => return tracing::debug!(%peer, %error, "no TLS handshake"),
            },
        },
    };
    // A client that goes away or speaks nonsense is its own business.
    if let Err(error) = speak(io, peer, &site, drain).await {
        tracing::debug!(%peer, %error, "connection ended early");
    }
}

/// Speaks HTTP/1.1 or HTTP/2, whichever the client begins with.
async fn speak(
    io: Io,
    peer: SocketAddr,
    site: &Arc<Site>,
    mut drain: Told,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let client = Client {
        address: peer,
        is_tls: matches!(io, Io::Tls(_)),
    };
    let pace = Pace::new(Patience::default());
    let service = service_fn(|request: Request<Incoming>| {
        let (exchange, app) = (pace.begin(), site.app());
        async move {
            let response = request::handle(&app, client, request).await;
            Ok::<_, Infallible>(response.map(|body| AnswerBody::new(body, exchange, app)))
        }
    });
    let stream = TokioIo::new(Stream::new(io, pace.clone()));
    let builder = builder();
    let mut connection = pin!(builder.serve_connection(stream, service));

    let mut clock = Clock::new(pace.clone());
    let mut told = Box::pin(drain.ending());
    let mut is_ending = false;
    poll_fn(|context| {
        loop {
            if let Poll::Ready(outcome) = connection.as_mut().poll(context) {
                return Poll::Ready(outcome);
            }
            let is_told = !is_ending && told.as_mut().poll(context).is_ready();
            let overdue = clock.poll(context, || site.is_crowded());
            match overdue {
                Poll::Ready(Overdue::Stuck) => {
                    return Poll::Ready(Err("the client is stuck".into()));
                }
                Poll::Pending if !is_told => return Poll::Pending,
                _ => {
                    is_ending = true;
                    pace.farewell();
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    })
    .await
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        // The pace of the connection takes care of it.
        .header_read_timeout(None)
        .max_buf_size(HEAD_SIZE)
        .max_headers(HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_SIZE as u32)
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(MISTAKES)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    builder
}
