//! What components may reach, one room a capability, all of one shape: policy (what the manifest grants), host (the
//! WIT functions), backend (where the data lies). Adding a capability is adding a folder.

pub mod absent;
mod denied;
mod grant;
mod handles;
pub mod key_value;
pub mod outbound_http;
pub mod sqlite;
pub mod variables;
pub mod wasi;

pub use denied::deny;
use wasmtime::{Engine, component::Linker};

use crate::{guest::State, manifest::Capability};

/// A linker with every interface a component may import, whatever it was granted: grants are checked when a function
/// is called, so that a component that asks for too much is told so rather than failing to start.
pub fn link(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasi::link(&mut linker)?;
    outbound_http::link(&mut linker)?;
    sqlite::link(&mut linker, |state: &mut State| sqlite::View {
        state: &mut state.sqlite,
        table: &mut state.table,
    })?;
    key_value::link(&mut linker, |state: &mut State| key_value::View {
        state: &mut state.key_value,
        table: &mut state.table,
    })?;
    variables::link(&mut linker, |state: &mut State| variables::View {
        state: &mut state.variables,
    })?;
    Ok(linker)
}

/// The manifest's key that grants what stands behind an interface; `None` for interfaces that reach nothing
/// (clocks, randomness, standard streams, types).
pub fn behind(interface: &str) -> Option<Capability> {
    const GATED: &[(&str, Capability)] = &[
        ("spin:sqlite/", Capability::SqliteDatabases),
        ("fermyon:spin/sqlite", Capability::SqliteDatabases),
        ("spin:key-value/", Capability::KeyValueStores),
        ("fermyon:spin/key-value", Capability::KeyValueStores),
        ("wasi:keyvalue/", Capability::KeyValueStores),
        ("spin:variables/", Capability::Variables),
        ("fermyon:spin/variables", Capability::Variables),
        ("fermyon:spin/config", Capability::Variables),
        ("wasi:config/", Capability::Variables),
        ("fermyon:spin/http", Capability::AllowedOutboundHosts),
        ("wasi:http/client", Capability::AllowedOutboundHosts),
        (
            "wasi:http/outgoing-handler",
            Capability::AllowedOutboundHosts,
        ),
        ("wasi:sockets/", Capability::AllowedOutboundHosts),
        ("wasi:cli/environment", Capability::Environment),
        ("wasi:filesystem/preopens", Capability::Files),
    ];
    GATED
        .iter()
        .find(|(prefix, _)| interface.starts_with(prefix))
        .map(|(_, capability)| *capability)
}
