//! `POST /v1/auth/oauth2/decision`: the team's page says what the person decided, and learns where to send the browser.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::{Caller, Json, Problem, Result, SessionId, clock};

use super::request::gone;
use crate::authorization::{Provider, Request};
use crate::origin::Origin;
use crate::random;
use crate::routes::signed_in;
use crate::step_up;
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Challenge, Purpose};
use crate::store::{DB, oauth_clients, oauth_consents, sessions};

/// How long an application may take to fetch its tokens, RFC 6749 section 4.1.2.
const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// What a code stands for.
#[derive(Serialize, Deserialize)]
pub struct Approved {
    pub request: Request,
    /// In which somebody approved.
    pub session: SessionId,
}

/// What somebody decided.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    request: String,
    approve: bool,
}

/// Where the page sends the browser.
#[derive(Serialize)]
pub struct Decided {
    redirect_to: String,
}

/// Ends the request, one way or the other. It takes a session of the person's own: [`signed_in`] takes no application's.
pub async fn decide(
    caller: Caller,
    origin: Origin,
    Json(body): Json<Body>,
) -> Result<Json<Decided>> {
    let now = clock::now();
    let provider = Provider::load().await?;
    let (account, session) = signed_in(&caller, now)?;
    let secret = random::hash(&body.request);
    let code = random::secret("ac_")?;
    let request = DB.transaction(|tx| {
        let taken = challenges::take::<Request>(tx, Purpose::AuthorizationRequest, &secret, now)?;
        let request = taken.ok_or_else(gone)?.data;
        let client = oauth_clients::find(tx, request.client_id)?.ok_or_else(gone)?;
        if !body.approve {
            return Ok::<_, Problem>(request);
        }
        let proven = sessions::find(tx, session)?;
        if !proven.is_some_and(|session| request.is_satisfied_by(&session, now)) {
            // The request stays: nothing of this is stored.
            return Err(step_up::wanted());
        }
        let before = oauth_consents::find(tx, account.id, client.id)?;
        let scope = before.map_or(request.scope.clone(), |before| before.and(&request.scope));
        oauth_consents::set(tx, account.id, client.id, &scope, now)?;
        let approved = Approved {
            request: request.clone(),
            session,
        };
        let challenge = Challenge {
            purpose: Purpose::AuthorizationCode,
            account: Some(account.id),
            secret: &random::hash(&code),
            code: None,
            data: &approved,
            lifetime: CODE_LIFETIME,
        };
        challenges::set(tx, &challenge, now)?;
        let entry = Entry::by(Event::ConsentGiven, account.id).with_object(&client.id);
        let entry = entry.with_detail(serde_json::json!({"scope": request.scope}));
        audit::record(tx, &entry, &origin, now)?;
        Ok(request)
    })?;
    let (name, value) = match body.approve {
        true => ("code", code.as_str()),
        false => ("error", "access_denied"),
    };
    Ok(Json(Decided {
        redirect_to: request.answer(&provider.issuer, name, value),
    }))
}
