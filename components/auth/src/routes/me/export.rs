//! `GET /v1/auth/me/export`: everything that the application knows about the caller, in one document.

use axum::response::IntoResponse;
use http::header::CONTENT_DISPOSITION;
use serde_json::{Map, Value, json};
use shared::{Caller, Json, Problem, Result, clock, storage};

use crate::neighbour::{self, Neighbour};
use crate::origin::Origin;
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, people};

/// Asks every component that knows people. All of it or nothing: an export that left something out would
/// not say so. It takes a recent proof of who asks: whoever has it knows the person.
pub async fn export(caller: Caller, origin: Origin) -> Result<impl IntoResponse> {
    let now = clock::now();
    require_recent(&caller, now)?;
    DB.transaction(|tx| {
        let entry = Entry::by(Event::DataExported, caller.user);
        audit::record(tx, &entry, &origin, now)?;
        Ok::<_, storage::Error>(())
    })?;
    let own = people::export(DB.connect()?, caller.user)?;
    let own = own.into_iter().map(|(name, rows)| (name.to_owned(), rows));
    let mut document = Map::new();
    document.insert("exported_at".to_owned(), json!(now));
    document.insert("user".to_owned(), json!(caller.user));
    document.insert("auth".to_owned(), Value::Object(own.collect()));
    for neighbour in Neighbour::ALL {
        let mut sections = Map::new();
        for section in neighbour.sections() {
            let rows = neighbour::section(neighbour, caller.user, section).await;
            let rows = rows.map_err(|error| {
                Problem::unavailable("Some of your data cannot be read at the moment.", 5)
                    .with_cause(error)
            })?;
            sections.insert((*section).to_owned(), Value::Array(rows));
        }
        document.insert(neighbour.name().to_owned(), Value::Object(sections));
    }
    let disposition = r#"attachment; filename="export.json""#;
    Ok(([(CONTENT_DISPOSITION, disposition)], Json(document)))
}
