//! Clocks, randomness, environment and standard streams, which every component has, and the files it was granted.
//!
//! No sockets, no arguments: the context is built empty, so these interfaces exist and reach nothing.

pub mod files;
mod stdio;

use std::collections::BTreeMap;

use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, filesystem::Descriptor};

pub use files::{Files, Staging};

use crate::{compose::EMPTY, guest::State, log::Sink};

/// Adds WASI 0.2 and 0.3, and the empty interfaces that composed parts are given in place of what they do not inherit.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    for version in ["0.2.0", "0.3.0"] {
        let mut environment = linker.instance(&format!("{EMPTY}environment@{version}"))?;
        environment.func_wrap("get-environment", |_, (): ()| {
            Ok((Vec::<(String, String)>::new(),))
        })?;
        environment.func_wrap("get-arguments", |_, (): ()| Ok((Vec::<String>::new(),)))?;
        // 0.2 says `initial-cwd`, 0.3 `get-initial-cwd`.
        for function in ["initial-cwd", "get-initial-cwd"] {
            environment.func_wrap(function, |_, (): ()| Ok((None::<String>,)))?;
        }
        let mut preopens = linker.instance(&format!("{EMPTY}preopens@{version}"))?;
        let descriptor = ResourceType::host::<Descriptor>();
        preopens.resource("descriptor", descriptor, |_, _| Ok(()))?;
        preopens.func_wrap("get-directories", |_, (): ()| {
            Ok((Vec::<(Resource<Descriptor>, String)>::new(),))
        })?;
    }
    Ok(())
}

/// The WASI context of one instance.
pub fn prepare(
    component: &str,
    environment: &BTreeMap<String, String>,
    files: &Files,
    logs: &Sink,
) -> WasiCtx {
    let mut builder = WasiCtxBuilder::new();
    for (name, value) in environment {
        builder.env(name, value);
    }
    files.mount(&mut builder);
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
