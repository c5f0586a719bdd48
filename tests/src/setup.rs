//! What to start: a manifest, variables, and the state it starts on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use selvedge::{app::Options, clock::TestClock};
use tempfile::TempDir;
use toml::Table;

use crate::{Application, Logs, Process, components};

/// What to start. Turn it into an [`Application`] or a [`Process`].
pub struct Setup {
    /// The manifest's path.
    pub manifest: PathBuf,
    /// Application variables.
    pub variables: Vec<(String, String)>,
    /// Environment variables of every component.
    pub environment: Vec<(String, String)>,
    /// The runtime configuration's path, if there is one.
    pub runtime_config: Option<PathBuf>,
    /// Components to run; all when empty.
    pub components: Vec<String>,
    /// The manifest's profile.
    pub profile: Option<String>,
    /// The clock that components see instead of the system's.
    pub clock: Option<TestClock>,
    /// Databases and whatever else outlives a stop. Removed when dropped.
    pub state: TempDir,
}

impl Setup {
    /// The application itself, on fresh state.
    pub fn application() -> Self {
        Self::of(components::application())
    }

    /// The components that misbehave, on fresh state.
    pub fn faults() -> Self {
        Self::of(components::fixture("faults")).variable("password", "open sesame")
    }

    /// Any manifest, on fresh state.
    pub fn of(manifest: PathBuf) -> Self {
        components::build();
        Self {
            manifest,
            variables: Vec::new(),
            environment: Vec::new(),
            runtime_config: None,
            components: Vec::new(),
            profile: None,
            clock: None,
            state: components::fresh_state(),
        }
    }

    /// The same with its manifest edited. Paths in it are absolute by then.
    pub fn edited(mut self, edit: impl FnOnce(&mut Table)) -> Self {
        let text = fs::read_to_string(&self.manifest).expect("the manifest can be read");
        let mut manifest: Table = text.parse().expect("the manifest is TOML");
        let root = self.manifest.parent().expect("a manifest lies in a folder");
        make_sources_absolute(&mut manifest, root);
        edit(&mut manifest);
        self.manifest = self.state.path().join("spin.toml");
        fs::write(&self.manifest, manifest.to_string()).expect("the manifest can be written");
        self
    }

    /// The same on the state that another left.
    pub fn on(self, state: TempDir) -> Self {
        Self { state, ..self }
    }

    /// Sets an application variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets an environment variable of every component.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives it a runtime configuration.
    pub fn configured(mut self, config: &str) -> Self {
        let path = self.state.path().join("runtime-config.toml");
        fs::write(&path, config).expect("the configuration can be written");
        self.runtime_config = Some(path);
        self
    }

    /// Runs it in a profile of its manifest.
    pub fn profile(mut self, name: &str) -> Self {
        self.profile = Some(name.to_owned());
        self
    }

    /// Gives its components a clock that [`Application::advance`] moves.
    pub fn with_clock(mut self) -> Self {
        self.clock = Some(TestClock::default());
        self
    }

    /// Runs only this component, and others so named.
    pub fn only(mut self, component: &str) -> Self {
        self.components.push(component.to_owned());
        self
    }

    /// Starts it in this process.
    pub fn start(self) -> Application {
        Application::start(self)
    }

    /// Starts it as a process of its own.
    pub async fn spawn(self) -> Process {
        Process::start(self).await
    }

    /// What the runtime is told, with the lines of guests going to `logs`.
    pub fn options(&self, logs: &Logs) -> Options {
        let logs = logs.clone();
        Options {
            manifest: self.manifest.clone(),
            state_dir: self.state.path().to_owned(),
            environment: self.environment.clone(),
            variables: self.variables.clone(),
            runtime_config: self.runtime_config.clone(),
            components: self.components.clone(),
            profile: self.profile.clone(),
            logs: selvedge::log::Sink::new(move |component, _, line| logs.add(component, line)),
            test_clock: self.clock.clone(),
            has_private_metrics: false,
        }
    }
}

fn make_sources_absolute(manifest: &mut Table, root: &Path) {
    for (_, component) in section(manifest, "component") {
        let source = component
            .get_mut("source")
            .expect("every component has a source");
        let path = root.join(source.as_str().expect("a source is a path"));
        *source = path.to_str().expect("paths are UTF-8 here").into();
    }
}

/// The entries of a table of tables: `[component.NAME]`, say.
fn section<'a>(
    manifest: &'a mut Table,
    name: &str,
) -> impl Iterator<Item = (&'a str, &'a mut Table)> {
    let section = manifest[name].as_table_mut().expect("a section is a table");
    let entries = section.iter_mut();
    entries.map(|(name, entry)| {
        (
            name.as_str(),
            entry.as_table_mut().expect("an entry is a table"),
        )
    })
}

/// One component's table, to be edited.
pub fn component<'a>(manifest: &'a mut Table, id: &str) -> &'a mut Table {
    let mut components = section(manifest, "component");
    components
        .find(|(name, _)| *name == id)
        .expect("the component exists")
        .1
}

/// The triggers, to be edited.
pub fn triggers(manifest: &mut Table) -> impl Iterator<Item = &mut Table> {
    let triggers = manifest["trigger"]["http"]
        .as_array_mut()
        .expect("triggers are an array");
    triggers
        .iter_mut()
        .map(|trigger| trigger.as_table_mut().expect("a trigger is a table"))
}
