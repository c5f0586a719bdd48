//! Chromium, driven by WebDriver over plain HTTP, with a device for passkeys that is made of software.

use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser is slow to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A browser with one window. It ends, with all its processes, when dropped.
pub struct Chromium {
    http: reqwest::Client,
    /// `http://127.0.0.1:PORT/session/ID`.
    session: String,
    driver: Child,
    /// Open for as long as it may say something.
    _output: BufReader<ChildStdout>,
    _profile: TempDir,
}

impl Chromium {
    /// Starts one. None, and a line that says so, where `chromedriver` or a Chromium is not installed.
    pub async fn start() -> Option<Self> {
        let found = on_path(&["chromedriver"]).zip(on_path(&[
            "chromium",
            "chromium-browser",
            "google-chrome",
        ]));
        let Some((driver, browser)) = found else {
            // Not by `eprintln!`, which a test that passes swallows.
            let line = b"SKIPPED: a test with a browser; install chromium and chromium-driver\n";
            let _ = std::io::stderr().write_all(line);
            return None;
        };
        let profile = TempDir::new().expect("a folder can be made");
        // A group of its own, so that nothing of it is left behind.
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver can be run");
        let mut output = BufReader::new(driver.stdout.take().expect("it was piped"));
        let port = port(&mut output).expect("chromedriver says its port");
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .build();
        let mut browser_options = vec![
            "--headless=new".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        if geteuid().is_root() {
            browser_options.push("--no-sandbox".to_owned());
        }
        let mut started = Self {
            http: http.expect("an HTTP client can be made"),
            session: format!("http://127.0.0.1:{port}/session"),
            driver,
            _output: output,
            _profile: profile,
        };
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "webauthn:virtualAuthenticators": true,
            "goog:chromeOptions": {"binary": browser, "args": browser_options},
        }}});
        let session = started.ask("", &wanted).await;
        let id = session["sessionId"].as_str().expect("a session has an id");
        started.session = format!("{}/{id}", started.session);
        Some(started)
    }

    /// Shows this page.
    pub async fn open(&self, url: &str) {
        self.ask("/url", &json!({"url": url})).await;
    }

    /// Plugs a device in that knows whose finger it is, and keeps passkeys.
    pub async fn add_authenticator(&self) {
        let device = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true,
        });
        self.ask("/webauthn/authenticator", &device).await;
    }

    /// Runs a function's body on the page, with its `arguments`. What it returns, or what its promise is fulfilled with.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        let wanted = json!({"script": script, "args": arguments});
        self.ask("/execute/sync", &wanted).await
    }

    /// W3C WebDriver, section 6.
    async fn ask(&self, command: &str, body: &Value) -> Value {
        let url = format!("{}{command}", self.session);
        let answer = self.http.post(url).json(body).send().await;
        let answer = answer.expect("chromedriver answers");
        let is_success = answer.status().is_success();
        let mut body: Value = answer.json().await.expect("it answers in JSON");
        assert!(is_success, "{command}: {}", body["value"]["message"]);
        body["value"].take()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if let Some(group) = Pid::from_raw(self.driver.id() as i32) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.driver.wait();
    }
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|file| file.is_file())
}

/// `ChromeDriver was started successfully on port 40123.`
fn port(output: &mut impl BufRead) -> Option<u16> {
    let mut lines = output.lines().map_while(Result::ok);
    lines.find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })
}
