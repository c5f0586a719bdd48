//! Core modules made with the SDKs of Spin 1: they name interfaces as those did, and do not describe them.
//!
//! How values are passed has not changed since, only what things are called, and who frees what: their instances
//! handle one request each.

use anyhow::Context as _;
use wasm_encoder::{
    ExportSection, ImportSection, Module, RawSection,
    reencode::{Reencode as _, RoundtripReencoder},
};
use wasmparser::{Parser, Payload};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The function such a module exports to handle requests.
pub const HANDLER: &str = "handle-http-request";

/// What they export under other names than now.
const EXPORTS: [(&str, &str); 2] = [
    (HANDLER, "fermyon:spin/inbound-http#handle-request"),
    ("canonical_abi_realloc", "cabi_realloc"),
];

/// What they import under other names than now; empty stands for any function.
const IMPORTS: [(&str, &str, &str, &str); 8] = [
    (
        "wasi-outbound-http",
        "request",
        "fermyon:spin/http",
        "send-request",
    ),
    ("spin-config", "", "fermyon:spin/config", ""),
    ("key-value", "", "fermyon:spin/key-value", ""),
    ("sqlite", "", "fermyon:spin/sqlite", ""),
    ("outbound-redis", "", "fermyon:spin/redis", ""),
    ("outbound-pg", "", "fermyon:spin/postgres", ""),
    ("outbound-mysql", "", "fermyon:spin/mysql", ""),
    ("llm", "", "fermyon:spin/llm", ""),
];

const WIT: [&str; 2] = [
    include_str!("../../wit/deps/fermyon-spin-1/spin.wit"),
    include_str!("../../wit/deps/fermyon-spin-1/absent.wit"),
];

/// The module with its interfaces called as they are now, and described.
pub fn describe(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut module = rename(module)?;
    let mut resolve = Resolve::default();
    let package = resolve.push_source("fermyon-spin-1", &WIT.concat())?;
    let world = resolve.select_world(&[package], Some("classic"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .context("cannot describe the interfaces of a module")?;
    Ok(module)
}

fn rename(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut renamed = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                let mut imports = ImportSection::new();
                for import in section.into_imports() {
                    let import = import?;
                    let (interface, function) = import_name(import.module, import.name);
                    let ty = RoundtripReencoder.entity_type(import.ty)?;
                    imports.import(interface, function, ty);
                }
                renamed.section(&imports);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export?;
                    let kind = RoundtripReencoder.export_kind(export.kind)?;
                    exports.export(export_name(export.name), kind, export.index);
                }
                renamed.section(&exports);
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    let data = super::slice(module, range)?;
                    renamed.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(renamed.finish())
}

fn import_name<'a>(interface: &'a str, function: &'a str) -> (&'a str, &'a str) {
    let known = IMPORTS
        .iter()
        .find(|(old, name, ..)| *old == interface && (name.is_empty() || *name == function));
    match known {
        Some((_, _, new, "")) => (new, function),
        Some((_, _, new, name)) => (new, name),
        None => (interface, function),
    }
}

fn export_name(name: &str) -> &str {
    let known = EXPORTS.iter().find(|(old, _)| *old == name);
    known.map_or(name, |(_, new)| new)
}
