//! Where people may be sent back to after they signed in elsewhere: into the application, and nowhere else. Whoever
//! could name another place would have the code sent there.

use shared::{FieldError, Problem, Result, variables};

/// In bytes.
const LIMIT: usize = 2048;

/// The allow-list.
pub struct Redirects {
    /// Where the application is: any address below it is right.
    public_url: String,
    /// Others, each to the letter: of applications on telephones, say.
    others: String,
}

impl Redirects {
    /// The one in the variables `public_url` and `redirect_urls`.
    pub async fn load() -> Result<Self> {
        Ok(Self {
            public_url: variables::get("public_url").await?,
            others: variables::get("redirect_urls").await?,
        })
    }

    /// 422 unless people may be sent to `url`.
    pub fn check(&self, url: &str) -> Result<()> {
        if self.allows(url) {
            Ok(())
        } else {
            Err(Problem::invalid(vec![FieldError::new(
                "redirect_to",
                "is neither below public_url nor one of redirect_urls",
            )]))
        }
    }

    /// Browsers read a backslash as a slash, pass over line ends, and go by the last of two fragments: an address
    /// with any of them is none of ours. What follows `public_url` cannot change whose address it is, since the
    /// name of the host ends before it; but it must not lead to the API, which may be there too.
    fn allows(&self, url: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\\#\"<>".contains(&byte);
        if url.len() > LIMIT || !url.bytes().all(is_plain) {
            return false;
        }
        let base = self.public_url.trim_end_matches('/');
        let is_below = url.strip_prefix(base).is_some_and(|rest| {
            (rest.is_empty() || rest.starts_with(['/', '?'])) && !may_lead_on(rest)
        });
        is_below && !base.is_empty() || self.others.split_whitespace().any(|other| other == url)
    }
}

/// Whether a path below `public_url` may be one of ours. Where we send a browser on, it takes the code behind the `#`
/// along: to an application that is registered here, say. Pages are called neither so, nor by paths that browsers or
/// servers on the way read as another: with dots, with empty names, or with letters that need no `%`.
fn may_lead_on(rest: &str) -> bool {
    let path = rest.split('?').next().unwrap_or_default();
    let mut encoded = path.split('%').skip(1).map(|digits| {
        let digits = digits.get(..2).unwrap_or_default();
        u8::from_str_radix(digits, 16)
    });
    let is_needed = |byte: u8| !(byte.is_ascii_alphanumeric() || b"-._~/\\".contains(&byte));
    !encoded.all(|byte| byte.is_ok_and(is_needed))
        || path.contains("//")
        || path.contains("/v1/auth/")
        || path.split('/').any(|name| name == "." || name == "..")
}

/// The address with what came of the sign-in behind the `#`, where no server and no log sees it.
pub fn with_outcome(url: &str, name: &str, value: &str) -> String {
    let mut outcome = form_urlencoded::Serializer::new(String::new());
    outcome.append_pair(name, value);
    format!("{url}#{}", outcome.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirects() -> Redirects {
        Redirects {
            public_url: "https://app.example.com/".into(),
            others: "com.example.app:/signed-in  https://admin.example.com/back".into(),
        }
    }

    #[test]
    fn people_are_sent_back_into_the_application() {
        for url in [
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com/signed-in?next=%2Finvoices",
            "https://app.example.com?x=1",
            "https://app.example.com/f%C3%BCr%20dich?next=/v1/auth/%2e%2e/",
            "https://app.example.com/v1/authors",
            "com.example.app:/signed-in",
            "https://admin.example.com/back",
        ] {
            assert!(redirects().check(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn people_are_sent_nowhere_else() {
        for url in [
            "",
            "/",
            "//evil.example",
            "https://evil.example",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://app.example.com:443@evil.example/",
            "https://app.example.com:8443/",
            "https://app.example.com\\@evil.example/",
            "https://app.example.com/#x",
            "https://app.example.com/\n",
            "http://app.example.com/",
            "https://app.example.com/v1/auth/oauth2/authorize?client_id=x",
            "https://app.example.com/x/../v1/auth/x",
            "https://app.example.com/./v1/auth/x",
            "https://app.example.com/x/%2E%2e/v1/auth/x",
            "https://app.example.com//v1/auth/x",
            "https://app.example.com/%761/auth/x",
            "https://app.example.com/v1%2Fauth/x",
            "https://app.example.com/%",
            "HTTPS://app.example.com/",
            "javascript:alert(1)",
            "com.example.app:/signed-in/more",
            "https://admin.example.com/back?x",
        ] {
            assert!(redirects().check(url).is_err(), "{url}");
        }
        let nowhere = Redirects {
            public_url: String::new(),
            others: String::new(),
        };
        assert!(nowhere.check("/x").is_err());
    }

    #[test]
    fn the_outcome_cannot_break_out_of_the_address() {
        assert_eq!(
            with_outcome("https://a.example/?x=1", "error", "a b&c"),
            "https://a.example/?x=1#error=a+b%26c"
        );
    }
}
