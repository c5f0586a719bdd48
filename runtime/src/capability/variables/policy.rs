//! Which names a component may ask for. Which variables it has is decided where its manifest entry is resolved.

/// The names Spin allows: they stay distinct as environment variables, file names and template names.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("a name has at least one character");
    }
    if !name
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    {
        return Err("a name has only lower-case letters, digits and underscores");
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err("a name starts with a letter");
    }
    if name.ends_with('_') || name.contains("__") {
        return Err("each underscore stands alone between other characters");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_spin_allows_are_valid() {
        for name in ["a", "issuer", "jwks_url", "a1_b2"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn other_names_are_not() {
        for name in ["", "A", "1a", "_a", "a_", "a__b", "a-b", "a.b", "é", "a b"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
