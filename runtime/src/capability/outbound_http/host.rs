//! Where a guest's requests go: refused, to a neighbour, or out.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, uri::Scheme};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use tokio::sync::Semaphore;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::{
    network::Networks,
    policy::AllowedHosts,
    send::{self, Destination, Limits},
    trust::Trust,
};
use crate::{
    config::RuntimeConfig,
    guest::{Answer, Call, Failure, Guest},
    manifest::StaticResponse,
    metrics,
    request::id,
    route::{self, RouteTable},
    trace::{Span, TraceContext},
};

/// The domain under which components of one application reach each other.
const INTERNAL: &str = ".spin.internal";

/// The host under which an application reaches its own public routes.
pub(super) const OWN: &str = "self.alt";

/// Components that may call each other in a row; more is a circle.
const DEEPEST: u8 = 8;

/// Bounds on a request that leaves the process, where the guest sets none. Its own deadline is usually shorter.
const CONNECT: Duration = Duration::from_secs(5);
const FIRST_BYTE: Duration = Duration::from_secs(30);
const BETWEEN_BYTES: Duration = Duration::from_secs(30);

/// The components of an application, for calls between them.
///
/// Filled once all are loaded, and weak, since each guest holds on to it.
#[derive(Default)]
pub struct Neighbours(OnceLock<Known>);

struct Known {
    by_id: HashMap<String, Weak<Guest>>,
    by_trigger: Vec<Option<Own>>,
    routes: Arc<RouteTable>,
}

/// What a public route of the application leads to.
enum Own {
    Guest(Weak<Guest>),
    Static(StaticResponse),
}

impl Neighbours {
    /// Makes the components known to each other: by id, and by the triggers that `routes` lead to. Only the first
    /// call counts.
    pub fn introduce(
        &self,
        by_id: &HashMap<String, Arc<Guest>>,
        by_trigger: &[Option<Answer>],
        routes: Arc<RouteTable>,
    ) {
        let by_id = by_id.iter();
        let by_trigger = by_trigger.iter();
        let _ = self.0.set(Known {
            by_id: by_id
                .map(|(id, guest)| (id.to_ascii_lowercase(), Arc::downgrade(guest)))
                .collect(),
            by_trigger: by_trigger
                .map(|answer| {
                    Some(match answer.as_ref()? {
                        Answer::Guest(guest) => Own::Guest(Arc::downgrade(guest)),
                        Answer::Static(response) => Own::Static(response.clone()),
                    })
                })
                .collect(),
            routes,
        });
    }

    /// The component called `id`, its request told that it came from inside.
    fn find(&self, id: &str, request: &mut Request<WasiBody>) -> Option<Arc<Guest>> {
        let guest = self.0.get()?.by_id.get(id)?.upgrade()?;
        let uri = request.uri().clone();
        route::set_internal_spin_headers(request.headers_mut(), &uri);
        Some(guest)
    }

    /// What answers a public route of the application.
    fn own(&self, request: &mut Request<WasiBody>) -> Option<Route> {
        let known = self.0.get()?;
        let uri = request.uri().clone();
        let matched = known.routes.lookup(uri.path())?;
        let guest = match known.by_trigger.get(matched.trigger)?.as_ref()? {
            Own::Guest(guest) => guest.upgrade()?,
            Own::Static(response) => return Some(Route::Static(response.response())),
        };
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        route::set_spin_headers(request.headers_mut(), &matched, &uri, nowhere);
        Some(Route::Neighbour(guest))
    }
}

/// Bounds on requests to other hosts, over all components of an application.
pub struct Bounds {
    /// Networks that are closed.
    pub networks: Networks,
    /// Whom they believe by HTTPS.
    pub trust: Trust,
    /// Connections there may be at once; any number where there is no bound.
    pub connections: Option<Arc<Semaphore>>,
}

impl Bounds {
    /// Those that the configuration sets. Fails where certificates that it names cannot be used.
    pub fn new(config: &RuntimeConfig) -> anyhow::Result<Self> {
        let bound = |most: usize| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Ok(Self {
            networks: Networks::new(&config.outbound),
            trust: Trust::new(&config.client_tls)?,
            connections: config.outbound.max_connections.map(bound),
        })
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
    /// What holds for requests to other hosts, whoever sends them.
    pub bounds: Arc<Bounds>,
    /// Where its requests are counted.
    pub metrics: Arc<metrics::Component>,
    /// The call the instance works on: its id, trace and depth go along with requests to neighbours.
    pub call: Option<Arc<Call>>,
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Outcome = Result<(Response<WasiBody>, Io), Error>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _read: Io,
    ) -> Box<dyn Future<Output = Outcome> + Send> {
        let route = self.route(&mut request);
        let trace = self.call.as_ref().map(|call| call.trace);
        let mut span = Span::of_outbound(&mut request, trace);
        let outbound = &self.metrics.outbound;
        match &route {
            Ok(Route::Neighbour(_) | Route::Static(_)) => outbound.internal.add(),
            Ok(Route::Network(_)) => outbound.network.add(),
            Err(_) => outbound.refused.add(),
        }
        match route {
            Ok(Route::Neighbour(guest)) => {
                let (id, trace, depth) = match &self.call {
                    Some(call) => (call.request_id.clone(), call.trace, call.depth),
                    None => (id::new(), TraceContext::new(false), 0),
                };
                if depth >= DEEPEST {
                    span.fail();
                    return refuse(request, Error::LoopDetected);
                }
                Box::new(traced(span, call(guest, request, id, trace, depth + 1)))
            }
            Ok(Route::Static(response)) => {
                let body = |body| Full::new(body).map_err(|never| match never {});
                let response = response.map(|bytes| body(bytes).boxed_unsync());
                let io = Box::new(std::future::ready(Ok(())));
                Box::new(std::future::ready(Ok((response, io as Io))))
            }
            Ok(Route::Network(destination)) => {
                let sending = leave(request, destination, options, self.bounds.clone());
                Box::new(traced(span, sending))
            }
            Err(error) => {
                span.fail();
                refuse(request, error)
            }
        }
    }
}

enum Route {
    Neighbour(Arc<Guest>),
    Static(Response<Bytes>),
    Network(Destination),
}

impl Outbound {
    fn route(&self, request: &mut Request<WasiBody>) -> Result<Route, Error> {
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
        let Some(allowed) = self.allowed.allows(scheme.as_str(), &host, port) else {
            tracing::warn!(
                component = &*self.component,
                request_id = self.call.as_ref().map(|call| call.request_id.as_str()),
                host,
                port,
                "outbound request denied: not in allowed_outbound_hosts"
            );
            return Err(Error::HttpRequestDenied);
        };
        let neighbour = match host.strip_suffix(INTERNAL) {
            Some(name) => self.neighbours.find(name, request).map(Route::Neighbour),
            None if host == OWN => self.neighbours.own(request),
            None => {
                let tls = match *scheme == Scheme::HTTPS {
                    true => {
                        let connector = self.bounds.trust.connector(&self.component, &host);
                        Some(connector.ok_or(Error::ConfigurationError)?)
                    }
                    false => None,
                };
                return Ok(Route::Network(Destination { allowed, tls }));
            }
        };
        neighbour.ok_or(Error::DestinationNotFound)
    }
}

/// Says how it ended.
async fn traced(mut span: Span, sending: impl Future<Output = Outcome>) -> Outcome {
    let outcome = sending.await;
    match &outcome {
        Ok((response, _)) => span.answered(response.status()),
        Err(_) => span.fail(),
    }
    outcome
}

/// The guest may still be writing the body, and is to learn of the refusal rather than of a stream that closed.
fn refuse(request: Request<WasiBody>, error: Error) -> Box<dyn Future<Output = Outcome> + Send> {
    let mut body = request.into_body();
    if !body.is_end_stream() {
        tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
    }
    Box::new(std::future::ready(Err(error)))
}

async fn call(
    guest: Arc<Guest>,
    mut request: Request<WasiBody>,
    id: String,
    trace: TraceContext,
    depth: u8,
) -> Outcome {
    if !request.headers().contains_key(id::HEADER)
        && let Ok(value) = HeaderValue::from_str(&id)
    {
        request.headers_mut().insert(id::HEADER, value);
    }
    // A component that records spans of its own says where it stands.
    let trace = TraceContext::continue_or(request.headers_mut(), || trace);
    match guest.call(request, id, trace, depth).await {
        Ok(response) => Ok((response, Box::new(std::future::ready(Ok(()))))),
        Err(Failure::Busy) => Err(Error::ConnectionLimitReached),
        Err(Failure::Deadline) => Err(Error::HttpResponseTimeout),
        Err(Failure::Trap) => Err(Error::ConnectionTerminated),
    }
}

async fn leave(
    request: Request<WasiBody>,
    destination: Destination,
    options: Option<RequestOptions>,
    bounds: Arc<Bounds>,
) -> Outcome {
    let options = options.unwrap_or_default();
    let limits = Limits {
        connect: options.connect_timeout.unwrap_or(CONNECT),
        first_byte: options.first_byte_timeout.unwrap_or(FIRST_BYTE),
        between_bytes: options.between_bytes_timeout.unwrap_or(BETWEEN_BYTES),
    };
    let place = match &bounds.connections {
        Some(connections) => {
            let place = connections.clone().acquire_owned().await;
            Some(place.map_err(|_| Error::ConnectionLimitReached)?)
        }
        None => None,
    };
    let (response, io) = send::send(request, destination, &bounds.networks, &limits).await?;
    let io = async move {
        let outcome = io.await;
        // The place is taken as long as the connection is there.
        drop(place);
        outcome
    };
    Ok((response, Box::new(io)))
}
