//! Secrets that nobody can guess, and what they are known by here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::{Problem, Result};

/// What a secret is known by: a copy of the database holds none that could be used. A secret has more
/// bits than anybody can try, so its hash needs neither salt nor slowness.
pub type Hash = [u8; 32];

/// Random bytes from the host.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Problem::internal(anyhow::anyhow!("random bytes: {error}")))?;
    Ok(bytes)
}

/// A secret of 256 bits in base64url, after a prefix that tells scanners for leaked secrets what they
/// found.
pub fn secret(prefix: &str) -> Result<String> {
    Ok(format!(
        "{prefix}{}",
        URL_SAFE_NO_PAD.encode(bytes::<32>()?)
    ))
}

/// A code of six digits, every one of them equally likely.
pub fn code() -> Result<String> {
    const CODES: u32 = 1_000_000;
    /// The part of all numbers that is a multiple of the codes; the rest would favour low ones.
    const FAIR: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let number = u32::from_le_bytes(bytes()?);
        if number < FAIR {
            return Ok(format!("{:06}", number % CODES));
        }
    }
}

/// What a secret is known by, whatever text a client sent in its place.
pub fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_prefix_and_256_bits_that_never_repeat() {
        let (one, two) = (secret("rt_").unwrap(), secret("rt_").unwrap());
        let bits = one.strip_prefix("rt_").unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(bits).unwrap().len(), 32);
        assert_ne!(one, two);
        assert_ne!(hash(&one), hash(&two));
    }

    #[test]
    fn a_code_has_six_digits() {
        for _ in 0..1000 {
            let code = code().unwrap();
            assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()));
        }
    }
}
