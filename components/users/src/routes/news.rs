//! `GET /internal/news/{number}`: what auth was told that there is to know. No route of the manifest leads here.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use shared::internal::Internal;
use shared::{Path, Result};

use crate::store::{DB, outbox};

/// Says it. 204 where auth took it already.
pub async fn show(_: Internal, Path(number): Path<i64>) -> Result<Response> {
    let payload = outbox::payload(DB.connect()?, number)?;
    Ok(match payload {
        Some(payload) => ([(CONTENT_TYPE, "application/json")], payload).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}
