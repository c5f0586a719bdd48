//! Somebody else's server: keeps what it is sent, and answers as a test wants.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::sync::watch;

/// How long a request may take to come before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// `POST /hook HTTP/1.1`.
    pub first_line: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

impl Received {
    /// One header, which must be there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_else(|| panic!("no {name}: {:?}", self.headers))
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// How requests are answered.
#[derive(Debug, Clone)]
pub enum Reply {
    /// With this status, and nothing else.
    Status(u16),
    /// With a redirect to this address.
    Redirect(String),
    /// With this JSON.
    Json(Value),
    /// Not at all: the connection stays open.
    Silence,
}

struct State {
    reply: Mutex<Reply>,
    requests: Mutex<Vec<Received>>,
    changed: watch::Sender<()>,
}

/// A server on a port of its own, for as long as the test runs.
#[derive(Clone)]
pub struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
}

impl Receiver {
    /// Starts one that answers 204.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let state = Arc::new(State {
            reply: Mutex::new(Reply::Status(204)),
            requests: Mutex::default(),
            changed: watch::Sender::new(()),
        });
        let served = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = served.clone();
                thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { address, state }
    }

    /// Where it is, without a path: `http://127.0.0.1:8080`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers so from now on.
    pub fn reply(&self, reply: Reply) {
        *lock(&self.state.reply) = reply;
    }

    /// What came so far.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.state.requests).clone()
    }

    /// The first `count` requests that fulfil `condition`, as soon as they came.
    pub async fn wait_for(
        &self,
        count: usize,
        condition: impl Fn(&Received) -> bool,
    ) -> Vec<Received> {
        let mut changed = self.state.changed.subscribe();
        let search = async {
            loop {
                changed.mark_unchanged();
                let mut found = self.received();
                found.retain(&condition);
                if found.len() >= count {
                    found.truncate(count);
                    return found;
                }
                let _ = changed.changed().await;
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => panic!(
                "no {count} such requests within {PATIENCE:?}; there are {:#?}",
                self.received()
            ),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &TcpStream, state: &State) {
    let Some(request) = read(stream) else { return };
    lock(&state.requests).push(request);
    state.changed.send_replace(());
    let reply = lock(&state.reply).clone();
    let (status, header, body) = match reply {
        Reply::Status(status) => (status, String::new(), String::new()),
        Reply::Redirect(to) => (307, format!("location: {to}\r\n"), String::new()),
        Reply::Json(value) => (
            200,
            "content-type: application/json\r\n".to_owned(),
            value.to_string(),
        ),
        Reply::Silence => {
            // Until the other side gives up.
            let _ = { stream }.read(&mut [0]);
            return;
        }
    };
    let length = body.len();
    // A client that went away needs no answer.
    let _ = { stream }.write_all(
        format!("HTTP/1.1 {status} X\r\n{header}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .as_bytes(),
    );
}

/// None where the client went away, or did not speak HTTP.
fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut first_line = String::new();
    reader.read_line(&mut first_line).ok()?;
    let mut headers = HeaderMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).ok()?,
            HeaderValue::from_str(value.trim()).ok()?,
        );
    }
    let body = read_body(&mut reader, &headers)?;
    Some(Received {
        first_line: first_line.trim_end().to_owned(),
        headers,
        body: String::from_utf8(body).ok()?,
    })
}

fn read_body(reader: &mut BufReader<&TcpStream>, headers: &HeaderMap) -> Option<Vec<u8>> {
    if let Some(length) = headers.get("content-length") {
        let mut body = vec![0; length.to_str().ok()?.parse().ok()?];
        reader.read_exact(&mut body).ok()?;
        return Some(body);
    }
    let mut body = Vec::new();
    while headers.contains_key("transfer-encoding") {
        let mut size = String::new();
        reader.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        if size == 0 {
            break;
        }
        body.extend_from_slice(&chunk[..size]);
    }
    Some(body)
}
