//! `GET /v1/auth/oauth/{provider}/authorize`: sends a browser to a provider to sign in there.

use axum::response::{IntoResponse, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use shared::{Path, Problem, Query, Result, clock};

use crate::federation::{self, Begun, Flight, Provider, Redirects, cookie};
use crate::origin::Origin;
use crate::store::DB;
use crate::store::challenges::{self, Challenge, Purpose};
use crate::throttle;

/// What an application says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Where the browser goes in the end.
    redirect_to: String,
    /// RFC 7636 section 4.2, of a verifier that the application keeps.
    code_challenge: String,
    code_challenge_method: Option<ChallengeMethod>,
}

/// How the challenge is made of the verifier; there is one way that is any good.
#[derive(Deserialize)]
enum ChallengeMethod {
    S256,
}

/// Sends the browser off, with a cookie by which it is known again.
pub async fn authorize(
    Path(provider): Path<String>,
    Query(params): Query<Params>,
    origin: Origin,
    headers: HeaderMap,
) -> Result<Response> {
    let now = clock::now();
    DB.transaction(|tx| throttle::count_request(tx, &origin, now))?;
    let provider = Provider::find(&provider).await?;
    Redirects::load().await?.check(&params.redirect_to)?;
    federation::check_challenge(&params.code_challenge)?;
    let Params {
        redirect_to,
        code_challenge,
        code_challenge_method: Some(ChallengeMethod::S256) | None,
    } = params;
    let flight = Flight::depart(cookie::read(&headers, &provider))?;
    let departure = federation::departure(&provider, &flight).await;
    let departure = departure.map_err(|failure| {
        Problem::unavailable("The provider cannot be reached.", 5).with_cause(failure)
    })?;
    let begun = Begun {
        provider: provider.id.clone(),
        redirect_to,
        code_challenge,
    };
    let challenge = Challenge {
        purpose: Purpose::FederatedFlight,
        account: None,
        secret: &flight.hash(),
        code: None,
        data: &begun,
        lifetime: federation::FLIGHT_LIFETIME,
    };
    challenges::set(DB.connect()?, &challenge, now)?;
    let cookie = cookie::set(&flight.browser, &provider)?;
    Ok((
        StatusCode::FOUND,
        [(LOCATION, departure)],
        [(SET_COOKIE, cookie)],
    )
        .into_response())
}
