//! A listener for whoever watches the runtime, so that the one for everybody shows nothing of the inside.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http::{Method, Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{app::Live, request};

/// Connections open at once. Few watch.
const CONNECTIONS: usize = 32;

/// How long one connection may last: each asks once or now and then, and the next may have its place.
const LONGEST: Duration = Duration::from_secs(60);

/// How long to leave the listener alone after the system refused to accept.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Shows the metrics of whatever `live` holds to whoever asks `listener` for `/metrics`, for as long as it is polled.
pub async fn show(listener: TcpListener, live: Arc<Live>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(place) = places.clone().acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let live = live.clone();
        let answer = move |request: Request<Incoming>| {
            let is_known = request.uri().path() == "/metrics" && request.method() == Method::GET;
            let answer = match is_known {
                true => request::metrics_of(&live.app()),
                false => request::nothing_at(&request),
            };
            async { Ok::<_, Infallible>(answer) }
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(async move {
            // How it ends is the business of whoever asked.
            let _ = tokio::time::timeout(LONGEST, connection).await;
            drop(place);
        });
    }
}
