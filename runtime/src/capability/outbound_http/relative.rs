//! Requests of components of WASI 0.2 that name no host: they are for the application itself, as under Spin.

use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource},
};
use wasmtime_wasi_http::{
    RequestOptions, WasiHttpCtxView, WasiHttpView as _,
    p2::{
        HttpResult,
        bindings::http::{outgoing_handler, types::Scheme},
        types::{HostFutureIncomingResponse, HostOutgoingRequest},
    },
};

use super::host::OWN;
use crate::guest::State;

/// Whatever release of 0.2 a component names, it finds this one.
const OUTGOING_HANDLER: &str = "wasi:http/outgoing-handler@0.2.0";

/// Adds `wasi:http/outgoing-handler`.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type Sent = (
        Resource<HostOutgoingRequest>,
        Option<Resource<RequestOptions>>,
    );
    linker.instance(OUTGOING_HANDLER)?.func_wrap(
        "handle",
        |mut store: StoreContextMut<'_, State>, (request, options): Sent| match handle(
            &mut store.data_mut().http(),
            request,
            options,
        ) {
            Ok(response) => Ok((Ok(response),)),
            Err(error) => Ok((Err(error.downcast()?),)),
        },
    )
}

/// Sends `request`, to the application itself where it names no host.
pub fn handle(
    view: &mut WasiHttpCtxView<'_>,
    request: Resource<HostOutgoingRequest>,
    options: Option<Resource<RequestOptions>>,
) -> HttpResult<Resource<HostFutureIncomingResponse>> {
    let found = view.table.get_mut(&request)?;
    // Some SDKs name a port all the same.
    let names_no_host = |authority: &str| authority.is_empty() || authority.starts_with(':');
    if found.authority.as_deref().is_none_or(names_no_host) {
        found.scheme = Some(Scheme::Http);
        found.authority = Some(OWN.to_owned());
    }
    outgoing_handler::Host::handle(view, request, options)
}
