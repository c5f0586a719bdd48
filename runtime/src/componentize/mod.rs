//! Whatever a component's source holds → a component of the worlds this runtime serves.
//!
//! Most existing Spin applications are core modules, made for WASI preview 1, that carry a description of the
//! interfaces they use: they get the adapter that speaks preview 1 on one side and 0.2 on the other. Modules made with
//! the SDKs of Spin 1, in Go until recently, carry none, but their imports tell (`classic`). Programs that run once (WAGI)
//! need nothing but WASI. Components made while WASI was being drafted name the drafts' interfaces (`drafts`).

mod classic;
mod drafts;

use std::{borrow::Cow, ops::Range};

use anyhow::{Context as _, bail};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as COMMAND,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as REACTOR,
};
use wasmparser::{Encoding, Parser, Payload};
use wit_component::ComponentEncoder;

/// What all of WebAssembly begins with.
const MAGIC: &[u8] = b"\0asm";

/// The component that `wasm` is, or can be made.
pub fn component(wasm: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    if !wasm.starts_with(MAGIC) {
        bail!("it is not WebAssembly");
    }
    let mut known = None;
    for payload in Parser::new(0).parse_all(&wasm) {
        if let Payload::Version { encoding, .. } = payload.context("it is not WebAssembly")? {
            known = Some(encoding);
            break;
        }
    }
    let component = match known.context("it is not WebAssembly")? {
        Encoding::Component => wasm,
        Encoding::Module => adapt(&wasm)?,
    };
    drafts::succeed(component)
}

/// A component around a core module.
fn adapt(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let facts = Facts::of(module)?;
    let module = if facts.describes_itself {
        Cow::Borrowed(module)
    } else if facts.serves_classic_http {
        Cow::Owned(classic::describe(module)?)
    } else if facts.is_command {
        return encode(module, COMMAND);
    } else {
        bail!(
            "it is a core module that does not say which interfaces it uses, so it cannot be made a component"
        );
    };
    encode(&module, REACTOR)
}

/// The component that a module is, with the adapter it needs.
fn encode(module: &[u8], adapter: &[u8]) -> anyhow::Result<Vec<u8>> {
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.adapter(ADAPTER, adapter))
        .and_then(|encoder| encoder.validate(true).encode())
        .context("it is a core module that cannot be made a component")
}

/// What tells kinds of core modules apart.
#[derive(Default)]
struct Facts {
    describes_itself: bool,
    serves_classic_http: bool,
    is_command: bool,
}

impl Facts {
    fn of(module: &[u8]) -> anyhow::Result<Self> {
        let mut facts = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::CustomSection(section) => {
                    facts.describes_itself |= section.name().starts_with("component-type");
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        match export?.name {
                            classic::HANDLER => facts.serves_classic_http = true,
                            "_start" => facts.is_command = true,
                            _ => (),
                        }
                    }
                }
                _ => (),
            }
        }
        Ok(facts)
    }
}

/// The bytes of a section.
fn slice(wasm: &[u8], range: Range<u64>) -> anyhow::Result<&[u8]> {
    let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
    wasm.get(range)
        .context("a section lies outside of its file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(wasm: &[u8]) -> String {
        format!("{:#}", component(wasm.to_vec()).unwrap_err())
    }

    #[test]
    fn what_is_no_component_and_cannot_be_made_one_is_refused_with_the_reason() {
        let empty_module = b"\0asm\x01\0\0\0";
        assert!(refusal(b"no wasm at all").contains("not WebAssembly"));
        assert!(refusal(b"").contains("not WebAssembly"));
        assert!(refusal(empty_module).contains("does not say which interfaces"));
    }

    #[test]
    fn a_component_stays_what_it_is() {
        let empty_component = b"\0asm\x0d\0\x01\0".to_vec();
        assert_eq!(component(empty_component.clone()).unwrap(), empty_component);
    }
}
