//! How many connections there may be at once: as many as the process has file descriptors to spare.

use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections open at once where the system would allow more; further ones wait in the kernel's queue.
const CONNECTIONS: usize = 10_000;

/// One file descriptor in this many is left to databases, files and connections that components open.
const SHARE: u64 = 4;

/// The room that connections share.
pub struct Room(Arc<Semaphore>);

/// The place of one connection, given up when dropped.
pub struct Place {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Takes as many file descriptors as the system lets it, and leaves some of them to others.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(connections(descriptors()))))
    }

    /// Waits for a place.
    pub async fn enter(&self) -> Place {
        Place {
            // The semaphore is never closed; were it, nothing would be left to count.
            _permit: self.0.clone().acquire_owned().await.ok(),
        }
    }

    /// Whether there is no place left.
    pub fn is_full(&self) -> bool {
        self.0.available_permits() == 0
    }
}

fn connections(descriptors: u64) -> usize {
    let spared = descriptors - descriptors / SHARE;
    usize::try_from(spared)
        .unwrap_or(CONNECTIONS)
        .clamp(1, CONNECTIONS)
}

/// How many file descriptors the process may have, once it asked for all it can get.
fn descriptors() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    match setrlimit(Resource::Nofile, most) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::debug!(%error, "cannot raise the limit of open files");
            limit.current
        }
    }
    .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_databases() {
        assert_eq!(connections(1024), 768);
        assert_eq!(connections(u64::MAX), CONNECTIONS);
        assert_eq!(connections(0), 1);
    }
}
