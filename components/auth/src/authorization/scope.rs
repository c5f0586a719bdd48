//! What an application may see and do, OpenID Connect Core section 5.4.

use serde::{Deserialize, Serialize};
use shared::FieldError;
use shared::storage::{ToValue, Value};

/// All there are.
pub const KNOWN: [&str; 4] = ["openid", "profile", "email", API];

/// To call our own API for somebody, but for what is done to the account itself.
pub const API: &str = "api";

/// Names, separated by spaces, in the order of [`KNOWN`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(String);

impl Scope {
    /// All that a client may ask for, as the administrator says.
    pub fn check(names: &[String]) -> Result<Self, FieldError> {
        if names.iter().all(|name| KNOWN.contains(&name.as_str())) {
            Ok(Self::of(|known| names.iter().any(|name| name == known)))
        } else {
            let message = format!("must be some of {}", KNOWN.join(", "));
            Err(FieldError::new("scopes", message))
        }
    }

    /// What of `asked` can be granted. Names that are not known are passed over, as OpenID Connect Core section
    /// 3.1.2.1 asks, and so are those that are not in this one.
    pub fn granted(&self, asked: &str) -> Self {
        Self::of(|known| self.has(known) && asked.split(' ').any(|asked| asked == known))
    }

    /// Whether it has this name.
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }

    /// Whether it has every name of the other.
    pub fn covers(&self, other: &Self) -> bool {
        other.names().all(|name| self.has(name))
    }

    /// What is in both.
    pub fn within(&self, other: &Self) -> Self {
        Self::of(|known| self.has(known) && other.has(known))
    }

    /// Both together.
    pub fn and(&self, other: &Self) -> Self {
        Self::of(|known| self.has(known) || other.has(known))
    }

    /// Its names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }

    fn of(has: impl Fn(&str) -> bool) -> Self {
        let names: Vec<_> = KNOWN.into_iter().filter(|known| has(known)).collect();
        Self(names.join(" "))
    }
}

impl ToValue for Scope {
    fn to_value(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(names: &[&str]) -> Scope {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        Scope::check(&names).unwrap()
    }

    #[test]
    fn what_is_not_known_or_not_the_clients_is_not_granted() {
        let may = scope(&["email", "openid"]);
        assert_eq!(
            may.granted("email admin openid api email").0,
            "openid email"
        );
        assert_eq!(may.granted("*").0, "");
        assert_eq!(may.granted("").0, "");
        assert!(may.has("email") && !may.has("profile") && !may.has(""));
        assert!(Scope::check(&["admin".to_owned()]).is_err());
    }

    #[test]
    fn more_covers_less_and_not_the_other_way() {
        let (more, less) = (scope(&["openid", "email"]), scope(&["openid"]));
        assert!(more.covers(&less) && !less.covers(&more));
        assert_eq!(less.and(&scope(&["email"])), more);
        assert_eq!(more.within(&scope(&["openid", "api"])), less);
    }
}
