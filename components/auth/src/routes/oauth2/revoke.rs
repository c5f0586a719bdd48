//! `POST /v1/auth/oauth2/revoke`: an application gives back what it was given, RFC 7009.

use http::StatusCode;
use shared::clock;

use super::userinfo::read;
use crate::authorization::{Form, Refusal};
use crate::origin::Origin;
use crate::random;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, oauth_grants, sessions};

/// Ends the session of a refresh token or an access token, and with it both. 200 too where there is none, as section 2.2
/// has it.
pub async fn revoke(origin: Origin, form: Form) -> Result<StatusCode, Refusal> {
    let now = clock::now();
    let token = form.need("token")?;
    let credentials = form.credentials()?;
    let shown = read(token, now).await?;
    DB.transaction(|tx| {
        let client = credentials.authenticate(tx, now)?;
        let ended = match &shown {
            Some(shown) if shown.client_id == client.id => Some((shown.sid, shown.sub)),
            Some(_) => None,
            None => oauth_grants::session_of(tx, client.id, &random::hash(token))?,
        };
        if let Some((session, account)) = ended
            && sessions::end(tx, account, session)?
        {
            let entry = Entry::about(Event::SessionRevoked, account).with_object(&session);
            let entry = entry.with_detail(serde_json::json!({"client": client.id}));
            audit::record(tx, &entry, &origin, now)?;
        }
        Ok::<_, Refusal>(())
    })?;
    Ok(StatusCode::OK)
}
