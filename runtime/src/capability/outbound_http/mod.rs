//! Outbound HTTP: to the hosts a component was allowed, and to its neighbours without leaving the process.

mod classic;
mod draft;
mod host;
mod network;
pub mod policy;
mod send;
mod trust;

use wasmtime::component::Linker;

pub use host::{Bounds, Neighbours, Outbound};

use crate::guest::State;

/// Adds `wasi:http` 0.2 and 0.3, and what came before them.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)?;
    draft::link(linker)?;
    classic::link(linker)
}
