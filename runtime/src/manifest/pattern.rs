//! The route of an HTTP trigger: `/exact/path`, `/named/:parameter/segment`, `/everything/below/...`.

/// A route pattern. Matching is in [`crate::route`]; here it is parsed, and kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    segments: Vec<Segment>,
    wildcard: bool,
}

/// What stands between two slashes of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Matches itself.
    Literal(String),
    /// Matches any one segment, which is handed to the component under this name.
    Parameter(String),
}

/// Paths that Spin answers itself: a route below would never be reached there.
const RESERVED: &str = "/.well-known/spin";

impl Pattern {
    /// Parses a route as written in the manifest. Err is what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if format!("/{}/", text.trim_matches('/')).starts_with(&format!("{RESERVED}/")) {
            return Err(format!(
                "is reserved: paths below {RESERVED}/ are answered by Spin itself"
            ));
        }
        if text.contains(['?', '#', ' ']) || text.contains(char::is_control) {
            return Err(
                "must be a path, without a query, a fragment, a space or a control character"
                    .to_owned(),
            );
        }
        let prefix = text
            .strip_suffix("/...")
            .or_else(|| text.strip_suffix("/*"));
        let mut segments = Vec::new();
        for segment in prefix
            .unwrap_or(text)
            .split('/')
            .filter(|segment| !segment.is_empty())
        {
            segments.push(match segment.strip_prefix(':') {
                Some("") => return Err("has a parameter without a name; write \":name\"".to_owned()),
                Some(name) if !is_header_name(name) => {
                    return Err(format!(
                        "has the parameter \":{name}\"; a parameter is a whole segment, named by letters, digits, \
                         \"-\" and \"_\""
                    ));
                }
                Some(name) if segments.contains(&Segment::Parameter(name.to_owned())) => {
                    return Err(format!("has the parameter \":{name}\" twice"));
                }
                Some(name) => Segment::Parameter(name.to_owned()),
                None if segment == "..." || segment.starts_with('*') => {
                    return Err(format!("has \"{segment}\" before its end; only the last segment may be \"...\""));
                }
                None => Segment::Literal(segment.to_owned()),
            });
        }
        Ok(Self {
            text: text.to_owned(),
            segments,
            wildcard: prefix.is_some(),
        })
    }

    /// The pattern as written in the manifest.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands between the slashes, without the trailing wildcard.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether the pattern ends in `/...` and so matches every path below.
    pub fn has_wildcard(&self) -> bool {
        self.wildcard
    }

    /// Whether both match exactly the same paths, so that one of them would never be reached.
    pub fn is_same_route(&self, other: &Self) -> bool {
        let same_segment = |(ours, theirs): (&Segment, &Segment)| match (ours, theirs) {
            (Segment::Literal(ours), Segment::Literal(theirs)) => ours == theirs,
            (Segment::Parameter(_), Segment::Parameter(_)) => true,
            _ => false,
        };
        self.wildcard == other.wildcard
            && self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(same_segment)
    }
}

// A parameter's name becomes part of the request header `spin-path-match-NAME`.
fn is_header_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).expect(text)
    }

    #[test]
    fn a_pattern_is_taken_apart_at_its_slashes() {
        let orders = pattern("/shop/:user/orders/...");
        let expected = [
            Segment::Literal("shop".to_owned()),
            Segment::Parameter("user".to_owned()),
            Segment::Literal("orders".to_owned()),
        ];
        assert_eq!(orders.segments(), expected);
        assert!(orders.has_wildcard());
        assert_eq!(orders.as_str(), "/shop/:user/orders/...");
        assert!(pattern("/").segments().is_empty() && !pattern("/").has_wildcard());
        assert!(pattern("/...").segments().is_empty() && pattern("/...").has_wildcard());
    }

    #[test]
    fn what_could_never_match_as_meant_is_refused() {
        for bad in [
            "/a/.../b",
            "/a/*/b",
            "/a/*rest",
            "/:/a",
            "/:id.json",
            "/:a/:a",
            "/a?b",
            "/a b",
            "/a#b",
        ] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
        for reserved in [
            "/.well-known/spin/...",
            "/.well-known/spin/health",
            "//.well-known/spin",
        ] {
            assert!(
                Pattern::parse(reserved)
                    .expect_err(reserved)
                    .contains("reserved"),
                "{reserved}"
            );
        }
        pattern("/.well-known/spindle");
    }

    #[test]
    fn routes_are_the_same_whatever_their_parameters_are_called() {
        for (one, other) in [
            ("/a", "/a/"),
            ("/:a/b", "/:c/b"),
            ("/a/...", "/a/*"),
            ("/", ""),
        ] {
            assert!(pattern(one).is_same_route(&pattern(other)), "{one} {other}");
        }
        for (one, other) in [
            ("/a", "/b"),
            ("/a", "/a/..."),
            ("/:a", "/a"),
            ("/:a/b", "/:a/c"),
            ("/A", "/a"),
        ] {
            assert!(
                !pattern(one).is_same_route(&pattern(other)),
                "{one} {other}"
            );
        }
    }
}
