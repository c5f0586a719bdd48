//! Accepts connections, gives each to the core that has the fewest, and drains them on shutdown.

mod answer;
mod connection;
mod drain;
pub mod metrics;
mod pace;
mod room;
mod stream;
mod tls;

use std::{io, sync::Arc, time::Duration};

use tokio::net::{TcpListener, TcpStream};

pub use tls::{Files, Tls};

use crate::{
    app::{App, Live},
    cores::Cores,
};
use drain::Drain;
use room::Room;

/// How long requests in flight may take to finish once the server was asked to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// How long to leave the listener alone after the system refused to accept (out of file descriptors, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What is served, and how.
pub struct Site {
    live: Arc<Live>,
    tls: Option<Arc<Tls>>,
    drain_delay: Duration,
    room: Room,
}

impl Site {
    /// Whatever `live` holds at the time of a request, without TLS.
    pub fn new(live: Arc<Live>) -> Self {
        Self {
            live,
            tls: None,
            drain_delay: Duration::ZERO,
            room: Room::new(),
        }
    }

    /// The same by TLS.
    pub fn with_tls(self, tls: Option<Arc<Tls>>) -> Self {
        Self { tls, ..self }
    }

    /// The same, which goes on to accept connections for `delay` after it was told to stop: whoever sends clients here
    /// first has to see that it is no longer ready.
    pub fn with_drain_delay(self, drain_delay: Duration) -> Self {
        Self {
            drain_delay,
            ..self
        }
    }

    fn app(&self) -> Arc<App> {
        self.live.app()
    }

    fn tls(&self) -> Option<&Tls> {
        self.tls.as_deref()
    }

    /// Whether there may be clients that wait for a connection.
    fn is_crowded(&self) -> bool {
        self.room.is_full()
    }
}

/// Serves `site` on `listener` until `shutdown` completes, then lets requests in flight finish. Both belong to the
/// caller, so that a test can own the port and the end. Fails when the system gives it no threads.
pub async fn run(
    listener: TcpListener,
    site: Site,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let cores = Cores::start()?;
    let site = Arc::new(site);
    let drain = Drain::new();
    let mut stop = std::pin::pin!(async {
        shutdown.await;
        site.live.drain();
        if !site.drain_delay.is_zero() {
            tracing::info!(delay = ?site.drain_delay, "no longer ready");
            tokio::time::sleep(site.drain_delay).await;
        }
    });
    loop {
        let accepted = async {
            let place = site.room.enter().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut stop => break,
            accepted = accepted => match accepted {
                (Ok((stream, peer)), place) => {
                    let (site, drain) = (site.clone(), drain.connection());
                    cores.spawn(async move {
                        match move_here(stream) {
                            Ok(stream) => connection::serve(stream, peer, site, drain).await,
                            Err(error) => tracing::warn!(%peer, %error, "cannot serve a connection"),
                        }
                        drop(place);
                    });
                }
                (Err(error), _) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    drop(listener);
    let connections = drain.connections();
    tracing::info!(connections, "stopping: letting requests in flight finish");
    if tokio::time::timeout(DRAIN, drain.end()).await.is_err() {
        tracing::warn!("stopped with requests still in flight");
    }
    // Waits for threads, which this one may not.
    tokio::task::spawn_blocking(|| drop(cores)).await?;
    Ok(())
}

/// Has the stream watched by the runtime of this thread rather than by the one that accepted it.
fn move_here(stream: TcpStream) -> io::Result<TcpStream> {
    TcpStream::from_std(stream.into_std()?)
}
