//! Passwords: which are taken, how they are kept, and how hashes that others made are read.

mod pepper;
mod policy;

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, KeyId, Params, ParamsBuilder, Version};
use scrypt::Scrypt;
use serde::{Deserialize, Deserializer};
use shared::{FieldError, Problem, Result};
use unicode_normalization::UnicodeNormalization;

use pepper::Pepper;
pub use pepper::Peppers;

/// In characters. The upper end is far beyond what people type, and bounds what is hashed.
const MIN: usize = 8;
const MAX: usize = 256;

/// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Verified against where there is no account, so that this takes as long as where there is one.
/// It is the hash of no password: the salt and the sum are zeros.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password in the clear, as a request brings it, in Unicode's form NFC: the same characters are the
/// same password whatever keyboard they come from. It is never shown, not even to a log.
pub struct Password(String);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What came of comparing a password with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, and the hash should be made anew: it is somebody else's kind, or of other parameters, or
    /// of another pepper.
    Outdated,
}

impl Password {
    fn new(text: &str) -> Self {
        Self(text.nfc().collect())
    }

    /// Refuses a password that is no good. `field` brought it; `about` is what is known of the account.
    pub fn check(&self, field: &str, about: &[&str]) -> Result<(), FieldError> {
        if !(MIN..=MAX).contains(&self.0.chars().count()) {
            let message = format!("must have {MIN} to {MAX} characters");
            return Err(FieldError::new(field, message));
        }
        match policy::weakness(&self.0, about) {
            Some(weakness) => Err(FieldError::new(field, weakness)),
            None => Ok(()),
        }
    }

    /// The password's salted hash, a PHC string. Takes tens of milliseconds, as it must; so never
    /// inside a transaction.
    pub fn hash(&self, peppers: &Peppers) -> Result<String> {
        let hash = argon2(peppers.current())?
            .hash_password(self.0.as_bytes())
            .map_err(|error| Problem::internal(anyhow::anyhow!("hash a password: {error}")))?;
        Ok(hash.to_string())
    }

    /// Whether this is the password that `hash` was made of. Takes the same time where there is none.
    pub fn verify(&self, hash: Option<&str>, peppers: &Peppers) -> Result<Verdict> {
        let is_right = match hash {
            Some(hash) if is_bcrypt(hash) => bcrypt::verify(&self.0, hash).unwrap_or(false),
            hash => self.is_phc(hash.unwrap_or(NOBODY), peppers)? && hash.is_some(),
        };
        Ok(match hash {
            Some(hash) if is_right && is_current(hash, peppers) => Verdict::Right,
            Some(_) if is_right => Verdict::Outdated,
            _ => Verdict::Wrong,
        })
    }

    fn is_phc(&self, hash: &str, peppers: &Peppers) -> Result<bool> {
        let unreadable =
            |error| Problem::internal(anyhow::anyhow!("read a password's hash: {error}"));
        let mut parsed = PasswordHash::new(hash).map_err(unreadable)?;
        if parsed.algorithm.as_str() == "scrypt" {
            let same = Scrypt::default().verify_password(self.0.as_bytes(), &parsed);
            return Ok(same.is_ok());
        }
        let id = pepper_id(&parsed);
        let pepper = id.as_deref().and_then(|id| peppers.named(id));
        let is_known = id.is_none() || pepper.is_some();
        if !is_known {
            parsed = PasswordHash::new(NOBODY).map_err(unreadable)?;
        }
        let same = argon2(pepper)?.verify_password(self.0.as_bytes(), &parsed);
        Ok(is_known && same.is_ok())
    }
}

/// Whether a hash that another system made can be read here, and asks for no more than a sign-in may
/// take: Argon2, bcrypt and scrypt, as PHC strings and in bcrypt's own form.
pub fn can_import(hash: &str) -> bool {
    const MAX_BCRYPT_COST: u32 = 14;
    const MAX_KIB: u64 = 64 * 1024;
    if is_bcrypt(hash) {
        let cost = hash.split('$').nth(2).and_then(|cost| cost.parse().ok());
        return hash.len() == 60
            && hash.is_ascii()
            && cost.is_some_and(|cost: u32| (4..=MAX_BCRYPT_COST).contains(&cost));
    }
    let Ok(parsed) = PasswordHash::new(hash) else {
        return false;
    };
    if parsed.salt.is_none() || parsed.hash.is_none() {
        return false;
    }
    if parsed.algorithm.as_str() == "scrypt" {
        return scrypt::Params::try_from(&parsed).is_ok_and(|params| {
            let kib = 128 * u64::from(params.r()) * (1 << params.log_n().min(31)) / 1024;
            kib.saturating_mul(u64::from(params.p())) <= MAX_KIB
        });
    }
    let is_argon2 = Algorithm::try_from(parsed.algorithm.as_str()).is_ok();
    let params = Params::try_from(&parsed);
    is_argon2
        && params.is_ok_and(|params| {
            let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
            params.keyid().is_empty()
                && u64::from(params.m_cost()) <= MAX_KIB
                && work <= 4 * MAX_KIB
        })
}

/// `$2a$`, `$2b$`, `$2x$` and `$2y$`.
fn is_bcrypt(hash: &str) -> bool {
    hash.starts_with("$2")
}

/// Whether a new hash would be made the same way.
fn is_current(hash: &str, peppers: &Peppers) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else {
        return false;
    };
    let Ok(params) = Params::try_from(&parsed) else {
        return false;
    };
    let id = peppers.current().map(|pepper| pepper.id.as_slice());
    Algorithm::try_from(parsed.algorithm.as_str()) == Ok(Algorithm::Argon2id)
        && parsed.version == Some(Version::V0x13.into())
        && (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
        && params.keyid() == id.unwrap_or_default()
}

fn pepper_id(hash: &PasswordHash) -> Option<Vec<u8>> {
    let params = Params::try_from(hash).ok()?;
    (!params.keyid().is_empty()).then(|| params.keyid().to_vec())
}

fn argon2(pepper: Option<&Pepper>) -> Result<Argon2<'_>> {
    let made = || {
        let mut params = ParamsBuilder::new();
        params.m_cost(MEMORY_KIB).t_cost(PASSES).p_cost(LANES);
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let Some(pepper) = pepper else {
            return Ok(Argon2::new(algorithm, version, params.build()?));
        };
        params.keyid(KeyId::new(&pepper.id)?);
        Argon2::new_with_secret(&pepper.secret, algorithm, version, params.build()?)
    };
    made().map_err(|error: argon2::Error| Problem::internal(anyhow::anyhow!("Argon2: {error}")))
}

#[cfg(test)]
mod tests;
