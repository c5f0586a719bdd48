//! The files of components: copied when an application is loaded, and mounted for reading alone.
//!
//! A component sees one folder, `/`, which holds copies of what its manifest entry names and nothing else. What is
//! mounted can be read, not written, and no path or link in it leads out: wasmtime opens each step below the one before.

mod copy;
mod staging;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

pub use staging::{Staging, originals};

/// The files of one component, ready to be mounted. Cloning it is cheap. The default has none.
#[derive(Clone, Default)]
pub struct Files(Option<Arc<Path>>);

impl Files {
    fn below(folder: PathBuf) -> Self {
        Self(Some(folder.into()))
    }

    /// Lets an instance read them. One that has no files sees no folder at all.
    pub(super) fn mount(&self, builder: &mut WasiCtxBuilder) {
        let Some(folder) = &self.0 else {
            return;
        };
        if let Err(error) = builder.preopened_dir(folder, "/", FsPerms::ReadOnly) {
            // The instance goes without, and says itself what it misses.
            tracing::error!(folder = %folder.display(), %error, "cannot mount the files of a component");
        }
    }
}
