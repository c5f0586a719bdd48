//! What a dependency imports and does not inherit: interfaces of which every function traps.
//!
//! Composition renames such imports, so that they are told apart from those of the component itself. What they are made
//! of is read off the composed component; resources that belong to other interfaces are the host's own.

use wasmtime::Engine;
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::sockets::network::Network;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable};
use wasmtime_wasi_http::{p2, p3};

use crate::compose::DENIED;

/// A resource nobody can make.
enum Never {}

/// Adds every interface to `linker` that `component` imports in place of one it was denied.
pub fn deny<T: Send + 'static>(
    linker: &mut Linker<T>,
    component: &Component,
) -> wasmtime::Result<()> {
    let engine = component.engine().clone();
    for (name, item) in component.component_type().imports(&engine) {
        if let ComponentItem::ComponentInstance(instance) = item.ty
            && name.starts_with(DENIED)
        {
            deny_all(&mut linker.instance(name)?, name, &instance, &engine)?;
        }
    }
    Ok(())
}

fn deny_all<T: Send + 'static>(
    linker: &mut LinkerInstance<'_, T>,
    interface: &str,
    instance: &ComponentInstance,
    engine: &Engine,
) -> wasmtime::Result<()> {
    for (name, item) in instance.exports(engine) {
        let denied = format!("{interface}#{name} is called, and not inherited");
        match item.ty {
            ComponentItem::ComponentFunc(function) if function.async_() => {
                linker.func_new_concurrent(name, move |_, _, _, _| {
                    let denied = denied.clone();
                    Box::pin(async move { Err(wasmtime::Error::msg(denied)) })
                })?;
            }
            ComponentItem::ComponentFunc(_) => {
                linker.func_new(name, move |_, _, _, _| {
                    Err(wasmtime::Error::msg(denied.clone()))
                })?;
            }
            ComponentItem::Resource(_) => {
                linker.resource(name, resource(interface, name), |_, _| Ok(()))?;
            }
            _ => (),
        }
    }
    Ok(())
}

/// What the host makes of the resource `name` where it belongs to an interface that is not denied.
fn resource(interface: &str, name: &str) -> ResourceType {
    let is_p3 = interface.contains("@0.3");
    match name {
        "pollable" => ResourceType::host::<DynPollable>(),
        "input-stream" => ResourceType::host::<DynInputStream>(),
        "output-stream" => ResourceType::host::<DynOutputStream>(),
        "network" => ResourceType::host::<Network>(),
        "descriptor" => ResourceType::host::<Descriptor>(),
        "outgoing-request" => ResourceType::host::<p2::types::HostOutgoingRequest>(),
        "future-incoming-response" => ResourceType::host::<p2::types::HostFutureIncomingResponse>(),
        "request" if is_p3 => ResourceType::host::<p3::Request>(),
        "response" if is_p3 => ResourceType::host::<p3::Response>(),
        "request-options" => ResourceType::host::<wasmtime_wasi_http::RequestOptions>(),
        _ => ResourceType::host::<Never>(),
    }
}
