//! The `selvedge` command as a process of its own: to read its output, to signal it, and to kill it.

use std::{
    io::{BufRead as _, BufReader, Read},
    net::SocketAddr,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use tempfile::TempDir;

use crate::{Client, Logs, Setup, components};

/// How long a process may take to end after it was told to.
const PATIENCE: Duration = Duration::from_secs(40);

/// A running `selvedge up`. Killed when dropped.
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its lines, from `stdout` and `stderr`.
    pub output: Logs,
    child: Child,
    readers: Vec<thread::JoinHandle<()>>,
    state: Option<TempDir>,
}

impl Process {
    /// Starts `setup` and waits until it serves.
    pub async fn start(setup: Setup) -> Self {
        let mut up = command("up", &setup);
        up.args(["--no-build", "--listen", "127.0.0.1:0"]);
        Self::run(up, setup).await
    }

    /// Starts `setup` by a `selvedge up` of one's own, and waits until it serves.
    pub async fn run(mut up: Command, setup: Setup) -> Self {
        let mut child = up
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command can be run");
        let output = Logs::default();
        let stdout = child.stdout.take().expect("it was piped");
        let stderr = child.stderr.take().expect("it was piped");
        let readers = vec![
            read("stdout", stdout, &output),
            read("stderr", stderr, &output),
        ];
        let listening = output.wait_for("that it listens", |line| {
            line.text.contains("listening on http")
        });
        let line = listening.await.text;
        let (_, address) = line.split_once("://").expect("the line names the address");
        Self {
            address: address.trim().parse().expect("the address is one"),
            output,
            child,
            readers,
            state: Some(setup.state),
        }
    }

    /// An anonymous client.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Where its databases lie.
    pub fn state(&self) -> &Path {
        self.state.as_ref().expect("state is taken last").path()
    }

    /// Takes its power away, and hands back the state it left.
    pub async fn kill(mut self) -> TempDir {
        self.child.kill().expect("it can be killed");
        let status = self.ended().await;
        assert_eq!(
            status.signal(),
            Some(Signal::KILL.as_raw()),
            "it ended before it was killed: {status}\n{}",
            self.output
        );
        self.state.take().expect("state is taken once")
    }

    /// Stops it as an operator would, expects it to end well, and hands back the state it left.
    pub async fn stop(mut self) -> TempDir {
        self.signal(Signal::TERM);
        let status = self.ended().await;
        assert!(status.success(), "{status}\n{}", self.output);
        self.state.take().expect("state is taken once")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it can be signalled");
    }

    /// Lets no file it writes grow beyond `bytes`; none lifts that. Where it ignores SIGXFSZ, it sees an error.
    pub fn limit_file_size(&self, bytes: Option<u64>) {
        let Rlimit { maximum, .. } = getrlimit(Resource::Fsize);
        let current = bytes.or(maximum);
        let limit = Rlimit { current, maximum };
        prlimit(Some(self.pid()), Resource::Fsize, limit).expect("limits can be set");
    }

    fn pid(&self) -> Pid {
        let pid = i32::try_from(self.child.id()).ok();
        pid.and_then(Pid::from_raw).expect("a child has an id")
    }

    /// Waits until it ended, and all it said was read.
    pub async fn ended(&mut self) -> ExitStatus {
        let wait = async {
            loop {
                if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let Ok(status) = tokio::time::timeout(PATIENCE, wait).await else {
            panic!("it still runs after {PATIENCE:?}:\n{}", self.output);
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("lines can be read");
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that ended already cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Adds every line of `pipe` to `output`, until its end.
fn read(
    source: &'static str,
    pipe: impl Read + Send + 'static,
    output: &Logs,
) -> thread::JoinHandle<()> {
    let output = output.clone();
    thread::spawn(move || {
        let lines = BufReader::new(pipe).lines().map_while(Result::ok);
        lines.for_each(|line| output.add(source, &line));
    })
}

/// Runs `selvedge <subcommand>` on `setup` until it ends.
pub fn run(subcommand: &str, setup: &Setup) -> Output {
    command(subcommand, setup)
        .output()
        .expect("the command can be run")
}

/// `selvedge <subcommand>`, told of `setup` and nothing of the tests' own environment.
pub fn command(subcommand: &str, setup: &Setup) -> Command {
    let mut command = Command::new(components::executables().join("selvedge-under-test"));
    command
        .env_remove("RUST_LOG")
        .env_remove("RUNTIME_CONFIG_FILE")
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
        .env_remove("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        .env_remove("SPIN_HTTP_LISTEN_ADDR")
        .env_remove("SPIN_TLS_CERT")
        .env_remove("SPIN_TLS_KEY");
    command.arg(subcommand).arg("--from").arg(&setup.manifest);
    command.arg("--state-dir").arg(setup.state.path());
    for (name, value) in &setup.variables {
        command.arg("--variable").arg(format!("{name}={value}"));
    }
    for (name, value) in &setup.environment {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    if let Some(path) = &setup.runtime_config {
        command.arg("--runtime-config-file").arg(path);
    }
    for id in &setup.components {
        command.arg("--component-id").arg(id);
    }
    if let Some(profile) = &setup.profile {
        command.arg("--profile").arg(profile);
    }
    command
}
