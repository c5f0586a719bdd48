//! Asking others over HTTP, with a limit on how long and how much they may answer. Redirects are not
//! followed: what is sent is meant for whom the operator named, and for nobody they name.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use spin_sdk::wasip3::clocks::monotonic_clock;
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::ErrorCode;
use spin_sdk::wasip3::http_compat::{http_from_wasi_response, http_into_wasi_request};

/// For the whole exchange, in nanoseconds.
const DEADLINE: u64 = 10_000_000_000;
/// Of an answer's body, in bytes.
const LIMIT: usize = 256 * 1024;

/// Why there is no answer, for the log: it holds nothing of what was sent.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the exchange failed: {0}")]
    Exchange(#[from] ErrorCode),
    #[error("the answer is larger than {LIMIT} bytes")]
    TooLarge,
    #[error("there was no answer in {} seconds", DEADLINE / 1_000_000_000)]
    TooLate,
}

/// Sends a request and reads the whole answer, whatever its status.
pub async fn send(request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
    let mut exchange = pin!(exchange(request));
    let mut deadline = pin!(monotonic_clock::wait_for(DEADLINE));
    poll_fn(|context| match exchange.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(result),
        Poll::Pending => deadline
            .as_mut()
            .poll(context)
            .map(|()| Err(Failure::TooLate)),
    })
    .await
}

async fn exchange(request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
    let request = http_into_wasi_request(request.map(Full::new))?;
    let response = http_from_wasi_response(client::send(request).await?)?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, LIMIT).collect().await;
    let body = body.map_err(|error| match error.downcast::<ErrorCode>() {
        Ok(code) => Failure::Exchange(*code),
        Err(error) if error.is::<LengthLimitError>() => Failure::TooLarge,
        Err(error) => Failure::Exchange(ErrorCode::InternalError(Some(error.to_string()))),
    })?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}
