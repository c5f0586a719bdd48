//! The bytes of a connection, plain or through TLS, with an eye on who keeps whom waiting.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::pace::Pace;

/// What every HTTP/2 connection begins with, and no method of HTTP/1.
const PREFACE: &[u8] = b"PRI";

/// The stream of a connection.
pub struct Stream {
    io: Io,
    pace: Pace,
    is_new: bool,
}

/// What carries the bytes.
pub enum Io {
    /// TCP as it is.
    Plain(TcpStream),
    /// TLS, its handshake done.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Watches `io` on behalf of `pace`.
    pub fn new(io: Io, pace: Pace) -> Self {
        Self {
            io,
            pace,
            is_new: true,
        }
    }
}

/// Calls one method on whichever stream there is.
macro_rules! on {
    ($io:expr, $method:ident ( $($argument:expr),* )) => {
        match $io {
            Io::Plain(io) => Pin::new(io).$method($($argument),*),
            Io::Tls(io) => Pin::new(io.as_mut()).$method($($argument),*),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        ready!(on!(&mut this.io, poll_read(context, buffer)))?;
        let received = &buffer.filled()[before..];
        if std::mem::take(&mut this.is_new) && received.starts_with(PREFACE) {
            this.pace.multiplexed();
        }
        if !received.is_empty() {
            this.pace.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = on!(&mut self.io, poll_write(context, bytes));
        self.pace.sent(&outcome);
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = on!(&mut self.io, poll_write_vectored(context, slices));
        self.pace.sent(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Plain(io) => io.is_write_vectored(),
            Io::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = on!(&mut self.io, poll_flush(context));
        self.pace.sent(&outcome);
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = on!(&mut self.io, poll_shutdown(context));
        self.pace.sent(&outcome);
        outcome
    }
}
