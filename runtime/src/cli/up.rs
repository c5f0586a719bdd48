//! `selvedge up`: build, load, serve, and say what to try.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{Application, pair, progress, reload::Reload};
use crate::{
    app::{App, Live, Seed},
    builder,
    clock::TestClock,
    log, manifest,
    server::{self, Files, Site, Tls},
    trace,
};

/// How long work on blocking threads may go on once all requests were answered.
const LINGER: Duration = Duration::from_secs(2);

/// What a process that Ctrl-C ended leaves with: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

#[derive(Args)]
pub struct Up {
    #[command(flatten)]
    application: Application,
    /// Key and value to put into the key-value store "default" (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    key_value: Vec<(String, String)>,
    /// SQL to run on the database "default", or with @ all that is in a file (repeatable)
    #[arg(long, value_name = "SQL | @FILE | @FILE:LABEL")]
    sqlite: Vec<String>,
    /// Address to listen on
    #[arg(long, env = "SPIN_HTTP_LISTEN_ADDR", default_value = "127.0.0.1:3000")]
    listen: String,
    /// Certificate to serve by TLS with, and those that lead to its root (PEM)
    #[arg(long, value_name = "PATH", env = "SPIN_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "PATH", env = "SPIN_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Address to show /metrics on, instead of to local clients of the other
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<String>,
    /// Let tests set the clock of components, at /_selvedge/clock; for loopback addresses only
    #[arg(long)]
    test_clock: bool,
    /// Build before serving (the default)
    #[arg(long, overrides_with = "no_build")]
    build: bool,
    /// Serve what was built before
    #[arg(long)]
    no_build: bool,
    /// Build and serve anew whatever changes; requests never notice
    #[arg(long)]
    watch: bool,
    /// How long to accept connections after SIGTERM, with /readyz saying "draining"
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    drain_delay: Duration,
}

impl Up {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let is_built_here = !self.no_build;
        let mut options = self.application.options()?;
        options.has_private_metrics = self.metrics_listen.is_some();
        options.test_clock = self.test_clock.then(TestClock::default);
        let seed = Seed {
            pairs: self.key_value,
            sql: self.sqlite,
        };
        if is_built_here {
            let manifest = options.read_manifest()?;
            builder::build(&manifest, &options.state_dir, &progress)?;
        }
        let tls = match self.tls_cert.zip(self.tls_key) {
            Some((certificate, key)) => Some(Arc::new(Tls::load(Files { certificate, key })?)),
            None => None,
        };
        // For all that is no request: those have threads of their own.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("cannot start the async runtime")?;
        let outcome = runtime.block_on(async {
            let traces = trace::start()?;
            // Bound first: a port that is taken should not cost a compilation.
            let listener = TcpListener::bind(&self.listen)
                .await
                .with_context(|| format!("cannot listen on {}", self.listen))?;
            let address = listener.local_addr()?;
            if self.test_clock && !address.ip().is_loopback() {
                bail!(
                    "--test-clock is for tests on this machine: {address} can be reached from others"
                );
            }
            let metrics = match &self.metrics_listen {
                Some(address) => Some(
                    TcpListener::bind(address)
                        .await
                        .with_context(|| format!("cannot listen on {address}"))?,
                ),
                None => None,
            };
            let app = App::load(&options, &progress)?;
            app.plant(&seed).await?;
            let stop = stop_signal()?;
            let hangups = hangups()?;
            let scheme = if tls.is_some() { "https" } else { "http" };
            announce(&app, scheme, address, options.components.is_empty());
            let live = Arc::new(Live::new(app));
            if let Some(listener) = metrics {
                println!("Metrics are on http://{}/metrics\n", listener.local_addr()?);
                tokio::spawn(server::metrics::show(listener, live.clone()));
            }
            let reload = Reload {
                live: live.clone(),
                tls: tls.clone(),
                options,
                is_built_here,
            };
            reload.start(hangups, self.watch)?;
            let site = Site::new(live.clone())
                .with_tls(tls)
                .with_drain_delay(self.drain_delay);
            server::run(listener, site, stop).await?;
            live.app().close();
            if let Some(traces) = traces {
                traces.finish().await;
            }
            Ok(ExitCode::SUCCESS)
        });
        // A statement that cannot be interrupted must not keep the process from ending.
        runtime.shutdown_timeout(LINGER);
        log::flush();
        outcome
    }
}

/// Completes at the first Ctrl-C or SIGTERM. The Ctrl-C after that ends the process at once, which loses nothing that
/// was acknowledged.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tokio::spawn(async move {
            interrupt.recv().await;
            std::process::exit(INTERRUPTED);
        });
    })
}

/// Tells of every SIGHUP.
fn hangups() -> anyhow::Result<mpsc::Receiver<()>> {
    let mut hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    let (tell, hangups) = mpsc::channel();
    tokio::spawn(async move { while hangup.recv().await.is_some() && tell.send(()).is_ok() {} });
    Ok(hangups)
}

fn duration(argument: &str) -> Result<Duration, String> {
    manifest::parse_duration(argument).ok_or_else(|| "write a time such as 10s".to_owned())
}

fn announce(app: &App, scheme: &str, address: SocketAddr, is_whole: bool) {
    let manifest = app.manifest();
    let url = format!("{scheme}://{address}");
    println!("\n{} is listening on {url}\n", manifest.application.name);
    for (route, chain) in app.chains() {
        println!("  {route:<40} {chain}");
    }
    // Examples may need any of the components.
    if is_whole && !manifest.settings.examples.is_empty() {
        println!("\nTry:\n");
        for example in &manifest.settings.examples {
            println!("  {}", example.replace("{url}", &url));
        }
    }
    println!();
}
