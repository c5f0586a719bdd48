//! Where copies of files are kept while an application runs.
//!
//! Each load of an application has a folder of its own, so that one that is loaded anew leaves the files of the one
//! that still serves alone. A folder is locked by who uses it; what a killed process left behind is not, and goes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use uuid::Uuid;

use super::{Files, copy};
use crate::document::DocumentErrors;
use crate::manifest::{Component, Manifest};

/// The folder, below that of the state, that holds those of loaded applications.
const FOLDERS: &str = "files";

/// The copies of one loaded application. Removed when dropped.
pub struct Staging {
    places: Places,
    folder: Option<Folder>,
}

/// Where files are taken from.
struct Places {
    /// Where the application's own files lie.
    root: PathBuf,
    /// What is not for components, even where it lies among them.
    private: PathBuf,
}

impl Places {
    fn of(manifest: &Manifest, state_dir: &Path) -> anyhow::Result<Self> {
        let find = |path: &Path| {
            fs::canonicalize(path).with_context(|| format!("cannot find {}", path.display()))
        };
        let (root, state) = (find(&manifest.root)?, find(state_dir)?);
        // An application may also lie where its state does, or below.
        let private = match root.starts_with(&state) {
            true => state.join(FOLDERS),
            false => state,
        };
        Ok(Self { root, private })
    }

    fn source<'a>(&'a self, component: &'a Component) -> copy::Source<'a> {
        copy::Source {
            root: &self.root,
            private: &self.private,
            exclude: &component.files.exclude,
        }
    }
}

/// The files that components of `manifest` are given, where they lie. What cannot be found is left out: loading the
/// application says so. Blocks.
pub fn originals(manifest: &Manifest, state_dir: &Path) -> Vec<PathBuf> {
    let Ok(places) = Places::of(manifest, state_dir) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for component in manifest.components.values() {
        let source = places.source(component);
        for entry in &component.files.entries {
            let copies = source.find(&entry.source).unwrap_or_default();
            files.extend(copies.into_iter().map(|copy| copy.from));
        }
    }
    files
}

struct Folder {
    path: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

impl Staging {
    /// Makes room below `state_dir` for the files of `manifest`, if it names any. Blocks.
    pub fn open(manifest: &Manifest, state_dir: &Path) -> anyhow::Result<Self> {
        let folders = state_dir.join(FOLDERS);
        let wanted = manifest.components.values();
        let wanted = wanted.filter(|component| !component.files.entries.is_empty());
        let folder = (wanted.count() > 0)
            .then(|| make_folder(&folders))
            .transpose()
            .with_context(|| format!("cannot keep files in {}", folders.display()))?;
        let places = Places::of(manifest, state_dir)?;
        Ok(Self { places, folder })
    }

    /// Copies the files of `component`. Blocks.
    pub fn copy(&self, manifest: &Manifest, component: &Component) -> anyhow::Result<Files> {
        let folder = match &self.folder {
            Some(folder) if !component.files.entries.is_empty() => folder,
            _ => return Ok(Files::default()),
        };
        let into = folder.path.join(&component.id);
        fs::create_dir_all(&into).with_context(|| format!("cannot make {}", into.display()))?;
        let from = self.places.source(component);
        for entry in &component.files.entries {
            let copy_all = || {
                let copies = from.find(&entry.source)?;
                copies.iter().try_for_each(|copy| copy.make(&into))
            };
            copy_all().map_err(|error: anyhow::Error| {
                let message = format!("component \"{}\": files: {error:#}", component.id);
                DocumentErrors::on_lines(&manifest.path, [(entry.line, message)])
            })?;
        }
        Ok(Files::below(into))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is removed by the next start.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A new folder among `folders`, once those that nobody uses any more are gone.
fn make_folder(folders: &Path) -> std::io::Result<Folder> {
    fs::create_dir_all(folders)?;
    // Held until the new folder is locked: nobody else may take it for a forgotten one.
    let turn = File::create(folders.join("lock"))?;
    turn.lock()?;
    for entry in fs::read_dir(folders)?.filter_map(Result::ok) {
        let lock = File::open(lock_of(&entry.path()));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    let path = std::path::absolute(folders.join(Uuid::now_v7().to_string()))?;
    fs::create_dir(&path)?;
    let lock = File::create(lock_of(&path))?;
    lock.lock()?;
    Ok(Folder { path, _lock: lock })
}

/// No component has this name: one begins with a letter.
fn lock_of(folder: &Path) -> PathBuf {
    folder.join(".lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_nobody_uses_are_removed_and_others_stay() {
        let state = tempfile::tempdir().unwrap();
        let folders = state.path().join("files");
        let used = make_folder(&folders).unwrap();
        // As a killed process leaves it: there, and not locked.
        let forgotten = folders.join("forgotten");
        fs::create_dir(&forgotten).unwrap();
        File::create(lock_of(&forgotten)).unwrap();
        let other = make_folder(&folders).unwrap();
        assert!(used.path.exists() && other.path.exists() && !forgotten.exists());
        let path = used.path.clone();
        drop(used);
        assert!(!path.exists());
    }
}
