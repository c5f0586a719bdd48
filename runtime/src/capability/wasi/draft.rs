//! What `wasi:io` and `wasi:clocks` offered in the draft of 18 October 2023 beside what they still do. Components that
//! were made with it are told the interfaces are those of 0.2 (`componentize`), so these functions are added there.

use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource, ResourceType},
};
use wasmtime_wasi::{
    clocks::WasiClocksCtxView,
    p2::{
        DynPollable,
        bindings::{
            clocks::monotonic_clock,
            io::{
                error::HostError,
                poll::{Host as _, HostPollable as _},
            },
        },
    },
};

use crate::guest::State;

/// The version of the interfaces that the host functions of 0.2 are defined under.
const RELEASE: &str = "0.2.12";

type Store<'a> = StoreContextMut<'a, State>;
type StreamError = wasmtime_wasi::p2::IoError;

/// Adds the functions to `linker`, which has those of 0.2.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut poll = linker.instance(&format!("wasi:io/poll@{RELEASE}"))?;
    poll.func_wrap_async(
        "poll-list",
        |mut store: Store<'_>, (list,): (Vec<Resource<DynPollable>>,)| {
            Box::new(async move { Ok((store.data_mut().table.poll(list).await?,)) })
        },
    )?;
    poll.func_wrap_async(
        "poll-one",
        |mut store: Store<'_>, (pollable,): (Resource<DynPollable>,)| {
            Box::new(async move { store.data_mut().table.block(pollable).await })
        },
    )?;

    let mut streams = linker.instance(&format!("wasi:io/streams@{RELEASE}"))?;
    let error = ResourceType::host::<StreamError>();
    streams.resource("error", error, |mut store, handle| {
        HostError::drop(&mut store.data_mut().table, Resource::new_own(handle))
    })?;
    streams.func_wrap(
        "[method]error.to-debug-string",
        |mut store: Store<'_>, (error,): (Resource<StreamError>,)| {
            Ok((store.data_mut().table.to_debug_string(error)?,))
        },
    )?;

    let mut clock = linker.instance(&format!("wasi:clocks/monotonic-clock@{RELEASE}"))?;
    clock.func_wrap(
        "subscribe",
        |mut store: Store<'_>, (when, absolute): (u64, bool)| {
            let State { wasi, table, .. } = store.data_mut();
            let mut clocks = WasiClocksCtxView {
                ctx: wasi.clocks(),
                table,
            };
            let pollable = if absolute {
                monotonic_clock::Host::subscribe_instant(&mut clocks, when)
            } else {
                monotonic_clock::Host::subscribe_duration(&mut clocks, when)
            };
            Ok((pollable?,))
        },
    )
}
