//! `GET /v1/auth/oauth/{provider}/callback`: a browser comes back from a provider.

use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use shared::{Path, Problem, Query, Result, clock};

use crate::federation::{self, Answer, Begun, Failure, Flight, Provider, cookie};
use crate::random;
use crate::store::DB;
use crate::store::challenges::{self, Purpose};

/// Sends the browser on into the application, with a code that the application, and nobody else, can use; or with
/// what went wrong: `access_denied` or `server_error`, RFC 6749 section 4.1.2.1.
pub async fn callback(
    Path(provider): Path<String>,
    Query(answer): Query<Answer>,
    headers: HeaderMap,
) -> Result<Response> {
    let now = clock::now();
    let provider = Provider::find(&provider).await?;
    let flight = match (&answer.state, cookie::read(&headers, &provider)) {
        (Some(state), Some(browser)) => Flight {
            state: state.clone(),
            browser,
        },
        _ => return Err(unknown()),
    };
    let hash = flight.hash();
    let begun = challenges::take::<Begun>(DB.connect()?, Purpose::FederatedFlight, &hash, now)?;
    let begun = begun.ok_or_else(unknown)?.data;
    // Who left for one provider and comes back from another was misled.
    if begun.provider != provider.id {
        return Err(unknown());
    }
    let (name, value) = match federation::identify(&provider, &answer, &flight, now).await {
        Ok(person) => {
            let code = random::secret("oc_")?;
            federation::keep(DB.connect()?, &code, &begun.code_challenge, &person, now)?;
            ("code", code)
        }
        Err(Failure::Denied) => ("error", "access_denied".to_owned()),
        Err(failure) => {
            federation::report(&provider.id, &failure);
            ("error", "server_error".to_owned())
        }
    };
    let location = federation::with_outcome(&begun.redirect_to, name, &value);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}

fn unknown() -> Problem {
    Problem::bad_request(
        "This sign-in was begun in another browser, is over already, or took too long. Begin again.",
    )
}
