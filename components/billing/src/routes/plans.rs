//! `GET /v1/billing/plans`: what is for sale. Public, and the same for everybody.

use crate::rules::catalogue::Plan;
use crate::store::{DB, catalogue};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use shared::{Json, Page, Result};

/// Terms never change, so the worst a cached answer can do is to miss a new plan.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=300");

pub async fn list() -> Result<impl IntoResponse> {
    let data: Vec<Plan> = catalogue::plans(DB.connect()?)?;
    Ok((
        [(header::CACHE_CONTROL, CACHED)],
        Json(Page {
            data,
            next_cursor: None,
        }),
    ))
}
