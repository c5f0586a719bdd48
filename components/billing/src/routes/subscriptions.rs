//! `GET /v1/billing/subscriptions`: the caller's subscriptions, the newest first, in pages.

use crate::routes::subscription::SubscriptionView;
use crate::store::{DB, subscriptions};
use shared::{Caller, Json, Page, PageQuery, Result, clock};

pub async fn list(caller: Caller, page: PageQuery) -> Result<Json<Page<SubscriptionView>>> {
    let now = clock::now();
    let rows = subscriptions::list(DB.connect()?, caller.user, page.after()?, page.fetch())?;
    let page = Page::from_rows(rows, page.limit(), |row| row.id)?;
    Ok(Json(page.map(|subscription| {
        SubscriptionView::new(subscription, now)
    })))
}
