//! Several components → one, each part with its own grants: a middleware chain here, dependencies beside it.
//!
//! Middlewares are linked in front of their service by `wasi:http/handler`, outermost first, and the result shares
//! one store and the service's grants. What a middleware may use of these is what its manifest entry inherits, so
//! its imports are checked here, before anything runs: an import that reaches something it does not inherit refuses
//! the application. The exceptions are the environment and files: nearly every program imports them, needed or not, so
//! a middleware that does not inherit them sees an empty environment and no folders.

mod dependencies;
mod withhold;

use anyhow::{Context as _, bail};
use wac_graph::{
    CompositionGraph, EncodeOptions, PackageId,
    types::{ItemKind, Package},
};

pub use dependencies::{Supply, satisfy};
pub use withhold::{DENIED, EMPTY};

use crate::manifest::Inherit;
use withhold::{StandIns, beyond};

/// The interface that links a chain together, and its version.
pub const HANDLER: &str = "wasi:http/handler@0.3.0";

/// One component of a chain: its name in the manifest and its wasm bytes.
pub struct Part<'a> {
    /// The component's id.
    pub id: &'a str,
    /// The component's binary.
    pub wasm: &'a [u8],
    /// What it may use of the service's grants.
    pub inherit: &'a Inherit,
}

/// Links `middleware`, outermost first, in front of `service`. Returns the composed binary.
///
/// Fails with every import that a middleware does not inherit, so that all of them can be granted or removed at once.
pub fn chain(middleware: &[Part<'_>], service: &str, wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    if middleware.is_empty() {
        return Ok(wasm.to_vec());
    }
    let mut graph = CompositionGraph::new();
    let primary = register(&mut graph, service, "service", wasm)?;
    require_handler(&graph, primary, service, "service")?;
    let primary = graph.instantiate(primary);
    let mut handler = graph.alias_instance_export(primary, HANDLER)?;

    let mut refused = Vec::new();
    let mut stand_ins = StandIns::default();
    // From the service outwards: each middleware is handed what stands behind it.
    for (index, part) in middleware.iter().enumerate().rev() {
        let package = register(
            &mut graph,
            part.id,
            &format!("middleware-{index}"),
            part.wasm,
        )?;
        require_handler(&graph, package, part.id, "middleware")?;
        let imports = imports(&graph, package);
        if !imports.iter().any(|(name, _)| name == HANDLER) {
            bail!(
                "component {:?} is no middleware: it does not import {HANDLER}",
                part.id
            );
        }
        let instance = graph.instantiate(package);
        graph.set_instantiation_argument(instance, HANDLER, handler)?;
        for (name, kind, capability) in beyond(part.inherit, imports) {
            if stand_ins.empty(&mut graph, instance, &name, kind)? {
                continue;
            }
            let mut keys = match part.inherit {
                Inherit::Some(held) => held.iter().map(|held| held.key()).collect(),
                Inherit::None | Inherit::All => Vec::new(),
            };
            keys.push(capability.key());
            refused.push(format!(
                "middleware {:?} of {service:?} imports {name}, which it does not inherit; to grant it: \
                 {{ component = {:?}, inherit_configuration = {keys:?} }}",
                part.id, part.id,
            ));
        }
        handler = graph.alias_instance_export(instance, HANDLER)?;
    }
    if !refused.is_empty() {
        bail!("{}", refused.join("\n"));
    }
    graph.export(handler, HANDLER)?;
    graph
        .encode(EncodeOptions::default())
        .with_context(|| format!("cannot link the middleware of {service:?} together"))
}

fn register(
    graph: &mut CompositionGraph,
    id: &str,
    name: &str,
    wasm: &[u8],
) -> anyhow::Result<PackageId> {
    let package = Package::from_bytes(name, None, wasm.to_vec(), graph.types_mut())
        .with_context(|| format!("component {id:?} is not a component"))?;
    Ok(graph.register_package(package)?)
}

fn imports(graph: &CompositionGraph, package: PackageId) -> Vec<(String, ItemKind)> {
    let world = &graph.types()[graph[package].ty()];
    world
        .imports
        .iter()
        .map(|(name, kind)| (name.clone(), *kind))
        .collect()
}

fn require_handler(
    graph: &CompositionGraph,
    package: PackageId,
    id: &str,
    role: &str,
) -> anyhow::Result<()> {
    let world = &graph.types()[graph[package].ty()];
    if world.exports.contains_key(HANDLER) {
        return Ok(());
    }
    let found: Vec<_> = world.exports.keys().map(String::as_str).collect();
    bail!(
        "component {id:?} cannot be a {role} in a middleware chain: it must export {HANDLER}, and exports {}",
        if found.is_empty() {
            "nothing".to_owned()
        } else {
            found.join(", ")
        },
    );
}
