//! What the environment says about traces, by OpenTelemetry's names.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables>

use std::time::Duration;

use anyhow::{Context as _, bail};
use http::{HeaderName, HeaderValue, Uri};

/// Where spans go, and which.
#[derive(Debug)]
pub struct Config {
    /// Of the collector, with the path for traces.
    pub endpoint: Uri,
    /// Headers for it; they may hold a key.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How long it may take to answer.
    pub timeout: Duration,
    /// Which traces are recorded.
    pub sampler: Sampler,
    /// What the process is called.
    pub service: String,
    /// What else is said of it.
    pub resource: Vec<(String, String)>,
}

/// Which traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// Whether a caller that says so decides.
    pub follows_parent: bool,
    /// The part of all others, 0 to 1.
    pub ratio: f64,
}

impl Config {
    /// What `get` says under each name; `None` when traces go nowhere.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<Self>> {
        // Set and empty is not set.
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let of_traces = |name: &str| {
            get(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}"))
                .or_else(|| get(&format!("OTEL_EXPORTER_OTLP_{name}")))
        };
        // Spin takes any value for yes, `false` among them; the specification only this one.
        let is_disabled =
            get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let endpoint = match get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
            Some(endpoint) => endpoint,
            None => match get("OTEL_EXPORTER_OTLP_ENDPOINT") {
                Some(base) => format!("{}/v1/traces", base.trim_end_matches('/')),
                None => return Ok(None),
            },
        };
        if is_disabled || get("OTEL_TRACES_EXPORTER").as_deref() == Some("none") {
            return Ok(None);
        }
        match of_traces("PROTOCOL").as_deref() {
            None | Some("http/protobuf") => {}
            Some(other) => {
                bail!("OTEL_EXPORTER_OTLP_PROTOCOL is {other:?}; there is http/protobuf only")
            }
        }
        if let Some(other) = of_traces("COMPRESSION").filter(|name| name != "none") {
            bail!("OTEL_EXPORTER_OTLP_COMPRESSION is {other:?}; there is none");
        }
        for name in ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"] {
            if of_traces(name).is_some() {
                bail!(
                    "OTEL_EXPORTER_OTLP_{name} is not supported: collectors are verified as other servers are"
                );
            }
        }
        let endpoint: Uri = endpoint
            .parse()
            .ok()
            .filter(|uri: &Uri| {
                matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some()
            })
            .context("OTEL_EXPORTER_OTLP_ENDPOINT is no http or https address")?;
        let timeout = match of_traces("TIMEOUT") {
            None => Duration::from_secs(10),
            Some(text) => Duration::from_millis(
                text.parse()
                    .context("OTEL_EXPORTER_OTLP_TIMEOUT is no number of milliseconds")?,
            ),
        };
        let resource = pairs(&get("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default())
            .context("OTEL_RESOURCE_ATTRIBUTES is not of the form key=value,key=value")?;
        let named = resource.iter().find(|(name, _)| name == "service.name");
        let service = get("OTEL_SERVICE_NAME").or_else(|| named.map(|(_, name)| name.clone()));
        Ok(Some(Self {
            endpoint,
            headers: headers(&of_traces("HEADERS").unwrap_or_default())?,
            timeout,
            sampler: sampler(get("OTEL_TRACES_SAMPLER"), get("OTEL_TRACES_SAMPLER_ARG"))?,
            service: service.unwrap_or_else(|| "selvedge".to_owned()),
            resource: resource
                .into_iter()
                .filter(|(name, _)| name != "service.name")
                .collect(),
        }))
    }
}

fn sampler(name: Option<String>, argument: Option<String>) -> anyhow::Result<Sampler> {
    let name = name.unwrap_or_else(|| "parentbased_always_on".to_owned());
    let (follows_parent, rest) = match name.strip_prefix("parentbased_") {
        Some(rest) => (true, rest),
        None => (false, name.as_str()),
    };
    let ratio = match rest {
        "always_on" => 1.0,
        "always_off" => 0.0,
        "traceidratio" => match argument {
            None => 1.0,
            Some(text) => text
                .parse()
                .ok()
                .filter(|ratio| (0.0..=1.0).contains(ratio))
                .context("OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1")?,
        },
        _ => bail!("OTEL_TRACES_SAMPLER is {name:?}, which there is not"),
    };
    Ok(Sampler {
        follows_parent,
        ratio,
    })
}

fn headers(text: &str) -> anyhow::Result<Vec<(HeaderName, HeaderValue)>> {
    // Not shown in the error: it may hold a key.
    let header = |(name, value): (String, String)| {
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some((name.parse().ok()?, value))
    };
    pairs(text)
        .and_then(|pairs| pairs.into_iter().map(header).collect())
        .context("OTEL_EXPORTER_OTLP_HEADERS is not of the form name=value,name=value")
}

/// `key=value,key=value`, percent-encoded as W3C Baggage is.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((name.trim().to_owned(), decoded(value.trim())?))
    };
    pairs.map(pair).collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> anyhow::Result<Option<Config>> {
        Config::from_environment(|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    const BASE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/");

    #[test]
    fn without_an_endpoint_or_when_disabled_there_are_no_traces() {
        for pairs in [
            &[][..],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")],
            &[BASE, ("OTEL_SDK_DISABLED", "true")],
            &[BASE, ("OTEL_TRACES_EXPORTER", "none")],
        ] {
            assert!(config(pairs).unwrap().is_none(), "{pairs:?}");
        }
    }

    #[test]
    fn the_endpoint_for_traces_is_taken_as_it_is_and_the_general_one_has_a_path_added() {
        let traces = (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "https://example.com/in",
        );
        let endpoint = |pairs| config(pairs).unwrap().unwrap().endpoint.to_string();
        assert_eq!(endpoint(&[BASE]), "http://localhost:4318/v1/traces");
        assert_eq!(endpoint(&[BASE, traces]), "https://example.com/in");
    }

    #[test]
    fn headers_and_names_are_read() {
        let config = config(&[
            BASE,
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, x-team = c"),
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.name=shop,deployment.environment=test",
            ),
        ]);
        let config = config.unwrap().unwrap();
        let headers: Vec<_> = config
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(headers, [("api-key", "a b"), ("x-team", "c")]);
        assert_eq!(config.service, "shop");
        assert_eq!(
            config.resource,
            [("deployment.environment".to_owned(), "test".to_owned())]
        );
    }

    #[test]
    fn what_there_is_not_is_refused_by_name() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "key.pem"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "key"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317"),
            ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ] {
            let error = config(&[(name, value), BASE]).unwrap_err();
            let named = name.replace("TRACES_PROTOCOL", "PROTOCOL");
            assert!(error.to_string().contains(&named), "{name}: {error}");
        }
    }

    #[test]
    fn samplers_are_those_of_the_specification() {
        for (name, argument, follows_parent, ratio) in [
            ("always_on", None, false, 1.0),
            ("always_off", None, false, 0.0),
            ("traceidratio", Some("0.25"), false, 0.25),
            ("parentbased_always_off", None, true, 0.0),
            ("parentbased_traceidratio", Some("0.5"), true, 0.5),
        ] {
            let sampler = sampler(Some(name.to_owned()), argument.map(str::to_owned)).unwrap();
            assert_eq!(
                sampler,
                Sampler {
                    follows_parent,
                    ratio
                }
            );
        }
        assert!(sampler(Some("traceidratio".to_owned()), Some("2".to_owned())).is_err());
    }
}
