//! What the device says: for whom, who was there, and which key was made.

use ciborium::Value;
use sha2::{Digest, Sha256};

use super::{Presence, Refusal, RelyingParty, Result};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_KEY: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// In bytes; CTAP has no longer ones.
const LONGEST_ID: usize = 1023;

/// Section 6.1.
pub struct AuthenticatorData {
    rp_id_hash: [u8; 32],
    flags: u8,
    pub sign_count: u32,
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub made: Option<Made>,
}

/// Section 6.5.1.
pub struct Made {
    pub credential_id: Vec<u8>,
    /// As COSE has it.
    pub key: Value,
}

impl AuthenticatorData {
    /// Reads all of it: what is left over is a reason to believe none of it.
    pub fn read(mut bytes: &[u8]) -> Result<Self> {
        let rp_id_hash = *take::<32>(&mut bytes)?;
        let [flags] = *take::<1>(&mut bytes)?;
        let sign_count = u32::from_be_bytes(*take(&mut bytes)?);
        let has = |flag| flags & flag != 0;
        let made = if has(HAS_KEY) {
            Some(Made::read(&mut bytes)?)
        } else {
            None
        };
        if has(HAS_EXTENSIONS) {
            read_cbor(&mut bytes)?;
        }
        if !bytes.is_empty() {
            return Err(Refusal("there is more data than there should be"));
        }
        Ok(Self {
            rp_id_hash,
            flags,
            sign_count,
            backup_eligible: has(BACKUP_ELIGIBLE),
            backed_up: has(BACKED_UP),
            made,
        })
    }

    /// Whether it is for us, and somebody was there.
    pub fn judge(&self, rp: &RelyingParty, presence: Presence) -> Result<()> {
        if self.rp_id_hash[..] != Sha256::digest(rp.id())[..] {
            return Err(Refusal("the key is for another application"));
        }
        let needed = match presence {
            Presence::User => USER_PRESENT,
            Presence::VerifiedUser => USER_PRESENT | USER_VERIFIED,
        };
        if self.flags & needed != needed {
            return Err(Refusal("nobody was there, or nobody knows who"));
        }
        if self.backed_up && !self.backup_eligible {
            return Err(Refusal("the key is where it cannot be"));
        }
        Ok(())
    }
}

impl Made {
    fn read(bytes: &mut &[u8]) -> Result<Self> {
        let _model = take::<16>(bytes)?;
        let length = usize::from(u16::from_be_bytes(*take(bytes)?));
        if !(1..=LONGEST_ID).contains(&length) {
            return Err(Refusal("the key's id is too long, or empty"));
        }
        let (id, rest) = bytes.split_at_checked(length).ok_or(SHORT)?;
        *bytes = rest;
        Ok(Self {
            credential_id: id.to_vec(),
            key: read_cbor(bytes)?,
        })
    }
}

const SHORT: Refusal = Refusal("there is less data than there should be");

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Result<&'a [u8; N]> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(SHORT)?;
    *bytes = rest;
    Ok(taken)
}

fn read_cbor(bytes: &mut &[u8]) -> Result<Value> {
    ciborium::from_reader(bytes).map_err(|_| Refusal("there is no CBOR where it should be"))
}
