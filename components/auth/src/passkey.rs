//! Passkeys: what a browser is asked, and whether what it answers lets somebody in.

use std::time::Duration;

use serde_json::{Value, json};
use shared::storage::{Connection, Error, Transaction};
use shared::{Problem, Result, Timestamp, UserId};

use crate::account::Account;
use crate::origin::Origin;
use crate::random;
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Challenge, Purpose};
use crate::store::passkeys::{self, Described};
use crate::webauthn::{
    ALGORITHMS, Assertion, Attestation, Bytes, Known, Presence, PublicKey, Refusal, Registered,
    RelyingParty,
};

/// How many an account may have.
pub const LIMIT: u32 = 20;

/// How long somebody has to find the device, and to put a finger on it.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Asks for a new key: `PublicKeyCredential.parseCreationOptionsFromJSON()` reads it.
pub fn ask_for_new(
    connection: &Connection,
    rp: &RelyingParty,
    account: &Account,
    now: Timestamp,
) -> Result<Value> {
    let challenge = ask(
        connection,
        Purpose::PasskeyRegistration,
        Some(account.id),
        now,
    )?;
    let algorithms = ALGORITHMS.map(|alg| json!({"type": "public-key", "alg": alg}));
    Ok(json!({
        "rp": {"id": rp.id(), "name": rp.name()},
        "user": {
            "id": Bytes(handle(account.id)),
            "name": account.email,
            "displayName": account.name.as_deref().unwrap_or(&account.email),
        },
        "challenge": challenge,
        "pubKeyCredParams": algorithms,
        "timeout": millis(),
        "excludeCredentials": described(passkeys::describe(connection, account.id)?),
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
        },
        "attestation": "none",
    }))
}

/// Asks for the use of a key: of this account, or of whichever its owner chooses.
/// `PublicKeyCredential.parseRequestOptionsFromJSON()` reads it.
pub fn ask_for_use(
    connection: &Connection,
    rp: &RelyingParty,
    account: Option<UserId>,
    now: Timestamp,
) -> Result<Value> {
    let (purpose, verification, allowed) = match account {
        None => (Purpose::PasskeySignIn, "required", Vec::new()),
        Some(account) => {
            let allowed = described(passkeys::describe(connection, account)?);
            (Purpose::PasskeyProof, "preferred", allowed)
        }
    };
    let challenge = ask(connection, purpose, account, now)?;
    Ok(json!({
        "challenge": challenge,
        "rpId": rp.id(),
        "timeout": millis(),
        "allowCredentials": allowed,
        "userVerification": verification,
    }))
}

fn ask(
    connection: &Connection,
    purpose: Purpose,
    account: Option<UserId>,
    now: Timestamp,
) -> Result<String> {
    // Base64url, as the browser will say it back.
    let text = random::secret("")?;
    let challenge = Challenge {
        purpose,
        account,
        secret: &random::hash(&text),
        code: None,
        data: &(),
        lifetime: PATIENCE,
    };
    challenges::set(connection, &challenge, now)?;
    Ok(text)
}

/// The key that was made for this account. 422 where it is none, or nobody asked for it.
pub fn register(
    tx: &Transaction,
    rp: &RelyingParty,
    account: UserId,
    attestation: Attestation,
    now: Timestamp,
) -> Result<Registered> {
    let registered = attestation.judge(rp).map_err(refused)?;
    let purpose = Purpose::PasskeyRegistration;
    if answered(tx, purpose, &registered.challenge, now)? != Some(Some(account)) {
        return Err(refused(LATE));
    }
    Ok(registered)
}

/// Whose key was used. `account`: it must be this one's, as a second factor; without, it may be
/// anybody's, and has to know whose finger it is. The challenge is used up where this succeeds, and a
/// device that was copied is told of in the audit, so commit whatever comes of it.
pub fn judge(
    tx: &Transaction,
    rp: &RelyingParty,
    account: Option<UserId>,
    assertion: &Assertion,
    origin: &Origin,
    now: Timestamp,
) -> Result<std::result::Result<UserId, Refusal>, Error> {
    let judged = known_to(tx, rp, account, assertion, now)?;
    let (key, used) = match judged {
        Ok(judged) => judged,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !passkeys::used(tx, key.id, &used, now)? {
        let entry = Entry::about(Event::PasskeyCopied, key.account_id).with_object(&key.id);
        audit::record(tx, &entry, origin, now)?;
        return Ok(Err(Refusal("the device has counted further before")));
    }
    Ok(Ok(key.account_id))
}

type Judged = std::result::Result<(passkeys::Stored, crate::webauthn::Used), Refusal>;

fn known_to(
    tx: &Transaction,
    rp: &RelyingParty,
    account: Option<UserId>,
    assertion: &Assertion,
    now: Timestamp,
) -> Result<Judged, Error> {
    let (purpose, presence) = match account {
        None => (Purpose::PasskeySignIn, Presence::VerifiedUser),
        Some(_) => (Purpose::PasskeyProof, Presence::User),
    };
    let challenge = match assertion.challenge(rp) {
        Ok(challenge) => challenge,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if answered(tx, purpose, &challenge, now)? != Some(account) {
        return Ok(Err(LATE));
    }
    let Some(key) = passkeys::find(tx, &assertion.raw_id.0)? else {
        return Ok(Err(Refusal("nobody has this key")));
    };
    if account.is_some_and(|account| account != key.account_id) {
        return Ok(Err(Refusal("the key is somebody else's")));
    }
    let used = PublicKey::from_bytes(key.algorithm, &key.public_key).and_then(|public| {
        let known = Known {
            key: &public,
            backup_eligible: key.backup_eligible,
            user_handle: &handle(key.account_id),
        };
        assertion.judge(rp, &known, presence)
    });
    Ok(used.map(|used| (key, used)))
}

const LATE: Refusal = Refusal("the challenge was answered, is too old, or was another's");

/// Uses the challenge up, and says whose it was, if there is one.
fn answered(
    tx: &Transaction,
    purpose: Purpose,
    challenge: &str,
    now: Timestamp,
) -> Result<Option<Option<UserId>>, Error> {
    let answered = challenges::take::<()>(tx, purpose, &random::hash(challenge), now)?;
    Ok(answered.map(|answered| answered.account))
}

/// The answer to a key that is not believed; why, only the log learns.
pub fn refused(refusal: Refusal) -> Problem {
    Problem::unprocessable("The passkey was not accepted. Try again.")
        .with_cause(anyhow::anyhow!("passkey: {}", refusal.0))
}

/// What devices know an account by. It tells nothing of its owner.
fn handle(account: UserId) -> Vec<u8> {
    account.to_string().into_bytes()
}

fn described(keys: Vec<Described>) -> Vec<Value> {
    let describe = |key: Described| {
        let transports: Vec<String> = serde_json::from_str(&key.transports).unwrap_or_default();
        json!({"type": "public-key", "id": Bytes(key.credential_id), "transports": transports})
    };
    keys.into_iter().map(describe).collect()
}

fn millis() -> u64 {
    PATIENCE.as_secs() * 1000
}
