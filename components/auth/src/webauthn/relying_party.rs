//! Who we are to devices: keys are made for one name, and used on pages below it only.

use shared::{Problem, Result, variables};

/// The application, as devices know it.
pub struct RelyingParty {
    /// A host's name, without scheme and port.
    id: String,
    origins: Vec<String>,
    name: String,
}

impl RelyingParty {
    /// From the variables `rp_id` and `origins`, by default the host and the origin of `public_url`.
    pub async fn load() -> Result<Self> {
        let public_url = variables::get("public_url").await?;
        let rp_id = variables::get("rp_id").await?;
        let origins = variables::get("origins").await?;
        let name = variables::get("app_name").await?;
        Self::new(&public_url, &rp_id, &origins, name).ok_or_else(|| {
            Problem::internal(anyhow::anyhow!(
                "public_url, rp_id and origins do not fit each other: every origin is https (or \
                 http://localhost) and its host rp_id or below it"
            ))
        })
    }

    fn new(public_url: &str, rp_id: &str, origins: &str, name: String) -> Option<Self> {
        let (scheme, rest) = public_url.trim().split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let default_origin = format!("{scheme}://{authority}");
        let mut origins: Vec<_> = origins.split_whitespace().map(str::to_owned).collect();
        if origins.is_empty() {
            origins.push(default_origin);
        }
        let id = match rp_id.trim() {
            "" => host(authority).to_owned(),
            id => id.to_owned(),
        };
        let fits = |origin: &String| {
            let (scheme, authority) = origin.split_once("://")?;
            let host = host(authority);
            let is_below = host == id || host.strip_suffix(&id)?.ends_with('.');
            let is_secure = scheme == "https" || (scheme == "http" && is_local(host));
            (is_below && is_secure && !authority.contains(['/', '@'])).then_some(())
        };
        let is_sound = !id.is_empty() && origins.iter().all(|origin| fits(origin).is_some());
        is_sound.then_some(Self { id, origins, name })
    }

    /// What keys are made for.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What people know it as.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a page is ours.
    pub fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own == origin)
    }

    #[cfg(test)]
    pub fn of(public_url: &str) -> Self {
        Self::new(public_url, "", "", "Test".to_owned()).unwrap()
    }
}

/// Without the port.
fn host(authority: &str) -> &str {
    authority.split(':').next().unwrap_or_default()
}

/// What browsers take for secure without TLS.
fn is_local(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(public_url: &str, rp_id: &str, origins: &str) -> Option<RelyingParty> {
        RelyingParty::new(public_url, rp_id, origins, String::new())
    }

    #[test]
    fn the_public_url_says_it_all() {
        let party = party("https://app.example.com:8443/start", "", "").unwrap();
        assert_eq!(party.id(), "app.example.com");
        assert!(party.has_origin("https://app.example.com:8443"));
        assert!(!party.has_origin("https://app.example.com"));
        assert!(RelyingParty::of("http://localhost:3000").has_origin("http://localhost:3000"));
    }

    #[test]
    fn a_wider_name_covers_several_pages() {
        let several = "https://app.example.com https://example.com";
        let party = party("https://app.example.com", "example.com", several).unwrap();
        assert_eq!(party.id(), "example.com");
        assert!(party.has_origin("https://example.com"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (url, id, origins) in [
            ("app.example.com", "", ""),
            ("http://app.example.com", "", ""),
            ("https://app.example.com", "other.com", ""),
            ("https://app.example.com", "ample.com", ""),
            ("https://app.example.com", "", "https://app.example.com/"),
            ("https://app.example.com", "", "https://evil.com"),
        ] {
            assert!(party(url, id, origins).is_none(), "{url} {id} {origins}");
        }
    }
}
