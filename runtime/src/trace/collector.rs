//! Sends spans to a collector: in batches, from a task of its own, never at the expense of a request.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use wasmtime_wasi_http::{RequestOptions, default_send_request};

use super::{config::Config, encode, span::Record};

/// Spans that may wait to be sent; the next is dropped, and counted.
const QUEUE: usize = 4096;

/// Spans of one request to the collector.
const BATCH: usize = 512;

/// How long a span waits for others to be sent with.
const PAUSE: Duration = Duration::from_secs(2);

/// How long the last spans may take when the process ends.
const LAST: Duration = Duration::from_secs(3);

/// The near end of the way to the collector.
pub struct Collector {
    queue: mpsc::Sender<Box<Record>>,
    dropped: AtomicU64,
}

impl Collector {
    /// Starts the task that sends.
    pub fn start(config: Config) -> (Self, Flush) {
        let (queue, spans) = mpsc::channel(QUEUE);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(send_all(config, spans, stopped));
        let dropped = AtomicU64::new(0);
        (Self { queue, dropped }, Flush { stop, task })
    }

    /// Takes a span, or drops it where too many wait.
    pub fn take(&self, record: Box<Record>) {
        if self.queue.try_send(record).is_err() {
            let before = self.dropped.fetch_add(1, Ordering::Relaxed);
            // At 1, 2, 4 and so on: seldom, however bad it is.
            if (before + 1).is_power_of_two() {
                let dropped = before + 1;
                tracing::warn!(
                    dropped,
                    "the trace collector is slower than requests: spans were dropped"
                );
            }
        }
    }
}

/// Sends what is left.
pub struct Flush {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Flush {
    /// Sends what is left, if that does not take long.
    pub async fn finish(self) {
        let _ = self.stop.send(());
        if timeout(LAST, self.task).await.is_err() {
            tracing::warn!("the trace collector did not take the last spans in time");
        }
    }
}

async fn send_all(
    config: Config,
    mut spans: mpsc::Receiver<Box<Record>>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut resource = vec![
        ("service.name".to_owned(), config.service.clone()),
        (
            "service.version".to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        ),
        ("telemetry.sdk.name".to_owned(), "selvedge".to_owned()),
        ("telemetry.sdk.language".to_owned(), "rust".to_owned()),
    ];
    resource.extend(config.resource.iter().cloned());
    let mut is_well = true;
    let mut is_last = false;
    while !is_last {
        let mut batch = Vec::new();
        tokio::select! {
            count = spans.recv_many(&mut batch, BATCH) => is_last = count == 0,
            _ = &mut stop => is_last = true,
        }
        if !is_last && batch.len() < BATCH {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = &mut stop => is_last = true,
            }
        }
        while let Ok(record) = spans.try_recv() {
            batch.push(record);
            if batch.len() >= BATCH && !is_last {
                break;
            }
        }
        if batch.is_empty() {
            continue;
        }
        let body = encode::request(&resource, &batch);
        let sent = timeout(config.timeout, send(&config, body)).await;
        let failure = match sent {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("{error:#}")),
            Err(_) => Some("it did not answer in time".to_owned()),
        };
        // Once, and not for every batch of an outage.
        if let Some(cause) = failure.as_ref().filter(|_| is_well) {
            tracing::warn!(
                host = config.endpoint.host(),
                cause,
                "the trace collector takes no spans"
            );
        }
        is_well = failure.is_none();
    }
}

async fn send(config: &Config, body: Vec<u8>) -> anyhow::Result<()> {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {});
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = config.endpoint.clone();
    let headers = request.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-protobuf"),
    );
    if let Some(authority) = config.endpoint.authority() {
        headers.insert(header::HOST, HeaderValue::from_str(authority.as_str())?);
    }
    headers.extend(config.headers.iter().cloned());
    let options = RequestOptions {
        connect_timeout: Some(config.timeout),
        first_byte_timeout: Some(config.timeout),
        between_bytes_timeout: Some(config.timeout),
    };
    let (response, io) = default_send_request(request, Some(options)).await?;
    let answered = async {
        let status = response.status();
        // To the end, so that the collector does not take us for gone.
        let _ = response.into_body().collect().await;
        status
    };
    let status: StatusCode = tokio::select! {
        status = answered => status,
        Err(error) = io => return Err(error.into()),
    };
    anyhow::ensure!(status.is_success(), "it answered {status}");
    Ok(())
}
