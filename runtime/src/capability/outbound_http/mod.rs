//! Outbound HTTP: to the hosts a component was allowed, and to its neighbours without leaving the process.

mod classic;
mod draft;
mod host;
mod network;
pub mod policy;
mod relative;
mod send;
mod trust;

use wasmtime::component::Linker;
use wasmtime_wasi_http::{
    WasiHttp, WasiHttpView as _,
    p2::bindings::{LinkOptions, http::types},
};

pub use host::{Bounds, Neighbours, Outbound};

use crate::guest::State;

/// Adds `wasi:http` 0.2 and 0.3, and what came before them.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let options = LinkOptions::default();
    types::add_to_linker::<_, WasiHttp>(linker, &(&options).into(), State::http)?;
    relative::link(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)?;
    draft::link(linker)?;
    classic::link(linker)
}
