//! Standard output and error of a guest: cut into lines, each handed to the log with the component's name.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

use crate::log::{Sink, Stream};

/// A line longer than this is cut in pieces: a guest that never ends its line must not fill the host's memory.
const LONGEST_LINE: usize = 16 << 10;

/// One standard stream of one instance. Clones write to the same line.
#[derive(Clone)]
pub struct Lines(Arc<Mutex<Line>>);

struct Line {
    component: String,
    stream: Stream,
    logs: Sink,
    pending: Vec<u8>,
}

impl Lines {
    /// A stream of `component` that writes to `logs`.
    pub fn new(component: &str, stream: Stream, logs: &Sink) -> Self {
        Self(Arc::new(Mutex::new(Line {
            component: component.to_owned(),
            stream,
            logs: logs.clone(),
            pending: Vec::new(),
        })))
    }

    fn push(&self, bytes: &[u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(bytes);
    }
}

impl Line {
    fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.pending.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.pending.len() >= LONGEST_LINE {
                self.write();
            }
        }
    }

    fn write(&mut self) {
        let line = String::from_utf8_lossy(&self.pending);
        let line = line.trim_end_matches(['\n', '\r']);
        if !line.is_empty() {
            self.logs.write(&self.component, self.stream, line);
        }
        self.pending.clear();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.write();
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Lines {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.push(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LONGEST_LINE)
    }
}
