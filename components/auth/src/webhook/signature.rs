//! The signature of a webhook: HMAC-SHA256 over its id, its time and its body, as Standard Webhooks 1.0
//! says, with a secret that the receiver was given.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::{Result, Timestamp};

use super::{DeliveryId, EndpointId};
use crate::random;
use crate::sealed::Sealer;

const PREFIX: &str = "whsec_";

/// A new secret: 256 bits in base64.
pub fn secret() -> Result<String> {
    Ok(format!(
        "{PREFIX}{}",
        STANDARD.encode(random::bytes::<32>()?)
    ))
}

/// The secret as it is stored.
pub fn seal(sealer: &Sealer, endpoint: EndpointId, secret: &str) -> Result<Vec<u8>> {
    sealer.seal(&context(endpoint), secret.as_bytes())
}

/// The secret that was stored.
pub fn open(sealer: &Sealer, endpoint: EndpointId, sealed: &[u8]) -> Result<String> {
    let secret = sealer.open(&context(endpoint), sealed)?;
    Ok(String::from_utf8_lossy(&secret).into_owned())
}

fn context(endpoint: EndpointId) -> String {
    format!("webhook {endpoint}")
}

/// The header `webhook-signature`: one signature for each secret that is good, separated by spaces. Empty
/// where a secret is not one of ours.
pub fn header(secrets: &[String], id: DeliveryId, at: Timestamp, body: &str) -> String {
    let signatures = secrets
        .iter()
        .filter_map(|secret| sign(secret, id, at, body));
    signatures.collect::<Vec<_>>().join(" ")
}

fn sign(secret: &str, id: DeliveryId, at: Timestamp, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{}.", at.as_seconds()).as_bytes());
    mac.update(body.as_bytes());
    Some(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn a_signature_is_the_one_that_other_libraries_make() {
        // Made with Python's hmac over "msg_….1614265330.{"test": 2432232314}".
        let id: DeliveryId = "msg_01h455vb4pex5vsknk084sn02q".parse().unwrap();
        let at = Timestamp::from_millis(1_614_265_330_500);
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            header(&[ONE.to_owned()], id, at, body),
            "v1,/gf3mbf53o/0u5EKTkXqVyb3c/TQL/ij8llm27hSz9o="
        );
    }

    #[test]
    fn while_two_secrets_are_good_there_are_two_signatures() {
        let (old, new) = (secret().unwrap(), secret().unwrap());
        let (id, at) = (DeliveryId::new(), Timestamp::from_millis(0));
        let sign = |secret: &String| header(std::slice::from_ref(secret), id, at, "{}");
        let both = header(&[new.clone(), old.clone()], id, at, "{}");
        let signatures: Vec<_> = both.split(' ').collect();
        assert_eq!(signatures.len(), 2);
        assert_eq!(signatures[0], sign(&new));
        assert_eq!(signatures[1], sign(&old));
        assert_ne!(signatures[0], signatures[1]);
    }
}
