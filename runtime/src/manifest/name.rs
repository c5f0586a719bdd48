//! Spin's rules for names: components in kebab-case, variables in snake_case, database and store labels in either.

/// Checks the name of a component.
pub fn component(name: &str) -> Result<(), String> {
    words(name, '-', false)
}

/// Checks the name of a variable.
pub fn variable(name: &str) -> Result<(), String> {
    words(name, '_', true)
}

/// Checks the label of a database or a store.
pub fn label(name: &str) -> Result<(), String> {
    words(name, '-', false)
        .or_else(|_| words(name, '_', false))
        .map_err(|_| {
            "must be words of ASCII letters and digits, joined by \"-\" or by \"_\"".to_owned()
        })
}

fn words(name: &str, separator: char, lower_case: bool) -> Result<(), String> {
    let right = name.split(separator).all(|word| {
        let letters_and_digits = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let lower = !word.bytes().any(|byte| byte.is_ascii_uppercase());
        let upper = !word.bytes().any(|byte| byte.is_ascii_lowercase());
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && letters_and_digits
            && (lower || (upper && !lower_case))
    });
    let case = if lower_case { "lower-case " } else { "" };
    right.then_some(()).ok_or_else(|| {
        format!(
            "must be words of {case}ASCII letters and digits that begin with a letter, joined by \"{separator}\""
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_in_kebab_case() {
        for good in ["auth", "auth-guard", "a1-b2", "HTTP-log"] {
            assert_eq!(component(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "-",
            "auth-",
            "auth_guard",
            "auth--guard",
            "1st",
            "a b",
            "Auth",
            "ä",
        ] {
            assert!(component(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_are_in_lower_snake_case() {
        for good in ["a", "admin_email", "a1_b2"] {
            assert_eq!(variable(good), Ok(()), "{good}");
        }
        for bad in ["", "_a", "a_", "a__b", "admin-email", "ADMIN", "1a", "a_1"] {
            assert!(variable(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels_are_in_either_case_but_not_in_both() {
        for good in ["default", "my-store", "my_store"] {
            assert_eq!(label(good), Ok(()), "{good}");
        }
        for bad in ["", "my-other_store", "../etc", "a/b", "a.b"] {
            assert!(label(bad).is_err(), "{bad}");
        }
    }
}
