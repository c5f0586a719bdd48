//! The `spin-*` request headers, which tell a component how it was found.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::Uri;

use super::Match;
use super::entry::{Entry, Found, header_value};

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");

/// Tells the component in `headers` which route was `matched`, by the names Spin uses, and removes whatever the client
/// itself called so. `uri` is absolute.
pub fn set_spin_headers(
    headers: &mut HeaderMap,
    matched: &Match<'_>,
    uri: &Uri,
    client: SocketAddr,
) {
    set(headers, &matched.found, uri, client);
}

/// As [`set_spin_headers`], for a request by another component: it is not routed, and counts as one to `/...` from
/// nowhere.
pub fn set_internal_spin_headers(headers: &mut HeaderMap, uri: &Uri) {
    static EVERYTHING: LazyLock<Entry> = LazyLock::new(Entry::everything);
    if let Some(found) = EVERYTHING.find(uri.path()) {
        set(
            headers,
            &found,
            uri,
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        );
    }
}

fn set(headers: &mut HeaderMap, found: &Found<'_>, uri: &Uri, client: SocketAddr) {
    let names = headers
        .keys()
        .filter(|name| name.as_str().starts_with("spin-"));
    let forged: Vec<_> = names.cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    headers.insert(PATH_INFO, header_value(found.path_info()));
    headers.insert(FULL_URL, header_value(&uri.to_string()));
    headers.insert(MATCHED_ROUTE, found.entry.matched_route.clone());
    headers.insert(BASE_PATH, HeaderValue::from_static("/"));
    headers.insert(RAW_COMPONENT_ROUTE, found.entry.raw_route.clone());
    headers.insert(COMPONENT_ROUTE, found.entry.component_route.clone());
    headers.insert(CLIENT_ADDR, header_value(&client.to_string()));
    for (name, part) in found.parameters() {
        headers.insert(name.clone(), header_value(part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::tests::table;

    fn headers(route: &str, uri: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("*/*"));
        headers.insert("spin-client-addr", HeaderValue::from_static("forged"));
        headers.insert("spin-path-match-role", HeaderValue::from_static("forged"));
        let uri: Uri = uri.parse().expect("a URI");
        let table = table(&[route]);
        let matched = table.lookup(uri.path()).expect("a match");
        set_spin_headers(
            &mut headers,
            &matched,
            &uri,
            SocketAddr::from(([127, 0, 0, 1], 8777)),
        );
        headers
    }

    fn assert_headers(headers: &HeaderMap, expected: &[(&str, &str)]) {
        let mut found: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_component_is_told_how_it_was_found_and_forgeries_are_removed() {
        let expected = [
            ("accept", "*/*"),
            ("spin-base-path", "/"),
            ("spin-client-addr", "127.0.0.1:8777"),
            ("spin-component-route", "/foo/:user_id"),
            ("spin-full-url", "https://fermyon.dev/foo/42/bar?key=value"),
            ("spin-matched-route", "/foo/:user_id/..."),
            ("spin-path-info", "/bar"),
            ("spin-path-match-user-id", "42"),
            ("spin-raw-component-route", "/foo/:user_id/..."),
        ];
        assert_headers(
            &headers(
                "/foo/:user_id/...",
                "https://fermyon.dev/foo/42/bar?key=value",
            ),
            &expected,
        );
    }

    #[test]
    fn routes_are_told_as_spin_tells_them() {
        let told = |route: &str, uri: &str| {
            let headers = headers(route, uri);
            [
                "spin-matched-route",
                "spin-raw-component-route",
                "spin-component-route",
                "spin-path-info",
            ]
            .map(|name| headers[name].to_str().expect("text").to_owned())
        };
        assert_eq!(told("/", "http://a/"), ["", "/", "/", ""]);
        assert_eq!(
            told("/foo/", "http://a/foo"),
            ["/foo", "/foo/", "/foo/", ""]
        );
        assert_eq!(told("foo", "http://a/foo"), ["/foo", "foo", "foo", ""]);
        assert_eq!(told("/...", "http://a/x"), ["/...", "/...", "", "/x"]);
        assert_eq!(told("/a/*", "http://a/a/x"), ["/a/*", "/a/*", "/a/*", "/x"]);
    }

    #[test]
    fn a_request_by_another_component_counts_as_one_from_nowhere() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "spin-path-info",
            HeaderValue::from_static("the caller's own"),
        );
        set_internal_spin_headers(
            &mut headers,
            &Uri::from_static("http://auth.spin.internal/keys/?a=b"),
        );
        let expected = [
            ("spin-base-path", "/"),
            ("spin-client-addr", "0.0.0.0:0"),
            ("spin-component-route", ""),
            ("spin-full-url", "http://auth.spin.internal/keys/?a=b"),
            ("spin-matched-route", "/..."),
            ("spin-path-info", "/keys/"),
            ("spin-raw-component-route", "/..."),
        ];
        assert_headers(&headers, &expected);
    }
}
