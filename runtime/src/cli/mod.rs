//! The command line: parse arguments, set up logging, turn the outcome into an exit code.

mod build;
mod check;
mod reload;
mod up;
mod watch;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{app, config::RuntimeConfig, log};

/// Runs applications of WebAssembly components: Spin manifests, with SQLite and key-value storage inside.
#[derive(Parser)]
#[command(name = "selvedge", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build what changed, then serve the application
    Up(up::Up),
    /// Build the components
    Build(build::Build),
    /// Show who can reach what, and fail where the application is not sound
    Check(check::Check),
}

/// Which application, and what it is started with.
#[derive(Args)]
struct Application {
    /// Manifest of the application, or the folder it is in
    #[arg(
        short,
        long,
        value_name = "PATH",
        default_value = "spin.toml",
        aliases = ["from-file", "file"],
    )]
    from: PathBuf,
    /// Folder for databases, compiled code and build stamps [default: .selvedge beside the manifest]
    #[arg(long, value_name = "PATH")]
    state_dir: Option<PathBuf>,
    /// Environment variable for every component (repeatable)
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,
    /// Value of an application variable (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    variable: Vec<(String, String)>,
    /// Runtime configuration, in Spin's format
    #[arg(long, value_name = "PATH", env = "RUNTIME_CONFIG_FILE")]
    runtime_config_file: Option<PathBuf>,
    /// Run only this component (repeatable)
    #[arg(short, long, value_name = "ID")]
    component_id: Vec<String>,
    /// Profile to build and run, which components may have besides the one without a name
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

impl Application {
    fn options(self) -> anyhow::Result<app::Options> {
        let manifest = if self.from.is_dir() {
            self.from.join("spin.toml")
        } else {
            self.from
        };
        let configured = match (&self.state_dir, &self.runtime_config_file) {
            (None, Some(path)) => RuntimeConfig::load(path)?.state_dir,
            _ => None,
        };
        // Not the working directory: the same application finds its data wherever it is started from.
        let state_dir = self
            .state_dir
            .or(configured)
            .unwrap_or_else(|| manifest.with_file_name(".selvedge"));
        Ok(app::Options {
            manifest,
            state_dir,
            environment: self.env,
            variables: self.variable,
            runtime_config: self.runtime_config_file,
            components: self.component_id,
            profile: self.profile,
            logs: log::Sink::process(),
            test_clock: None,
            has_private_metrics: false,
        })
    }
}

fn pair(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    log::init();
    let outcome = match cli.command {
        Command::Up(command) => command.run(),
        Command::Build(command) => command.run(),
        Command::Check(command) => command.run(),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Tells the user what takes a while.
fn progress(step: &str) {
    eprintln!("{step}");
}
