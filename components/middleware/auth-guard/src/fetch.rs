//! Asking the issuer, with a limit on how long and how much it may answer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http::Uri;
use http::uri::{PathAndQuery, Scheme as UriScheme};
use wasip3::clocks::monotonic_clock;
use wasip3::http::client;
use wasip3::http::types::{ErrorCode, Fields, Method, Request, RequestOptions, Response, Scheme};
use wasip3::wit_bindgen::StreamResult;
use wasip3::wit_future;

use crate::api_key;
use crate::keys::Keys;
use crate::memory::Fingerprint;
use crate::revocations::Told;

/// For keys, without which no token can be verified.
const FOR_KEYS: Duration = Duration::from_secs(3);
/// For revocations and API keys: every change waits for them.
const FOR_CREDENTIALS: Duration = Duration::from_secs(1);
const MAX_BYTES: usize = 64 * 1024;
const CHUNK_BYTES: usize = 16 * 1024;

/// Why there is no answer, for the log.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the variable is no http or https address")]
    Address,
    #[error(transparent)]
    Exchange(#[from] ErrorCode),
    #[error("the issuer answered {0}")]
    Status(u16),
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the answer is no JSON Web Key Set, or one without a key to use")]
    NotAKeySet,
    #[error("the answer is no list of revocations")]
    NotAList,
    #[error("the answer is nothing about a key")]
    NotAKey,
    #[error("there was no answer in {} seconds", .0.as_secs())]
    TooLate(Duration),
}

/// The keys at `url`, or `None` and a line in the log. Never none at all: an issuer that signs has a key, and one that
/// says otherwise must not take those away that are known.
pub async fn keys(url: &str) -> Option<Keys> {
    let fetched = within(FOR_KEYS, async {
        let keys = Keys::parse(&ask(&Method::Get, url, FOR_KEYS).await?);
        keys.filter(|keys| !keys.is_empty())
            .ok_or(Failure::NotAKeySet)
    });
    let failed = |failure: &Failure| relay::report("auth-guard", "no keys from jwks_url", failure);
    fetched.await.inspect_err(failed).ok()
}

/// What `url` tells of revocations after the one with this number, or `None` and a line in the log.
pub async fn revocations(url: &str, after: i64) -> Option<Told> {
    let fetched = within(FOR_CREDENTIALS, async {
        let url = format!("{url}?after={after}");
        let answer = ask(&Method::Get, &url, FOR_CREDENTIALS).await?;
        serde_json::from_slice(&answer).map_err(|_| Failure::NotAList)
    });
    let failed = |failure: &Failure| {
        relay::report("auth-guard", "no answer from revocations_url", failure);
    };
    fetched.await.inspect_err(failed).ok()
}

/// What `url` tells of the API key with this fingerprint, or `None` and a line in the log; `before` requests went on by its
/// last answer.
pub async fn api_key(url: &str, key: &Fingerprint, before: u32) -> Option<api_key::Told> {
    let hash: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let fetched = within(FOR_CREDENTIALS, async {
        let url = format!("{url}?hash={hash}&before={before}");
        let answer = ask(&Method::Post, &url, FOR_CREDENTIALS).await?;
        serde_json::from_slice(&answer).map_err(|_| Failure::NotAKey)
    });
    let failed = |failure: &Failure| {
        relay::report("auth-guard", "no answer from api_keys_url", failure);
    };
    fetched.await.inspect_err(failed).ok()
}

async fn ask(method: &Method, url: &str, deadline: Duration) -> Result<Vec<u8>, Failure> {
    let response = client::send(request(method, url, deadline)?).await?;
    match response.get_status_code() {
        200 => body(response).await,
        status => Err(Failure::Status(status)),
    }
}

fn request(method: &Method, url: &str, deadline: Duration) -> Result<Request, Failure> {
    let uri: Uri = url.parse().map_err(|_| Failure::Address)?;
    let scheme = match uri.scheme() {
        Some(scheme) if *scheme == UriScheme::HTTPS => Scheme::Https,
        Some(scheme) if *scheme == UriScheme::HTTP => Scheme::Http,
        _ => return Err(Failure::Address),
    };
    let authority = uri.authority().map(|authority| authority.as_str());
    let path = uri.path_and_query().map(PathAndQuery::as_str);

    let options = RequestOptions::new();
    // Where the host knows no time-outs, the deadline around everything still holds.
    let limit = Some(nanoseconds(deadline));
    _ = options.set_connect_timeout(limit);
    _ = options.set_first_byte_timeout(limit);
    _ = options.set_between_bytes_timeout(limit);
    let (no_trailers, trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(Fields::new(), None, trailers, Some(options));
    drop(no_trailers);
    request
        .set_method(method)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(authority))
        .and_then(|()| request.set_path_with_query(path))
        .map_err(|()| Failure::Address)?;
    Ok(request)
}

async fn body(response: Response) -> Result<Vec<u8>, Failure> {
    let (taken, result) = wit_future::new(|| Ok(()));
    let (mut stream, trailers) = Response::consume_body(response, result);
    drop(taken);
    let mut body = Vec::new();
    loop {
        let (status, chunk) = stream.read(Vec::with_capacity(CHUNK_BYTES)).await;
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BYTES {
            return Err(Failure::TooLarge);
        }
        match status {
            StreamResult::Complete(_) => {}
            StreamResult::Dropped | StreamResult::Cancelled => break,
        }
    }
    // Here the host says whether the body came whole.
    trailers.await?;
    Ok(body)
}

async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut work = pin!(work);
    let mut late = pin!(monotonic_clock::wait_for(nanoseconds(deadline)));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(result),
        Poll::Pending => late
            .as_mut()
            .poll(context)
            .map(|()| Err(Failure::TooLate(deadline))),
    })
    .await
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
