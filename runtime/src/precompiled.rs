//! Compiled code, kept between starts: a component is compiled once, and mapped into memory from then on.
//!
//! A file is named by what it was made from and for, and checked against its checksum before it is used: one that is
//! damaged, or was made by another engine, is made anew. Whoever can write here can run code as this process, so the
//! folder is its owner's alone.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs::{self, File},
    hash::{Hash as _, Hasher},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, component::Component};

use crate::engine::plain;

/// Files nobody used for this long are removed: each change of a component leaves one behind.
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The SHA-256 of something that code is made of.
pub type Digest = [u8; 32];

/// The code of one engine, in one folder.
pub struct Shelf {
    folder: PathBuf,
    /// What all names begin with: the engine, its settings, and this program, which makes components of sources.
    origin: Sha256,
    /// What was taken from here already: who shares code shares its memory.
    taken: RefCell<HashMap<PathBuf, Component>>,
}

impl Shelf {
    /// The code that `engine` can run, in `folder`. Creates what is missing, and removes what is old.
    pub fn open(folder: &Path, engine: &Engine) -> anyhow::Result<Self> {
        let create = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder);
        create.with_context(|| format!("cannot keep compiled code in {}", folder.display()))?;
        let mut origin = Fingerprint(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut origin);
        program().hash(&mut origin);
        let shelf = Self {
            folder: folder.to_owned(),
            origin: origin.0,
            taken: RefCell::default(),
        };
        shelf.tidy();
        Ok(shelf)
    }

    /// The component that `make` makes of `sources`, compiled: from here if it was before, else now. The same sources, in
    /// the same order, must always make the same component.
    pub fn component(
        &self,
        engine: &Engine,
        sources: &[Digest],
        make: impl FnOnce() -> anyhow::Result<Vec<u8>>,
    ) -> anyhow::Result<Component> {
        let path = self.path(sources);
        if let Some(component) = self.taken.borrow().get(&path) {
            return Ok(component.clone());
        }
        let component = take(engine, &path, make)?;
        let mut taken = self.taken.borrow_mut();
        taken.insert(path, component.clone());
        Ok(component)
    }

    fn path(&self, sources: &[Digest]) -> PathBuf {
        let mut name = self.origin.clone();
        for source in sources {
            name.update(source);
        }
        self.folder
            .join(hex(&name.finalize()))
            .with_extension("cwasm")
    }

    /// What cannot be removed stays; it harms nobody.
    fn tidy(&self) {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for file in files {
            let used = file.metadata().and_then(|metadata| metadata.modified());
            let age = used.ok().and_then(|used| used.elapsed().ok());
            if age.is_some_and(|age| age > KEPT) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

/// The component whose code is kept at `path`, made and kept first where it is not there as a whole.
fn take(
    engine: &Engine,
    path: &Path,
    make: impl FnOnce() -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<Component> {
    if is_whole(path)
        && let Ok(component) = map(engine, path)
    {
        return Ok(component);
    }
    let code = engine.precompile_component(&make()?).map_err(plain)?;
    if let Err(error) = keep(path, &code) {
        tracing::warn!(path = %path.display(), %error, "cannot keep compiled code");
        return load(engine, &code);
    }
    map(engine, path)
}

/// Tells one build of this program from another.
fn program() -> Option<(u64, SystemTime)> {
    let file = fs::metadata(std::env::current_exe().ok()?).ok()?;
    Some((file.len(), file.modified().ok()?))
}

/// Where the checksum of the file at `path` is written down.
fn checksum_path(path: &Path) -> PathBuf {
    path.with_extension("crc32")
}

/// Whether the file is what was written when its checksum was. Damage is what it is there to find: a name that stands for
/// what the code was made of is for SHA-256, which would take longer than all else at a start.
fn is_whole(path: &Path) -> bool {
    let check = || -> io::Result<bool> {
        let expected = fs::read_to_string(checksum_path(path))?;
        let mut file = File::open(path)?;
        let mut checksum = crc32fast::Hasher::new();
        let mut chunk = vec![0; 256 << 10];
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                read => checksum.update(&chunk[..read]),
            }
        }
        let is_whole = written(checksum.finalize()) == expected;
        if is_whole {
            let now = SystemTime::now();
            let checksum = File::options().append(true).open(checksum_path(path))?;
            // Who may not write here at least reads.
            let _ = file
                .set_modified(now)
                .and_then(|()| checksum.set_modified(now));
        }
        Ok(is_whole)
    };
    check().unwrap_or(false)
}

fn written(checksum: u32) -> String {
    format!("{checksum:08x}")
}

/// Writes the file and its checksum; each is there as a whole or not at all.
fn keep(path: &Path, code: &[u8]) -> io::Result<()> {
    // A checksum of the file that was here before would not fit this one.
    match fs::remove_file(checksum_path(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    put(path, code)?;
    put(
        &checksum_path(path),
        written(crc32fast::hash(code)).as_bytes(),
    )
}

fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension(format!("{}.new", uuid::Uuid::now_v7()));
    let write = || {
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(content)?;
        fs::rename(&new, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&new)))
}

#[expect(
    unsafe_code,
    reason = "wasmtime has no other way to run code that was compiled before"
)]
fn map(engine: &Engine, path: &Path) -> anyhow::Result<Component> {
    // SAFETY: the file was written by this program, as its name shows, in a folder that only its owner may write;
    // it is replaced by renaming and never changed.
    unsafe { Component::deserialize_file(engine, path) }.map_err(plain)
}

#[expect(
    unsafe_code,
    reason = "wasmtime has no other way to run code that was compiled before"
)]
fn load(engine: &Engine, code: &[u8]) -> anyhow::Result<Component> {
    // SAFETY: the code comes from the compiler of this engine.
    unsafe { Component::deserialize(engine, code) }.map_err(plain)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Feeds what is hashed to SHA-256.
struct Fingerprint(Sha256);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest
            .iter()
            .take(8)
            .fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    /// Whether the component had to be compiled.
    fn compile(folder: &Path) -> bool {
        let engine = Engine::default();
        let shelf = Shelf::open(folder, &engine).unwrap();
        let sources = [Sha256::digest(EMPTY).into()];
        let was_here = is_whole(&shelf.path(&sources));
        shelf
            .component(&engine, &sources, || Ok(EMPTY.to_vec()))
            .unwrap();
        !was_here
    }

    fn file(folder: &Path, extension: &str) -> PathBuf {
        let files = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        let mut found = files.filter(|path| path.extension().is_some_and(|is| is == extension));
        found.next().unwrap()
    }

    #[test]
    fn a_component_is_compiled_once() {
        let folder = tempfile::tempdir().unwrap();
        assert!(compile(folder.path()));
        assert!(!compile(folder.path()));
    }

    #[test]
    fn a_damaged_file_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        compile(folder.path());
        let path = file(folder.path(), "cwasm");
        let mut code = fs::read(&path).unwrap();
        *code.last_mut().unwrap() ^= 1;
        fs::write(&path, &code).unwrap();
        assert!(compile(folder.path()));
        assert!(!compile(folder.path()));
        fs::write(file(folder.path(), "crc32"), "").unwrap();
        assert!(compile(folder.path()));
        assert!(!compile(folder.path()));
    }

    #[test]
    fn what_nobody_used_for_long_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        compile(folder.path());
        let path = file(folder.path(), "cwasm");
        let long_ago = SystemTime::now() - KEPT - Duration::from_secs(1);
        File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        assert!(compile(folder.path()));
    }
}
