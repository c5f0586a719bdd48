//! Tokens that were verified before. Verifying costs more than everything else the guard does, and a
//! client sends the same token many times.

use std::collections::BTreeMap;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::token::Verified;

/// What a token is remembered by, so that no token is kept.
pub type Fingerprint = [u8; 32];

/// Tokens of one generation; there are two.
const GENERATION: usize = 2048;

/// A bounded memory. When the young generation is full it becomes the old one, and what was old and
/// not asked for since is forgotten: a token in use stays, and nothing is ever searched.
pub struct Memory {
    young: BTreeMap<Fingerprint, Rc<Verified>>,
    old: BTreeMap<Fingerprint, Rc<Verified>>,
}

impl Memory {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self {
            young: BTreeMap::new(),
            old: BTreeMap::new(),
        }
    }

    /// The token, if it is known and still good at `now`, in seconds since the Unix epoch.
    pub fn find(&mut self, fingerprint: &Fingerprint, now: i64) -> Option<Rc<Verified>> {
        let found = match self.young.get(fingerprint) {
            Some(token) => Rc::clone(token),
            None => {
                let token = self.old.remove(fingerprint)?;
                self.keep(*fingerprint, Rc::clone(&token));
                token
            }
        };
        (now < found.ends).then_some(found)
    }

    /// Remembers a token.
    pub fn keep(&mut self, fingerprint: Fingerprint, token: Rc<Verified>) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(fingerprint, token);
    }
}

/// What this token is remembered by.
pub fn fingerprint(token: &str) -> Fingerprint {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Identity, Said};

    fn token(ends: i64) -> Rc<Verified> {
        Rc::new(Verified {
            identity: Identity::from_claims(Said {
                subject: "usr_1".into(),
                ..Said::default()
            })
            .unwrap(),
            key_id: "k".into(),
            ends,
        })
    }

    #[test]
    fn a_token_is_known_until_it_ends() {
        let mut memory = Memory::new();
        memory.keep(fingerprint("a"), token(100));
        assert!(memory.find(&fingerprint("a"), 99).is_some());
        assert!(memory.find(&fingerprint("a"), 100).is_none());
        assert!(memory.find(&fingerprint("b"), 99).is_none());
    }

    #[test]
    fn a_token_in_use_stays_while_others_come_and_go() {
        let mut memory = Memory::new();
        let used = fingerprint("used");
        memory.keep(used, token(100));
        for other in 0..10 * GENERATION {
            memory.keep(fingerprint(&other.to_string()), token(100));
            assert!(memory.find(&used, 0).is_some());
        }
        assert!(memory.find(&fingerprint("0"), 0).is_none());
        assert!(memory.young.len() + memory.old.len() <= 2 * GENERATION);
    }
}
