//! The component's configuration: what the manifest gives it under `[component.NAME.variables]`.

use crate::{Problem, Result, host::variables};

/// The value of a variable. One that is not there is a fault of the manifest, so a 500.
pub async fn get(name: &str) -> Result<String> {
    variables::get(name.to_owned())
        .await
        .map_err(|error| Problem::internal(anyhow::anyhow!("variable {name}: {error:?}")))
}
