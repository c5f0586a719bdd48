//! `selvedge up`: build, load, serve, and say what to try.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::Args;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{Application, progress};
use crate::{app::App, builder, manifest::Manifest, server};

/// How long work on blocking threads may go on once all requests were answered.
const LINGER: Duration = Duration::from_secs(2);

#[derive(Args)]
pub struct Up {
    #[command(flatten)]
    application: Application,
    /// Address to listen on
    #[arg(long, env = "SPIN_HTTP_LISTEN_ADDR", default_value = "127.0.0.1:3000")]
    listen: String,
    /// Build before serving (the default)
    #[arg(long, overrides_with = "no_build")]
    build: bool,
    /// Serve what was built before
    #[arg(long)]
    no_build: bool,
}

impl Up {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let options = self.application.options();
        if !self.no_build {
            let manifest = Manifest::load(&options.manifest)?;
            builder::build(&manifest, &options.state_dir, &progress)?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the async runtime")?;
        let outcome = runtime.block_on(async {
            // Bound first: a port that is taken should not cost a compilation.
            let listener = TcpListener::bind(&self.listen)
                .await
                .with_context(|| format!("cannot listen on {}", self.listen))?;
            let app = App::load(&options, &progress)?;
            let address = listener.local_addr()?;
            let stop = stop_signal()?;
            announce(&app, address, options.components.is_empty());
            server::run(listener, app.clone(), stop).await;
            app.close();
            Ok(ExitCode::SUCCESS)
        });
        // A statement that cannot be interrupted must not keep the process from ending.
        runtime.shutdown_timeout(LINGER);
        outcome
    }
}

/// Completes at the first Ctrl-C or SIGTERM.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn announce(app: &App, address: SocketAddr, is_whole: bool) {
    let manifest = app.manifest();
    println!(
        "\n{} is listening on http://{address}\n",
        manifest.application.name
    );
    for (route, chain) in app.chains() {
        println!("  {route:<40} {chain}");
    }
    // Examples may need any of the components.
    if is_whole && !manifest.settings.examples.is_empty() {
        println!("\nTry:\n");
        for example in &manifest.settings.examples {
            println!(
                "  {}",
                example.replace("{url}", &format!("http://{address}"))
            );
        }
    }
    println!();
}
