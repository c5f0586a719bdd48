//! What one store holds: the grants of its component, and the call it is working on.

use std::{sync::Arc, time::Instant};

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::{call::Call, limits::Limits, turn::Turn};
use crate::capability::{key_value, outbound_http::Outbound, sqlite, variables};

/// The data of one store.
pub struct State {
    /// Resources handed to the guest.
    pub table: ResourceTable,
    /// Clocks, randomness, standard streams, environment.
    pub wasi: WasiCtx,
    /// Header limits of `wasi:http`.
    pub http: WasiHttpCtx,
    /// Where requests of the guest go.
    pub outbound: Outbound,
    /// Databases it may open.
    pub sqlite: sqlite::State,
    /// Key-value stores it may open.
    pub key_value: key_value::State,
    /// Variables it may read.
    pub variables: variables::State,
    /// Memory it may use.
    pub limits: Limits,
    /// Its place among the instances of its component that compute for long.
    pub turn: Turn,
    /// Set while the instance is being made.
    pub instantiating_until: Option<Instant>,
}

impl State {
    /// Starts to work on `call`. With several at once, the last one counts for deadlines and outbound requests.
    pub fn begin(&mut self, call: Arc<Call>) {
        self.outbound.call = Some(call);
        self.turn.begin();
    }

    /// The call in progress.
    pub fn call(&self) -> Option<&Arc<Call>> {
        self.outbound.call.as_ref()
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.outbound,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}
