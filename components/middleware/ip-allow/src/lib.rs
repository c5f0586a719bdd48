//! The middleware that lets requests through from the networks that the variable `allowed_ips` names, and
//! from nowhere else. Put it before `auth-guard`: who comes from elsewhere is not even asked for a token.

use std::cell::RefCell;
use std::rc::Rc;

use relay::{Entries, Problem, REQUEST_ID};
use shared::network::{self, Networks};
use spin_sdk::variables;
use wasip3::exports::http::handler::Guest;
use wasip3::http::types::{ErrorCode, Request, Response};

wasip3::http::service::export!(IpAllow);

struct IpAllow;

thread_local! {
    /// Read once an instance.
    static NETWORKS: RefCell<Option<Rc<Networks>>> = const { RefCell::new(None) };
}

impl Guest for IpAllow {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let entries = Entries::read(&request.get_headers());
        let Some(networks) = networks().await else {
            return Ok(unknown().into_response(entries.only(REQUEST_ID)));
        };
        let client = entries.only(network::CLIENT_ADDR).unwrap_or_default();
        if networks.admit(client) {
            relay::next(request).await
        } else {
            Ok(refusal().into_response(entries.only(REQUEST_ID)))
        }
    }
}

/// None where the variable is not there or not a list of networks: then nobody is let through, since it
/// cannot be known who should be.
async fn networks() -> Option<Rc<Networks>> {
    if let Some(networks) = NETWORKS.with_borrow(Clone::clone) {
        return Some(networks);
    }
    let text = variables::get("allowed_ips")
        .await
        .inspect_err(|error| relay::report("ip-allow", "no variable allowed_ips", error))
        .ok()?;
    let networks = text
        .parse()
        .inspect_err(|error| relay::report("ip-allow", "allowed_ips cannot be read", error))
        .ok()?;
    let networks = Rc::new(networks);
    NETWORKS.set(Some(Rc::clone(&networks)));
    Some(networks)
}

fn refusal() -> Problem<'static> {
    Problem {
        status: 403,
        slug: "forbidden",
        title: "Forbidden",
        detail: "Requests from your network are not taken at this address.",
        headers: &[],
    }
}

fn unknown() -> Problem<'static> {
    Problem {
        status: 503,
        slug: "service-unavailable",
        title: "Service Unavailable",
        detail: "It is not known whose requests are taken at this address.",
        headers: &[],
    }
}
