//! Where the values lie: in memory, resolved once, when the application was loaded.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::policy;

/// The values of one component, by name. Cloning it is cheap. Values may be secret, so it debugs as names alone.
#[derive(Clone, Default)]
pub struct Values(Arc<BTreeMap<String, String>>);

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0:?}: {1}")]
    InvalidName(String, &'static str),
    #[error("{0:?} is no variable of this component")]
    Undefined(String),
}

impl Values {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Result<&str, Error> {
        policy::check_name(name).map_err(|reason| Error::InvalidName(name.to_owned(), reason))?;
        let value = self.0.get(name).map(String::as_str);
        value.ok_or_else(|| Error::Undefined(name.to_owned()))
    }

    /// All names and values.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl From<BTreeMap<String, String>> for Values {
    fn from(values: BTreeMap<String, String>) -> Self {
        Self(Arc::new(values))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        BTreeMap::from([("issuer".to_owned(), "selvedge".to_owned())]).into()
    }

    #[test]
    fn a_value_is_found_by_its_name() {
        assert_eq!(values().get("issuer"), Ok("selvedge"));
    }

    #[test]
    fn an_unknown_name_and_an_impossible_one_are_told_apart() {
        assert_eq!(
            values().get("audience"),
            Err(Error::Undefined("audience".to_owned()))
        );
        assert!(matches!(
            values().get("Issuer"),
            Err(Error::InvalidName(..))
        ));
    }

    #[test]
    fn values_do_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", values()), r#"{"issuer"}"#);
    }
}
