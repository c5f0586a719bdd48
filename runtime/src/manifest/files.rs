//! `files` and `exclude_files` of a component: what it may read, and where it finds it.

use std::fmt;

use crate::document::{Fields, Value};

/// The files of a component. As in Spin, it finds copies of them, from the time it was loaded.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// `files`, in the manifest's order.
    pub entries: Vec<FileEntry>,
    /// `exclude_files`: what patterns and folders leave out, by the path from the manifest's folder.
    pub exclude: Vec<glob::Pattern>,
}

/// One entry of `files`.
#[derive(Debug, Clone)]
pub struct FileEntry {
    /// Its line in the manifest, counted from 1.
    pub line: usize,
    /// What it names.
    pub source: FileSource,
}

/// What an entry of `files` names. All paths are relative to the manifest's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// `"assets/**/*.jpg"`: what matches, found under the path it has.
    Pattern(String),
    /// `{ source = "assets", destination = "/public" }`: a file, or what is below a folder, found elsewhere.
    Placement {
        /// The file or folder.
        source: String,
        /// Where the component finds it.
        destination: String,
    },
}

impl fmt::Display for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(pattern) => f.write_str(pattern),
            Self::Placement {
                source,
                destination,
            } => write!(f, "{source} at {destination}"),
        }
    }
}

/// Reads both keys.
pub(super) fn read(fields: &Fields<'_>) -> Files {
    let entries = fields.get("files").map(|value| value.items());
    Files {
        entries: entries
            .unwrap_or_default()
            .iter()
            .filter_map(read_entry)
            .collect(),
        exclude: fields
            .strings("exclude_files")
            .iter()
            .filter_map(|(value, text)| {
                let pattern = glob::Pattern::new(text);
                pattern
                    .map_err(|error| value.report(&format!("\"{text}\" is no pattern: {error}")))
                    .ok()
            })
            .collect(),
    }
}

fn read_entry(value: &Value<'_>) -> Option<FileEntry> {
    let source = if value.is_table() {
        read_placement(value)?
    } else {
        let pattern = value.string()?;
        if let Err(rule) = check_pattern(&pattern) {
            value.report(&format!("\"{pattern}\" {rule}"));
        }
        FileSource::Pattern(pattern)
    };
    Some(FileEntry {
        line: value.line(),
        source,
    })
}

fn read_placement(value: &Value<'_>) -> Option<FileSource> {
    value.fields(|fields| {
        let text = |key| fields.require(key).and_then(|value| value.string());
        let (source, destination) = (text("source")?, text("destination")?);
        if leaves(&destination) {
            fields.report(&format!(
                "files: the destination \"{destination}\" leads out of the component's own files"
            ));
        }
        Some(FileSource::Placement {
            source,
            destination,
        })
    })?
}

fn check_pattern(pattern: &str) -> Result<(), String> {
    const PLACEMENT: &str = "write { source = \"...\", destination = \"...\" }";
    let last = pattern.rsplit('/').next().unwrap_or_default();
    if last == "." || last == ".." {
        return Err(format!(
            "names a folder by its dots; {PLACEMENT}, or a pattern that ends in **/*"
        ));
    }
    if leaves(pattern) || pattern.starts_with('/') {
        return Err(format!(
            "leads out of the manifest's folder; {PLACEMENT} to say where the files are to be found"
        ));
    }
    match glob::Pattern::new(pattern) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("is no pattern: {error}")),
    }
}

fn leaves(path: &str) -> bool {
    path.split('/').any(|segment| segment == "..")
}
