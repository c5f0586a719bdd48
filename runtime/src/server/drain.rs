//! The end of a server: every connection is told, and waited for.

use tokio::sync::watch;

/// Tells connections to end. Dropped or not, nobody is told before [`Drain::end`].
pub struct Drain(watch::Sender<bool>);

/// One connection's ear for it. The connection counts until this is dropped.
pub struct Told(watch::Receiver<bool>);

impl Drain {
    /// Nobody told yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// For one more connection.
    pub fn connection(&self) -> Told {
        Told(self.0.subscribe())
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.0.receiver_count()
    }

    /// Tells all, and waits until they have ended.
    pub async fn end(&self) {
        self.0.send_replace(true);
        self.0.closed().await;
    }
}

impl Told {
    /// Completes when the connection is to end.
    pub async fn ending(&mut self) {
        // A server that is gone tells nobody anything more.
        if self.0.wait_for(|is_ending| *is_ending).await.is_err() {
            std::future::pending().await
        }
    }
}
