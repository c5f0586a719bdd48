//! The outermost middleware: gives each request an id and a place in its trace, and prints one line
//! about it as soon as the head of its answer is known.

mod line;
mod request_id;
mod trace;

use std::io::Write;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use relay::{Entries, Problem, REQUEST_ID};
use wasip3::exports::http::handler::Guest;
use wasip3::http::types::{ErrorCode, Request, Response};
use wasip3::random::random::get_random_u64;

use line::{Answered, Asked, Line};
use trace::TraceContext;

wasip3::http::service::export!(RequestLog);

struct RequestLog;

impl Guest for RequestLog {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let started = Instant::now();
        let time_ms = unix_millis();
        let headers = request.get_headers();
        let asked = Asked::read(
            &headers,
            &request.get_method(),
            request.get_path_with_query(),
        );
        let known_id = relay::only(&headers, REQUEST_ID).filter(|id| request_id::is_valid(id));
        let known_trace = TraceContext::of_caller(&headers);
        let must_change = known_id.is_none() || known_trace.is_none();
        let request_id = known_id.unwrap_or_else(|| request_id::new(time_ms, random_u128()));
        let trace =
            known_trace.unwrap_or_else(|| TraceContext::new(random_u128(), get_random_u64()));

        let sent = if must_change {
            let fields = headers.clone();
            let written = fields.set(REQUEST_ID, &[request_id.clone().into_bytes()]);
            let written = written.and_then(|()| match known_trace {
                Some(_) => Ok(()),
                None => trace.write(&fields),
            });
            relay::with_request_headers(request, written.map(|()| fields))
        } else {
            Ok(request)
        };
        let received = match sent {
            Ok(request) => relay::next(request).await,
            Err(code) => Err(code),
        };
        let (response, answered) = received
            .and_then(|response| finish(response, &request_id))
            .unwrap_or_else(|code| fail(&code, &request_id));

        print(&Line::new(
            time_ms,
            started.elapsed(),
            &request_id,
            &trace.trace_id(),
            &asked,
            &answered,
        ));
        Ok(response)
    }
}

/// Tells the client the request's id, and keeps to ourselves what the parts said to each other.
fn finish(response: Response, request_id: &str) -> Result<(Response, Answered), ErrorCode> {
    let entries = Entries::read(&response.get_headers());
    let status = response.get_status_code();
    let answered = Answered::read(&entries, status);
    if !entries.has_internal() && entries.only(REQUEST_ID) == Some(request_id) {
        return Ok((response, answered));
    }
    let headers = entries.saying([(REQUEST_ID, request_id)]);
    let response = relay::with_response_headers(response, status, headers)?;
    Ok((response, answered))
}

/// The answer where the next handler gave none.
fn fail(code: &ErrorCode, request_id: &str) -> (Response, Answered) {
    let problem = match code {
        ErrorCode::HttpRequestHeaderSectionSize(_) => Problem {
            status: 431,
            slug: "request-header-fields-too-large",
            title: "Request Header Fields Too Large",
            detail: "The request's headers take more room than there is.",
            headers: &[],
        },
        ErrorCode::HttpRequestBodySize(_) => Problem {
            status: 413,
            slug: "payload-too-large",
            title: "Payload Too Large",
            detail: "The request's body is larger than this address takes.",
            headers: &[],
        },
        _ => Problem {
            status: 502,
            slug: "bad-gateway",
            title: "Bad Gateway",
            detail: "The component for this address gave no answer.",
            headers: &[],
        },
    };
    let answered = Answered::failed(problem.status, code);
    (problem.into_response(Some(request_id)), answered)
}

fn print(line: &Line) {
    // One write for the whole line, so that lines of concurrent requests never mix. There is
    // nowhere to report a log that cannot be written.
    _ = std::io::stdout().write_all(line.to_text().as_bytes());
}

fn unix_millis() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |duration| duration.as_millis() as u64)
}

fn random_u128() -> u128 {
    u128::from(get_random_u64()) << 64 | u128::from(get_random_u64())
}
