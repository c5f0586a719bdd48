//! Who may sign in. Kept in memory: what a sign-in costs is the hash.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use serde::Deserialize;

/// What a client says to sign up or in.
#[derive(Deserialize)]
pub struct Credentials {
    /// Their address.
    pub email: String,
    password: String,
}

/// Users and hashes by address.
#[derive(Default)]
pub struct Accounts(Mutex<HashMap<String, (String, String)>>);

impl Accounts {
    /// Adds an account, and returns its user's id.
    pub fn add(&self, credentials: &Credentials) -> String {
        let hash = Argon2::default()
            .hash_password(credentials.password.as_bytes())
            .expect("a password can be hashed");
        let user = format!("usr_{}", uuid::Uuid::now_v7().simple());
        let account = (user.clone(), hash.to_string());
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.insert(credentials.email.clone(), account);
        user
    }

    /// The user's id, if the password is right.
    pub fn verify(&self, credentials: &Credentials) -> Option<String> {
        let accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (user, hash) = accounts.get(&credentials.email)?.clone();
        drop(accounts);
        let hash = PasswordHash::new(&hash).ok()?;
        Argon2::default()
            .verify_password(credentials.password.as_bytes(), &hash)
            .is_ok()
            .then_some(user)
    }
}
