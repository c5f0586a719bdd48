//! `selvedge build`: every component by its own build command.

use std::process::ExitCode;

use clap::Args;

use super::{Application, progress};
use crate::builder;

#[derive(Args)]
pub struct Build {
    #[command(flatten)]
    application: Application,
}

impl Build {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let options = self.application.options()?;
        let manifest = options.read_manifest()?;
        builder::build(&manifest, &options.state_dir, &progress)?;
        progress("built");
        Ok(ExitCode::SUCCESS)
    }
}
