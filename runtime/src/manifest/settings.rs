//! `tool.selvedge`: limits and trust, which Spin has no keys for and ignores.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use ipnet::IpNet;

use crate::document::{Fields, Value};

/// `[component.ID.tool.selvedge]`: what one component may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Linear memory of one instance, in bytes.
    pub memory: usize,
    /// From a request's start until the head of its answer; it gets as long again for the body.
    pub deadline: Duration,
    /// Instances at work at once for the network; calls between components have a quarter more.
    pub max_instances: NonZeroUsize,
    /// Requests at once inside one instance, each until the last byte of its answer is out.
    pub max_concurrency: NonZeroUsize,
    /// A request's body, in bytes.
    pub max_body: u64,
}

const MIB: u64 = 1 << 20;
const MIN_MEMORY: u64 = MIB;
const MAX_MEMORY: u64 = 4 << 30;
/// Far more than a machine has room for, and few enough to be counted with.
const MAX_COUNT: u64 = 10_000;

impl Default for Settings {
    fn default() -> Self {
        Self {
            memory: 128 << 20,
            deadline: Duration::from_secs(30),
            max_instances: const { NonZeroUsize::new(64).unwrap() },
            max_concurrency: NonZeroUsize::MIN,
            max_body: 16 * MIB,
        }
    }
}

/// `[application.tool.selvedge]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationSettings {
    /// Networks whose `x-forwarded-*` headers are believed; none by default.
    pub trusted_proxies: Vec<IpNet>,
    /// Components every route must have as middleware for the application to be sound; none by default.
    pub required_middleware: Vec<String>,
    /// Shell lines to try the application with, where `{url}` stands for its address; none by default.
    pub examples: Vec<String>,
}

/// Reads `tool.selvedge` of the component whose keys are `fields`.
pub(super) fn read_component(fields: &Fields<'_>) -> Settings {
    read_ours(fields, |fields| {
        let default = Settings::default();
        Settings {
            memory: fields
                .get("memory")
                .and_then(|value| read_memory(&value))
                .unwrap_or(default.memory),
            deadline: fields
                .get("deadline")
                .and_then(|value| read_duration(&value))
                .unwrap_or(default.deadline),
            max_instances: read_count(fields, "max_instances").unwrap_or(default.max_instances),
            max_concurrency: read_count(fields, "max_concurrency")
                .unwrap_or(default.max_concurrency),
            max_body: fields
                .get("max_body")
                .and_then(|value| read_size(&value))
                .unwrap_or(default.max_body),
        }
    })
}

/// Reads `tool.selvedge` of the application whose keys are `fields`.
pub(super) fn read_application(fields: &Fields<'_>) -> ApplicationSettings {
    read_ours(fields, |fields| {
        let networks = fields.strings("trusted_proxies");
        let trusted_proxies = networks.iter().filter_map(|(value, text)| {
            let network = parse_network(text);
            if network.is_none() {
                value.report(&format!(
                    "holds \"{text}\", which is no network; write one as \"10.0.0.0/8\""
                ));
            }
            network
        });
        ApplicationSettings {
            trusted_proxies: trusted_proxies.collect(),
            required_middleware: read_texts(fields, "required_middleware"),
            examples: read_texts(fields, "examples"),
        }
    })
}

fn read_texts(fields: &Fields<'_>, key: &'static str) -> Vec<String> {
    fields
        .strings(key)
        .into_iter()
        .map(|(_, text)| text)
        .collect()
}

// Other tools' tables stay their own business.
fn read_ours<T: Default>(fields: &Fields<'_>, read: impl FnOnce(&Fields<'_>) -> T) -> T {
    let tools = fields
        .get("tool")
        .map(|tools| tools.entries())
        .unwrap_or_default();
    let ours = tools.into_iter().find(|(tool, _)| tool == "selvedge");
    ours.and_then(|(_, ours)| ours.fields(read))
        .unwrap_or_default()
}

fn read_memory(value: &Value<'_>) -> Option<usize> {
    let size = read_size(value)?;
    if !(MIN_MEMORY..=MAX_MEMORY).contains(&size) {
        value.report("must be between 1MiB and 4GiB");
    }
    usize::try_from(size).ok()
}

fn read_size(value: &Value<'_>) -> Option<u64> {
    let units = [("KiB", 1 << 10), ("MiB", MIB), ("GiB", 1 << 30), ("B", 1)];
    let size = value
        .as_integer()
        .or_else(|| value.as_str().and_then(|text| parse_quantity(text, &units)));
    if size.is_none() {
        value.report("must be a size, such as \"64MiB\"; units are B, KiB, MiB and GiB");
    }
    size
}

fn read_duration(value: &Value<'_>) -> Option<Duration> {
    let duration = value
        .as_str()
        .and_then(parse_duration)
        .filter(|time| !time.is_zero());
    if duration.is_none() {
        value.report("must be a time above zero, such as \"10s\"; units are ms, s and m");
    }
    duration
}

/// A time as settings and options have it: a whole number and one of the units `ms`, `s` and `m`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    parse_quantity(text, &units).map(Duration::from_millis)
}

fn read_count(fields: &Fields<'_>, key: &'static str) -> Option<NonZeroUsize> {
    let value = fields.get(key)?;
    let count = value
        .as_integer()
        .filter(|count| *count <= MAX_COUNT)
        .and_then(|count| NonZeroUsize::new(usize::try_from(count).ok()?));
    if count.is_none() {
        value.report(&format!("must be a whole number from 1 to {MAX_COUNT}"));
    }
    count
}

fn parse_quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit).map(|number| (number, factor)))?;
    number.trim_end().parse::<u64>().ok()?.checked_mul(*factor)
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .ok()
}
