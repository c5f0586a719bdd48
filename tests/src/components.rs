//! The wasm the tests run: the application's components and the fixtures, built by their own build commands.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use selvedge::manifest::Manifest;
use tempfile::TempDir;

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    static WORKSPACE: LazyLock<PathBuf> = LazyLock::new(|| {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        tests
            .parent()
            .expect("tests lie in the workspace")
            .to_owned()
    });
    &WORKSPACE
}

/// The application's own manifest.
pub fn application() -> PathBuf {
    workspace().join("spin.toml")
}

/// The manifest of a fixture, by its file's name without the ending.
pub fn fixture(name: &str) -> PathBuf {
    workspace().join(format!("tests/fixtures/{name}.toml"))
}

/// The folder the test executable was built in, `target/release` say.
pub fn executables() -> PathBuf {
    let executable = std::env::current_exe().expect("a test knows its executable");
    let deps = executable.parent().expect("an executable lies in a folder");
    deps.parent()
        .expect("cargo puts test executables in `deps`")
        .to_owned()
}

/// Where all tests keep what takes long to make: stamps of builds and compiled code. Lives as long as `target`.
fn cache() -> PathBuf {
    executables().join("selvedge-tests")
}

/// A new folder for an application's state, which shares its compiled code with all others: compiling takes long, and
/// comes to the same.
pub fn fresh_state() -> TempDir {
    let state = TempDir::new_in(states()).expect("the target folder can be written to");
    symlink(cache().join("compiled"), state.path().join("cache"))
        .expect("the target folder can be written to");
    state
}

fn states() -> PathBuf {
    cache().join("states")
}

/// Builds everything any test runs, where that has not happened yet. Test executables may run at once.
pub fn build() {
    static BUILT: LazyLock<()> = LazyLock::new(|| {
        for folder in [states(), cache().join("compiled")] {
            fs::create_dir_all(folder).expect("the target folder can be written to");
        }
        let lock = File::create(cache().join("lock")).expect("the target folder can be written to");
        lock.lock().expect("files can be locked");
        remove_forgotten_states();
        for manifest in [
            application(),
            fixture("faults"),
            fixture("foreign"),
            fixture("guestbook"),
        ] {
            let manifest = Manifest::load(&manifest).unwrap_or_else(|error| panic!("{error}"));
            selvedge::build(&manifest, &cache(), &|step| eprintln!("{step}"))
                .unwrap_or_else(|error| panic!("{error:#}"));
        }
    });
    *BUILT
}

/// An application that all tests of an executable share lives until its process ends, and leaves its state behind.
fn remove_forgotten_states() {
    const LONGEST_RUN: Duration = Duration::from_secs(60 * 60);
    let folders = fs::read_dir(states())
        .expect("the folder was just made")
        .filter_map(Result::ok);
    for folder in folders {
        let age = folder
            .metadata()
            .and_then(|metadata| metadata.modified())
            .map(|modified| modified.elapsed());
        if matches!(age, Ok(Ok(age)) if age > LONGEST_RUN) {
            // Another test executable may be at it as well.
            let _ = fs::remove_dir_all(folder.path());
        }
    }
}
