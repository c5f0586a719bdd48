//! A device that holds a passkey, and the browser in front of it: what `navigator.credentials` would answer.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ciborium::Value as Cbor;
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Somebody was there, and the device knows who.
const VERIFIED: u8 = 0x05;
const HAS_KEY: u8 = 0x40;

/// A device with one key.
pub struct Device {
    key: SigningKey,
    id: Vec<u8>,
    /// The page that the browser shows.
    pub origin: String,
    /// How often it has signed.
    pub count: u32,
    /// What it says of who is there.
    pub flags: u8,
    user: String,
}

impl Device {
    /// One whose key no other has.
    pub fn new() -> Self {
        let id = *uuid::Uuid::now_v7().as_bytes();
        let seed = Sha256::digest(id);
        Self {
            key: SigningKey::from_slice(&seed).expect("almost any 32 bytes are a key"),
            id: id.to_vec(),
            origin: "http://localhost:3000".to_owned(),
            count: 0,
            flags: VERIFIED,
            user: String::new(),
        }
    }

    /// `navigator.credentials.create(options)`.
    pub fn create(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        text(&options["user"]["id"]).clone_into(&mut self.user);
        let mut data = self.data(&options["rp"]["id"], HAS_KEY);
        data.extend([0; 16]);
        data.extend((self.id.len() as u16).to_be_bytes());
        data.extend(&self.id);
        ciborium::into_writer(&self.cose(), &mut data).expect("memory can be written");
        let object = Cbor::Map(vec![
            ("fmt".into(), "none".into()),
            ("attStmt".into(), Cbor::Map(Vec::new())),
            ("authData".into(), Cbor::Bytes(data)),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).expect("memory can be written");
        let client_data = self.client_data("webauthn.create", &options["challenge"]);
        self.credential(json!({
            "clientDataJSON": BASE64.encode(client_data),
            "attestationObject": BASE64.encode(bytes),
            "transports": ["internal"],
        }))
    }

    /// `navigator.credentials.get(options)`.
    pub fn get(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        self.count += 1;
        let data = self.data(&options["rpId"], 0);
        let client_data = self.client_data("webauthn.get", &options["challenge"]);
        let signed = [&data[..], &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        self.credential(json!({
            "clientDataJSON": BASE64.encode(client_data),
            "authenticatorData": BASE64.encode(data),
            "signature": BASE64.encode(signature.to_der()),
            "userHandle": self.user,
        }))
    }

    fn credential(&self, response: Value) -> Value {
        let id = BASE64.encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "response": response,
            "clientExtensionResults": {}, "authenticatorAttachment": "platform",
        })
    }

    fn data(&self, rp_id: &Value, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(text(rp_id)).to_vec();
        data.push(self.flags | flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        let data = json!({"type": kind, "challenge": challenge, "origin": self.origin});
        data.to_string().into_bytes()
    }

    /// RFC 9053, section 7.1.
    fn cose(&self) -> Cbor {
        let point = self.key.verifying_key().to_encoded_point(false);
        let (x, y) = (point.x(), point.y());
        let bytes = |coordinate: Option<&[u8]>| Cbor::Bytes(coordinate.expect("a point").to_vec());
        Cbor::Map(vec![
            (1.into(), 2.into()),
            (3.into(), (-7).into()),
            ((-1).into(), 1.into()),
            ((-2).into(), bytes(x.map(|x| &x[..]))),
            ((-3).into(), bytes(y.map(|y| &y[..]))),
        ])
    }
}

impl Default for Device {
    fn default() -> Self {
        Self::new()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("options are complete")
}
