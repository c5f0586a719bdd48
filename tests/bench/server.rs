//! A server to measure: a file says how it is started and what it is asked.
//!
//! `{workspace}`, `{selvedge}`, `{twin}` (executables), `{state}` (a folder of its own) and `{port}` may stand in
//! commands. `prepare` are commands that run once, before `command` starts it; it is up as soon as `ready` is answered
//! with 2xx. `setup` are requests sent once, `session` such as are sent before every round (tokens end); both may keep
//! parts of their answers. `requests` has one for each scenario that the server takes part in.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    load::Connection,
    process::{self, Usage},
    request::{Request, Template},
};

/// How long a server may take to start, compilation included, and to stop.
const PATIENCE: Duration = Duration::from_secs(300);
const PATIENCE_TO_STOP: Duration = Duration::from_secs(10);

/// Between two tries to connect to a server that starts.
const TRY_AGAIN: Duration = Duration::from_micros(200);

/// A server's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    name: String,
    #[serde(default)]
    prepare: Vec<Vec<String>>,
    command: Vec<String>,
    ready: String,
    #[serde(default)]
    setup: Vec<Template>,
    #[serde(default)]
    session: Vec<Template>,
    requests: BTreeMap<String, Template>,
}

/// A server, running from its first start to its stop. Killed when dropped.
pub struct Server {
    /// What it is called.
    pub name: String,
    description: Description,
    port: u16,
    child: Option<Child>,
    /// What may stand in braces.
    names: BTreeMap<String, String>,
    requests: BTreeMap<String, Request>,
}

/// How a server starts.
pub struct Started {
    /// From the start of the process to its first answer, when it had never run.
    pub first: Duration,
    /// The same for later starts, in order of length.
    pub later: Vec<Duration>,
    /// What it takes after one answer.
    pub idle: Usage,
}

impl Server {
    /// Makes its folder and runs what is to be run before it starts.
    pub fn prepare(description: Description) -> Self {
        let state = folder().join(&description.name);
        // What an earlier run left.
        let _ = fs::remove_dir_all(&state);
        fs::create_dir_all(&state).expect("the target folder can be written to");
        let port = free_port();
        let path = |path: PathBuf| path.to_str().expect("paths are UTF-8 here").to_owned();
        let names = [
            (
                "workspace",
                path(selvedge_tests::components::workspace().to_owned()),
            ),
            (
                "selvedge",
                env!("CARGO_BIN_EXE_selvedge-under-test").to_owned(),
            ),
            ("twin", env!("CARGO_BIN_EXE_native-twin").to_owned()),
            ("state", path(state)),
            ("port", port.to_string()),
        ];
        let server = Self {
            name: description.name.clone(),
            port,
            child: None,
            names: names.map(|(name, value)| (name.to_owned(), value)).into(),
            requests: BTreeMap::new(),
            description,
        };
        for command in &server.description.prepare {
            let status = server.command(command).stdout(Stdio::null()).status();
            assert!(
                status.is_ok_and(|status| status.success()),
                "{}: cannot run {command:?}",
                server.name
            );
        }
        server
    }

    /// Starts it once for good and all, then `count` times more, and leaves it running.
    pub async fn measure_starts(&mut self, count: usize) -> Started {
        let first = self.start().await;
        let mut later = Vec::new();
        for _ in 0..count {
            self.end().await;
            later.push(self.start().await);
        }
        later.sort();
        Started {
            first,
            later,
            idle: self.usage(),
        }
    }

    /// Sends the requests that come before all others.
    pub async fn set_up(&mut self) {
        self.ask(|description| &description.setup).await;
        self.renew_session().await;
    }

    /// Sends the requests that come before a round.
    pub async fn renew_session(&mut self) {
        self.ask(|description| &description.session).await;
        let fill = |text: &str| self.fill(text);
        let requests = self.description.requests.iter();
        self.requests = requests
            .map(|(name, template)| (name.clone(), template.request(fill)))
            .collect();
    }

    /// Whether it has a request of this name.
    pub fn offers(&self, request: &str) -> bool {
        self.description.requests.contains_key(request)
    }

    /// The request of this name.
    pub fn request(&self, name: &str) -> &Request {
        &self.requests[name]
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// What it takes by now.
    pub fn usage(&self) -> Usage {
        let child = self.child.as_ref();
        child.map_or_else(Usage::default, |child| process::usage(child.id()))
    }

    /// Stops it.
    pub async fn stop(mut self) {
        self.end().await;
    }

    /// Starts the process, and returns how long its first answer took.
    async fn start(&mut self) -> Duration {
        let log = folder().join(format!("{}.log", self.name));
        let log = File::create(&log).expect("the target folder can be written to");
        let request = Template::get(&self.description.ready).request(|text| self.fill(text));
        let started = Instant::now();
        let child = self
            .command(&self.description.command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot start {}: {error}", self.name));
        let child = self.child.insert(child);
        let address = (Ipv4Addr::LOCALHOST, self.port).into();
        loop {
            let answer = async {
                let mut connection = Connection::open(address).await?;
                connection.exchange(request.draft().next()).await
            };
            if let Ok(answer) = answer.await
                && (200..300).contains(&answer.status)
            {
                return started.elapsed();
            }
            let ended = child.try_wait().expect("a child can be waited for");
            assert!(
                ended.is_none() && started.elapsed() < PATIENCE,
                "{} does not start; its log is in {}",
                self.name,
                folder().display()
            );
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    /// Ends the process, by force if need be.
    async fn end(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let family = process::family(child.id());
        signal(child.id(), Signal::TERM);
        let told = Instant::now();
        while matches!(child.try_wait(), Ok(None)) && told.elapsed() < PATIENCE_TO_STOP {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        kill(child, family);
    }

    /// Sends some of its own requests, one after the other, and keeps what is to be kept of the answers.
    async fn ask(&mut self, which: impl Fn(&Description) -> &Vec<Template>) {
        for index in 0..which(&self.description).len() {
            let template = which(&self.description)[index].clone();
            let request = template.request(|text| self.fill(text));
            let mut connection = Connection::open(self.address())
                .await
                .unwrap_or_else(|error| panic!("cannot connect to {}: {error}", self.name));
            let answer = connection
                .exchange(request.draft().next())
                .await
                .unwrap_or_else(|error| panic!("{} does not answer: {error}", self.name));
            let body = connection.body(&answer);
            let text = String::from_utf8_lossy(body);
            assert!(
                (200..300).contains(&answer.status),
                "{} answers {}: {text}",
                self.name,
                answer.status
            );
            let json: Value = serde_json::from_slice(body).unwrap_or_default();
            for (name, pointer) in &template.capture {
                let found = json.pointer(pointer).and_then(Value::as_str);
                let found = found
                    .unwrap_or_else(|| panic!("{} has no text at {pointer} in {text}", self.name));
                self.names.insert(name.clone(), found.to_owned());
            }
        }
    }

    fn command(&self, words: &[String]) -> Command {
        let mut words = words.iter().map(|word| self.fill(word));
        let program = words.next();
        let mut command = Command::new(program.expect("a command has a program"));
        command.args(words);
        command
    }

    fn fill(&self, text: &str) -> String {
        let names = self.names.iter();
        names.fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            let family = process::family(child.id());
            kill(child, family);
        }
    }
}

/// Kills what is left of a process and all it started.
fn kill(mut child: Child, family: Vec<u32>) {
    if matches!(child.try_wait(), Ok(None)) {
        family.into_iter().for_each(|pid| signal(pid, Signal::KILL));
    }
    let _ = child.wait();
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // One that ended already need not be told.
        let _ = kill_process(pid, signal);
    }
}

/// Where servers keep their state and their logs.
fn folder() -> PathBuf {
    selvedge_tests::components::executables().join("side-by-side")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let address = listener.local_addr().expect("a listener has an address");
    address.port()
}
