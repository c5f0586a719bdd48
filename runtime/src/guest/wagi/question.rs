//! What a program is told of a request: the meta-variables of CGI (RFC 3875, 4.1), and those that Spin adds.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Uri, header, request::Parts, uri::Scheme};

/// What is told of a route; under Spin the names are those of the request headers with another beginning.
const SPIN: &str = "spin-";

/// Headers that are no variables. The first two are not for programs (RFC 3875, 4.1.18); the last would, as
/// `HTTP_PROXY`, have many a program send its own requests wherever a stranger wants.
const HIDDEN: [HeaderName; 3] = [
    header::AUTHORIZATION,
    header::CONNECTION,
    HeaderName::from_static("proxy"),
];

/// The arguments that `pattern` makes of a request to `uri`: the words of it, filled in. Two spaces make an empty one.
pub fn arguments(pattern: &str, uri: &Uri) -> Vec<String> {
    let words = uri.query().unwrap_or_default().replace('&', " ");
    let filled = pattern.replace("${SCRIPT_NAME}", uri.path());
    let filled = filled.replace("${ARGS}", &words);
    filled.split(' ').map(str::to_owned).collect()
}

/// The variables that tell of a request whose body has `length` bytes. Its URI is absolute.
pub fn environment(parts: &Parts, length: usize) -> BTreeMap<String, String> {
    let header = |name: &str| parts.headers.get(name).map(text).unwrap_or_default();
    let is_https = parts.uri.scheme() == Some(&Scheme::HTTPS);
    let port = parts
        .uri
        .port_u16()
        .unwrap_or(if is_https { 443 } else { 80 });
    let client = header("spin-client-addr");
    let address = client.rsplit_once(':').map_or("", |(address, _)| address);
    let address = address.trim_matches(['[', ']']);
    let route = header("spin-matched-route");
    let below = header("spin-path-info");

    let fixed = [
        ("AUTH_TYPE", String::new()),
        ("CONTENT_LENGTH", length.to_string()),
        ("CONTENT_TYPE", header("content-type")),
        ("GATEWAY_INTERFACE", "CGI/1.1".to_owned()),
        ("PATH_INFO", below.clone()),
        ("PATH_TRANSLATED", decoded(&below)),
        (
            "QUERY_STRING",
            parts.uri.query().unwrap_or_default().to_owned(),
        ),
        ("REMOTE_ADDR", address.to_owned()),
        ("REMOTE_HOST", address.to_owned()),
        ("REMOTE_USER", String::new()),
        ("REQUEST_METHOD", parts.method.to_string()),
        (
            "SCRIPT_NAME",
            route.strip_suffix("/...").unwrap_or(&route).to_owned(),
        ),
        (
            "SERVER_NAME",
            parts.uri.host().unwrap_or_default().to_owned(),
        ),
        ("SERVER_PORT", port.to_string()),
        ("SERVER_PROTOCOL", format!("{:?}", parts.version)),
        ("SERVER_SOFTWARE", "WAGI/1".to_owned()),
        ("X_RAW_PATH_INFO", below),
    ];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value));
    let mut variables = BTreeMap::from(fixed);
    for name in parts.headers.keys().filter(|name| !HIDDEN.contains(name)) {
        let name_of = |beginning: &str, name: &str| {
            let name = name.to_ascii_uppercase().replace('-', "_");
            format!("{beginning}{name}")
        };
        let variable = match name.as_str().strip_prefix(SPIN) {
            Some("path-info") => continue,
            Some(told) => name_of("X_", told),
            None => name_of("HTTP_", name.as_str()),
        };
        let values: Vec<_> = parts.headers.get_all(name).iter().map(text).collect();
        let separator = if name == header::COOKIE { "; " } else { ", " };
        variables.insert(variable, values.join(separator));
    }
    variables
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// `path` with its escapes resolved; as it came where that is no text that a variable can hold.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        let escaped = (*first == b'%').then(|| Some(digit(0)? * 16 + digit(1)?));
        match escaped.flatten().and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text,
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn arguments_are_the_path_and_the_pairs_of_the_query() {
        let of = |uri| arguments("${SCRIPT_NAME} ${ARGS}", &Uri::from_static(uri));
        assert_eq!(of("http://a/run?x=y&z"), ["/run", "x=y", "z"]);
        assert_eq!(of("http://a/run"), ["/run", ""]);
        let uri = Uri::from_static("http://a/run?x=y");
        assert_eq!(arguments("tool -v ${ARGS}", &uri), ["tool", "-v", "x=y"]);
    }

    fn told(headers: &[(&'static str, &'static str)]) -> BTreeMap<String, String> {
        let mut request = Request::put("https://example.com:8443/a/b%20c?d=e")
            .body(())
            .unwrap();
        for (name, value) in headers {
            let value = HeaderValue::from_static(value);
            request.headers_mut().append(*name, value);
        }
        environment(&request.into_parts().0, 7)
    }

    #[test]
    fn variables_tell_of_request_route_and_client() {
        let told = told(&[
            ("spin-matched-route", "/a/..."),
            ("spin-path-info", "/b%20c"),
            ("spin-client-addr", "[::1]:80"),
            ("spin-path-match-user-id", "7"),
            ("content-type", "text/plain"),
        ]);
        for (name, value) in [
            ("SCRIPT_NAME", "/a"),
            ("PATH_INFO", "/b%20c"),
            ("PATH_TRANSLATED", "/b c"),
            ("QUERY_STRING", "d=e"),
            ("REMOTE_ADDR", "::1"),
            ("REQUEST_METHOD", "PUT"),
            ("SERVER_NAME", "example.com"),
            ("SERVER_PORT", "8443"),
            ("CONTENT_LENGTH", "7"),
            ("CONTENT_TYPE", "text/plain"),
            ("X_MATCHED_ROUTE", "/a/..."),
            ("X_PATH_MATCH_USER_ID", "7"),
        ] {
            assert_eq!(told[name], value, "{name}");
        }
        assert!(told.keys().all(|name| !name.starts_with("HTTP_SPIN")));
    }

    #[test]
    fn headers_are_variables_except_those_that_would_do_harm() {
        let told = told(&[
            ("x-custom", "a"),
            ("x-custom", "b"),
            ("cookie", "c=1"),
            ("cookie", "d=2"),
            ("proxy", "http://evil.example"),
            ("authorization", "Bearer secret"),
        ]);
        assert_eq!(told["HTTP_X_CUSTOM"], "a, b");
        assert_eq!(told["HTTP_COOKIE"], "c=1; d=2");
        assert!(!told.contains_key("HTTP_PROXY") && !told.contains_key("HTTP_AUTHORIZATION"));
    }

    #[test]
    fn what_cannot_be_decoded_stays_as_it_came() {
        assert_eq!(decoded("/%C3%A9%2Fx"), "/é/x");
        for path in ["/%", "/%4", "/%zz", "/%ff", "/a%00b", "/é%"] {
            assert_eq!(decoded(path), path);
        }
    }
}
