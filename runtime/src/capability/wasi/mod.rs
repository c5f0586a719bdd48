//! Clocks, randomness, environment and standard streams: what every component has, and nothing else of WASI.
//!
//! No files, no sockets, no arguments: the context is built empty, so these interfaces exist and reach nothing.

mod stdio;

use std::collections::BTreeMap;

use wasmtime::component::Linker;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use crate::{compose::EMPTY_ENVIRONMENT, guest::State, log::Sink};

/// Adds WASI 0.2 and 0.3, and the empty environments that composed middleware is given.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    for (_, name) in EMPTY_ENVIRONMENT {
        let mut environment = linker.instance(name)?;
        environment.func_wrap("get-environment", |_, (): ()| {
            Ok((Vec::<(String, String)>::new(),))
        })?;
        environment.func_wrap("get-arguments", |_, (): ()| Ok((Vec::<String>::new(),)))?;
        // 0.2 says `initial-cwd`, 0.3 `get-initial-cwd`.
        for function in ["initial-cwd", "get-initial-cwd"] {
            environment.func_wrap(function, |_, (): ()| Ok((None::<String>,)))?;
        }
    }
    Ok(())
}

/// The WASI context of one instance.
pub fn prepare(component: &str, environment: &BTreeMap<String, String>, logs: &Sink) -> WasiCtx {
    let mut builder = WasiCtxBuilder::new();
    for (name, value) in environment {
        builder.env(name, value);
    }
    builder
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .stdout(stdio::Lines::new(
            component,
            crate::log::Stream::Stdout,
            logs,
        ))
        .stderr(stdio::Lines::new(
            component,
            crate::log::Stream::Stderr,
            logs,
        ))
        .build()
}
