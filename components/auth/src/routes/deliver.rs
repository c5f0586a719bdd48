//! `POST /v1/auth/outbox/deliver`: delivers what is due now, for a cron of the operator's: an application
//! that nobody uses for a while delivers nothing by itself.

use shared::{Json, Result};

use crate::outbox::{self, Delivered};
use crate::permission::OutboxDeliver;
use crate::permitted::Permitted;

/// Delivers, and says how much. Call it again while `due` is not zero.
pub async fn deliver(_: Permitted<OutboxDeliver>) -> Result<Json<Delivered>> {
    Ok(Json(outbox::deliver_now().await?))
}
