//! What a part of a composition does not inherit is taken from it before anything runs.
//!
//! Nearly every program imports an environment and folders, needed or not: a part that inherits none finds an empty
//! environment, and no folders. Everything else that reaches something is for whoever composes to decide on.

use std::collections::HashMap;

use wac_graph::{CompositionGraph, NodeId, types::ItemKind};

use crate::{
    capability,
    manifest::{Capability, Inherit},
};

/// What the interfaces begin with that a composition imports in place of ones that a part does not inherit and cannot do
/// without.
pub const EMPTY: &str = "selvedge:empty/";

/// What those begin with of which every function refuses to work.
pub const DENIED: &str = "selvedge:denied/";

/// The interfaces a composition imports in place of others, each once.
#[derive(Default)]
pub struct StandIns(HashMap<String, NodeId>);

impl StandIns {
    /// Gives `instance` an empty interface for its import `name`, where there is an empty one.
    pub fn empty(
        &mut self,
        graph: &mut CompositionGraph,
        instance: NodeId,
        name: &str,
        kind: ItemKind,
    ) -> anyhow::Result<bool> {
        let rest = name.split_once('/').map_or("", |(_, rest)| rest);
        let has_empty = name.starts_with("wasi:cli/environment@")
            || name.starts_with("wasi:filesystem/preopens@");
        if has_empty {
            self.give(graph, instance, name, kind, format!("{EMPTY}{rest}"))?;
        }
        Ok(has_empty)
    }

    /// Gives `instance` an interface for its import `name` that refuses to work.
    pub fn denied(
        &mut self,
        graph: &mut CompositionGraph,
        instance: NodeId,
        name: &str,
        kind: ItemKind,
    ) -> anyhow::Result<()> {
        let stand_in = format!("{DENIED}{}", name.replace([':', '/'], "-"));
        self.give(graph, instance, name, kind, stand_in)
    }

    fn give(
        &mut self,
        graph: &mut CompositionGraph,
        instance: NodeId,
        name: &str,
        kind: ItemKind,
        stand_in: String,
    ) -> anyhow::Result<()> {
        let node = match self.0.get(&stand_in) {
            Some(node) => *node,
            None => {
                let kind = renamed(graph, kind, &stand_in);
                graph.import(&stand_in, kind)?
            }
        };
        self.0.insert(stand_in, node);
        graph.set_instantiation_argument(instance, name, node)?;
        Ok(())
    }
}

/// The same interface under another name. Imports of one interface become one import, whatever each was to be called.
fn renamed(graph: &mut CompositionGraph, kind: ItemKind, name: &str) -> ItemKind {
    let ItemKind::Instance(interface) = kind else {
        return kind;
    };
    let mut interface = graph.types()[interface].clone();
    interface.id = Some(name.to_owned());
    ItemKind::Instance(graph.types_mut().add_interface(interface))
}

/// The imports among `imports` that reach something beyond `inherit`.
pub fn beyond(
    inherit: &Inherit,
    imports: Vec<(String, ItemKind)>,
) -> impl Iterator<Item = (String, ItemKind, Capability)> {
    imports.into_iter().filter_map(|(name, kind)| {
        let capability = capability::behind(&name)?;
        (!inherit.includes(capability)).then_some((name, kind, capability))
    })
}
