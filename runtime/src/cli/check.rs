//! `selvedge check`: who can reach what, and whether the application is sound.

use std::process::ExitCode;

use clap::Args;

use super::Application;
use crate::{
    app::{App, reach, validate},
    config::RuntimeConfig,
    manifest::Manifest,
};

#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    application: Application,
}

impl Check {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let options = self.application.options();
        let manifest = Manifest::load(&options.manifest)?;
        print!("{}", reach::report(&manifest));

        let mut offenders = validate::unguarded(&manifest);
        // The configuration that stock Spin would be started with lies beside the manifest.
        let path = options
            .runtime_config
            .clone()
            .unwrap_or_else(|| manifest.root.join("runtime-config.toml"));
        if path.exists() {
            let config = RuntimeConfig::load(&path)?;
            offenders.extend(validate::unconfigured(&manifest, &config));
        }
        // Loading finds the rest: hosts, variables, imports without a grant.
        if let Err(error) = App::load(&options, &|_| ()) {
            offenders.push(format!("{error:#}"));
        }
        if offenders.is_empty() {
            println!("\nSound: every route passes what it must, and every grant exists.");
            return Ok(ExitCode::SUCCESS);
        }
        println!();
        for offender in offenders.iter().flat_map(|offender| offender.lines()) {
            eprintln!("error: {offender}");
        }
        Ok(ExitCode::FAILURE)
    }
}
