//! Components made while WASI 0.2 and 0.3 were being drafted: what they name gets the name it has now.
//!
//! The drafts of 10 November 2023 and of 15 March 2026 are the releases in all but details that nobody imports; what
//! does not fit is refused when the component is linked. That of 18 October 2023 is further away: its HTTP keeps its
//! name, and has host functions of its own, as has what it alone offers (`capability::wasi::draft`).

use std::collections::HashSet;

use anyhow::Context as _;
use wasm_encoder::{
    Component, ComponentExportSection, ComponentImportSection, RawSection,
    reencode::{ReencodeComponent as _, RoundtripReencoder},
};
use wasmparser::{ComponentExternName, Parser, Payload};

/// The version a draft became, and another that means the same to who links it: components of interpreters may import
/// all there is, a draft and its release side by side.
const DRAFTS: [(&str, [&str; 2]); 3] = [
    ("0.2.0-rc-2023-11-10", ["0.2.0", "0.2.99"]),
    ("0.2.0-rc-2023-10-18", ["0.2.0", "0.2.98"]),
    ("0.3.0-rc-2026-03-15", ["0.3.0", "0.3.99"]),
];
/// What keeps its name, because it is not what was released.
const APART: [&str; 2] = [
    "wasi:http/types@0.2.0-rc-2023-10-18",
    "wasi:http/outgoing-handler@0.2.0-rc-2023-10-18",
];

/// The component with released interfaces in place of those drafts.
pub fn succeed(component: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let taken = names(&component)?;
    if !taken.iter().any(|name| is_draft(name)) {
        return Ok(component);
    }
    let mut renamed = Component::new();
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(&component) {
        let payload = payload.context("it is no valid component")?;
        if depth > 0 {
            match payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                _ => (),
            }
            continue;
        }
        match &payload {
            Payload::ComponentImportSection(section) => {
                let mut imports = ComponentImportSection::new();
                for import in section.clone() {
                    let mut import = import?;
                    let name = name(import.name.name, &taken);
                    rename(&mut import.name, name.as_deref());
                    let ty = RoundtripReencoder.component_type_ref(import.ty)?;
                    imports.import(import.name, ty);
                }
                renamed.section(&imports);
                continue;
            }
            Payload::ComponentExportSection(section) => {
                let mut exports = ComponentExportSection::new();
                for export in section.clone() {
                    let mut export = export?;
                    let name = name(export.name.name, &taken);
                    rename(&mut export.name, name.as_deref());
                    RoundtripReencoder.parse_component_export(&mut exports, export)?;
                }
                renamed.section(&exports);
                continue;
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            _ => (),
        }
        if let Some((id, range)) = payload.as_section() {
            let data = super::slice(&component, range)?;
            renamed.section(&RawSection { id, data });
        }
    }
    Ok(renamed.finish())
}

/// What the component imports and exports.
fn names(component: &[u8]) -> anyhow::Result<HashSet<&str>> {
    let mut names = HashSet::new();
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload.context("it is no valid component")? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.insert(import?.name.name);
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    names.insert(export?.name.name);
                }
            }
            _ => (),
        }
    }
    Ok(names)
}

fn rename<'a>(name: &mut ComponentExternName<'a>, new: Option<&'a str>) {
    if let Some(new) = new {
        name.name = new;
    }
}

fn is_draft(name: &str) -> bool {
    name.starts_with("wasi:")
        && !APART.contains(&name)
        && DRAFTS.iter().any(|(draft, _)| name.ends_with(draft))
}

/// The name an interface of a draft has now, if it is not `taken`.
fn name(name: &str, taken: &HashSet<&str>) -> Option<String> {
    let (interface, version) = name.split_once('@').filter(|_| is_draft(name))?;
    let (_, releases) = DRAFTS.iter().find(|(draft, _)| *draft == version)?;
    let mut names = releases
        .iter()
        .map(|release| format!("{interface}@{release}"));
    names.find(|name| !taken.contains(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_are_called_by_the_release_they_became() {
        let release = |draft: &str| name(draft, &HashSet::new());
        let renamed = release("wasi:http/incoming-handler@0.2.0-rc-2023-11-10");
        assert_eq!(renamed.unwrap(), "wasi:http/incoming-handler@0.2.0");
        let renamed = release("wasi:http/handler@0.3.0-rc-2026-03-15");
        assert_eq!(renamed.unwrap(), "wasi:http/handler@0.3.0");
    }

    #[test]
    fn a_draft_beside_its_release_gets_another_name_for_the_same() {
        let taken = HashSet::from(["wasi:http/client@0.3.0"]);
        let renamed = name("wasi:http/client@0.3.0-rc-2026-03-15", &taken);
        assert_eq!(renamed.unwrap(), "wasi:http/client@0.3.99");
    }

    #[test]
    fn everything_else_keeps_its_name() {
        for kept in [
            "wasi:http/handler@0.3.0",
            "wasi:http/types@0.2.0-rc-2023-10-18",
            "wasi:http/handler@0.3.0-rc-2026-01-06",
            "other:http/handler@0.3.0-rc-2026-03-15",
            "run",
        ] {
            assert_eq!(name(kept, &HashSet::new()), None, "{kept}");
        }
    }
}
