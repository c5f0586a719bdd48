//! Notices that files of the application changed: its manifest, what its components are built from, their wasm, and the
//! files they are given.
//!
//! By asking for their sizes and times a few times a second: that works on every file system, network and container
//! mounts among them, and costs a few hundred system calls.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use crate::{
    app::{App, Options},
    builder,
    capability::wasi,
    manifest::{DependencySource, Manifest},
};

/// How often to look.
pub const POLL: Duration = Duration::from_millis(250);

/// What tells one state of a file from another: its size and time, or that it is not there.
type State = Option<(u64, Option<SystemTime>)>;
type Snapshot = BTreeMap<PathBuf, State>;

/// Eyes on the files of an application.
pub struct Watch {
    options: Options,
    /// As it last could be read.
    manifest: Manifest,
    acted_on: Snapshot,
    last: Snapshot,
}

impl Watch {
    /// Begins with the files as they are now.
    pub fn new(options: &Options, app: &App) -> Self {
        let mut watch = Self {
            options: options.clone(),
            manifest: app.manifest().clone(),
            acted_on: Snapshot::new(),
            last: Snapshot::new(),
        };
        watch.last = watch.look();
        watch.acted_on = watch.last.clone();
        watch
    }

    /// Whether something has changed since the last time this was true, and no longer does: an editor or a compiler
    /// that is still writing is left to finish.
    pub fn has_changed(&mut self) -> bool {
        if let Ok(manifest) = self.options.read_manifest() {
            self.manifest = manifest;
        }
        let now = self.look();
        let is_settled = now == self.last;
        self.last = now;
        if !is_settled || self.last == self.acted_on {
            return false;
        }
        self.acted_on = self.last.clone();
        true
    }

    /// What a build has just made is no change to act on.
    pub fn built(&mut self) {
        let made: Vec<_> = self.made().map(state).collect();
        self.acted_on.extend(made);
    }

    /// The wasm files.
    fn made(&self) -> impl Iterator<Item = PathBuf> {
        let components = self.manifest.components.values();
        components.map(|component| self.manifest.root.join(&component.source))
    }

    fn look(&self) -> Snapshot {
        let dotenv = self.manifest.root.join(".env");
        let mut files = vec![self.options.manifest.clone(), dotenv];
        files.extend(self.options.runtime_config.clone());
        files.extend(self.made());
        files.extend(wasi::originals(&self.manifest, &self.options.state_dir));
        for component in self.manifest.components.values() {
            for dependency in &component.dependencies {
                if let DependencySource::File(path) = &dependency.source {
                    files.push(self.manifest.root.join(path));
                }
            }
            if let Some(build) = &component.build {
                // Patterns that cannot be read are an error of the build, which says so.
                let watched = builder::watched(&self.manifest, component, build);
                files.extend(watched.unwrap_or_default());
            }
        }
        files.into_iter().map(state).collect()
    }
}

fn state(path: PathBuf) -> (PathBuf, State) {
    let file = fs::metadata(&path).ok();
    (path, file.map(|file| (file.len(), file.modified().ok())))
}
