//! What an application shows for somebody, RFC 9068. It is for our userinfo alone; the guard, which wants another
//! audience, refuses it. With the scope `api` it is for the guard too.

use jwt_compact::UntrustedToken;
use serde::{Deserialize, Serialize};
use shared::{Result, SessionId, Timestamp, UserId};

use super::scope::API;
use super::{ClientId, Provider, Scope};
use crate::access_token::{LIFETIME, TokenId, acr};
use crate::account::Account;
use crate::federation::Keys;
use crate::method::Methods;
use crate::signing_key::SigningKey;
use crate::store::sessions::Session;

/// RFC 9068 section 2.1. An ID token is of another type, and cannot be shown in the place of one.
const KIND: &str = "at+jwt";

/// RFC 9068 section 2.2. No roles: an application acts for a person, never for an administrator.
#[derive(Debug, Serialize)]
pub struct AccessToken<'a> {
    iss: &'a str,
    sub: UserId,
    aud: Vec<&'a str>,
    exp: i64,
    iat: i64,
    jti: TokenId,
    sid: SessionId,
    client_id: ClientId,
    scope: &'a Scope,
    /// Where it is for the guard, as a token of the person's own has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    auth_time: i64,
    amr: &'a Methods,
    acr: &'static str,
}

impl<'a> AccessToken<'a> {
    /// For this client, of the account in this session.
    pub fn new(
        provider: &'a Provider,
        client: ClientId,
        account: &'a Account,
        session: &'a Session,
        scope: &'a Scope,
        now: Timestamp,
    ) -> Self {
        let api = scope.has(API);
        let audiences = [
            Some(provider.userinfo.as_str()),
            api.then_some(&provider.audience),
        ];
        Self {
            iss: &provider.issuer,
            sub: account.id,
            aud: audiences.into_iter().flatten().collect(),
            exp: now.plus(LIFETIME).as_seconds(),
            iat: now.as_seconds(),
            jti: TokenId::new(),
            sid: session.id,
            client_id: client,
            scope,
            email: api.then_some(account.email.as_str()),
            auth_time: session.authenticated_at.as_seconds(),
            amr: &session.methods,
            acr: acr(&session.methods),
        }
    }

    /// In its compact form.
    pub fn sign(&self, key: &SigningKey) -> Result<String> {
        key.sign(KIND, self)
    }
}

/// A token that an application showed, and that is one of ours.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Shown {
    iss: String,
    aud: Vec<String>,
    pub sub: UserId,
    pub sid: SessionId,
    pub client_id: ClientId,
    pub scope: Scope,
}

impl Shown {
    /// The token, if one of `keys` signed it for our userinfo and it is good at `now`.
    pub fn read(text: &str, keys: &Keys, provider: &Provider, now: Timestamp) -> Option<Self> {
        let token = UntrustedToken::new(text).ok()?;
        if token.header().token_type.as_deref() != Some(KIND) {
            return None;
        }
        let key = keys.find(token.header().key_id.as_deref(), token.algorithm())?;
        let claims = key.verify::<Self, _>(&token)?;
        let lasts = now.as_seconds() < claims.expiration?.timestamp();
        let shown = claims.custom;
        let is_ours = shown.iss == provider.issuer && shown.aud.contains(&provider.userinfo);
        (lasts && is_ours).then_some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Method;
    use crate::signing_key::Algorithm;

    const NOW: Timestamp = Timestamp::from_millis(1_763_838_062_000);

    fn provider(issuer: &str) -> Provider {
        Provider::new(issuer.into(), "selvedge".into(), String::new())
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::read(Algorithm::EdDsa, &[seed; 32]).unwrap()
    }

    fn keys(key: &SigningKey) -> Keys {
        let set = serde_json::json!({"keys": [key.to_public()]});
        Keys::parse(set.to_string().as_bytes()).unwrap()
    }

    fn token(names: &[&str], key: &SigningKey, kind: &str) -> (String, SessionId) {
        let account = Account {
            id: UserId::new(),
            email: "ada@example.com".into(),
            name: None,
            created_at: NOW,
            email_verified_at: None,
            email_vouched_by: None,
            disabled_at: None,
        };
        let session = Session {
            id: SessionId::new(),
            methods: Methods::one(Method::Password),
            authenticated_at: NOW,
        };
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let scope = Scope::check(&names).unwrap();
        let provider = provider("https://id.example");
        let claims = AccessToken::new(&provider, ClientId::new(), &account, &session, &scope, NOW);
        (key.sign(kind, &claims).unwrap(), session.id)
    }

    #[test]
    fn a_token_is_known_again_until_it_ends() {
        let key = key(7);
        let (token, session) = token(&["openid"], &key, KIND);
        let read = |issuer, now| Shown::read(&token, &keys(&key), &provider(issuer), now);
        let shown = read("https://id.example", NOW).unwrap();
        assert_eq!(shown.sid, session);
        assert_eq!(shown.aud, ["https://id.example/v1/auth/oauth2/userinfo"]);
        assert!(shown.scope.names().eq(["openid"]));
        assert_eq!(read("https://id.example", NOW.plus(LIFETIME)), None);
        assert_eq!(read("https://other.example", NOW), None);
    }

    #[test]
    fn our_own_api_is_meant_only_with_the_scope_that_says_so() {
        let key = key(7);
        let (token, _) = token(&["openid", "api"], &key, KIND);
        let shown = Shown::read(&token, &keys(&key), &provider("https://id.example"), NOW);
        assert!(shown.unwrap().aud.contains(&"selvedge".to_owned()));
    }

    #[test]
    fn a_token_of_another_key_or_type_is_none() {
        let provider = provider("https://id.example");
        let (token_of_another, _) = token(&["openid"], &key(8), KIND);
        assert_eq!(
            Shown::read(&token_of_another, &keys(&key(7)), &provider, NOW),
            None
        );
        let (id_token, _) = token(&["openid"], &key(7), "JWT");
        assert_eq!(Shown::read(&id_token, &keys(&key(7)), &provider, NOW), None);
        assert_eq!(Shown::read("a.b.c", &keys(&key(7)), &provider, NOW), None);
    }
}
