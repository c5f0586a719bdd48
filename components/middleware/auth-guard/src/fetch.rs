//! Asking the issuer for its keys, with a limit on how long and how much it may answer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use http::Uri;
use http::uri::{PathAndQuery, Scheme as UriScheme};
use wasip3::clocks::monotonic_clock;
use wasip3::http::client;
use wasip3::http::types::{ErrorCode, Fields, Request, RequestOptions, Response, Scheme};
use wasip3::wit_bindgen::StreamResult;
use wasip3::wit_future;

use crate::keys::Keys;

/// For the whole exchange, in nanoseconds.
const DEADLINE: u64 = 3_000_000_000;
const MAX_BYTES: usize = 64 * 1024;
const CHUNK_BYTES: usize = 16 * 1024;

/// Why there are no keys, for the log.
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
    #[error("the answer is no JSON Web Key Set")]
    NotAKeySet,
    #[error("there was no answer in {} seconds", DEADLINE / 1_000_000_000)]
    TooLate,
}

/// The keys at `url`, or `None` and a line in the log.
pub async fn keys(url: &str) -> Option<Keys> {
    let fetched = within_deadline(fetch(url)).await;
    fetched
        .inspect_err(|failure| relay::report("auth-guard", "no keys from jwks_url", failure))
        .ok()
}

async fn fetch(url: &str) -> Result<Keys, Failure> {
    let response = client::send(get(url)?).await?;
    match response.get_status_code() {
        200 => Keys::parse(&body(response).await?).ok_or(Failure::NotAKeySet),
        status => Err(Failure::Status(status)),
    }
}

fn get(url: &str) -> Result<Request, Failure> {
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
    _ = options.set_connect_timeout(Some(DEADLINE));
    _ = options.set_first_byte_timeout(Some(DEADLINE));
    _ = options.set_between_bytes_timeout(Some(DEADLINE));
    let (no_trailers, trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(Fields::new(), None, trailers, Some(options));
    drop(no_trailers);
    request
        .set_scheme(Some(&scheme))
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

async fn within_deadline<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut work = pin!(work);
    let mut deadline = pin!(monotonic_clock::wait_for(DEADLINE));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(result),
        Poll::Pending => deadline
            .as_mut()
            .poll(context)
            .map(|()| Err(Failure::TooLate)),
    })
    .await
}
