//! The load: clients on keep-alive connections, each sending its next request as soon as it has an answer. All of them
//! run on one thread and do little more than system calls, for they share the machine with what they measure.

use std::{
    cell::RefCell,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::request::{Draft, Request};

/// A request without an answer in this time has failed, and is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is sent to whom, by how many, for how long.
pub struct Load<'a> {
    /// Where to.
    pub address: SocketAddr,
    /// What.
    pub request: &'a Request,
    /// Clients, each with a connection.
    pub connections: usize,
    /// Sent before anything counts.
    pub warm_up: Duration,
    /// How long requests count.
    pub duration: Duration,
}

/// What the clients saw.
#[derive(Default)]
pub struct Outcome {
    /// How long each answer took that came while it counted.
    pub latencies: Vec<Duration>,
    /// Answers that were no 2xx, and requests without one.
    pub failed: usize,
    /// How long requests counted.
    pub duration: Duration,
}

impl Load<'_> {
    /// Sends it all.
    pub async fn drive(&self) -> Outcome {
        let outcome = RefCell::new(Outcome {
            duration: self.duration,
            ..Outcome::default()
        });
        let begin = Instant::now() + self.warm_up;
        let end = begin + self.duration;
        join_all((0..self.connections).map(|_| self.send(begin, end, &outcome))).await;
        outcome.into_inner()
    }

    /// One client.
    async fn send(&self, begin: Instant, end: Instant, outcome: &RefCell<Outcome>) {
        let mut draft = self.request.draft();
        let mut connection = None;
        loop {
            let sent = Instant::now();
            if sent >= end {
                return;
            }
            let answer = exchange(&mut connection, self.address, &mut draft);
            let answer = tokio::time::timeout(PATIENCE, answer).await;
            let now = Instant::now();
            let is_good = matches!(answer, Ok(Ok(200..300)));
            if !matches!(answer, Ok(Ok(_))) {
                connection = None;
            }
            let mut outcome = outcome.borrow_mut();
            if !is_good && now >= begin {
                outcome.failed += 1;
            } else if now >= begin && now < end {
                outcome.latencies.push(now - sent);
            }
        }
    }
}

/// A connection, and what arrived on it.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(4096),
        })
    }

    /// Sends one request and waits for the whole answer, whose body is then in [`Self::body`].
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.received.clear();
        self.stream.write_all(request).await?;
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = Answer::parse(&self.received)? {
                return Ok(answer);
            }
        }
    }

    /// The body of the last answer, chunks not taken apart.
    pub fn body(&self, answer: &Answer) -> &[u8] {
        &self.received[answer.head..]
    }
}

async fn exchange(
    connection: &mut Option<Connection>,
    address: SocketAddr,
    draft: &mut Draft<'_>,
) -> io::Result<u16> {
    let open = match connection {
        Some(connection) => connection,
        None => connection.insert(Connection::open(address).await?),
    };
    let answer = open.exchange(draft.next()).await?;
    if answer.closes {
        *connection = None;
    }
    Ok(answer.status)
}

/// A whole answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Bytes of its head.
    head: usize,
    /// Whether it is the connection's last.
    closes: bool,
}

impl Answer {
    /// The answer in `received`, once it is there whole.
    fn parse(received: &[u8]) -> io::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(received).map_err(io::Error::other)?;
        let httparse::Status::Complete(head) = parsed else {
            return Ok(None);
        };
        let header = |name: &str| {
            let named = response.headers.iter();
            let mut named = named.filter(|header| header.name.eq_ignore_ascii_case(name));
            named.next().map(|header| header.value)
        };
        let length = header("content-length")
            .and_then(|value| std::str::from_utf8(value).ok())
            .and_then(|value| value.parse::<usize>().ok());
        let body = &received[head..];
        let status = response.code.unwrap_or_default();
        let is_whole = match length {
            _ if matches!(status, 204 | 304) => true,
            Some(length) => body.len() >= length,
            None => is_last_chunk_there(body)?,
        };
        Ok(is_whole.then(|| Self {
            status,
            head,
            closes: header("connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close")),
        }))
    }
}

/// Whether a chunked body (RFC 9112, section 7.1) has arrived to its end. Servers here send no trailers.
fn is_last_chunk_there(mut body: &[u8]) -> io::Result<bool> {
    loop {
        let size = httparse::parse_chunk_size(body)
            .map_err(|_| io::Error::other("a body without a length, and without chunks"))?;
        let httparse::Status::Complete((start, size)) = size else {
            return Ok(false);
        };
        let end = start.saturating_add(
            usize::try_from(size)
                .unwrap_or(usize::MAX)
                .saturating_add(2),
        );
        match body.get(end..) {
            Some(_) if size == 0 => return Ok(true),
            Some(rest) => body = rest,
            None => return Ok(false),
        }
    }
}
