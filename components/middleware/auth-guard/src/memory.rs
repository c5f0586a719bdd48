//! What was found out about tokens and keys. Finding it out costs more than everything else the guard does, and a client
//! sends the same ones many times.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// What a secret is remembered by, so that none is kept.
pub type Fingerprint = [u8; 32];

/// Entries of one generation; there are two.
const GENERATION: usize = 2048;

/// A bounded memory. When the young generation is full it becomes the old one, and what was old and
/// not asked for since is forgotten: what is in use stays, and nothing is ever searched.
pub struct Memory<T> {
    young: BTreeMap<Fingerprint, T>,
    old: BTreeMap<Fingerprint, T>,
}

impl<T> Memory<T> {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self {
            young: BTreeMap::new(),
            old: BTreeMap::new(),
        }
    }

    /// What is known by this.
    pub fn find(&mut self, fingerprint: &Fingerprint) -> Option<&mut T> {
        if let Some(known) = self.old.remove(fingerprint) {
            self.keep(*fingerprint, known);
        }
        self.young.get_mut(fingerprint)
    }

    /// Remembers it.
    pub fn keep(&mut self, fingerprint: Fingerprint, known: T) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(fingerprint, known);
    }
}

impl<T: Default> Memory<T> {
    /// What is known by this, from now on if nothing was.
    pub fn entry(&mut self, fingerprint: &Fingerprint) -> &mut T {
        if self.find(fingerprint).is_none() {
            self.keep(*fingerprint, T::default());
        }
        self.young.entry(*fingerprint).or_default()
    }
}

/// What this secret is remembered by.
pub fn fingerprint(secret: &str) -> Fingerprint {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_stays_while_other_things_come_and_go() {
        let mut memory = Memory::new();
        let used = fingerprint("used");
        memory.keep(used, 1);
        for other in 0..10 * GENERATION {
            memory.keep(fingerprint(&other.to_string()), 2);
            assert_eq!(memory.find(&used), Some(&mut 1));
        }
        assert_eq!(memory.find(&fingerprint("0")), None);
        assert!(memory.young.len() + memory.old.len() <= 2 * GENERATION);
    }

    #[test]
    fn what_is_new_is_there_and_can_be_changed() {
        let mut memory = Memory::<u32>::new();
        let one = fingerprint("one");
        *memory.entry(&one) += 1;
        *memory.entry(&one) += 1;
        assert_eq!(memory.find(&one), Some(&mut 2));
        assert_eq!(*memory.entry(&fingerprint("two")), 0);
    }
}
