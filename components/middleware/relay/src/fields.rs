//! Reading headers. [`only`] is the cheapest for a few names; [`Entries`] for a look at all of them.

use wasip3::http::types::{Fields, HeaderError};

/// Correlates log line, response and problem of one request.
pub const REQUEST_ID: &str = "x-request-id";

/// What is the host's to say of a connection. A request has it as it came in; in new headers hosts refuse it, Spin does.
const OF_THE_CONNECTION: [&str; 9] = [
    "connection",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// Headers that start so are said by Selvedge's own parts to each other and never by a client.
const INTERNAL_PREFIX: &str = "x-selvedge-";

/// The value of `name` if it is there exactly once and is text.
pub fn only(headers: &Fields, name: &str) -> Option<String> {
    let mut values = headers.get(name).into_iter();
    match (values.next(), values.next()) {
        (Some(value), None) => String::from_utf8(value).ok(),
        _ => None,
    }
}

/// A message's headers, as the host lists them.
pub struct Entries(Vec<(String, Vec<u8>)>);

impl Entries {
    /// Copies them all into the guest, with one call.
    pub fn read(headers: &Fields) -> Self {
        Self(headers.copy_all())
    }

    /// Every value of `name`, compared without case, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// The value of `name` if it is there exactly once and is text.
    pub fn only<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let mut values = self.all(name);
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        std::str::from_utf8(value).ok()
    }

    /// Whether there is a name that only Selvedge's own parts may use, `x-selvedge-…`.
    pub fn has_internal(&self) -> bool {
        self.0.iter().any(|(name, _)| is_internal(name))
    }

    /// New headers: these without the internal ones and those of the connection, and each of `said` with this value only. One call to the host,
    /// where editing a copy would be one for each name.
    pub fn saying<'a>(
        self,
        said: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Fields, HeaderError> {
        Fields::from_list(&self.replaced(said))
    }

    fn replaced<'a>(
        self,
        said: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Vec<(String, Vec<u8>)> {
        let mut entries = self.0;
        entries.retain(|(name, _)| !is_internal(name) && !is_of_the_connection(name));
        for (name, value) in said {
            entries.retain(|(found, _)| !found.eq_ignore_ascii_case(name));
            entries.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        entries
    }
}

/// For rules that are tested without a host.
impl From<&[(&str, &str)]> for Entries {
    fn from(list: &[(&str, &str)]) -> Self {
        let entry = |(name, value): &(&str, &str)| (name.to_string(), value.as_bytes().to_vec());
        Self(list.iter().map(entry).collect())
    }
}

fn is_of_the_connection(name: &str) -> bool {
    OF_THE_CONNECTION
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

fn is_internal(name: &str) -> bool {
    name.get(..INTERNAL_PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(INTERNAL_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(list: &[(&str, &str)]) -> Entries {
        Entries::from(list)
    }

    #[test]
    fn a_name_is_found_whatever_its_case() {
        let entries = entries(&[("X-Request-ID", "a")]);
        assert_eq!(entries.only(REQUEST_ID), Some("a"));
    }

    #[test]
    fn a_repeated_header_is_not_the_only_one() {
        let entries = entries(&[("x-request-id", "a"), ("X-REQUEST-ID", "b")]);
        assert_eq!(entries.only(REQUEST_ID), None);
        assert_eq!(entries.all(REQUEST_ID).count(), 2);
    }

    #[test]
    fn internal_names_are_found_whatever_their_case() {
        assert!(entries(&[("accept", ""), ("X-Selvedge-Anything", "")]).has_internal());
        assert!(!entries(&[("accept", ""), ("x-selvedg", "")]).has_internal());
    }

    #[test]
    fn what_is_said_anew_replaces_what_was_said_and_all_that_is_internal() {
        let entries = entries(&[
            ("Accept", "a"),
            ("Host", "example.com"),
            ("x-selvedge-roles", "admin"),
            ("X-Selvedge-User", "mallory"),
            ("X-Request-Id", "old"),
            ("accept", "b"),
        ]);
        let replaced = entries.replaced([(REQUEST_ID, "new"), ("x-selvedge-user", "ada")]);
        let expected = [
            ("Accept", "a"),
            ("accept", "b"),
            (REQUEST_ID, "new"),
            ("x-selvedge-user", "ada"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        assert_eq!(replaced, expected);
    }
}
