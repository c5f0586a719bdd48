//! A device made of software, honest but where a test says otherwise.

use ed25519_dalek::Signer as _;
use jwt_compact::alg::{ModulusBits, Rsa, RsaPrivateKey};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm as _, AlgorithmSignature as _};
use p256::elliptic_curve::rand_core::OsRng;
use serde_json::json;

use super::*;

const ORIGIN: &str = "https://app.example.com";
const HANDLE: &[u8] = b"usr_1";
const ALL: u8 = 0x01 | 0x04;

enum Key {
    Es256(p256::ecdsa::SigningKey),
    EdDsa(ed25519_dalek::SigningKey),
    Rs256(Box<RsaPrivateKey>),
}

/// A device, and what it and its browser say.
struct Device {
    key: Key,
    rp_id: &'static str,
    origin: &'static str,
    kind: Option<&'static str>,
    flags: u8,
    sign_count: u32,
    handle: &'static [u8],
    trailing: &'static [u8],
}

impl Device {
    fn new(key: Key) -> Self {
        Self {
            key,
            rp_id: "app.example.com",
            origin: ORIGIN,
            kind: None,
            flags: ALL,
            sign_count: 7,
            handle: HANDLE,
            trailing: &[],
        }
    }

    fn es256() -> Self {
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        Self::new(Key::Es256(key))
    }

    fn eddsa() -> Self {
        Self::new(Key::EdDsa(ed25519_dalek::SigningKey::from_bytes(&[7; 32])))
    }

    fn rs256() -> Self {
        let (key, _) = Rsa::generate(&mut OsRng, ModulusBits::TwoKibibytes).unwrap();
        Self::new(Key::Rs256(Box::new(key.into_inner())))
    }

    fn cose(&self) -> Value {
        let entry = |label: i64, value: Value| (Value::from(label), value);
        Value::Map(match &self.key {
            Key::Es256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                vec![
                    entry(1, 2.into()),
                    entry(3, (-7).into()),
                    entry(-1, 1.into()),
                    entry(-2, Value::Bytes(point.x().unwrap().to_vec())),
                    entry(-3, Value::Bytes(point.y().unwrap().to_vec())),
                ]
            }
            Key::EdDsa(key) => vec![
                entry(1, 1.into()),
                entry(3, (-8).into()),
                entry(-1, 6.into()),
                entry(-2, Value::Bytes(key.verifying_key().as_bytes().to_vec())),
            ],
            Key::Rs256(key) => vec![
                entry(1, 3.into()),
                entry(3, (-257).into()),
                entry(-1, Value::Bytes(modulus(key))),
                entry(-2, Value::Bytes(vec![1, 0, 1])),
            ],
        })
    }

    fn client_data(&self, kind: &str) -> Vec<u8> {
        let kind = self.kind.unwrap_or(kind);
        json!({"type": kind, "challenge": "Y2hhbGxlbmdl", "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.rp_id).to_vec();
        data.push(self.flags | flags);
        data.extend(self.sign_count.to_be_bytes());
        data
    }

    fn register(&self) -> Attestation {
        let mut data = self.data(0x40);
        data.extend([0; 16]);
        data.extend([0, 3]);
        data.extend(b"key");
        ciborium::into_writer(&self.cose(), &mut data).unwrap();
        data.extend(self.trailing);
        let object = Value::Map(vec![
            ("fmt".into(), "none".into()),
            ("attStmt".into(), Value::Map(Vec::new())),
            ("authData".into(), Value::Bytes(data)),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).unwrap();
        Attestation {
            raw_id: Bytes(b"key".to_vec()),
            response: AttestationResponse {
                client_data: Bytes(self.client_data("webauthn.create")),
                attestation_object: Bytes(bytes),
                transports: vec!["internal".into(), "<script>".into()],
            },
        }
    }

    fn assert(&self) -> Assertion {
        let mut data = self.data(0);
        data.extend(self.trailing);
        let client_data = self.client_data("webauthn.get");
        let signed = [&data[..], &Sha256::digest(&client_data)].concat();
        let signature = match &self.key {
            Key::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(&signed);
                signature.to_der().as_bytes().to_vec()
            }
            Key::EdDsa(key) => key.sign(&signed).to_bytes().to_vec(),
            Key::Rs256(key) => Rsa::rs256().sign(key, &signed).as_bytes().into_owned(),
        };
        Assertion {
            raw_id: Bytes(b"key".to_vec()),
            response: AssertionResponse {
                client_data: Bytes(client_data),
                authenticator_data: Bytes(data),
                signature: Bytes(signature),
                user_handle: Some(Bytes(self.handle.to_vec())),
            },
        }
    }

    fn public_key(&self) -> PublicKey {
        PublicKey::from_cose(&self.cose()).unwrap()
    }

    fn judge(&self) -> Result<Used> {
        judge(&self.assert(), &self.public_key())
    }
}

fn modulus(key: &RsaPrivateKey) -> Vec<u8> {
    match JsonWebKey::from(&key.to_public_key()) {
        JsonWebKey::Rsa { modulus, .. } => modulus.into_owned(),
        _ => unreachable!(),
    }
}

fn judge(assertion: &Assertion, key: &PublicKey) -> Result<Used> {
    let known = Known {
        key,
        backup_eligible: false,
        user_handle: HANDLE,
    };
    assertion.judge(&RelyingParty::of(ORIGIN), &known, Presence::VerifiedUser)
}

#[test]
fn a_key_of_any_kind_is_registered_and_used() {
    for device in [Device::es256(), Device::eddsa(), Device::rs256()] {
        let registered = device.register().judge(&RelyingParty::of(ORIGIN)).unwrap();
        assert_eq!(registered.challenge, "Y2hhbGxlbmdl");
        assert_eq!(registered.credential_id, b"key");
        assert_eq!(registered.sign_count, 7);
        assert_eq!(registered.transports, ["internal"]);
        let (algorithm, bytes) = registered.key.to_bytes();
        let key = PublicKey::from_bytes(algorithm, &bytes).unwrap();
        assert_eq!(key, device.public_key());
        let assertion = device.assert();
        let challenge = assertion.challenge(&RelyingParty::of(ORIGIN));
        assert_eq!(challenge.as_deref(), Ok("Y2hhbGxlbmdl"));
        assert_eq!(judge(&assertion, &key).unwrap().sign_count, 7);
    }
}

#[test]
fn what_is_said_elsewhere_or_by_nobody_is_not_believed() {
    let lies: [fn(&mut Device); 8] = [
        |device| device.rp_id = "example.com",
        |device| device.origin = "https://app.example.com.evil.com",
        |device| device.origin = "http://app.example.com",
        |device| device.kind = Some("payment.get"),
        |device| device.flags = 0x04,
        |device| device.flags = 0x01,
        |device| device.flags = ALL | 0x10,
        |device| device.trailing = b"\xa0",
    ];
    for (index, lie) in lies.into_iter().enumerate() {
        let mut device = Device::es256();
        lie(&mut device);
        assert!(device.judge().is_err(), "{index}");
        let registered = device.register().judge(&RelyingParty::of(ORIGIN));
        assert!(registered.is_err(), "{index}");
    }
}

#[test]
fn a_registration_is_no_sign_in_nor_the_other_way_round() {
    let mut device = Device::es256();
    device.kind = Some("webauthn.create");
    assert!(device.judge().is_err());
    device.kind = Some("webauthn.get");
    assert!(device.register().judge(&RelyingParty::of(ORIGIN)).is_err());
}

#[test]
fn another_key_another_user_or_another_nature_is_refused() {
    let device = Device::es256();
    assert!(judge(&device.assert(), &Device::eddsa().public_key()).is_err());
    let rsa = [Device::rs256(), Device::rs256()];
    assert!(judge(&rsa[0].assert(), &rsa[1].public_key()).is_err());
    assert!(judge(&device.assert(), &rsa[0].public_key()).is_err());
    let mut other = Device::es256();
    other.handle = b"usr_2";
    assert!(other.judge().is_err());
    let mut synced = Device::es256();
    synced.flags = ALL | 0x08;
    assert!(synced.judge().is_err());
}

#[test]
fn a_touch_is_enough_only_where_it_is_asked_for() {
    let mut device = Device::es256();
    device.flags = 0x01;
    let key = device.public_key();
    let known = Known {
        key: &key,
        backup_eligible: false,
        user_handle: HANDLE,
    };
    let rp = RelyingParty::of(ORIGIN);
    let assertion = device.assert();
    assert!(assertion.judge(&rp, &known, Presence::User).is_ok());
    assert!(
        assertion
            .judge(&rp, &known, Presence::VerifiedUser)
            .is_err()
    );
}

#[test]
fn whatever_is_changed_is_noticed_and_nothing_panics() {
    for device in [Device::es256(), Device::eddsa()] {
        let key = device.public_key();
        for index in 0..device.assert().response.authenticator_data.0.len() {
            let mut assertion = device.assert();
            assertion.response.authenticator_data.0[index] ^= 1;
            assert!(judge(&assertion, &key).is_err(), "{index}");
            assertion.response.authenticator_data.0.truncate(index);
            assert!(judge(&assertion, &key).is_err(), "{index}");
        }
        for index in 0..device.assert().response.client_data.0.len() {
            let mut assertion = device.assert();
            assertion.response.client_data.0[index] ^= 1;
            assert!(judge(&assertion, &key).is_err(), "{index}");
        }
        let length = device.register().response.attestation_object.0.len();
        for index in 0..length {
            let mut attestation = device.register();
            attestation.response.attestation_object.0.truncate(index);
            assert!(attestation.judge(&RelyingParty::of(ORIGIN)).is_err());
        }
    }
}

#[test]
fn keys_that_are_none_are_refused() {
    let entry = |label: i64, value: Value| (Value::from(label), value);
    let weak = Value::Map(vec![
        entry(1, 1.into()),
        entry(3, (-8).into()),
        entry(-1, 6.into()),
        entry(-2, Value::Bytes([[1].as_slice(), &[0; 31]].concat())),
    ]);
    let off_curve = Value::Map(vec![
        entry(1, 2.into()),
        entry(3, (-7).into()),
        entry(-1, 1.into()),
        entry(-2, Value::Bytes(vec![1; 32])),
        entry(-3, Value::Bytes(vec![1; 32])),
    ]);
    let rsa = |modulus: &[u8], exponent: &[u8]| {
        Value::Map(vec![
            entry(1, 3.into()),
            entry(3, (-257).into()),
            entry(-1, Value::Bytes(modulus.to_vec())),
            entry(-2, Value::Bytes(exponent.to_vec())),
        ])
    };
    let large = [0xff; 256];
    assert!(PublicKey::from_cose(&rsa(&large, &[1, 0, 1])).is_ok());
    let short = rsa(&large[..128], &[1, 0, 1]);
    let odd = rsa(&[0xff; 257], &[1, 0, 1]);
    let huge = rsa(&[0xff; 1024], &[1, 0, 1]);
    let one = rsa(&large, &[1]);
    let three = rsa(&large, &[3]);
    let none = rsa(&[], &[1, 0, 1]);
    let keys = [weak, off_curve, short, odd, huge, one, three, none];
    for key in keys
        .into_iter()
        .chain([Value::Map(Vec::new()), Value::Null])
    {
        assert!(PublicKey::from_cose(&key).is_err());
    }
}
