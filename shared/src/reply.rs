//! From an answer that lies in memory to the host's response, in as few calls to the host as that takes: each has its
//! price, and this one is paid with every request.

use bytes::Bytes;
use http::StatusCode;
use spin_sdk::wasip3::{
    http::types::{ErrorCode, Fields, Response},
    spawn, wit_future, wit_stream,
};

/// The response of the host with this status, these headers and this body.
///
/// Fails with `HTTP-response-header-section-size` where the host does not take the headers.
pub fn send(response: http::Response<Bytes>) -> Result<Response, ErrorCode> {
    let (parts, body) = response.into_parts();
    let entries: Vec<(String, Vec<u8>)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    let headers =
        Fields::from_list(&entries).map_err(|_| ErrorCode::HttpResponseHeaderSectionSize(None))?;
    let contents = (!body.is_empty()).then(|| {
        let (mut writer, reader) = wit_stream::new();
        // The host reads it once it has the response. Whoever no longer wants it closes the other end.
        spawn(async move { drop(writer.write_all(body.into()).await) });
        reader
    });
    // No trailers. Said by dropping the writer, once the host holds the other end, it needs no task to say it.
    let (none, trailers) = wit_future::new(|| Ok(None));
    let (response, _sent) = Response::new(headers, contents, trailers);
    drop(none);
    if parts.status != StatusCode::OK {
        response
            .set_status_code(parts.status.as_u16())
            .map_err(|()| ErrorCode::HttpProtocolError)?;
    }
    Ok(response)
}
