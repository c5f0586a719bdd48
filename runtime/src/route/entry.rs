//! One route of the table: whether it matches a path, and what its parameters and its wildcard then stand for.

use http::header::{HeaderName, HeaderValue};

use crate::manifest::{Pattern, Segment};

/// A pattern, with the header values that tell of it.
#[derive(Debug)]
pub struct Entry {
    segments: Vec<EntrySegment>,
    wildcard: bool,
    /// The route as written in the manifest.
    pub raw_route: HeaderValue,
    /// As written, but with a slash in front and none behind.
    pub matched_route: HeaderValue,
    /// As written, but without the trailing wildcard.
    pub component_route: HeaderValue,
}

#[derive(Debug)]
enum EntrySegment {
    Literal(String),
    /// Named by the header it becomes.
    Parameter(HeaderName),
}

/// An entry and the path it matched.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Begins with a slash.
    path: &'a str,
    /// What the wildcard stands for, without the slash before it; `None` where the path ended before.
    rest: Option<&'a str>,
}

impl Entry {
    /// The entry of `pattern`.
    pub fn new(pattern: &Pattern) -> Self {
        let raw = pattern.as_str();
        let slash = if raw.starts_with('/') { "" } else { "/" };
        let matched = format!("{slash}{raw}");
        let segments = pattern.segments().iter().map(|segment| match segment {
            Segment::Literal(text) => EntrySegment::Literal(text.clone()),
            Segment::Parameter(name) => EntrySegment::Parameter(parameter_header(name)),
        });
        Self {
            segments: segments.collect(),
            wildcard: pattern.has_wildcard(),
            raw_route: header_value(raw),
            matched_route: header_value(matched.strip_suffix('/').unwrap_or(&matched)),
            component_route: header_value(raw.strip_suffix("/...").unwrap_or(raw)),
        }
    }

    /// The entry of `/...`.
    pub fn everything() -> Self {
        Self {
            segments: Vec::new(),
            wildcard: true,
            raw_route: HeaderValue::from_static("/..."),
            matched_route: HeaderValue::from_static("/..."),
            component_route: HeaderValue::from_static(""),
        }
    }

    /// Smaller is more specific.
    pub fn precedence(&self) -> Vec<u8> {
        let segments = self.segments.iter().map(|segment| match segment {
            EntrySegment::Literal(_) => 0,
            EntrySegment::Parameter(_) => 1,
        });
        let end = if self.wildcard { 3 } else { 2 };
        segments.chain([end]).collect()
    }

    /// This and `path`, if they match.
    pub fn find<'a>(&'a self, path: &'a str) -> Option<Found<'a>> {
        if !path.starts_with('/') {
            return None;
        }
        let mut rest = Some(path.trim_matches('/')).filter(|rest| !rest.is_empty());
        for segment in &self.segments {
            let current = rest?;
            let (part, after) = match current.split_once('/') {
                Some((part, after)) => (part, Some(after)),
                None => (current, None),
            };
            if matches!(segment, EntrySegment::Literal(literal) if literal != part) {
                return None;
            }
            rest = after;
        }
        let entry = self;
        (self.wildcard || rest.is_none()).then_some(Found { entry, path, rest })
    }
}

impl<'a> Found<'a> {
    /// The path below the wildcard, with its slash: `/b/` where `/a/...` matched `/a/b/`; else empty.
    pub fn path_info(&self) -> &'a str {
        if !self.entry.wildcard {
            return "";
        }
        let end = self.path.trim_end_matches('/').len();
        // A slash stands before the rest, because the path begins with one.
        let start = self.rest.map_or(end, |rest| end - rest.len() - 1);
        &self.path[start..self.path.len().min(end + 1)]
    }

    /// The named segments of the path, by the header each becomes: (`spin-path-match-user`, `7`).
    pub fn parameters(&self) -> impl Iterator<Item = (&'a HeaderName, &'a str)> + use<'a> {
        let parts = self.path.trim_matches('/').split('/');
        let pairs = self.entry.segments.iter().zip(parts);
        pairs.filter_map(|(segment, part)| match segment {
            EntrySegment::Literal(_) => None,
            EntrySegment::Parameter(name) => Some((name, part)),
        })
    }
}

/// `text` as a header's value; empty where it holds what no header may hold.
pub fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_bytes(text.as_bytes()).unwrap_or(HeaderValue::from_static(""))
}

/// A pattern's parameters are named by letters, digits, `-` and `_`, all of which may stand in a header's name.
fn parameter_header(name: &str) -> HeaderName {
    let name = name.to_ascii_lowercase().replace('_', "-");
    HeaderName::from_bytes(format!("spin-path-match-{name}").as_bytes())
        .unwrap_or(HeaderName::from_static("spin-path-match-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(route: &str) -> Entry {
        Entry::new(&Pattern::parse(route).expect(route))
    }

    #[test]
    fn the_path_info_is_what_the_wildcard_stands_for() {
        for (route, path, expected) in [
            ("/test/...", "/test", ""),
            ("/test/...", "/test/", "/"),
            ("/test/...", "/test/hello", "/hello"),
            ("/test/...", "/test/hello/", "/hello/"),
            ("/test/...", "/test/a/b", "/a/b"),
            ("/test/...", "/test//a", "//a"),
            ("/test/...", "/test///", "/"),
            ("/test/...", "//test/a//", "/a/"),
            ("/...", "/", "/"),
            ("/...", "///", "/"),
            ("/...", "/1/2/", "/1/2/"),
            ("/exact", "/exact/", ""),
        ] {
            let entry = entry(route);
            let found = entry.find(path).expect(path);
            assert_eq!(found.path_info(), expected, "{route} {path}");
        }
    }

    #[test]
    fn parameters_take_whole_segments_as_they_came() {
        let entry = entry("/users/:user_id/orders/:order");
        let found = entry.find("/users/a%2Fb/orders/7/").expect("a match");
        let pairs: Vec<_> = found
            .parameters()
            .map(|(name, part)| (name.as_str(), part))
            .collect();
        let expected = [
            ("spin-path-match-user-id", "a%2Fb"),
            ("spin-path-match-order", "7"),
        ];
        assert_eq!(pairs, expected);
    }
}
