//! Accepts connections, serves each on a task of its own, and drains them on shutdown.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use crate::{app::App, request};

/// A client has this long to send the head of a request: those that dawdle (slow-loris) are cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes the head of a request may have, and header fields in it. More is answered 431.
const HEAD_SIZE: usize = 64 << 10;
const HEADERS: usize = 100;

/// Connections open at once; further ones wait in the kernel's queue.
const CONNECTIONS: usize = 10_000;

/// How long requests in flight may take to finish once the server was asked to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// How long to leave the listener alone after the system refused to accept (out of file descriptors, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `app` on `listener` until `shutdown` completes, then lets requests in flight finish. Both belong to the
/// caller, so that a test can own the port and the end.
pub async fn run(listener: TcpListener, app: Arc<App>, shutdown: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let permit = permits.clone().acquire_owned().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            () = &mut shutdown => break,
            (accepted, permit) = accepted => match (accepted, permit) {
                (Ok((stream, peer)), Ok(permit)) => serve(stream, peer, permit, app.clone(), &connections),
                (Err(error), _) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                (_, Err(_)) => break,
            }
        }
    }
    drop(listener);
    app.drain();
    let open = connections.count();
    tracing::info!(
        connections = open,
        "stopping: letting requests in flight finish"
    );
    if tokio::time::timeout(DRAIN, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("stopped with requests still in flight");
    }
}

fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
    app: Arc<App>,
    connections: &GracefulShutdown,
) {
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
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        // A client that goes away or speaks nonsense is its own business.
        if let Err(error) = connection.await {
            tracing::debug!(%peer, %error, "connection ended early");
        }
        drop(permit);
    });
}
