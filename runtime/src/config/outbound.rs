//! `[outbound_http]` and `[outbound_networking]`: bounds on what leaves the machine.

use ipnet::IpNet;

use crate::document::{Fields, Value};

/// Bounds on requests to other hosts, over all components.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbound {
    /// Connections at once; the request that would need another waits for one to end.
    pub max_connections: Option<usize>,
    /// Networks nothing is sent to, whatever host's name leads there.
    pub blocked: Vec<IpNet>,
    /// What holds for addresses that are not public: those of this machine, of private networks and such.
    pub private: Private,
}

/// Who reaches addresses that are not public.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Private {
    /// Components whose manifest entry names the host, rather than a wildcard it fits; as long as nothing is configured.
    #[default]
    WhereNamed,
    /// Nobody: `block_networks` holds `"private"`.
    Never,
    /// Whoever may send requests there: `block_networks` is there, and does not hold it.
    WhereAllowed,
}

/// Reads both tables.
pub(super) fn read(fields: &Fields<'_>) -> Outbound {
    let http = fields
        .get("outbound_http")
        .and_then(|table| table.fields(read_http))
        .flatten();
    let mut outbound = fields
        .get("outbound_networking")
        .and_then(|table| table.fields(read_networking))
        .unwrap_or_default();
    outbound.max_connections = match (outbound.max_connections, http) {
        (Some(total), Some(http)) => Some(total.min(http)),
        (total, http) => total.or(http),
    };
    outbound
}

/// The connections there may be for HTTP.
fn read_http(fields: &Fields<'_>) -> Option<usize> {
    // Whether connections are kept for later requests changes how fast these are, and nothing else.
    fields.boolean("connection_pooling");
    let former = fields.get("max_concurrent_requests");
    match (fields.get("max_connections"), former) {
        (Some(_), Some(former)) => {
            former.report(
                "is the former name of \"max_connections\", which is there too; write one of them",
            );
            None
        }
        (Some(value), None) => read_count(&value),
        // Under its former name, Spin counts from 0.
        (None, Some(value)) => read_count(&value).map(|count| count.saturating_add(1)),
        (None, None) => None,
    }
}

fn read_networking(fields: &Fields<'_>) -> Outbound {
    let mut outbound = Outbound {
        max_connections: fields
            .get("max_total_connections")
            .and_then(|value| read_count(&value)),
        ..Outbound::default()
    };
    fields.refuse(
        "max_socket_connections",
        "\"max_total_connections\" bounds requests by HTTP",
    );
    if fields.get("block_networks").is_some() {
        outbound.private = Private::WhereAllowed;
    }
    for (value, text) in fields.strings("block_networks") {
        match text.parse::<IpNet>() {
            _ if text == "private" => outbound.private = Private::Never,
            Ok(network) => outbound.blocked.push(network.trunc()),
            Err(_) => value.report(&format!(
                "holds \"{text}\", which is no network; write one as \"10.0.0.0/8\", or \"private\""
            )),
        }
    }
    outbound
}

fn read_count(value: &Value<'_>) -> Option<usize> {
    let count = value
        .as_integer()
        .and_then(|count| usize::try_from(count).ok());
    if count.is_none() {
        value.report("must be a whole number");
    }
    count
}
