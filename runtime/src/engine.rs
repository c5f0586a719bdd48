//! The wasmtime engine: what guests are compiled with, and the clock that stops them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::Context as _;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// How often running guests are asked whether their time is up, and made to share their thread.
///
/// Short enough that a busy guest delays its neighbours little; long enough that the check costs nothing measurable.
pub const TICK: Duration = Duration::from_millis(5);

/// What the instance pool must have room for. One composed component holds one core instance, memory and table a
/// part, and a few more core instances that only adapt calls between them.
#[derive(Debug, Clone, Copy)]
pub struct PoolSize {
    /// Component instances alive at once, over all components.
    pub instances: u32,
    /// The longest middleware chain, its service included.
    pub parts: u32,
    /// The largest linear memory any component may grow to, in bytes.
    pub memory: usize,
}

/// What a part of a composition may bring: of core instances its module, its shims and fix-ups, and adapters to its
/// neighbour. An interpreter with its libraries (Python, JavaScript) has dozens of them, and more tables and memories
/// than compiled languages need. Room for them is address space, or no more than a count.
const CORE_INSTANCES_PER_PART: u32 = 100;
const MEMORIES_PER_PART: u32 = 4;
const TABLES_PER_PART: u32 = 16;

/// Function references a table may hold, above what any program known needs. Ours need a few thousand.
pub const TABLE_ELEMENTS: usize = 100_000;

/// Builds the engine.
pub fn new(size: PoolSize) -> anyhow::Result<Engine> {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(size.instances)
        .total_core_instances(size.instances * size.parts * CORE_INSTANCES_PER_PART)
        .total_memories(size.instances * size.parts * 2)
        .total_tables(size.instances * size.parts * 4)
        .table_elements(TABLE_ELEMENTS)
        .total_stacks(size.instances * 2)
        .max_core_instances_per_component(size.parts * CORE_INSTANCES_PER_PART)
        .max_memories_per_component(size.parts * MEMORIES_PER_PART)
        .max_tables_per_component(size.parts * TABLES_PER_PART)
        .max_tables_per_module(2)
        .max_memories_per_module(2)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .max_memory_size(size.memory)
        // What a retired instance dirtied first is wiped in place rather than given back to the kernel.
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(16 << 10);

    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
        .map_err(plain)
        .context(
            "cannot reserve memory for all instances; lower max_instances or memory in [component.NAME.tool.selvedge]",
        )
}

/// A wasmtime error as an ordinary one.
pub fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into())
}

/// Advances the engine's epoch every [`TICK`] from a thread of its own, until dropped: a guest that never yields
/// must not be able to stop the clock that ends it.
pub struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Ticker {
    /// Starts ticking.
    pub fn start(engine: &Engine) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (engine, stopped) = (engine.weak(), stop.clone());
        let thread = thread::Builder::new()
            .name("selvedge-epoch".into())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    thread::sleep(TICK);
                    match engine.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => return,
                    }
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic; were it to, there would be nothing left to stop.
            let _ = thread.join();
        }
    }
}
