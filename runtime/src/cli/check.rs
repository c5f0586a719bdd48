//! `selvedge check`: who can reach what, and whether the application is sound.

use std::{io::Write as _, process::ExitCode};

use clap::Args;

use super::Application;
use crate::{
    app::{App, reach, validate},
    config::RuntimeConfig,
};

#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    application: Application,
}

impl Check {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let options = self.application.options()?;
        let manifest = options.read_manifest()?;
        let mut report = reach::report(&manifest);

        let mut offenders = validate::unguarded(&manifest);
        if manifest.settings.required_middleware.is_empty() {
            report += "\nNo middleware is required of routes: application.tool.selvedge.required_middleware is empty.\n";
        }
        // The configuration that stock Spin would be started with lies beside the manifest.
        let path = options
            .runtime_config
            .clone()
            .unwrap_or_else(|| manifest.root.join("runtime-config.toml"));
        if path.exists() {
            match RuntimeConfig::load(&path) {
                Ok(config) => offenders.extend(validate::unconfigured(&manifest, &config)),
                Err(errors) => offenders.push(errors.to_string()),
            }
        } else {
            report += &format!(
                "\nLabels were not compared with a runtime configuration: there is no {}.\n",
                path.display()
            );
        }
        // Loading finds the rest: hosts, variables, imports without a grant.
        if let Err(error) = App::load(&options, &|_| ()) {
            offenders.push(format!("{error:#}"));
        }
        if offenders.is_empty() {
            report += "\nSound: every route passes what it must, and every grant exists.\n";
        }
        // Whoever reads may stop reading.
        let _ = std::io::stdout().write_all(report.as_bytes());
        for offender in offenders.iter().flat_map(|offender| offender.lines()) {
            eprintln!("error: {offender}");
        }
        Ok(if offenders.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}
