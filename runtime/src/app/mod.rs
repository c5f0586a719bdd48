//! Manifest → ready application: read, validate, compose, link and pre-instantiate, so that requests find all done.

mod live;
mod load;
pub mod reach;
mod seed;
mod sources;
mod storage;
pub(crate) mod validate;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ipnet::IpNet;
pub use live::Live;
pub use seed::Seed;

use crate::{
    capability::wasi::Staging,
    clock::TestClock,
    guest::Answer,
    log::Sink,
    manifest::{Manifest, ManifestErrors},
    metrics::Metrics,
    route::{Match, RouteTable},
};

/// What an application is started with, beside its manifest.
#[derive(Debug, Clone)]
pub struct Options {
    /// Path of the manifest.
    pub manifest: PathBuf,
    /// Where databases, compiled code and build stamps are kept.
    pub state_dir: PathBuf,
    /// Environment variables for every component, over those in the manifest.
    pub environment: Vec<(String, String)>,
    /// Values of application variables, over all other sources.
    pub variables: Vec<(String, String)>,
    /// A runtime configuration in Spin's format.
    pub runtime_config: Option<PathBuf>,
    /// Components to run; all when empty.
    pub components: Vec<String>,
    /// The profile of the manifest; the one without a name where there is none.
    pub profile: Option<String>,
    /// Where lines of guests go.
    pub logs: Sink,
    /// The clock that components see instead of the system's; it can be set over HTTP.
    pub test_clock: Option<TestClock>,
    /// Whether metrics are shown on a listener of their own only.
    pub has_private_metrics: bool,
}

impl Options {
    /// Reads the manifest.
    pub fn read_manifest(&self) -> Result<Manifest, ManifestErrors> {
        Manifest::load_profile(&self.manifest, self.profile.as_deref())
    }
}

/// An application, ready for requests.
pub struct App {
    manifest: Manifest,
    routes: Arc<RouteTable>,
    metrics: Metrics,
    test_clock: Option<TestClock>,
    has_private_metrics: bool,
    /// By trigger, in the manifest's order; `None` for those not selected.
    answers: Vec<Option<Answer>>,
    storage: storage::Storage,
    _staging: Staging,
    /// Shared with those that take its place.
    draining: Arc<AtomicBool>,
}

impl App {
    /// Reads, validates and prepares an application. `progress` is told what takes long.
    ///
    /// Fails with everything that is wrong at the first step where something is: reading the manifest, resolving
    /// variables, checking grants, loading components.
    pub fn load(options: &Options, progress: &dyn Fn(&str)) -> anyhow::Result<Arc<Self>> {
        load::load(options, Arc::default(), progress).map(Arc::new)
    }

    /// Reads, validates and prepares what is to take the place of this one.
    pub fn renew(&self, options: &Options, progress: &dyn Fn(&str)) -> anyhow::Result<Arc<Self>> {
        load::load(options, self.draining.clone(), progress).map(Arc::new)
    }

    /// Writes what it is to begin with.
    pub async fn plant(&self, seed: &Seed) -> anyhow::Result<()> {
        seed.write(&self.storage).await
    }

    /// The manifest it was made from.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its routes.
    pub fn routes(&self) -> &RouteTable {
        &self.routes
    }

    /// What is behind a route.
    pub fn answer(&self, matched: &Match<'_>) -> Option<&Answer> {
        self.answers.get(matched.trigger)?.as_ref()
    }

    /// What it counts.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Whether metrics are shown on a listener of their own only.
    pub fn has_private_metrics(&self) -> bool {
        self.has_private_metrics
    }

    /// The clock that can be set, if there is one.
    pub fn test_clock(&self) -> Option<&TestClock> {
        self.test_clock.as_ref()
    }

    /// Networks whose forwarding headers are believed.
    pub fn trusted_proxies(&self) -> &[IpNet] {
        &self.manifest.settings.trusted_proxies
    }

    /// From now on the application reports that it is not ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether it is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Closes the databases: what is in their logs moves into their files.
    pub fn close(&self) {
        self.storage.close();
    }
}
