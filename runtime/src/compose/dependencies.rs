//! A component and its dependencies → one component, in which these answer some of its imports.
//!
//! A dependency shares the store and the grants of the component it is composed into. What it may use of these is what
//! its manifest entry inherits; as under Spin, a call of anything else traps, so that a component may import what it
//! never uses. Dependencies written in languages that import everything there is depend on that.

use anyhow::{Context as _, bail, ensure};
use wac_graph::types::SubtypeChecker;
use wac_graph::{CompositionGraph, EncodeOptions, PackageId};

use super::withhold::{StandIns, beyond};
use super::{imports, register};
use crate::manifest::{Dependency, Inherit};

/// A dependency and its binary.
pub struct Supply<'a> {
    /// Its entry in the manifest.
    pub dependency: &'a Dependency,
    /// The component's binary.
    pub wasm: Vec<u8>,
}

/// Composes `answers` into the component `id`, whose binary is `wasm`. Returns the composed binary.
pub fn satisfy(id: &str, wasm: Vec<u8>, answers: &[Supply<'_>]) -> anyhow::Result<Vec<u8>> {
    if answers.is_empty() {
        return Ok(wasm);
    }
    let mut graph = CompositionGraph::new();
    let asking = register(&mut graph, id, "component", &wasm)?;
    let instance = graph.instantiate(asking);
    let wanted = imports(&graph, asking);
    let mut stand_ins = StandIns::default();
    for (index, answer) in answers.iter().enumerate() {
        let Dependency { name, export, .. } = answer.dependency;
        let place = || format!("component {id:?}: dependency \"{name}\"");
        let package = format!("dependency-{index}");
        let answering = register(&mut graph, &name.to_string(), &package, &answer.wasm)?;
        let matching: Vec<_> = wanted
            .iter()
            .filter(|(import, _)| name.matches(import))
            .collect();
        ensure!(
            !matching.is_empty(),
            "{} is none of its imports, which are: {}",
            place(),
            list(wanted.iter().map(|(import, _)| import.as_str()))
        );
        let dependency = graph.instantiate(answering);
        let inherit = answer.dependency.inherit.as_ref();
        let beyond = beyond(
            inherit.unwrap_or(&Inherit::None),
            imports(&graph, answering),
        );
        for (import, kind, _) in beyond.collect::<Vec<_>>() {
            if !stand_ins.empty(&mut graph, dependency, &import, kind)? {
                stand_ins.denied(&mut graph, dependency, &import, kind)?;
            }
        }
        for (import, _) in matching {
            let export = export.as_deref().unwrap_or(import);
            check(&graph, (answering, export), (asking, import)).with_context(place)?;
            let answer = graph.alias_instance_export(dependency, export)?;
            graph.set_instantiation_argument(instance, import, answer)?;
        }
    }
    let exports = graph.types()[graph[asking].ty()].exports.keys();
    for export in exports.cloned().collect::<Vec<_>>() {
        let node = graph.alias_instance_export(instance, &export)?;
        graph.export(node, &export)?;
    }
    graph
        .encode(EncodeOptions::default())
        .with_context(|| format!("cannot link component {id:?} and its dependencies together"))
}

/// Checks that one package's export is there, and of the type of the other's import.
fn check(
    graph: &CompositionGraph,
    (answering, export): (PackageId, &str),
    (asking, import): (PackageId, &str),
) -> anyhow::Result<()> {
    let (types, world) = (graph.types(), graph[answering].ty());
    let exports = &graph.types()[world].exports;
    let Some(found) = exports.get(export) else {
        bail!(
            "it does not export {export}, which would answer {import}; it exports: {}",
            list(exports.keys().map(String::as_str))
        );
    };
    let Some(wanted) = graph.types()[graph[asking].ty()].imports.get(import) else {
        bail!("there is no import {import}");
    };
    let mut cache = Default::default();
    SubtypeChecker::new(&mut cache)
        .is_subtype(*found, types, *wanted, types)
        .with_context(|| {
            format!("its export {export} is another than the import {import} asks for")
        })
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    match names.collect::<Vec<_>>() {
        names if names.is_empty() => "none".to_owned(),
        names => names.join(", "),
    }
}
