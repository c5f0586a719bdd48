//! Where a guest's requests go: refused, to a neighbour, or out.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use http::{HeaderValue, Request, Response, uri::Scheme};
use http_body_util::BodyExt as _;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use super::policy::AllowedHosts;
use crate::{
    guest::{Call, Failure, Guest},
    request::id,
    route,
};

/// The domain under which components of one application reach each other.
const INTERNAL: &str = ".spin.internal";

/// Components that may call each other in a row; more is a circle.
const DEEPEST: u8 = 8;

/// Bounds on a request that leaves the process, where the guest sets none. Its own deadline is usually shorter.
const CONNECT: Duration = Duration::from_secs(5);
const FIRST_BYTE: Duration = Duration::from_secs(30);
const BETWEEN_BYTES: Duration = Duration::from_secs(30);

/// The components of an application by id, for calls between them.
///
/// Filled once all are loaded, and weak, since each guest holds on to it.
#[derive(Default)]
pub struct Neighbours(OnceLock<HashMap<String, Weak<Guest>>>);

impl Neighbours {
    /// Makes the components known to each other. Only the first call counts.
    pub fn introduce(&self, guests: &HashMap<String, Arc<Guest>>) {
        let guests = guests
            .iter()
            .map(|(id, guest)| (id.clone(), Arc::downgrade(guest)));
        let _ = self.0.set(guests.collect());
    }

    fn find(&self, id: &str) -> Option<Arc<Guest>> {
        self.0.get()?.get(id)?.upgrade()
    }
}

/// The outbound side of one instance.
pub struct Outbound {
    /// The component's id, for the log.
    pub component: Arc<str>,
    /// Where it may send requests.
    pub allowed: Arc<AllowedHosts>,
    /// The other components.
    pub neighbours: Arc<Neighbours>,
    /// The call the instance works on: its id and depth go along with requests to neighbours.
    pub call: Option<Arc<Call>>,
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Answer = Result<(Response<WasiBody>, Io), Error>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _read: Io,
    ) -> Box<dyn Future<Output = Answer> + Send> {
        match self.route(&request) {
            Ok(Route::Neighbour(guest)) => {
                let (id, depth) = match &self.call {
                    Some(call) => (call.request_id.clone(), call.depth),
                    None => (id::new(), 0),
                };
                if depth >= DEEPEST {
                    return refuse(Error::LoopDetected);
                }
                Box::new(call(guest, request, id, depth + 1))
            }
            Ok(Route::Network) => Box::new(send(request, options)),
            Err(error) => refuse(error),
        }
    }
}

enum Route {
    Neighbour(Arc<Guest>),
    Network,
}

impl Outbound {
    fn route(&self, request: &Request<WasiBody>) -> Result<Route, Error> {
        let uri = request.uri();
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(Error::HttpRequestUriInvalid);
        };
        let host = authority.host().to_ascii_lowercase();
        let port = match authority.port_u16() {
            Some(port) => port,
            None if *scheme == Scheme::HTTPS => 443,
            None => 80,
        };
        if !self.allowed.allows(scheme.as_str(), &host, port) {
            tracing::warn!(
                component = &*self.component,
                request_id = self.call.as_ref().map(|call| call.request_id.as_str()),
                host,
                port,
                "outbound request denied: not in allowed_outbound_hosts"
            );
            return Err(Error::HttpRequestDenied);
        }
        match host.strip_suffix(INTERNAL) {
            Some(name) => self
                .neighbours
                .find(name)
                .map(Route::Neighbour)
                .ok_or(Error::DestinationNotFound),
            None => Ok(Route::Network),
        }
    }
}

fn refuse(error: Error) -> Box<dyn Future<Output = Answer> + Send> {
    Box::new(std::future::ready(Err(error)))
}

async fn call(guest: Arc<Guest>, mut request: Request<WasiBody>, id: String, depth: u8) -> Answer {
    if !request.headers().contains_key(id::HEADER)
        && let Ok(value) = HeaderValue::from_str(&id)
    {
        request.headers_mut().insert(id::HEADER, value);
    }
    let uri = request.uri().clone();
    route::set_internal_spin_headers(request.headers_mut(), &uri);
    match guest.call(request, id, depth).await {
        Ok(response) => Ok((response, Box::new(std::future::ready(Ok(()))))),
        Err(Failure::Busy) => Err(Error::ConnectionLimitReached),
        Err(Failure::Deadline) => Err(Error::HttpResponseTimeout),
        Err(Failure::Trap) => Err(Error::ConnectionTerminated),
    }
}

async fn send(request: Request<WasiBody>, options: Option<RequestOptions>) -> Answer {
    let options = options.unwrap_or_default();
    let bounded = RequestOptions {
        connect_timeout: options.connect_timeout.or(Some(CONNECT)),
        first_byte_timeout: options.first_byte_timeout.or(Some(FIRST_BYTE)),
        between_bytes_timeout: options.between_bytes_timeout.or(Some(BETWEEN_BYTES)),
    };
    let (response, io) = default_send_request(request, Some(bounded)).await?;
    Ok((response.map(|body| body.boxed_unsync()), Box::new(io)))
}
