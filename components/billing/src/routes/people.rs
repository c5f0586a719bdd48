//! `/internal/people/{id}`: what is known about somebody, for `auth` to export, and what of it is over when somebody
//! is removed. No route of the manifest leads here.

use crate::id::{InvoiceId, SubscriptionId};
use crate::routes::invoice::InvoiceView;
use crate::routes::subscription::SubscriptionView;
use crate::store::{DB, invoices, subscriptions, usage};
use axum::http::StatusCode;
use serde::Serialize;
use shared::internal::Internal;
use shared::{Json, Page, PageQuery, Path, Result, Timestamp, UserId, clock};

/// A usage event, as it is exported.
#[derive(Serialize)]
pub struct EventView {
    id: String,
    subscription: SubscriptionId,
    meter: String,
    quantity: i64,
    at: Timestamp,
    recorded_at: Timestamp,
}

/// `GET /internal/people/{id}/subscriptions`.
pub async fn subscriptions(
    _: Internal,
    Path(id): Path<UserId>,
    page: PageQuery,
) -> Result<Json<Page<SubscriptionView>>> {
    let now = clock::now();
    let after: Option<SubscriptionId> = page.after()?;
    let rows = subscriptions::list(DB.connect()?, id, after, page.fetch())?;
    let page = Page::from_rows(rows, page.limit(), |row| row.id)?;
    Ok(Json(page.map(|subscription| {
        SubscriptionView::new(subscription, now)
    })))
}

/// `GET /internal/people/{id}/invoices`, with their lines.
pub async fn invoices(
    _: Internal,
    Path(id): Path<UserId>,
    page: PageQuery,
) -> Result<Json<Page<InvoiceView>>> {
    let db = DB.connect()?;
    let after: Option<InvoiceId> = page.after()?;
    let rows = invoices::list(db, id, after, page.fetch())?;
    let page = Page::from_rows(rows, page.limit(), |row| row.id)?;
    let data = page
        .data
        .iter()
        .map(|invoice| InvoiceView::load(db, invoice));
    Ok(Json(Page {
        data: data.collect::<Result<_, _>>()?,
        next_cursor: page.next_cursor,
    }))
}

/// `GET /internal/people/{id}/usage`.
pub async fn usage(
    _: Internal,
    Path(id): Path<UserId>,
    page: PageQuery,
) -> Result<Json<Page<EventView>>> {
    let after: Option<String> = page.after()?;
    let rows = usage::list(DB.connect()?, id, after.as_deref(), page.fetch())?;
    let page = Page::from_rows(rows, page.limit(), |row| row.id.clone())?;
    Ok(Json(page.map(|event| EventView {
        id: event.id,
        subscription: event.subscription_id,
        meter: event.meter_id,
        quantity: event.quantity,
        at: event.at,
        recorded_at: event.recorded_at,
    })))
}

/// `DELETE /internal/people/{id}`: ends the subscriptions. Invoices and the books stay, as the law asks, and so does the
/// usage that they are made of: under an id which no longer leads to a person, for no name and no address is kept here.
/// Asked again, there is nothing left to end.
pub async fn forget(_: Internal, Path(id): Path<UserId>) -> Result<StatusCode> {
    subscriptions::end_all(DB.connect()?, id, clock::now())?;
    Ok(StatusCode::NO_CONTENT)
}
