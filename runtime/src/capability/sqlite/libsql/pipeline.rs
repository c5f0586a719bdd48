//! One call to a server: a pipeline of requests there, their results back.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderValue, Method, Request as HttpRequest, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use url::Url;
use wasmtime_wasi_http::{RequestOptions, default_send_request};

use super::super::backend::{Error, Limits};
use super::wire::{Answer, Failure, Pipeline, Request, Response, Stream, StreamResult};
use crate::config::Secret;

/// Where pipelines go, below the server's URL.
const PATH: &str = "v3/pipeline";
/// How much longer a result may be as JSON than it is in memory.
const JSON: usize = 2;

/// A server, and what it knows us by.
pub struct Server {
    url: Url,
    authorization: Option<HeaderValue>,
    limits: Limits,
    patience: Duration,
}

/// The results of a call, in the order of its requests.
pub type Results = Vec<Result<Response, Failure>>;

impl Server {
    /// The server at `url`. `patience` is how long a call may take.
    pub fn new(
        url: &Url,
        token: &Secret,
        limits: Limits,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let token = token.reveal();
        let authorization = (!token.is_empty())
            .then(|| {
                let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
                value.set_sensitive(true);
                anyhow::Ok(value)
            })
            .transpose()
            .context("the token cannot be sent in a header")?;
        Ok(Self {
            url: url.clone(),
            authorization,
            limits,
            patience,
        })
    }

    /// The bounds on results.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Makes `requests` on `stream`, or on a new one. Returns the stream if it is open still.
    pub async fn call(
        &self,
        stream: Option<Stream>,
        requests: Vec<Request>,
    ) -> Result<(Option<Stream>, Results), Error> {
        match tokio::time::timeout(self.patience, self.exchange(stream, &requests)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Deadline(self.patience)),
        }
    }

    async fn exchange(
        &self,
        stream: Option<Stream>,
        requests: &[Request],
    ) -> Result<(Option<Stream>, Results), Error> {
        let base = stream.as_ref().and_then(|stream| stream.base.clone());
        let pipeline = Pipeline {
            baton: stream.as_ref().map(|stream| stream.baton.as_str()),
            requests,
        };
        let body = serde_json::to_vec(&pipeline)
            .map_err(|error| unreachable(&format!("cannot be asked: {error}")))?;
        let request = self
            .request(base.as_ref().unwrap_or(&self.url), body)
            .map_err(|error| unreachable(&format!("{error:#}")))?;
        let options = RequestOptions {
            connect_timeout: Some(self.patience),
            first_byte_timeout: Some(self.patience),
            between_bytes_timeout: Some(self.patience),
        };
        let (response, io) = default_send_request(request, Some(options))
            .await
            .map_err(|error| unreachable(&format!("{error:?}")))?;
        // The connection has to be driven while the body is read. It is one call's own.
        let io = tokio::spawn(io);
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, JSON * self.limits.result_bytes)
            .collect()
            .await;
        io.abort();
        let body = match body {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(Error::TooLarge(format!(
                    "{} bytes",
                    self.limits.result_bytes
                )));
            }
            Err(error) => return Err(unreachable(&error.to_string())),
        };
        if parts.status != StatusCode::OK {
            return Err(refused(parts.status, &body));
        }
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|error| nonsense(&error.to_string()))?;
        let base = match answer.base_url {
            Some(base) => Some(Url::parse(&base).map_err(|_| nonsense("a URL that is none"))?),
            None => base,
        };
        let stream = answer.baton.map(|baton| Stream { baton, base });
        let result = |result| match result {
            StreamResult::Ok { response } => Ok(response),
            StreamResult::Error { error } => Err(error),
        };
        Ok((stream, answer.results.into_iter().map(result).collect()))
    }

    fn request(
        &self,
        base: &Url,
        body: Vec<u8>,
    ) -> anyhow::Result<HttpRequest<wasmtime_wasi_http::WasiBody>> {
        let url = format!("{}/{PATH}", base.as_str().trim_end_matches('/'));
        let mut request = HttpRequest::builder()
            .method(Method::POST)
            .uri(url)
            .header(
                header::HOST,
                base[url::Position::BeforeHost..url::Position::AfterPort].to_owned(),
            )
            .header(header::CONTENT_TYPE, "application/json")
            .body(
                Full::new(Bytes::from(body))
                    .map_err(|never| match never {})
                    .boxed_unsync(),
            )?;
        if let Some(authorization) = &self.authorization {
            let headers = request.headers_mut();
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }
}

/// The server did not answer. The log has the reason; the component has no use for it.
fn unreachable(reason: &str) -> Error {
    tracing::error!(reason, "a libSQL server does not answer");
    Error::Failed("the database server cannot be reached".to_owned())
}

/// The server answered with something that is no result.
fn refused(status: StatusCode, body: &[u8]) -> Error {
    #[derive(serde::Deserialize)]
    struct Refusal {
        error: Option<String>,
        message: Option<String>,
    }
    let refusal = serde_json::from_slice::<Refusal>(body).ok();
    let reason = refusal.and_then(|refusal| refusal.error.or(refusal.message));
    tracing::error!(%status, reason, "a libSQL server refuses");
    match (status, reason) {
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
            Error::Refused("the database server does not accept the token".to_owned())
        }
        // A stream that expired, say.
        (status, Some(reason)) if status.is_client_error() => Error::Failed(reason),
        _ => Error::Failed(format!("the database server answered {status}")),
    }
}

/// The server answered, and not as agreed.
pub fn nonsense(reason: &str) -> Error {
    tracing::error!(reason, "a libSQL server does not speak Hrana 3");
    Error::Failed("the database server cannot be understood".to_owned())
}
