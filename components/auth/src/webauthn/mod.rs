//! Web Authentication, level 2: what a browser says of a key that a device holds, judged by the rules of
//! sections 7.1 and 7.2. What a device attests of itself is neither asked for nor looked at.

mod authenticator_data;
mod client_data;
mod public_key;
mod relying_party;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use authenticator_data::AuthenticatorData;
use client_data::ClientData;
pub use public_key::{ALGORITHMS, PublicKey};
pub use relying_party::RelyingParty;

/// Why something is not believed: for the log, and never for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub &'static str);

type Result<T> = std::result::Result<T, Refusal>;

/// Bytes that are base64url in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        bytes
            .map(Self)
            .map_err(|_| D::Error::custom("is not base64url"))
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// A new key, as `PublicKeyCredential.toJSON()` has it. Browsers may say more.
#[derive(Deserialize)]
pub struct Attestation {
    #[serde(rename = "rawId")]
    raw_id: Bytes,
    response: AttestationResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    attestation_object: Bytes,
    #[serde(default)]
    transports: Vec<String>,
}

/// The use of a key, in the same form.
#[derive(Deserialize)]
pub struct Assertion {
    #[serde(rename = "rawId")]
    pub raw_id: Bytes,
    response: AssertionResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    authenticator_data: Bytes,
    signature: Bytes,
    user_handle: Option<Bytes>,
}

/// A key that was made for us.
#[derive(Debug)]
pub struct Registered {
    /// As it was given out. That it was, and to whom, is for the caller to see.
    pub challenge: String,
    pub credential_id: Vec<u8>,
    pub key: PublicKey,
    pub sign_count: u32,
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub transports: Vec<String>,
}

/// A key that was used for us.
#[derive(Debug)]
pub struct Used {
    pub sign_count: u32,
    pub backed_up: bool,
}

/// How surely a device must know who uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Somebody touched it.
    User,
    /// It knows whom, by a finger or a number.
    VerifiedUser,
}

/// What can be known of a key in advance, against which its use is judged.
pub struct Known<'a> {
    pub key: &'a PublicKey,
    pub backup_eligible: bool,
    /// What we gave the device as the user's handle.
    pub user_handle: &'a [u8],
}

impl Attestation {
    /// Judges a new key: section 7.1, all but the challenge, which is in what it returns.
    pub fn judge(self, rp: &RelyingParty) -> Result<Registered> {
        let response = self.response;
        let client_data = ClientData::read(&response.client_data.0, "webauthn.create", rp)?;
        let data = attested_data(&response.attestation_object.0)?;
        let data = AuthenticatorData::read(&data)?;
        data.judge(rp, Presence::VerifiedUser)?;
        let made = data.made.ok_or(Refusal("no key was made"))?;
        if made.credential_id != self.raw_id.0 {
            return Err(Refusal("the key has two ids"));
        }
        Ok(Registered {
            challenge: client_data.challenge,
            credential_id: made.credential_id,
            key: PublicKey::from_cose(&made.key)?,
            sign_count: data.sign_count,
            backup_eligible: data.backup_eligible,
            backed_up: data.backed_up,
            transports: plain(response.transports),
        })
    }
}

impl Assertion {
    /// The challenge that was answered, if it was answered to us.
    pub fn challenge(&self, rp: &RelyingParty) -> Result<String> {
        let client_data = ClientData::read(&self.response.client_data.0, "webauthn.get", rp)?;
        Ok(client_data.challenge)
    }

    /// Judges the use of a key: section 7.2, all but the challenge and the count of signatures.
    pub fn judge(&self, rp: &RelyingParty, known: &Known, presence: Presence) -> Result<Used> {
        let response = &self.response;
        ClientData::read(&response.client_data.0, "webauthn.get", rp)?;
        let handle = response.user_handle.as_ref();
        if handle.is_some_and(|handle| handle.0 != known.user_handle) {
            return Err(Refusal("the key is for somebody else"));
        }
        let data = AuthenticatorData::read(&response.authenticator_data.0)?;
        data.judge(rp, presence)?;
        if data.backup_eligible != known.backup_eligible {
            return Err(Refusal("the key changed its nature"));
        }
        let mut signed = response.authenticator_data.0.clone();
        signed.extend(Sha256::digest(&response.client_data.0));
        known.key.verify(&signed, &response.signature.0)?;
        Ok(Used {
            sign_count: data.sign_count,
            backed_up: data.backed_up,
        })
    }
}

/// Section 6.5.4: a map with the data among what attests it.
fn attested_data(object: &[u8]) -> Result<Vec<u8>> {
    let value: Value =
        ciborium::from_reader(object).map_err(|_| Refusal("the attestation is no CBOR"))?;
    let entries = value
        .into_map()
        .map_err(|_| Refusal("no attestation map"))?;
    let data = entries
        .into_iter()
        .find(|(name, _)| name.as_text() == Some("authData"));
    data.and_then(|(_, data)| data.into_bytes().ok())
        .ok_or(Refusal("no data in the attestation"))
}

/// What browsers say of how to reach a device, as far as it can be handed back to them.
fn plain(transports: Vec<String>) -> Vec<String> {
    let is_plain = |text: &String| {
        (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
    };
    transports.into_iter().filter(is_plain).take(8).collect()
}

#[cfg(test)]
mod tests;
