//! From the files an application consists of to an [`App`] that is ready for its first request.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::{Context as _, bail};
use wasmtime::{
    Engine,
    component::{Component as Compiled, Linker},
};
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi_http::{WasiHttpCtx, handler::ProxyPre, p2, p3};

use super::{App, Options, sources::Sources, storage::Storage, validate};
use crate::{
    capability::{
        self, key_value,
        outbound_http::{Bounds, Neighbours, Outbound, policy::AllowedHosts},
        sqlite, variables,
        wasi::{self, Staging},
    },
    compose,
    config::RuntimeConfig,
    engine::{self, PoolSize, Ticker},
    guest::{
        self, Answer, ClassicPre, Guest, Limits, MakeState, Mould, Pre, State, Turns, WagiPre,
    },
    log::Sink,
    manifest::{Component, Executor, HttpTrigger, Manifest, Resolver, Target},
    metrics::Metrics,
    precompiled::Shelf,
    route::RouteTable,
};

pub(super) fn load(
    options: &Options,
    draining: Arc<AtomicBool>,
    progress: &dyn Fn(&str),
) -> anyhow::Result<App> {
    let mut manifest = options.read_manifest()?;
    let config = match &options.runtime_config {
        Some(path) => RuntimeConfig::load(path)?,
        None => RuntimeConfig::default(),
    };
    if let Some(most) = config.max_instance_memory {
        for component in manifest.components.values_mut() {
            component.settings.memory = component.settings.memory.min(most);
        }
    }
    let variables = Resolver::new(&manifest, &options.variables, &config)?;
    let routes = Arc::new(RouteTable::new(&manifest));
    let selected = validate::selection(&manifest, &options.components)?;
    validate::grants(&manifest, &selected, &variables)?;

    let state_dir = &options.state_dir;
    fs::create_dir_all(state_dir)
        .with_context(|| format!("cannot create {}", state_dir.display()))?;
    let engine = engine::new(pool_size(&manifest, &selected))?;
    let storage = Storage::open(&manifest, &selected, &config, state_dir)?;
    let staging = Staging::open(&manifest, state_dir)?;
    let metrics = Metrics::new(&manifest);
    let loader = Loader {
        options,
        manifest: &manifest,
        variables: &variables,
        storage: &storage,
        metrics: &metrics,
        staging: &staging,
        linker: capability::link(&engine).map_err(engine::plain)?,
        engine: &engine,
        shelf: Shelf::open(&state_dir.join("cache"), &engine)?,
        sources: Sources::new(&manifest),
        ticker: Arc::new(Ticker::start(&engine).context("cannot start the epoch thread")?),
        neighbours: Arc::default(),
        bounds: Arc::new(Bounds::new(&config)?),
    };
    let answers = loader.answers(&selected, &routes, progress)?;
    Ok(App {
        answers,
        routes,
        metrics,
        test_clock: options.test_clock.clone(),
        has_private_metrics: options.has_private_metrics,
        storage,
        _staging: staging,
        manifest,
        draining,
    })
}

fn pool_size(manifest: &Manifest, selected: &BTreeSet<&str>) -> PoolSize {
    let settings = || {
        selected
            .iter()
            .filter_map(|id| Some(&manifest.components.get(*id)?.settings))
    };
    let instances: usize = settings().map(guest::instances).sum();
    let dependencies = |trigger: &HttpTrigger| {
        let component = manifest.components.get(trigger.component()?)?;
        Some(component.dependencies.len())
    };
    let parts = manifest
        .triggers
        .iter()
        .map(|trigger| 1 + trigger.middleware.len() + dependencies(trigger).unwrap_or(0))
        .max()
        .unwrap_or(1);
    PoolSize {
        instances: u32::try_from(instances).unwrap_or(u32::MAX),
        parts: u32::try_from(parts).unwrap_or(u32::MAX),
        memory: settings()
            .map(|settings| settings.memory)
            .max()
            .unwrap_or(0),
    }
}

/// Two triggers with one service behind the same chain, called in the same way, share its instances.
type Chain = (String, Vec<String>, Executor);

struct Loader<'a> {
    options: &'a Options,
    manifest: &'a Manifest,
    variables: &'a Resolver,
    storage: &'a Storage,
    metrics: &'a Metrics,
    staging: &'a Staging,
    engine: &'a Engine,
    shelf: Shelf,
    sources: Sources<'a>,
    ticker: Arc<Ticker>,
    linker: Linker<State>,
    neighbours: Arc<Neighbours>,
    bounds: Arc<Bounds>,
}

impl Loader<'_> {
    /// What answers, for every trigger that was selected. Where components were named, what is none was not.
    fn answers(
        &self,
        selected: &BTreeSet<&str>,
        routes: &Arc<RouteTable>,
        progress: &dyn Fn(&str),
    ) -> anyhow::Result<Vec<Option<Answer>>> {
        let mut chains: Vec<(Chain, &HttpTrigger)> = Vec::new();
        for trigger in &self.manifest.triggers {
            let Some(chain) = chain(trigger) else {
                continue;
            };
            let is_new = chains.iter().all(|(known, _)| *known != chain);
            if is_new && selected.contains(chain.0.as_str()) {
                chains.push((chain, trigger));
            }
        }
        let mut guests = HashMap::new();
        let mut failures = Vec::new();
        for (index, (chain, trigger)) in chains.iter().enumerate() {
            let id = &chain.0;
            progress(&format!(
                "compiling {id} ({} of {})",
                index + 1,
                chains.len()
            ));
            match self.guest(id, trigger) {
                Ok(guest) => drop(guests.insert(chain, Arc::new(guest))),
                Err(error) => failures.push(format!("{error:#}")),
            }
        }
        if !failures.is_empty() {
            bail!("{}", failures.join("\n"));
        }
        // A component with several chains is called by its neighbours through the first.
        let mut by_id = HashMap::new();
        for (chain, _) in &chains {
            if let Some(guest) = guests.get(chain) {
                by_id
                    .entry(chain.0.clone())
                    .or_insert_with(|| guest.clone());
            }
        }
        let is_whole = self.options.components.is_empty();
        let answer = |trigger: &HttpTrigger| match &trigger.target {
            Target::Static(response) => is_whole.then(|| Answer::Static(response.clone())),
            Target::Component(_) => guests.get(&chain(trigger)?).cloned().map(Answer::Guest),
        };
        let by_trigger: Vec<_> = self.manifest.triggers.iter().map(answer).collect();
        self.neighbours
            .introduce(&by_id, &by_trigger, routes.clone());
        Ok(by_trigger)
    }

    fn guest(&self, id: &str, trigger: &HttpTrigger) -> anyhow::Result<Guest> {
        let component = self.sources.component(id)?;
        let sources = self.sources.of(component, trigger)?;
        let make = || self.sources.compose(component, trigger);
        let compiled = (self.shelf.component(self.engine, &sources, make))
            .with_context(|| format!("component {id:?} cannot be loaded"))?;
        Ok(Guest::new(Mould {
            component: component.id.clone(),
            engine: self.engine.clone(),
            ticker: self.ticker.clone(),
            pre: self.link(component, &trigger.executor, &compiled)?,
            settings: component.settings,
            metrics: self.metrics.component(&component.id),
            state: self.state(component)?,
        }))
    }

    /// Resolves the imports of a component and finds which world of `wasi:http` it exports.
    fn link(
        &self,
        component: &Component,
        executor: &Executor,
        compiled: &Compiled,
    ) -> anyhow::Result<Pre> {
        let id = &component.id;
        let mut linker = capability::absent::link(&self.linker, self.engine, compiled)?;
        if !component.dependencies.is_empty() {
            capability::deny(&mut linker, compiled).map_err(engine::plain)?;
        }
        let pre = linker
            .instantiate_pre(compiled)
            .map_err(engine::plain)
            .with_context(|| {
                format!("component {id:?} imports something this runtime does not provide")
            })?;
        if let Executor::Wagi { argv } = executor {
            let wagi = WagiPre::new(pre, argv).map_err(engine::plain);
            return wagi.map(Pre::Wagi).with_context(|| {
                format!("component {id:?} is no program, which the executor \"wagi\" of its trigger wants")
            });
        }
        let exports = |name: &str| compiled.get_export_index(None, name).is_some();
        if exports(compose::HANDLER) {
            let service = p3::bindings::ServicePre::new(pre).map_err(engine::plain)?;
            return Ok(Pre::Proxy(ProxyPre::P3(service)));
        }
        if let Ok(classic) = ClassicPre::new(pre.clone()) {
            return Ok(Pre::Classic(classic));
        }
        let is_program = CommandPre::new(pre.clone()).is_ok();
        let proxy = p2::bindings::ProxyPre::new(pre).map_err(|_| {
            if is_program {
                return anyhow::anyhow!(
                    "component {id:?} is a program that runs once; its trigger needs executor = {{ type = \"wagi\" }}"
                );
            }
            let exports = compiled.component_type();
            let exports = exports.exports(self.engine).map(|(name, _)| name);
            anyhow::anyhow!(
                "component {id:?} serves no HTTP: it must export {}, wasi:http/incoming-handler@0.2 or \
                 fermyon:spin/inbound-http, and exports {:?}",
                compose::HANDLER,
                exports.collect::<Vec<_>>(),
            )
        })?;
        Ok(Pre::Proxy(ProxyPre::P2(proxy)))
    }

    /// What a fresh instance of a component may reach: nothing beyond its own entry in the manifest.
    fn state(&self, component: &Component) -> anyhow::Result<MakeState> {
        let id: Arc<str> = component.id.as_str().into();
        let allowed = Arc::new(allowed_hosts(component, self.variables)?);
        let sqlite = self.storage.databases(component);
        let key_value = self.storage.stores(component);
        let variables = variables::Values::from(self.variables.component(&component.id)?);
        let environment = environment(component, self.options);
        let files = self.staging.copy(self.manifest, component)?;
        let neighbours = self.neighbours.clone();
        let bounds = self.bounds.clone();
        let logs: Sink = self.options.logs.clone();
        let memory = component.settings.memory;
        let turns = Turns::new();
        let metrics = self.metrics.component(&component.id);
        let databases = self.metrics.databases();
        let clock = self.options.test_clock.clone();
        Ok(Box::new(move |program| State {
            table: Default::default(),
            wasi: wasi::prepare(
                &id,
                &environment,
                &files,
                wasi::Reach {
                    component: id.clone(),
                    allowed: allowed.clone(),
                    bounds: bounds.clone(),
                },
                &logs,
                clock.as_ref(),
                program,
            ),
            http: WasiHttpCtx::new(),
            outbound: Outbound {
                component: id.clone(),
                allowed: allowed.clone(),
                neighbours: neighbours.clone(),
                bounds: bounds.clone(),
                metrics: metrics.clone(),
                call: None,
            },
            sqlite: sqlite::prepare(&sqlite, &databases),
            key_value: key_value::prepare(&key_value),
            variables: variables::prepare(&variables),
            limits: Limits::new(memory),
            turn: turns.join(),
            instantiating_until: None,
        }))
    }
}

fn chain(trigger: &HttpTrigger) -> Option<Chain> {
    let middleware = trigger
        .middleware
        .iter()
        .map(|entry| format!("{entry:?}"))
        .collect();
    Some((
        trigger.component()?.to_owned(),
        middleware,
        trigger.executor.clone(),
    ))
}

fn environment(component: &Component, options: &Options) -> BTreeMap<String, String> {
    let mut environment = component.environment.clone();
    environment.extend(options.environment.iter().cloned());
    environment
}

/// The hosts a component may reach, its templates filled in.
pub(super) fn allowed_hosts(
    component: &Component,
    variables: &Resolver,
) -> anyhow::Result<AllowedHosts> {
    let rendered = component
        .allowed_outbound_hosts
        .iter()
        .map(|host| variables.render(host))
        .collect::<Result<Vec<_>, _>>()?;
    AllowedHosts::parse(&rendered)
        .with_context(|| format!("component {:?}: allowed_outbound_hosts", component.id))
}
