//! Accepts connections, serves each on a task of its own, and drains them on shutdown.

mod connection;

use std::{sync::Arc, time::Duration};

use hyper_util::server::graceful::GracefulShutdown;
use tokio::{net::TcpListener, sync::Semaphore};

use crate::app::App;

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
                (Ok((stream, peer)), Ok(permit)) => {
                    let served = connection::serve(stream, peer, app.clone(), connections.watcher());
                    tokio::spawn(async move {
                        served.await;
                        drop(permit);
                    });
                }
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
