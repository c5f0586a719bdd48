//! How somebody proved who it is: the claim `amr` of tokens, with the values of RFC 8176 where it has one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use shared::storage::{ToValue, Value};

/// One way to prove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Method {
    /// A password.
    #[serde(rename = "pwd")]
    Password,
    /// Mail that was read: a link followed or a code typed.
    #[serde(rename = "email")]
    Email,
    /// A key that a device holds, proven to be there.
    #[serde(rename = "pop")]
    Passkey,
    /// A code of an authenticator app.
    #[serde(rename = "otp")]
    Totp,
    /// A code from the list that somebody wrote down.
    #[serde(rename = "recovery")]
    RecoveryCode,
    /// More than one factor: it stands beside those.
    #[serde(rename = "mfa")]
    MultiFactor,
    /// Another provider's word.
    #[serde(rename = "oauth")]
    Federated,
}

const ALL: [Method; 7] = [
    Method::Password,
    Method::Email,
    Method::Passkey,
    Method::Totp,
    Method::RecoveryCode,
    Method::MultiFactor,
    Method::Federated,
];

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Email => "email",
            Self::Passkey => "pop",
            Self::Totp => "otp",
            Self::RecoveryCode => "recovery",
            Self::MultiFactor => "mfa",
            Self::Federated => "oauth",
        }
    }
}

/// All that one session was proven by, without repetition; in SQL, names separated by spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Methods(Vec<Method>);

impl Methods {
    /// Proven by one method.
    pub fn one(method: Method) -> Self {
        Self(vec![method])
    }

    /// Proven by this one as well.
    #[must_use]
    pub fn and(mut self, method: Method) -> Self {
        if !self.0.contains(&method) {
            self.0.push(method);
        }
        self
    }

    /// Proven by this second factor as well.
    #[must_use]
    pub fn and_second(self, method: Method) -> Self {
        self.and(method).and(Method::MultiFactor)
    }

    /// Whether this is among them.
    pub fn contain(&self, method: Method) -> bool {
        self.0.contains(&method)
    }

    /// Whether it was more than one factor.
    pub fn is_multi_factor(&self) -> bool {
        self.0.contains(&Method::MultiFactor)
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|method| method.name()).collect();
        f.write_str(&names.join(" "))
    }
}

impl FromStr for Methods {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let method = |name: &str| {
            let found = ALL.into_iter().find(|method| method.name() == name);
            found.ok_or_else(|| format!("there is no method {name}"))
        };
        text.split(' ')
            .map(method)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for Methods {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl ToValue for Methods {
    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_stored_as_they_are_read() {
        for method in ALL {
            let methods = Methods(vec![Method::Password, method]);
            assert_eq!(methods.to_string().parse(), Ok(methods));
        }
        assert!("pwd magic".parse::<Methods>().is_err());
        assert!("".parse::<Methods>().is_err());
    }

    #[test]
    fn a_second_factor_makes_it_multi_factor_and_nothing_stands_there_twice() {
        let one = Methods::one(Method::Password);
        assert!(!one.clone().and(Method::Email).is_multi_factor());
        let two = one.and_second(Method::Totp);
        assert!(two.is_multi_factor());
        assert_eq!(two.to_string(), "pwd otp mfa");
        assert_eq!(two.clone().and_second(Method::Totp), two);
    }

    #[test]
    fn a_token_lists_them() {
        let methods = Methods(vec![Method::Password, Method::Email]);
        assert_eq!(
            serde_json::to_value(methods).unwrap(),
            serde_json::json!(["pwd", "email"])
        );
    }
}
