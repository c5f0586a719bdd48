//! Time-based one-time passwords (RFC 6238), as authenticator apps make them: HMAC-SHA-1, six digits, a new
//! one every thirty seconds.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use sha1::Sha1;
use shared::{Problem, Result, Timestamp, UserId};

use crate::random;

/// In bytes: what RFC 4226 section 4 recommends.
const SECRET: usize = 20;
/// In seconds.
const PERIOD: i64 = 30;
const DIGITS: u32 = 1_000_000;
/// How many steps a clock may be early or late, RFC 6238 section 5.2.
const WINDOW: i64 = 1;
/// The least width and height of a QR code, in pixels.
const QR_SIZE: u32 = 240;

/// RFC 3986 section 2.3: what stands for itself anywhere in a URI.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The secret that an app and we share.
pub struct Secret(Vec<u8>);

impl Secret {
    /// Makes one that nobody can guess.
    pub fn new() -> Result<Self> {
        Ok(Self(random::bytes::<SECRET>()?.to_vec()))
    }

    /// One that was stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// To be stored, sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// To be typed.
    pub fn to_text(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// What an app is set up with: <https://github.com/google/google-authenticator/wiki/Key-Uri-Format>.
    pub fn to_uri(&self, app_name: &str, email: &str) -> String {
        let encode = |text| utf8_percent_encode(text, RESERVED);
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period={PERIOD}",
            issuer = encode(app_name),
            account = encode(email),
            secret = self.to_text(),
        )
    }

    /// The step for which `code` is right: one near `now`, and later than the last one that a code was
    /// taken for.
    pub fn step_of(&self, code: &str, last_step: Option<i64>, now: Timestamp) -> Option<i64> {
        let code = number(code)?;
        let current = now.as_seconds().div_euclid(PERIOD);
        let is_new = |step: &i64| last_step.is_none_or(|last| *step > last);
        (current - WINDOW..=current + WINDOW)
            .filter(is_new)
            .find(|step| self.code(*step) == Some(code))
    }

    /// RFC 4226 section 5.3. `None` only for a step before 1970.
    fn code(&self, step: i64) -> Option<u32> {
        let counter = u64::try_from(step).ok()?;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).ok()?;
        mac.update(&counter.to_be_bytes());
        let sum = mac.finalize().into_bytes();
        let offset = usize::from(sum.last()? & 0xf);
        let part = sum.get(offset..)?.first_chunk::<4>()?;
        Some((u32::from_be_bytes(*part) & 0x7fff_ffff) % DIGITS)
    }
}

/// Six digits; apps show them with a space in between, and people type it.
fn number(code: &str) -> Option<u32> {
    let digits: String = code.chars().filter(|c| *c != ' ').collect();
    let is_code = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_code.then(|| digits.parse().ok()).flatten()
}

/// A picture of the URI, for an app's camera.
pub fn qr_svg(uri: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(uri, EcLevel::M)
        .map_err(|error| Problem::internal(anyhow::anyhow!("QR code: {error}")))?;
    let mut picture = code.render::<svg::Color>();
    Ok(picture.min_dimensions(QR_SIZE, QR_SIZE).build())
}

/// What the secret is sealed for.
pub fn context(account: UserId) -> String {
    format!("totp {account}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B.
    fn rfc() -> Secret {
        Secret::from_bytes(b"12345678901234567890".to_vec())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // The last six of its eight digits.
        for (seconds, code) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(rfc().code(seconds / PERIOD), Some(code));
        }
    }

    #[test]
    fn a_clock_may_be_one_step_early_or_late() {
        let step = |seconds| rfc().step_of("081804", None, at(seconds));
        let right = 1_111_111_109 / PERIOD;
        let begins = right * PERIOD;
        assert_eq!(step(begins - 31), None);
        assert_eq!(step(begins - 30), Some(right));
        assert_eq!(step(begins), Some(right));
        assert_eq!(step(begins + 59), Some(right));
        assert_eq!(step(begins + 60), None);
    }

    #[test]
    fn no_code_is_taken_twice_nor_one_from_before_it() {
        let now = at(1_111_111_109);
        let step = rfc().step_of("081 804", None, now).unwrap();
        assert_eq!(rfc().step_of("081804", Some(step), now), None);
        assert_eq!(rfc().step_of("081804", Some(step + 1), now), None);
        assert_eq!(rfc().step_of("081804", Some(step - 1), now), Some(step));
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        for code in [
            "",
            "81804",
            "0081804",
            "08180x",
            "+81804",
            "０８１８０４",
            "-81804",
        ] {
            assert_eq!(rfc().step_of(code, None, at(1_111_111_109)), None, "{code}");
        }
    }

    #[test]
    fn a_uri_says_whose_secret_it_is() {
        assert_eq!(
            rfc().to_uri("Ada & Sons", "ada+x@example.com"),
            "otpauth://totp/Ada%20%26%20Sons:ada%2Bx%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Ada%20%26%20Sons&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn the_longest_address_fits_into_a_picture() {
        let uri = rfc().to_uri(&"愛".repeat(40), &"a".repeat(254));
        assert!(qr_svg(&uri).unwrap().contains("<svg"));
    }
}
