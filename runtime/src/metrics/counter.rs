//! Numbers that every core adds to without taking a cache line from another.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::cores;

/// More cores than this share; on a machine that large they still rarely meet.
const MOST: usize = 32;

/// One `T` a core.
pub struct Sharded<T>(Box<[Apart<T>]>);

/// Two cache lines long, since processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Apart<T>(T);

impl<T: Default> Default for Sharded<T> {
    fn default() -> Self {
        let shards = 0..cores::count().clamp(1, MOST);
        Self(shards.map(|_| Apart::default()).collect())
    }
}

impl<T> Sharded<T> {
    /// The one of this core.
    pub fn here(&self) -> &T {
        &self.0[cores::current() % self.0.len()].0
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|shard| &shard.0)
    }
}

/// A number that only grows.
#[derive(Default)]
pub struct Counter(Sharded<AtomicU64>);

impl Counter {
    /// One more.
    pub fn add(&self) {
        self.0.here().fetch_add(1, Ordering::Relaxed);
    }

    /// The number.
    pub fn get(&self) -> u64 {
        total(&self.0)
    }
}

/// How many there are of something right now.
#[derive(Clone, Default)]
pub struct Gauge(Arc<Sharded<AtomicU64>>);

impl Gauge {
    /// One more, until what is returned is dropped.
    pub fn hold(&self) -> Counted {
        self.0.here().fetch_add(1, Ordering::Relaxed);
        Counted(self.0.clone())
    }

    /// How many there are.
    pub fn get(&self) -> u64 {
        // While others count, an end may be seen and its beginning not.
        let total = total(&self.0);
        if total > u64::MAX / 2 { 0 } else { total }
    }
}

/// One that is counted, until it is dropped.
pub struct Counted(Arc<Sharded<AtomicU64>>);

impl Drop for Counted {
    fn drop(&mut self) {
        // On another thread than it was added, perhaps: each number may wrap around, their sum does not.
        self.0.here().fetch_sub(1, Ordering::Relaxed);
    }
}

fn total(shards: &Sharded<AtomicU64>) -> u64 {
    let values = shards.all().map(|shard| shard.load(Ordering::Relaxed));
    values.fold(0, u64::wrapping_add)
}
