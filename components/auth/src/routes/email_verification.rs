//! `POST /v1/auth/email/verification`: mails the caller a link that proves the address, again.

use http::StatusCode;
use shared::{Caller, Result, clock, storage};

use super::signed_in;
use crate::store::{DB, mail_requests};
use crate::{outbox, proof};

/// Mails a link, unless mail proved the address already, or was asked for too often.
pub async fn send(caller: Caller) -> Result<StatusCode> {
    let now = clock::now();
    let (account, _) = signed_in(&caller, now)?;
    if account.is_proven() {
        return Ok(StatusCode::ACCEPTED);
    }
    let secret = proof::verification_secret()?;
    DB.transaction(|tx| {
        if mail_requests::note(tx, &account.email, now)? {
            proof::ask_to_verify(tx, &account, secret, now)?;
        }
        Ok::<_, storage::Error>(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::ACCEPTED)
}
