//! A middleware's own answers: problem details, RFC 9457.

use serde::Serialize;
use wasip3::http::types::{Fields, Response};
use wasip3::{wit_bindgen, wit_future, wit_stream};

use crate::fields::REQUEST_ID;

/// A refusal or failure that a middleware answers with itself.
pub struct Problem<'a> {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Last part of the problem's type, `urn:selvedge:problem:<slug>`.
    pub slug: &'a str,
    /// The status's plain phrase.
    pub title: &'a str,
    /// What went wrong, for the caller; never a cause that only an operator should see.
    pub detail: &'a str,
    /// Headers beyond content type, length, cache control and request id.
    pub headers: &'a [(&'a str, &'a str)],
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Problem<'_> {
    /// The response for this problem; `request_id` is repeated in header and body where it is known.
    ///
    /// To be called inside a task of the guest: the body is written by a task of its own.
    pub fn into_response(self, request_id: Option<&str>) -> Response {
        let body = Body {
            r#type: format!("urn:selvedge:problem:{}", self.slug),
            title: self.title,
            status: self.status,
            detail: self.detail,
            request_id,
        };
        // Cannot fail: text and numbers.
        let body = serde_json::to_vec(&body).unwrap_or_default();

        let length = body.len().to_string();
        let mut headers = vec![
            ("content-type", "application/problem+json"),
            ("content-length", length.as_str()),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ];
        headers.extend(request_id.map(|id| (REQUEST_ID, id)));
        headers.extend(self.headers);
        write_response(self.status, &headers, body)
    }
}

/// A response of the guest's own. Headers that the host does not accept are left out.
pub fn write_response(status: u16, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let fields = Fields::new();
    for (name, value) in headers {
        _ = fields.append(name, value.as_bytes());
    }
    let (mut writer, contents) = wit_stream::new();
    let (no_trailers, trailers) = wit_future::new(|| Ok(None));
    let (response, _) = Response::new(fields, Some(contents), trailers);
    _ = response.set_status_code(status);
    // The stream is a rendezvous: nobody reads before the response is returned.
    wit_bindgen::spawn(async move {
        // What is left unwritten was refused by a client that went away.
        _ = writer.write_all(body).await;
        drop(writer);
        drop(no_trailers);
    });
    response
}
