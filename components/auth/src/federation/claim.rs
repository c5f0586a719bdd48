//! What came of a flight, waiting for the application to fetch it. The browser carries a code, never a token; and
//! the code is good for nothing without the secret of the application that began.

use std::time::Duration;

use serde::Deserialize;
use shared::storage::{Connection, Error};
use shared::{FieldError, Problem, Result, Timestamp};

use super::{Person, code_challenge};
use crate::random::{self, Hash};
use crate::store::challenges::{self, Challenge, Purpose};

/// How long the application may take. Enough to sign in first, where the account has to be linked.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A code and what proves who may use it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    code: String,
    /// RFC 7636 section 4.1, of the application.
    code_verifier: String,
}

impl Claim {
    /// Takes what the code stands for. `None` where there is nothing, where it was taken before, and where the
    /// verifier is another.
    pub fn take(&self, connection: &Connection, now: Timestamp) -> Result<Person> {
        let secret = hash(&self.code, &code_challenge(&self.code_verifier));
        let taken = challenges::take(connection, Purpose::FederatedClaim, &secret, now)?;
        taken.map(|answered| answered.data).ok_or_else(|| {
            Problem::unprocessable("The code was used, is too old, or is not this client's.")
        })
    }
}

/// Keeps `person` for whoever shows `code` and the verifier of `challenge`.
pub fn keep(
    connection: &Connection,
    code: &str,
    challenge: &str,
    person: &Person,
    now: Timestamp,
) -> Result<(), Error> {
    let challenge = Challenge {
        purpose: Purpose::FederatedClaim,
        account: None,
        secret: &hash(code, challenge),
        code: None,
        data: person,
        lifetime: LIFETIME,
    };
    challenges::set(connection, &challenge, now)
}

/// 422 unless it is what SHA-256 makes of a verifier.
pub fn check_challenge(challenge: &str) -> Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if challenge.len() == 43 && challenge.bytes().all(is_plain) {
        Ok(())
    } else {
        Err(Problem::invalid(vec![FieldError::new(
            "code_challenge",
            "is not the SHA-256 of a verifier in base64url",
        )]))
    }
}

fn hash(code: &str, challenge: &str) -> Hash {
    random::hash(&format!("{code} {challenge}"))
}
