//! Components of Spin 1, which export `fermyon:spin/inbound-http`: a request comes whole, the answer goes whole, and each
//! has an instance of its own.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
use wasmtime::{Store, component::InstancePre};
use wasmtime_wasi_http::WasiBody;

use super::{call::Call, state::State};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/inbound-http-1",
        exports: { default: async },
    });
}

use bindings::{InboundHttp1Pre, fermyon::spin::http_types as wit};

/// Such a component, its imports resolved.
pub struct ClassicPre(InboundHttp1Pre<State>);

impl ClassicPre {
    /// The component behind `pre`, if it is one of these.
    pub fn new(pre: InstancePre<State>) -> wasmtime::Result<Self> {
        InboundHttp1Pre::new(pre).map(Self)
    }

    /// Handles a request with an instance in `store`.
    pub async fn handle(
        &self,
        mut store: Store<State>,
        call: &Arc<Call>,
        request: Request<WasiBody>,
    ) -> wasmtime::Result<Response<WasiBody>> {
        let Some(request) = read(request).await? else {
            let mut refused =
                Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
            *refused.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            return Ok(refused);
        };
        let instance = self.0.instantiate_async(&mut store).await?;
        store.data_mut().instantiating_until = None;
        store.data_mut().begin(call.clone());
        store.set_epoch_deadline(1);
        let handler = instance.fermyon_spin_inbound_http();
        answer(handler.call_handle_request(&mut store, &request).await?)
    }
}

/// The request as such a component sees it; none where it has no name for the method.
async fn read(request: Request<WasiBody>) -> wasmtime::Result<Option<wit::Request>> {
    let (parts, body) = request.into_parts();
    let method = match parts.method {
        Method::GET => wit::Method::Get,
        Method::POST => wit::Method::Post,
        Method::PUT => wit::Method::Put,
        Method::DELETE => wit::Method::Delete,
        Method::PATCH => wit::Method::Patch,
        Method::HEAD => wit::Method::Head,
        Method::OPTIONS => wit::Method::Options,
        _ => return Ok(None),
    };
    // Values that are no text cannot be passed on.
    let headers = parts.headers.iter().filter_map(|(name, value)| {
        let value = std::str::from_utf8(value.as_bytes()).ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let body = body.collect().await.map_err(wasmtime::Error::from)?;
    Ok(Some(wit::Request {
        method,
        uri: parts
            .uri
            .path_and_query()
            .map_or("/", |uri| uri.as_str())
            .to_owned(),
        headers: headers.collect(),
        params: Vec::new(),
        body: Some(body.to_bytes().into()),
    }))
}

fn answer(said: wit::Response) -> wasmtime::Result<Response<WasiBody>> {
    let body = Full::new(Bytes::from(said.body.unwrap_or_default()));
    let mut answer = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    *answer.status_mut() = StatusCode::from_u16(said.status)?;
    for (name, value) in said.headers.unwrap_or_default() {
        let name = HeaderName::try_from(name)?;
        answer
            .headers_mut()
            .append(name, HeaderValue::try_from(value)?);
    }
    Ok(answer)
}
