//! New headers for a message whose body is handed on untouched.

use wasip3::http::types::{ErrorCode, Fields, HeaderError, Method, Request, Response};
use wasip3::wit_bindgen::{FutureReader, FutureWriter};
use wasip3::wit_future;

const OK: u16 = 200;

/// The same request with `headers` instead of its own.
///
/// Fails with `HTTP-request-header-section-size` where they are too many for the host, and with `HTTP-protocol-error`
/// where it did not accept them for another reason.
pub fn with_request_headers(
    request: Request,
    headers: Result<Fields, HeaderError>,
) -> Result<Request, ErrorCode> {
    let headers =
        headers.map_err(|error| refused(&error, ErrorCode::HttpRequestHeaderSectionSize(None)))?;
    let method = request.get_method();
    let scheme = request.get_scheme();
    let authority = request.get_authority();
    let path = request.get_path_with_query();

    let (taken, result) = transmission();
    let (body, trailers) = Request::consume_body(request, result);
    drop(taken);
    // Options say how long to wait for whom a request is sent to; one that came in has none.
    let (request, _) = Request::new(headers, Some(body), trailers, None);
    // What a new request has already is not set again: each call to the host has its price.
    if !matches!(method, Method::Get) {
        request
            .set_method(&method)
            .map_err(|()| ErrorCode::HttpRequestMethodInvalid)?;
    }
    if scheme.is_some() {
        request
            .set_scheme(scheme.as_ref())
            .map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
    }
    if authority.is_some() {
        request
            .set_authority(authority.as_deref())
            .map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
    }
    if path.is_some() {
        request
            .set_path_with_query(path.as_deref())
            .map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
    }
    Ok(request)
}

/// The same response, which has this status, with `headers` instead of its own.
///
/// Fails as [`with_request_headers`] does.
pub fn with_response_headers(
    response: Response,
    status: u16,
    headers: Result<Fields, HeaderError>,
) -> Result<Response, ErrorCode> {
    let headers =
        headers.map_err(|error| refused(&error, ErrorCode::HttpResponseHeaderSectionSize(None)))?;
    let (taken, result) = transmission();
    let (body, trailers) = Response::consume_body(response, result);
    drop(taken);
    let (response, _) = Response::new(headers, Some(body), trailers);
    if status != OK {
        response
            .set_status_code(status)
            .map_err(|()| ErrorCode::HttpProtocolError)?;
    }
    Ok(response)
}

fn refused(error: &HeaderError, too_large: ErrorCode) -> ErrorCode {
    match error {
        HeaderError::SizeExceeded => too_large,
        _ => ErrorCode::HttpProtocolError,
    }
}

type Transmission = Result<(), ErrorCode>;

/// The future by which the maker of a body learns that it was taken.
///
/// It says "taken" as soon as the writer is dropped, that is, before the last byte went out. Waiting
/// for the true end would keep a task alive for every message, only to repeat to a peer what it
/// learns anyway when its stream closes. The writer must be dropped after the host holds the reader:
/// then the write completes at once and nothing is left to drive.
fn transmission() -> (FutureWriter<Transmission>, FutureReader<Transmission>) {
    wit_future::new(|| Ok(()))
}
