//! `static_response` of a trigger: an answer that needs no component.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::document::{Fields, Value};

/// A response that is always the same. Cloning it is cheap enough to be done for each request.
#[derive(Debug, Clone, Default)]
pub struct StaticResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl StaticResponse {
    /// The response.
    pub fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(self.body.clone());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

/// Reads the table `value`.
pub(super) fn read(value: &Value<'_>) -> StaticResponse {
    let response = value.fields(|fields| StaticResponse {
        status: read_status(fields),
        headers: read_headers(fields),
        body: fields.string("body").unwrap_or_default().into(),
    });
    response.unwrap_or_default()
}

fn read_status(fields: &Fields<'_>) -> StatusCode {
    let Some(value) = fields.get("status_code") else {
        return StatusCode::OK;
    };
    let status = value
        .as_integer()
        .and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok())
        .filter(|status| !status.is_informational());
    status.unwrap_or_else(|| {
        value.report("must be a number from 200 to 999");
        StatusCode::OK
    })
}

fn read_headers(fields: &Fields<'_>) -> HeaderMap {
    let entries = fields.get("headers").map(|value| value.entries());
    let mut headers = HeaderMap::new();
    for (name, value) in entries.unwrap_or_default() {
        let Some(text) = value.string() else {
            continue;
        };
        let header = HeaderName::try_from(name).ok();
        match (header, HeaderValue::try_from(text).ok()) {
            // How long the body is, and how it is sent, is for the server to say.
            (Some(header::CONTENT_LENGTH | header::TRANSFER_ENCODING | header::CONNECTION), _) => {
                value.report("is not for a response to set: the runtime does")
            }
            (Some(header), Some(text)) => drop(headers.insert(header, text)),
            (None, _) => value.report("is no header's name"),
            (_, None) => value.report("is no header's value"),
        }
    }
    headers
}
