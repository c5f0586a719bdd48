//! `GET /v1/auth/oauth2/authorize`: an application sends a browser to have somebody signed in.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use shared::{Problem, Query, Result, clock};

use crate::authorization::{Params, Provider};
use crate::origin::Origin;
use crate::random;
use crate::store::challenges::{self, Challenge, Purpose};
use crate::store::{DB, oauth_clients};
use crate::throttle;

/// How long people may take to sign in and to decide.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Sends the browser on to the page where people decide; back, with an error, where the request is wrong; and nowhere
/// where it does not come from a client.
pub async fn authorize(Query(params): Query<Params>, origin: Origin) -> Result<Response> {
    let now = clock::now();
    DB.transaction(|tx| throttle::count_request(tx, &origin, now))?;
    let provider = Provider::load().await?;
    let connection = DB.connect()?;
    let client = match params.client_id.parse() {
        Ok(id) => oauth_clients::find(connection, id)?,
        Err(_) => None,
    };
    let client = client.ok_or_else(|| Problem::bad_request("There is no such client."))?;
    let location = match params.judge(&client, &provider.issuer, now)? {
        Err(back) => back,
        Ok(request) => {
            let secret = random::secret("ar_")?;
            let challenge = Challenge {
                purpose: Purpose::AuthorizationRequest,
                account: None,
                secret: &random::hash(&secret),
                code: None,
                data: &request,
                lifetime: LIFETIME,
            };
            challenges::set(connection, &challenge, now)?;
            provider.consent_page(&secret)
        }
    };
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}
