//! How much memory one instance may hold: a guest that asks for more is refused, and its neighbours never notice.

use wasmtime::ResourceLimiter;

use crate::engine::TABLE_ELEMENTS;

/// Counts the linear memory and table space of one store, over all parts of a composed component.
#[derive(Debug)]
pub struct Limits {
    memory_limit: usize,
    memory: usize,
    refused: bool,
}

impl Limits {
    /// Limits a store to `memory_limit` bytes of linear memory in total.
    pub fn new(memory_limit: usize) -> Self {
        Self {
            memory_limit,
            memory: 0,
            refused: false,
        }
    }

    /// Whether the guest was ever refused memory: the likely cause of a trap that follows.
    pub fn was_refused(&self) -> bool {
        self.refused
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.memory - current.min(self.memory) + desired;
        let allowed =
            total <= self.memory_limit && maximum.is_none_or(|maximum| desired <= maximum);
        if allowed {
            self.memory = total;
        } else {
            self.refused = true;
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS && maximum.is_none_or(|maximum| desired <= maximum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_all_memories_of_a_store_together() {
        let mut limits = Limits::new(100);
        assert!(limits.memory_growing(0, 60, None).unwrap());
        assert!(limits.memory_growing(0, 30, None).unwrap());
        assert!(!limits.was_refused());
        assert!(
            !limits.memory_growing(60, 80, None).unwrap(),
            "80 + 30 is over the limit"
        );
        assert!(limits.was_refused());
        assert!(
            limits.memory_growing(60, 70, None).unwrap(),
            "70 + 30 is not"
        );
    }
}
