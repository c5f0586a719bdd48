//! `GET /v1/auth/audit/verify`: whether the audit still is what was written.

use serde::Serialize;
use serde_json::{Value, json};
use shared::{Json, Problem, Result, clock};

use super::note;
use crate::chain::{Broken, Chain, Intact};
use crate::permission::AuditRead;
use crate::permitted::Permitted;
use crate::store::DB;
use crate::store::audit::Event;
use crate::store::audit_trail::{self, Filter, Order};

/// How many entries are in memory at once.
const BATCH: u32 = 1000;

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Verdict {
    Intact(Intact),
    Broken(Broken),
}

/// Follows the chain from its first entry, and says where it breaks, or with what it ends. What this cannot see is a
/// chain that was made anew, or cut off at its end: compare a `head` that was kept elsewhere with the seal of its entry.
pub async fn verify(permitted: Permitted<AuditRead>) -> Result<Json<Value>> {
    let verdict = judge()?;
    let verdict = serde_json::to_value(&verdict).map_err(Problem::internal)?;
    let detail = json!({"status": verdict["status"]});
    note(
        &permitted,
        Event::AuditVerified,
        detail,
        false,
        clock::now(),
    )?;
    Ok(Json(verdict))
}

fn judge() -> Result<Verdict> {
    let mut chain = Chain::default();
    loop {
        let order = Order::OldestFirst(chain.last());
        let batch = audit_trail::read(DB.connect()?, &Filter::default(), &order, BATCH)?;
        for entry in &batch {
            if let Err(broken) = chain.follow(entry) {
                return Ok(Verdict::Broken(broken));
            }
        }
        if (batch.len() as u64) < u64::from(BATCH) {
            return Ok(Verdict::Intact(chain.end()));
        }
    }
}
