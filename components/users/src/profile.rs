//! What a profile is, and what may stand in one.

use serde::Deserialize;
use shared::{FieldError, Timestamp, UserId};

/// How long a name may be, in characters.
const NAME_LIMIT: usize = 100;
/// How long a locale may be, in bytes: RFC 5646 section 4.4.1 asks for room for 35.
const LOCALE_LIMIT: usize = 35;

/// What is known about a user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Profile {
    pub id: UserId,
    pub email: Option<String>,
    pub name: Option<String>,
    pub locale: Option<String>,
    /// Counts the changes.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What to change: nothing where the outer option is none, to nothing where the inner one is.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub name: Option<Option<String>>,
    pub locale: Option<Option<String>>,
}

impl Change {
    /// Whether nothing is to change.
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.locale.is_none()
    }
}

/// The name as it is stored, without space around it.
pub fn check_name(name: &str) -> Result<String, FieldError> {
    let name = name.trim();
    let refuse = |message: &str| Err(FieldError::new("name", message));
    if name.is_empty() {
        refuse("must not be empty")
    } else if name.chars().count() > NAME_LIMIT {
        refuse("must not be longer than 100 characters")
    } else if name.chars().any(deceives) {
        refuse("must not contain control or invisible characters")
    } else {
        Ok(name.to_owned())
    }
}

/// Whether a character shows other text than is there: a control character, one that turns the
/// direction of what follows, or one without a width. Joiners stay, since scripts and emoji need them.
fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

/// The locale, if it has the form of a BCP 47 tag: a language, then parts of 1 to 8 letters or digits.
/// Whether there is such a language is for the reader to know.
pub fn check_locale(locale: &str) -> Result<String, FieldError> {
    let mut parts = locale.split('-');
    let language = parts.next().unwrap_or_default();
    let fits = locale.len() <= LOCALE_LIMIT
        && (2..=8).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    if fits {
        Ok(locale.to_owned())
    } else {
        Err(FieldError::new(
            "locale",
            "is not a language tag such as de-AT (BCP 47)",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_keeps_every_script() {
        assert_eq!(check_name("  Ada Lovelace\n").unwrap(), "Ada Lovelace");
        for name in [
            "山田 太郎",
            "O'Brien'); DROP TABLE profiles;--",
            "👩\u{200d}💻",
            "می\u{200c}خواهم",
        ] {
            assert_eq!(check_name(name).unwrap(), name);
        }
    }

    #[test]
    fn a_name_has_1_to_100_characters() {
        assert!(check_name("").is_err());
        assert!(check_name(" \t\u{3000}").is_err());
        assert!(check_name(&"é".repeat(100)).is_ok());
        assert!(check_name(&"é".repeat(101)).is_err());
    }

    #[test]
    fn a_name_shows_what_is_there() {
        for name in [
            "a\0b",
            "a\nb",
            "a\u{1b}[31mb",
            "a\u{202e}b",
            "\u{200b}",
            "a\u{2066}b",
            "\u{feff}a",
        ] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_locale_has_the_form_of_a_language_tag() {
        for locale in [
            "de",
            "de-AT",
            "zh-Hant-TW",
            "sr-Latn-RS",
            "es-419",
            "de-DE-u-co-phonebk",
        ] {
            assert_eq!(check_locale(locale).unwrap(), locale);
        }
        for locale in [
            "",
            "d",
            "de_AT",
            "de-",
            "-de",
            "de--AT",
            "de-abcdefghi",
            "d1",
            "dé",
            "de AT",
            "de\n",
        ] {
            assert!(check_locale(locale).is_err(), "{locale:?}");
        }
        assert!(check_locale(&format!("de{}", "-a".repeat(17))).is_err());
    }
}
