//! The application as it is now: replaced as a whole while requests to the one before are still answered.

use std::sync::{Arc, PoisonError, RwLock};

use super::App;

/// What is being served.
pub struct Live(RwLock<Arc<App>>);

impl Live {
    /// Serves `app`, until it is replaced.
    pub fn new(app: Arc<App>) -> Self {
        Self(RwLock::new(app))
    }

    /// The application for one request, which keeps it until it is answered.
    pub fn app(&self) -> Arc<App> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Serves `app` from now on.
    pub fn replace(&self, app: Arc<App>) {
        let old = {
            let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, app)
        };
        // Not under the lock: the last to let go of an application closes what only it had open.
        drop(old);
    }

    /// From now on the application reports that it is not ready.
    pub fn drain(&self) {
        self.app().drain();
    }
}
