//! The cookies of browsers' sessions. Their names begin with `__Host-`: no subdomain, no other path and no connection
//! without TLS can set one (RFC 6265bis, section 4.1.3.2).

/// Holds the access token.
pub const ACCESS: &str = "__Host-access";
/// Holds the refresh token.
pub const REFRESH: &str = "__Host-refresh";

/// Every value that the `Cookie` headers of a request give to `name`.
pub fn all<'a>(
    headers: impl Iterator<Item = &'a [u8]>,
    name: &str,
) -> impl Iterator<Item = &'a [u8]> {
    headers
        .flat_map(|header| header.split(|&byte| byte == b';'))
        .filter_map(move |pair| {
            let pair = pair.trim_ascii();
            pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
        })
}

/// The value that is given to `name`, where one is. Of two nobody knows whose is ours.
pub fn only<'a>(headers: impl Iterator<Item = &'a [u8]>, name: &str) -> Option<&'a str> {
    let mut values = all(headers, name);
    let value = values.next()?;
    match values.next() {
        None => std::str::from_utf8(value).ok(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(headers: &[&'a str], name: &str) -> Option<&'a str> {
        only(headers.iter().map(|header| header.as_bytes()), name)
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers = ["a=1; __Host-access=token;b=2", "__Host-refresh=rt_x"];
        assert_eq!(find(&headers, ACCESS), Some("token"));
        assert_eq!(find(&headers, REFRESH), Some("rt_x"));
        assert_eq!(find(&headers, "b"), Some("2"));
        assert_eq!(find(&headers, "Host-access"), None);
        assert_eq!(find(&headers, "__Host-acces"), None);
        assert_eq!(find(&["__host-access=x"], ACCESS), None);
    }

    #[test]
    fn of_two_cookies_of_one_name_none_counts() {
        assert_eq!(find(&["__Host-access=a; __Host-access=b"], ACCESS), None);
        assert_eq!(find(&["__Host-access=a", "__Host-access=a"], ACCESS), None);
    }
}
