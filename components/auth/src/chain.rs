//! The chain of the audit's seals: whether each entry still is what was sealed, after the one before it.

use serde::Serialize;

use crate::store::audit_trail::Sealed;

/// What entries have instead of a seal that were written before there were seals.
const UNSEALED: [u8; 32] = [0; 32];

/// A chain, as far as it was looked at.
#[derive(Debug, Default)]
pub struct Chain {
    entries: u64,
    unsealed: u64,
    last: Option<i64>,
    seal: Vec<u8>,
}

/// What is wrong with it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The number of the first entry that is not what was sealed, or that does not follow on the one before it.
    pub entry: i64,
    /// How many entries before it are what they were.
    pub intact: u64,
}

/// The whole of it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Intact {
    pub entries: u64,
    /// How many of the first ones were written before there were seals, and could be anything.
    pub unsealed: u64,
    /// The number of the last entry.
    pub last: Option<i64>,
    /// The last seal, in hexadecimal. Kept elsewhere, it tells later whether all up to here was made anew.
    pub head: String,
}

impl Chain {
    /// The number after which the next entry comes.
    pub fn last(&self) -> i64 {
        // Numbers begin with 1, but whoever writes into the file behind our back need not begin there.
        self.last.unwrap_or(i64::MIN)
    }

    /// Looks at the next entry.
    pub fn follow(&mut self, entry: &Sealed) -> Result<(), Broken> {
        let is_old = entry.seal == UNSEALED && self.entries == self.unsealed;
        if !is_old && entry.seal != entry.due_seal(&self.seal) {
            return Err(Broken {
                entry: entry.id,
                intact: self.entries,
            });
        }
        self.unsealed += u64::from(is_old);
        self.entries += 1;
        self.last = Some(entry.id);
        self.seal.clone_from(&entry.seal);
        Ok(())
    }

    /// Its end, after the last entry.
    pub fn end(self) -> Intact {
        Intact {
            entries: self.entries,
            unsealed: self.unsealed,
            last: self.last,
            head: hex(&self.seal),
        }
    }
}

/// In hexadecimal, as it is shown.
pub fn hex(seal: &[u8]) -> String {
    seal.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use shared::Timestamp;

    use super::*;

    /// A chain of this many entries, after as many without a seal.
    fn chain(unsealed: i64, sealed: i64) -> Vec<Sealed> {
        let mut last = Vec::new();
        let entry = |id| {
            let mut entry = Sealed {
                id,
                at: Timestamp::from_millis(id),
                event: "sign-in".into(),
                actor: Some("usr_1".into()),
                subject: None,
                object: None,
                ip: None,
                user_agent: None,
                detail: None,
                seal: UNSEALED.to_vec(),
            };
            if id > unsealed {
                entry.seal = entry.due_seal(&last).to_vec();
            }
            last.clone_from(&entry.seal);
            entry
        };
        (1..=unsealed + sealed).map(entry).collect()
    }

    fn verify(entries: &[Sealed]) -> Result<Intact, Broken> {
        let mut chain = Chain::default();
        entries.iter().try_for_each(|entry| chain.follow(entry))?;
        Ok(chain.end())
    }

    #[test]
    fn a_chain_that_nobody_touched_is_intact() {
        let entries = chain(2, 5);
        let intact = verify(&entries).unwrap();
        assert_eq!(
            (intact.entries, intact.unsealed, intact.last),
            (7, 2, Some(7))
        );
        assert_eq!(intact.head, hex(&entries[6].seal));
        assert_eq!(verify(&[]).unwrap().entries, 0);
    }

    #[test]
    fn what_was_changed_removed_slipped_in_or_moved_is_found() {
        let broken_at = |entries: &[Sealed]| verify(entries).unwrap_err().entry;
        let mut changed = chain(0, 5);
        changed[2].ip = Some("192.0.2.1".into());
        assert_eq!(broken_at(&changed), 3);
        let mut removed = chain(0, 5);
        removed.remove(2);
        assert_eq!(broken_at(&removed), 4);
        let mut moved = chain(0, 5);
        moved.swap(1, 2);
        assert_eq!(broken_at(&moved), 3);
        let mut slipped_in = chain(0, 5);
        let copy = slipped_in[2].clone();
        slipped_in.insert(3, copy);
        assert_eq!(broken_at(&slipped_in), 3);
    }

    #[test]
    fn an_entry_is_not_made_one_of_before_there_were_seals() {
        let mut entries = chain(1, 3);
        entries[2].seal = UNSEALED.to_vec();
        assert_eq!(
            verify(&entries).unwrap_err(),
            Broken {
                entry: 3,
                intact: 2
            }
        );
        let mut entries = chain(1, 3);
        entries[1].seal = UNSEALED.to_vec();
        assert_eq!(verify(&entries).unwrap_err().entry, 3);
    }
}
