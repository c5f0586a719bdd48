//! What the browser says: what was asked of the device, and by which page.

use serde::Deserialize;

use super::{Refusal, RelyingParty, Result};

/// Section 5.8.1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientData {
    r#type: String,
    pub challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

impl ClientData {
    /// Reads what was said for this purpose, on one of our own pages.
    pub fn read(json: &[u8], kind: &str, rp: &RelyingParty) -> Result<Self> {
        let data: Self =
            serde_json::from_slice(json).map_err(|_| Refusal("the client data is no JSON"))?;
        if data.r#type != kind {
            return Err(Refusal("the client data is of another kind"));
        }
        if !rp.has_origin(&data.origin) || data.cross_origin {
            return Err(Refusal("the page is not ours"));
        }
        Ok(data)
    }
}
