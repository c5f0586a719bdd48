//! What a client sends to the token endpoint: a form, and who it is (RFC 6749 section 2.3.1).

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use shared::Timestamp;
use shared::storage::Connection;

use super::{Client, ClientId, Refusal};
use crate::random;
use crate::store::oauth_clients;

/// A form and the headers it came with.
pub struct Form {
    fields: HashMap<String, String>,
    headers: HeaderMap,
}

/// Who a client says it is, and what it shows for that.
pub struct Credentials {
    id: ClientId,
    secret: Option<String>,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let headers = request.headers().clone();
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let kind = kind.and_then(|value| value.split(';').next());
        let kind = kind.unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::InvalidRequest("The body must be a form."));
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| Refusal::InvalidRequest("The body could not be read."))?;
        Ok(Self {
            fields: parse(&body)?,
            headers,
        })
    }
}

/// Fields, each there once; an empty one is as good as none (RFC 6749 section 3.2).
fn parse(body: &[u8]) -> Result<HashMap<String, String>, Refusal> {
    let mut fields = HashMap::new();
    for (name, value) in form_urlencoded::parse(body).into_owned() {
        if fields.insert(name, value).is_some() {
            return Err(Refusal::InvalidRequest("A field is there twice."));
        }
    }
    fields.retain(|_, value| !value.is_empty());
    Ok(fields)
}

impl Form {
    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// The value of a field that has to be there.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name)
            .ok_or(Refusal::InvalidRequest("A field is missing."))
    }

    /// Who the client says it is: in the header or in the body, never in both.
    pub fn credentials(&self) -> Result<Credentials, Refusal> {
        let id = self.get("client_id");
        let in_body = self.get("client_secret");
        let Some(header) = self.headers.get(AUTHORIZATION) else {
            return Ok(Credentials {
                id: parse_id(id.ok_or(Refusal::InvalidClient)?)?,
                secret: in_body.map(str::to_owned),
            });
        };
        let credentials = basic(header.as_bytes()).ok_or(Refusal::InvalidClient)?;
        let is_same = id.is_none_or(|id| parse_id(id).is_ok_and(|id| id == credentials.id));
        if in_body.is_some() || !is_same {
            return Err(Refusal::InvalidRequest("The client names itself twice."));
        }
        Ok(credentials)
    }
}

impl Credentials {
    /// The client, if it is who it says.
    pub fn authenticate(&self, connection: &Connection, now: Timestamp) -> Result<Client, Refusal> {
        let secret = self.secret.as_deref().map(random::hash);
        let client = oauth_clients::authenticate(connection, self.id, secret.as_ref(), now)?;
        client.ok_or(Refusal::InvalidClient)
    }
}

fn parse_id(text: &str) -> Result<ClientId, Refusal> {
    text.parse().map_err(|_| Refusal::InvalidClient)
}

/// Both are form-encoded before they are joined; ours have nothing in them that this would change.
fn basic(value: &[u8]) -> Option<Credentials> {
    let (scheme, pair) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(pair.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some(Credentials {
        id: id.parse().ok()?,
        secret: Some(secret.to_owned()).filter(|secret| !secret.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn form(body: &str, header: Option<&str>) -> Form {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(header).unwrap());
        }
        let fields = parse(body.as_bytes()).unwrap();
        Form { fields, headers }
    }

    #[test]
    fn a_field_is_there_once_and_not_empty() {
        assert!(parse(b"a=1&a=2").is_err());
        assert!(parse(b"a=1&a=").is_err());
        let form = form("a=x+y&b=", None);
        assert_eq!(form.get("a"), Some("x y"));
        assert!(form.need("b").is_err());
    }

    #[test]
    fn a_client_names_itself_in_one_place() {
        let id = ClientId::new();
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:cs_x")));
        let in_header = form("", Some(&basic)).credentials().unwrap();
        assert_eq!(
            (in_header.id, in_header.secret.as_deref()),
            (id, Some("cs_x"))
        );
        let in_body = form(&format!("client_id={id}&client_secret=cs_x"), None);
        assert_eq!(
            in_body.credentials().unwrap().secret.as_deref(),
            Some("cs_x")
        );
        let public = form(&format!("client_id={id}"), None)
            .credentials()
            .unwrap();
        assert_eq!(public.secret, None);
        assert!(
            form(&format!("client_id={id}"), Some(&basic))
                .credentials()
                .is_ok()
        );
        for (body, header) in [
            ("client_secret=cs_x".to_owned(), Some(basic.as_str())),
            (format!("client_id={}", ClientId::new()), Some(&basic)),
            (format!("client_id={id}"), Some("Bearer x")),
            (format!("client_id={id}"), Some("Basic !")),
            ("client_id=usr_1".to_owned(), None),
            (String::new(), None),
        ] {
            assert!(form(&body, header).credentials().is_err(), "{body}");
        }
    }
}
