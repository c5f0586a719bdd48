//! The application, started in this process on a port of its own.

use std::{
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use selvedge::{
    app::{App, Live},
    clock::TestClock,
    server::{self, Site},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

use crate::{Client, Logs, Setup};

/// A running application. Stops, with its requests answered, when dropped.
pub struct Application {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its components say.
    pub logs: Logs,
    clock: Option<TestClock>,
    running: Option<Running>,
}

struct Running {
    state: TempDir,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Application {
    /// Starts `setup`; what is wrong with it fails the test.
    pub fn start(setup: Setup) -> Self {
        Self::try_start(setup)
            .unwrap_or_else(|error| panic!("the application does not start: {error}"))
    }

    /// Starts `setup`, or says why it cannot be.
    pub fn try_start(setup: Setup) -> Result<Self, String> {
        let logs = Logs::default();
        let options = setup.options(&logs);
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = mpsc::channel();
        // A runtime of its own: a test that blocks must not stop the server it waits for.
        let thread = thread::spawn(move || {
            let runtime = Runtime::new().expect("threads can be started");
            runtime.block_on(async {
                let app = match App::load(&options, &|_| ()) {
                    Ok(app) => app,
                    Err(error) => return drop(ready.send(Err(format!("{error:#}")))),
                };
                let listener = TcpListener::bind("127.0.0.1:0")
                    .await
                    .expect("there is a free port");
                let address = listener.local_addr().expect("a listener has an address");
                let _ = ready.send(Ok(address));
                let live = Arc::new(Live::new(app));
                let site = Site::new(live.clone());
                server::run(listener, site, async { drop(stopped.await) })
                    .await
                    .expect("threads can be started");
                live.app().close();
            });
        });
        let address = address
            .recv()
            .unwrap_or_else(|_| Err("loading panicked".to_owned()))?;
        Ok(Self {
            address,
            logs,
            clock: setup.clock.clone(),
            running: Some(Running {
                state: setup.state,
                stop,
                thread,
            }),
        })
    }

    /// An anonymous client.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The time that its components see, in seconds since 1970.
    pub fn now(&self) -> i64 {
        match &self.clock {
            Some(clock) => clock.now().as_second(),
            None => TestClock::default().now().as_second(),
        }
    }

    /// Lets this much time pass for its components. It must have been started [`Setup::with_clock`].
    pub fn advance(&self, duration: Duration) {
        let clock = self.clock.as_ref().expect("it was started with a clock");
        clock.advance(duration).expect("tests end before 2200");
    }

    /// Where its databases lie.
    pub fn state(&self) -> &std::path::Path {
        self.running
            .as_ref()
            .expect("it runs until it is stopped")
            .state
            .path()
    }

    /// Stops it as Ctrl-C would, and hands back its state to start on again.
    pub fn stop(mut self) -> TempDir {
        let running = self.running.take().expect("it runs until it is stopped");
        running.stop()
    }
}

impl Running {
    fn stop(self) -> TempDir {
        let _ = self.stop.send(());
        if self.thread.join().is_err() && !thread::panicking() {
            panic!("the server panicked");
        }
        self.state
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }
}
