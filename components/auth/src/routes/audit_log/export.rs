//! `GET /v1/auth/audit/export`: entries as lines of JSON, the oldest first, a thousand at a time: `Link` leads on, and
//! `after` the number of the last one begins where an earlier export ended.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, LINK};
use shared::{Problem, Query, Result, clock};

use super::{Shown, Which, note};
use crate::permission::AuditRead;
use crate::permitted::Permitted;
use crate::store::DB;
use crate::store::audit::Event;
use crate::store::audit_trail::{self, Order};

/// How many entries are in one answer: some hundred kilobytes.
const COUNT: u32 = 1000;

/// Writes lines, each of them an entry.
pub async fn export(
    permitted: Permitted<AuditRead>,
    Query(which): Query<Which>,
) -> Result<Response> {
    let filter = which.filter()?;
    let (detail, on) = (which.detail(), which.after.is_some());
    note(&permitted, Event::AuditExported, detail, on, clock::now())?;
    let order = Order::OldestFirst(which.after.unwrap_or(i64::MIN));
    let rows = audit_trail::read(DB.connect()?, &filter, &order, COUNT)?;
    let next = match rows.last() {
        Some(last) if rows.len() as u64 == u64::from(COUNT) => Some(link(&which, last.id)?),
        _ => None,
    };
    let mut lines = Vec::new();
    for entry in rows {
        serde_json::to_writer(&mut lines, &Shown::from(entry)).map_err(Problem::internal)?;
        lines.push(b'\n');
    }
    let kind = HeaderValue::from_static("application/x-ndjson");
    let mut response = ([(CONTENT_TYPE, kind)], lines).into_response();
    if let Some(next) = next {
        response.headers_mut().insert(LINK, next);
    }
    Ok(response)
}

/// Where the next lines are, RFC 8288.
fn link(which: &Which, after: i64) -> Result<HeaderValue> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let texts = [
        ("actor", which.actor.map(|actor| actor.to_string())),
        ("subject", which.subject.map(|subject| subject.to_string())),
        ("event", which.event.clone()),
        ("since", which.since.clone()),
        ("until", which.until.clone()),
    ];
    for (name, text) in texts {
        query.extend_pairs(text.map(|text| (name, text)));
    }
    query.append_pair("after", &after.to_string());
    let link = format!("</v1/auth/audit/export?{}>; rel=\"next\"", query.finish());
    HeaderValue::try_from(link).map_err(Problem::internal)
}
