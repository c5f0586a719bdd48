//! `POST /v1/billing/usage`: records a usage event of the caller. The sender names the event, so it can send it again
//! until it has an answer: the event counts once.

use crate::id::SubscriptionId;
use crate::rules::metering;
use crate::store::DB;
use crate::store::usage::{self, Event, Measured};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::{Caller, FieldError, Json, Problem, Result, Timestamp, clock};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// The sender's name for the event.
    id: String,
    meter: String,
    quantity: i64,
    /// When it was used; now, unless given.
    at: Option<Timestamp>,
}

impl NewEvent {
    fn check(&self, now: Timestamp) -> Result<()> {
        let checks = [
            ("id", metering::check_event_id(&self.id)),
            ("quantity", metering::check_quantity(self.quantity)),
            (
                "at",
                self.at.map_or(Ok(()), |at| metering::check_time(at, now)),
            ),
        ];
        let errors: Vec<FieldError> = checks
            .into_iter()
            .filter_map(|(field, check)| check.err().map(|message| FieldError::new(field, message)))
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(errors))
        }
    }

    /// Whether `stored` is this event. One sent without a time is the same whenever it was stored, for the sender
    /// cannot know when that was.
    fn is(&self, stored: &Event) -> bool {
        self.meter == stored.meter_id
            && self.quantity == stored.quantity
            && self.at.is_none_or(|at| at == stored.at)
    }
}

/// What is shown of an event.
#[derive(Serialize)]
pub struct EventView {
    id: String,
    subscription: SubscriptionId,
    meter: String,
    quantity: i64,
    at: Timestamp,
    recorded_at: Timestamp,
    /// Whether it had been recorded before.
    duplicate: bool,
}

impl EventView {
    fn new(event: Event, duplicate: bool) -> EventView {
        EventView {
            id: event.id,
            subscription: event.subscription_id,
            meter: event.meter_id,
            quantity: event.quantity,
            at: event.at,
            recorded_at: event.recorded_at,
            duplicate,
        }
    }
}

pub async fn record(
    caller: Caller,
    Json(event): Json<NewEvent>,
) -> Result<(StatusCode, Json<EventView>)> {
    let now = clock::now();
    event.check(now)?;
    let db = DB.connect()?;
    let measured = Measured {
        id: &event.id,
        meter: &event.meter,
        quantity: event.quantity,
        at: event.at.unwrap_or(now),
    };
    let stored = usage::insert(db, caller.user, &measured, now)?;
    if let Some(stored) = stored {
        return Ok((StatusCode::CREATED, Json(EventView::new(stored, false))));
    }
    match usage::find(db, caller.user, &event.id)? {
        Some(stored) if event.is(&stored) => {
            Ok((StatusCode::OK, Json(EventView::new(stored, true))))
        }
        Some(_) => Err(Problem::conflict(
            "Another event with this id has been recorded.",
        )),
        None if usage::meter_exists(db, &event.meter)? => Err(Problem::conflict(
            "No active subscription of yours covers this meter at that time.",
        )),
        None => Err(Problem::invalid(vec![FieldError::new(
            "meter",
            "is not a meter that is known here",
        )])),
    }
}
