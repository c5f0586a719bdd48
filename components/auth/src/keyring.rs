//! The keys there are: which one signs, which ones are published, and when there is a new one.
//!
//! Nothing here is remembered but a key's form once it is opened: which key's turn it is, each token asks the database
//! anew, so that no instance signs with a key that another one retired.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::storage::{Connection, Transaction};
use shared::{Problem, Result, Timestamp, variables};

use crate::key_schedule::{NOTICE, Plan};
use crate::sealed::Sealer;
use crate::signing_key::{Algorithm, SigningKey};
use crate::store::DB;
use crate::store::signing_keys::{self, StoredKey};

/// The key opened last. Opening one costs a multiplication on its curve.
static OPENED: Mutex<Option<Arc<SigningKey>>> = Mutex::new(None);

/// What an operator sets.
pub struct Keyring {
    sealer: &'static Sealer,
    algorithm: Algorithm,
    /// How long a key signs; `None` for as long as nobody says otherwise.
    period: Option<Duration>,
}

impl Keyring {
    /// Reads the configuration.
    pub async fn load() -> Result<Self> {
        let days = variables::get("signing_key_days").await?;
        let days: u32 = days.trim().parse().map_err(|_| {
            Problem::internal(anyhow::anyhow!(
                "the variable signing_key_days is no number of days"
            ))
        })?;
        Ok(Self {
            sealer: Sealer::load().await?,
            algorithm: Algorithm::named(variables::get("signing_algorithm").await?.trim())?,
            period: (days > 0).then(|| Duration::from_secs(24 * 60 * 60) * days),
        })
    }

    /// The key that signs at `now`, made where there is none yet.
    pub fn signing(&self, now: Timestamp) -> Result<Arc<SigningKey>> {
        let keys = self.kept(now)?;
        let index = self.plan(&keys, now).signs;
        let stored = index.and_then(|index| keys.get(index));
        // Only where the clock went back behind the first one's turn.
        let stored = stored.or(keys.first());
        self.open(
            stored
                .ok_or_else(|| Problem::internal(anyhow::anyhow!("no signing key was stored")))?,
        )
    }

    /// The public half of every key whose tokens are good, now or soon, as JSON Web Keys.
    pub fn published(&self, now: Timestamp) -> Result<Vec<serde_json::Value>> {
        self.kept(now)?
            .iter()
            .map(|stored| match serde_json::from_str(&stored.public) {
                Ok(public) => Ok(public),
                Err(_) => Ok(serde_json::to_value(self.open(stored)?.to_public())
                    .map_err(Problem::internal)?),
            })
            .collect()
    }

    /// Announces a key that takes the place of the one that signs; the id of the one that waits already, if one does.
    pub fn rotate(&self, tx: &Transaction, now: Timestamp) -> Result<String> {
        let keys = signing_keys::all(tx)?;
        match keys.last().filter(|newest| newest.signs_from > now) {
            Some(waiting) => Ok(waiting.id.clone()),
            None => self.add(tx, now.plus(NOTICE)),
        }
    }

    /// Puts a new key in the place of all there are, at once: their tokens are good no more.
    pub fn replace(&self, tx: &Transaction, now: Timestamp) -> Result<String> {
        for old in signing_keys::all(tx)? {
            signing_keys::remove(tx, &old.id)?;
        }
        self.add(tx, now)
    }

    /// The keys there are, once what is due at `now` was done.
    fn kept(&self, now: Timestamp) -> Result<Vec<StoredKey>> {
        let keys = signing_keys::all(DB.connect()?)?;
        let plan = self.plan(&keys, now);
        if plan.successor.is_none() && plan.obsolete == 0 {
            return Ok(keys);
        }
        DB.transaction(|tx| {
            // Another instance may have been faster.
            let keys = signing_keys::all(tx)?;
            let plan = self.plan(&keys, now);
            for obsolete in &keys[..plan.obsolete] {
                signing_keys::remove(tx, &obsolete.id)?;
            }
            if let Some(from) = plan.successor {
                self.add(tx, from)?;
            }
            Ok(signing_keys::all(tx)?)
        })
    }

    fn plan(&self, keys: &[StoredKey], now: Timestamp) -> Plan {
        let turns: Vec<_> = keys.iter().map(|key| key.signs_from).collect();
        let newest = keys.last();
        let is_fit = newest.is_some_and(|newest| newest.algorithm == self.algorithm.name());
        Plan::new(&turns, self.period, is_fit, now)
    }

    fn add(&self, connection: &Connection, signs_from: Timestamp) -> Result<String> {
        let (key, secret) = SigningKey::make(self.algorithm)?;
        let stored = StoredKey {
            secret: self.sealer.seal(&context(&key.id), &secret)?,
            algorithm: self.algorithm.name().to_owned(),
            public: serde_json::to_string(&key.to_public()).map_err(Problem::internal)?,
            id: key.id,
            signs_from,
        };
        signing_keys::add(connection, &stored)?;
        Ok(stored.id)
    }

    fn open(&self, stored: &StoredKey) -> Result<Arc<SigningKey>> {
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = opened.as_ref().filter(|key| key.id == stored.id) {
            return Ok(Arc::clone(key));
        }
        let secret = self.sealer.open(&context(&stored.id), &stored.secret)?;
        let key = Arc::new(SigningKey::read(
            Algorithm::named(&stored.algorithm)?,
            &secret,
        )?);
        if key.id != stored.id {
            return Err(Problem::internal(anyhow::anyhow!(
                "signing key {} is another one",
                stored.id
            )));
        }
        *opened = Some(Arc::clone(&key));
        Ok(key)
    }
}

/// What a secret is sealed for.
fn context(id: &str) -> String {
    format!("signing key {id}")
}
