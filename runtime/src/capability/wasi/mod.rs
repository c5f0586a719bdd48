//! Clocks, randomness, environment and standard streams, which every component has, and the files it was granted.
//!
//! Sockets reach the addresses that the manifest allows, and cannot listen; names are not looked up, as under Spin. Only
//! programs have arguments.

mod draft;
pub mod files;
mod stdio;

use std::{collections::BTreeMap, net::SocketAddr, pin::Pin, sync::Arc};

use bytes::Bytes;
use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::{
    WasiCtx, WasiCtxBuilder,
    filesystem::Descriptor,
    p2::pipe::{MemoryInputPipe, MemoryOutputPipe},
    sockets::SocketAddrUse,
};

pub use files::{Files, Staging, originals};

use crate::{
    capability::outbound_http::{Bounds, policy::AllowedHosts},
    clock::TestClock,
    compose::EMPTY,
    guest::State,
    log::{Sink, Stream},
};

/// The schemes of entries in `allowed_outbound_hosts` that are for sockets.
const TCP: &str = "tcp";
const UDP: &str = "udp";

/// Adds WASI 0.2 and 0.3, and the empty interfaces that composed parts are given in place of what they do not inherit.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    draft::link(linker)?;
    for version in ["0.2.0", "0.3.0"] {
        let mut environment = linker.instance(&format!("{EMPTY}environment@{version}"))?;
        environment.func_wrap("get-environment", |_, (): ()| {
            Ok((Vec::<(String, String)>::new(),))
        })?;
        environment.func_wrap("get-arguments", |_, (): ()| Ok((Vec::<String>::new(),)))?;
        // 0.2 says `initial-cwd`, 0.3 `get-initial-cwd`.
        for function in ["initial-cwd", "get-initial-cwd"] {
            environment.func_wrap(function, |_, (): ()| Ok((None::<String>,)))?;
        }
        let mut preopens = linker.instance(&format!("{EMPTY}preopens@{version}"))?;
        let descriptor = ResourceType::host::<Descriptor>();
        preopens.resource("descriptor", descriptor, |_, _| Ok(()))?;
        preopens.func_wrap("get-directories", |_, (): ()| {
            Ok((Vec::<(Resource<Descriptor>, String)>::new(),))
        })?;
    }
    Ok(())
}

/// One run of a program that handles a request and ends.
pub struct Program {
    /// Its arguments, its name first.
    pub arguments: Vec<String>,
    /// Variables that tell of the request. They do not replace what the component was granted.
    pub environment: BTreeMap<String, String>,
    /// What it can read.
    pub stdin: Bytes,
    /// What it prints.
    pub stdout: MemoryOutputPipe,
}

/// The WASI context of one instance, or of one run of a program.
pub fn prepare(
    component: &str,
    environment: &BTreeMap<String, String>,
    files: &Files,
    reach: Reach,
    logs: &Sink,
    clock: Option<&TestClock>,
    program: Option<&Program>,
) -> WasiCtx {
    let mut builder = WasiCtxBuilder::new();
    for (name, value) in environment {
        builder.env(name, value);
    }
    files.mount(&mut builder);
    if let Some(clock) = clock {
        builder.wall_clock(clock.clone());
    }
    let lines = |stream| stdio::Lines::new(component, stream, logs);
    match program {
        Some(program) => {
            let own = program.environment.iter();
            for (name, value) in own.filter(|(name, _)| !environment.contains_key(*name)) {
                builder.env(name, value);
            }
            builder
                .args(&program.arguments)
                .stdin(MemoryInputPipe::new(program.stdin.clone()))
                .stdout(program.stdout.clone());
        }
        None => drop(builder.stdout(lines(Stream::Stdout))),
    }
    builder
        .allow_tcp(reach.allowed.names(TCP))
        .allow_udp(reach.allowed.names(UDP))
        .socket_addr_check(check(reach))
        .allow_ip_name_lookup(false)
        .stderr(lines(Stream::Stderr))
        .build()
}

/// What decides where sockets of a component reach.
pub struct Reach {
    /// Its id, for the log.
    pub component: Arc<str>,
    /// What its manifest entry allows.
    pub allowed: Arc<AllowedHosts>,
    /// What holds whoever asks.
    pub bounds: Arc<Bounds>,
}

type Verdict = Pin<Box<dyn Future<Output = bool> + Send + Sync>>;

/// Whether a socket may be used with an address.
fn check(reach: Reach) -> impl Fn(SocketAddr, SocketAddrUse) -> Verdict + Send + Sync + 'static {
    move |address, usage| {
        let Reach {
            component,
            allowed,
            bounds,
        } = &reach;
        let reaches = |scheme| {
            let Some(allowed) = allowed.allows_address(scheme, address) else {
                return false;
            };
            let objection = bounds.networks.objection(address.ip(), allowed);
            if let Some(cause) = objection {
                tracing::warn!(component = &**component, %address, "socket denied: {cause}");
            }
            objection.is_none()
        };
        let is_allowed = match usage {
            // A socket that connects is bound first, to nothing in particular.
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind
                if address.ip().is_unspecified() && address.port() == 0 =>
            {
                true
            }
            SocketAddrUse::TcpConnect => reaches(TCP),
            SocketAddrUse::UdpBind | SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => {
                reaches(UDP)
            }
            SocketAddrUse::TcpBind | SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => false,
        };
        Box::pin(std::future::ready(is_allowed))
    }
}
