//! `POST /v1/auth/oauth2/token`: a code, or a refresh token, for tokens (RFC 6749 sections 4.1.3 and 6).

use serde::Serialize;
use shared::storage::Transaction;
use shared::{Json, Timestamp, clock};

use super::decision::Approved;
use crate::access_token::LIFETIME;
use crate::account::Account;
use crate::admission::displace;
use crate::authorization::{AccessToken, Client, Form, IdToken, Profile, Provider, Refusal, Scope};
use crate::federation::code_challenge;
use crate::keyring::Keyring;
use crate::origin::Origin;
use crate::outbox;
use crate::random;
use crate::refresh_token::RefreshToken;
use crate::routes::refresh::reused;
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Purpose};
use crate::store::oauth_grants::{self, Grant};
use crate::store::sessions::{self, Rotation, Session};
use crate::store::{DB, accounts};

/// RFC 6749 section 5.1, with OpenID Connect Core section 3.1.3.3.
#[derive(Serialize)]
pub struct Tokens {
    access_token: String,
    token_type: &'static str,
    /// Seconds for which the access token is good.
    expires_in: u64,
    refresh_token: RefreshToken,
    scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// Who gets tokens, and what they may see.
struct Granted {
    account: Account,
    session: Session,
    scope: Scope,
    nonce: Option<String>,
}

/// What came of it. Whatever it is, it is stored: that a code was used, that a session ended.
type Outcome = Result<Option<Granted>, Refusal>;

/// Gives out tokens.
pub async fn give(origin: Origin, form: Form) -> Result<Json<Tokens>, Refusal> {
    let now = clock::now();
    let provider = Provider::load().await?;
    let key = Keyring::load().await?.signing(now)?;
    let credentials = form.credentials()?;
    let token = RefreshToken::new()?;
    let kind = form.need("grant_type")?;
    let (client, granted) = DB.transaction(|tx| {
        let client = credentials.authenticate(tx, now)?;
        let granted = match kind {
            "authorization_code" => redeem(tx, &client, &form, &token, &origin, now)?,
            "refresh_token" => go_on(tx, &client, &form, &token, &origin, now)?,
            _ => return Err(Refusal::UnsupportedGrantType),
        };
        Ok::<_, Refusal>((client, granted))
    })?;
    outbox::deliver_soon();
    let Granted {
        account,
        session,
        scope,
        nonce,
    } = granted.ok_or(Refusal::InvalidGrant)?;
    let id_token = scope.has("openid").then(|| {
        let profile = Profile::new(&account, &scope);
        let nonce = nonce.as_deref();
        IdToken::new(&provider.issuer, client.id, profile, &session, nonce, now).sign(&key)
    });
    let access_token = AccessToken::new(&provider, client.id, &account, &session, &scope, now);
    Ok(Json(Tokens {
        access_token: access_token.sign(&key)?,
        token_type: "Bearer",
        expires_in: LIFETIME.as_secs(),
        refresh_token: token,
        id_token: id_token.transpose()?,
        scope,
    }))
}

/// A code for a session of the client's. A code that was used before has been copied: what it gave ends, RFC 9700
/// section 2.1.1. So does one that is shown by somebody else than it was given to.
fn redeem(
    tx: &Transaction,
    client: &Client,
    form: &Form,
    token: &RefreshToken,
    origin: &Origin,
    now: Timestamp,
) -> Outcome {
    let code = random::hash(form.need("code")?);
    let (verifier, redirect_uri) = (form.need("code_verifier")?, form.need("redirect_uri")?);
    let taken = challenges::take::<Approved>(tx, Purpose::AuthorizationCode, &code, now)?;
    let Some(taken) = taken else {
        if let Some((session, account)) = oauth_grants::begun_with(tx, &code)? {
            sessions::end(tx, account, session)?;
            let entry = Entry::about(Event::CodeReused, account).with_object(&session);
            audit::record(tx, &entry, origin, now)?;
        }
        return Ok(None);
    };
    let Approved { request, session } = taken.data;
    let is_theirs = request.client_id == client.id
        && request.redirect_uri == redirect_uri
        && request.code_challenge == code_challenge(verifier);
    // Whoever signed out in between took the approval back.
    let parent = sessions::find(tx, session)?;
    let (true, Some(id), Some(parent)) = (is_theirs, taken.account, parent) else {
        return Ok(None);
    };
    let Some(account) = open(accounts::find(tx, id)?) else {
        return Ok(None);
    };
    let session = sessions::begin(tx, id, &parent.methods, origin, &token.hash(), now)?;
    let session = sessions::date_back(tx, session, parent.authenticated_at)?;
    let grant = Grant {
        client_id: client.id,
        // As with a refresh: what an administrator took from the client since, it does not get.
        scope: request.scope.within(&client.scope),
    };
    oauth_grants::add(tx, session.id, &grant, &code)?;
    let entry = Entry::about(Event::SignedIn, id).with_object(&session.id);
    let entry = entry.with_detail(serde_json::json!({"client": client.id}));
    audit::record(tx, &entry, origin, now)?;
    displace(tx, id, origin, now)?;
    Ok(Some(Granted {
        account,
        session,
        scope: grant.scope,
        nonce: request.nonce,
    }))
}

/// A refresh token for its successor, in the same session.
fn go_on(
    tx: &Transaction,
    client: &Client,
    form: &Form,
    token: &RefreshToken,
    origin: &Origin,
    now: Timestamp,
) -> Outcome {
    let shown = random::hash(form.need("refresh_token")?);
    let grant = oauth_grants::of_token(tx, &shown)?;
    let Some(grant) = grant.filter(|grant| grant.client_id == client.id) else {
        return Ok(None);
    };
    // What an administrator took from the client since, it does not get again.
    let granted = grant.scope.within(&client.scope);
    let scope = match form.get("scope") {
        None => granted,
        Some(asked) => {
            let less = granted.granted(asked);
            let is_less = asked.split_ascii_whitespace().all(|name| less.has(name));
            is_less.then_some(less).ok_or(Refusal::InvalidScope)?
        }
    };
    match sessions::rotate(tx, &shown, &token.hash(), origin, now)? {
        Rotation::Rotated { session, account } => {
            let account = open(accounts::find(tx, account)?);
            Ok(account.map(|account| Granted {
                account,
                session,
                scope,
                nonce: None,
            }))
        }
        Rotation::Reused { session, account } => {
            reused(tx, session, account, origin, now)?;
            Ok(None)
        }
        Rotation::Unknown => Ok(None),
    }
}

fn open(account: Option<Account>) -> Option<Account> {
    account.filter(|account| account.disabled_at.is_none())
}
