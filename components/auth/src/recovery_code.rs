//! Recovery codes: written down on paper, each good once, for whoever lost every other second factor.

use data_encoding::BASE32_NOPAD;
use shared::Result;

use crate::random::{self, Hash};

/// How many somebody is given at once.
pub const COUNT: usize = 10;

/// 120 bits: too many to try, even with a copy of the hashes of everybody's.
const BYTES: usize = 15;
/// How many characters stand together.
const GROUP: usize = 4;

/// Ten new ones, as they are shown: `abcd-efgh-ijkl-mnop-qrst-uvwx`.
pub fn generate() -> Result<Vec<String>> {
    (0..COUNT).map(|_| one()).collect()
}

fn one() -> Result<String> {
    let text = BASE32_NOPAD
        .encode(&random::bytes::<BYTES>()?)
        .to_ascii_lowercase();
    let mut code = String::with_capacity(text.len() + text.len() / GROUP);
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % GROUP == 0 {
            code.push('-');
        }
        code.push(character);
    }
    Ok(code)
}

/// What a code is known by, however it is typed: case, dashes and spaces do not count.
pub fn hash(code: &str) -> Hash {
    let plain: String = code
        .chars()
        .filter(|c| *c != '-' && !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    random::hash(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_codes_differ_and_are_easy_to_type() {
        let mut codes = generate().unwrap();
        assert_eq!(codes.len(), COUNT);
        for code in &codes {
            assert_eq!(code.len(), 29, "{code}");
            assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 6]);
        }
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), COUNT);
    }

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        assert_eq!(hash("abcd-efgh-ijkl-mnop"), hash(" ABCDEFGH ijkl mnop\n"));
        assert_ne!(hash("abcd-efgh-ijkl-mnop"), hash("abcd-efgh-ijkl-mnoq"));
    }
}
