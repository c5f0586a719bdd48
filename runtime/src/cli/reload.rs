//! Replaces the application while it serves: on SIGHUP, and when its files change if they are watched.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
};

use super::{
    progress,
    watch::{POLL, Watch},
};
use crate::{
    app::{Live, Options},
    builder,
    server::Tls,
};

/// What is replaced, and by what.
pub struct Reload {
    /// Where the application serves.
    pub live: Arc<Live>,
    /// The certificate, if there is one: it is read again too.
    pub tls: Option<Arc<Tls>>,
    /// What the application was started with.
    pub options: Options,
    /// Whether to build before serving.
    pub is_built_here: bool,
}

impl Reload {
    /// Starts a thread that serves the application anew at each of `hangups`, and with `is_watching` when its files
    /// change. Loading blocks, and builds take minutes.
    pub fn start(self, hangups: Receiver<()>, is_watching: bool) -> io::Result<()> {
        let mut watch = is_watching.then(|| Watch::new(&self.options, &self.live.app()));
        let run = move || {
            loop {
                // Without files to look at, only a signal is waited for.
                let signal = match &watch {
                    Some(_) => hangups.recv_timeout(POLL),
                    None => hangups.recv().map_err(RecvTimeoutError::from),
                };
                match (signal, &mut watch) {
                    (Ok(()), _) => self.reload(),
                    (Err(RecvTimeoutError::Timeout), Some(watch)) => {
                        if watch.has_changed() {
                            self.rebuild(watch);
                        }
                    }
                    _ => return,
                }
            }
        };
        let thread = thread::Builder::new().name("selvedge-reload".into());
        thread.spawn(run).map(drop)
    }

    fn rebuild(&self, watch: &mut Watch) {
        if self.is_built_here {
            let build = || {
                let manifest = self.options.read_manifest()?;
                builder::build(&manifest, &self.options.state_dir, &progress)
            };
            if let Err(error) = build() {
                return refuse(&error);
            }
            watch.built();
        }
        self.reload();
    }

    fn reload(&self) {
        if let Some(Err(error)) = self.tls.as_ref().map(|tls| tls.reload()) {
            refuse(&error);
        }
        match self.live.app().renew(&self.options, &progress) {
            Ok(app) => {
                self.live.replace(app);
                progress("reloaded");
            }
            Err(error) => refuse(&error),
        }
    }
}

/// Says why things stay as they are.
fn refuse(error: &anyhow::Error) {
    eprintln!("error: not reloaded, what was there before goes on: {error:#}");
}
