//! The middleware that says who is asking. It verifies the caller's token or key and writes the identity
//! into headers that nobody else can set; whether that identity suffices is for components to say.

mod api_key;
mod authenticate;
mod bearer;
mod config;
mod cookie;
mod cors;
mod fetch;
mod identity;
mod keys;
mod memory;
mod network;
mod refusal;
mod revocations;
mod scope;
mod site;
mod token;

use relay::{Entries, REQUEST_ID};
use shared::caller::headers::{ACTOR, USER};
use wasip3::exports::http::handler::Guest;
use wasip3::http::types::{ErrorCode, Request, Response};

use identity::Identity;

wasip3::http::service::export!(AuthGuard);

struct AuthGuard;

impl Guest for AuthGuard {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let entries = Entries::read(&request.get_headers());
        let Some(origin) = cors::origin(&entries).await else {
            return answer(request, entries).await;
        };
        if cors::is_preflight(&request, &entries) {
            return Ok(cors::preflight(&origin));
        }
        cors::share(answer(request, entries).await?, &origin)
    }
}

/// The answer, whoever may read it.
async fn answer(request: Request, entries: Entries) -> Result<Response, ErrorCode> {
    let identity = match authenticate::caller(&request, &entries).await {
        Ok(identity) => identity,
        Err(refusal) => return Ok(refusal.into_response(entries.only(REQUEST_ID))),
    };
    let identity = match network::restrict(identity.as_deref(), &entries).await {
        Ok(identity) => identity,
        Err(refusal) => return Ok(refusal.into_response(entries.only(REQUEST_ID))),
    };
    let identity = identity.as_deref();
    let request = identify(request, entries, identity)?;
    let response = relay::next(request).await?;
    attribute(response, identity)
}

/// The request with the identity that was verified, and none that came from outside. A request that
/// has neither is handed on as it came.
fn identify(
    request: Request,
    entries: Entries,
    identity: Option<&Identity>,
) -> Result<Request, ErrorCode> {
    if identity.is_none() && !entries.has_internal() {
        return Ok(request);
    }
    let said = identity.into_iter().flat_map(Identity::headers);
    relay::with_request_headers(request, entries.saying(said))
}

/// Tells the log, by a header that it removes, whose request this was. A response that says so
/// already, as those of `shared` do, is handed on as it came.
fn attribute(response: Response, identity: Option<&Identity>) -> Result<Response, ErrorCode> {
    let headers = response.get_headers();
    let said = headers.get(USER);
    let user = identity.and_then(|identity| identity.user.as_deref());
    let user = user.map(str::as_bytes);
    let actor = identity.and_then(|identity| identity.actor.as_deref());
    if actor.is_none() && said.iter().map(Vec::as_slice).eq(user) {
        return Ok(response);
    }
    let fields = headers.clone();
    let actor = Vec::from_iter(actor.map(|actor| actor.as_bytes().to_vec()));
    let named = fields
        .set(USER, &Vec::from_iter(user.map(<[u8]>::to_vec)))
        .and_then(|()| fields.set(ACTOR, &actor));
    let status = response.get_status_code();
    relay::with_response_headers(response, status, named.map(|()| fields))
}
