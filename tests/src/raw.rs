//! Bytes on a TCP connection, for what no HTTP client would send.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// How long a server may take to answer or to hang up.
const PATIENCE: Duration = Duration::from_secs(40);

/// A connection.
pub struct Connection(TcpStream);

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        Self(
            TcpStream::connect(address)
                .await
                .expect("the server accepts connections"),
        )
    }

    /// Sends bytes; false when the server no longer takes any.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok()
    }

    /// Everything the server sends from now until it hangs up.
    pub async fn rest(&mut self) -> String {
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        // A server that refuses what is still being sent may hang up hard: what it said before still counts.
        while let Ok(count @ 1..) = timeout(PATIENCE, self.0.read(&mut buffer))
            .await
            .expect("the server hangs up")
        {
            received.extend_from_slice(&buffer[..count]);
        }
        String::from_utf8_lossy(&received).into_owned()
    }

    /// Waits until something arrives, and returns it; nothing is the end of the connection.
    pub async fn next(&mut self) -> String {
        let mut buffer = [0; 4096];
        let read = timeout(PATIENCE, self.0.read(&mut buffer))
            .await
            .expect("the server does something");
        String::from_utf8_lossy(&buffer[..read.unwrap_or(0)]).into_owned()
    }
}

/// Sends `bytes` on a connection of their own, and returns all that comes back.
pub async fn exchange(address: SocketAddr, bytes: impl AsRef<[u8]>) -> String {
    let mut connection = Connection::open(address).await;
    connection.send(bytes.as_ref()).await;
    connection.rest().await
}

/// The status in the first line of a response; 0 when there was none.
pub fn status(response: &str) -> u16 {
    let code = response
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3));
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}
