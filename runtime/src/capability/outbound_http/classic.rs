//! `fermyon:spin/http`, of Spin 1: requests and answers whole, sent where and as all others.

use std::{convert::Infallible, future::pending, pin::pin};

use bytes::Bytes;
use futures::future::{Either, select};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use wasmtime::component::{HasData, Linker};
use wasmtime_wasi_http::{Error, WasiBody, WasiHttpHooks as _};

use super::Outbound;
use crate::guest::State;

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/http-1",
        imports: { default: async | trappable },
    });
}

use bindings::fermyon::spin::{
    http as wit,
    http_types::{self as types, HttpError},
};

/// Bytes the body of an answer may have.
const LARGEST: usize = 16 << 20;

/// Adds the function of the interface to `linker`.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<State, Classic>(linker, |state| &mut state.outbound)?;
    wit::add_to_linker::<State, Classic>(linker, |state| &mut state.outbound)
}

struct Classic;

impl HasData for Classic {
    type Data<'a> = &'a mut Outbound;
}

impl types::Host for Outbound {}

impl wit::Host for Outbound {
    async fn send_request(
        &mut self,
        request: types::Request,
    ) -> wasmtime::Result<Result<types::Response, HttpError>> {
        Ok(send(self, request).await)
    }
}

async fn send(
    outbound: &mut Outbound,
    request: types::Request,
) -> Result<types::Response, HttpError> {
    let request = read(request)?;
    let answer = outbound.send_request(request, None, Box::new(async { Ok(()) }));
    let (response, connection) = Box::into_pin(answer).await.map_err(failure)?;
    let (parts, body) = response.into_parts();
    let body = pin!(Limited::new(body, LARGEST).collect());
    // The connection brings the body, and is no longer of interest when it is there.
    let connection = pin!(async {
        let _ = Box::into_pin(connection).await;
        pending::<Infallible>().await
    });
    let body = match select(body, connection).await {
        Either::Left((body, _)) => body.map_err(|_| HttpError::RequestError)?.to_bytes(),
        Either::Right((never, _)) => match never {},
    };
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    Ok(types::Response {
        status: parts.status.as_u16(),
        headers: Some(headers.collect()),
        body: Some(body.into()),
    })
}

/// A path alone is one of the application's own.
fn read(request: types::Request) -> Result<Request<WasiBody>, HttpError> {
    let uri = match request.uri.starts_with('/') {
        true => format!("http://{}{}", super::host::OWN, request.uri),
        false => request.uri,
    };
    let body = Full::new(Bytes::from(request.body.unwrap_or_default()));
    let mut read = Request::new(body.map_err(|never| match never {}).boxed_unsync());
    *read.uri_mut() = uri.parse::<Uri>().map_err(|_| HttpError::InvalidUrl)?;
    *read.method_mut() = match request.method {
        types::Method::Get => Method::GET,
        types::Method::Post => Method::POST,
        types::Method::Put => Method::PUT,
        types::Method::Delete => Method::DELETE,
        types::Method::Patch => Method::PATCH,
        types::Method::Head => Method::HEAD,
        types::Method::Options => Method::OPTIONS,
    };
    for (name, value) in request.headers {
        let name = HeaderName::try_from(name).map_err(|_| HttpError::RuntimeError)?;
        let value = HeaderValue::try_from(value).map_err(|_| HttpError::RuntimeError)?;
        read.headers_mut().append(name, value);
    }
    Ok(read)
}

fn failure(error: Error) -> HttpError {
    match error {
        Error::HttpRequestDenied => HttpError::DestinationNotAllowed,
        Error::HttpRequestUriInvalid => HttpError::InvalidUrl,
        Error::ConnectionLimitReached => HttpError::TooManyRequests,
        _ => HttpError::RequestError,
    }
}
