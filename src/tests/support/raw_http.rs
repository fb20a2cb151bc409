//! Requests written byte by byte, as no HTTP client would send them.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest time that the server may take for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(15);

/// Answer to a raw request.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    /// The whole answer, head and body.
    pub(crate) text: String,
}

impl RawAnswer {
    /// Returns the status.
    pub(crate) fn status(&self) -> StatusCode {
        let code = self.text.split(' ').nth(1).and_then(|code| code.parse().ok());
        code.unwrap_or_else(|| panic!("a status line, not {:?}", self.text))
    }

    /// Returns a header's value, or an empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or_default()
    }
}

/// Sends a request on a connection of its own, and returns everything that the server sends before it closes the
/// connection.
pub(crate) async fn exchange(server: SocketAddr, request: &[u8]) -> RawAnswer {
    let work = async {
        let mut connection = TcpStream::connect(server).await.expect("a connection");
        // The server may answer and close before it has read everything.
        let _ = connection.write_all(request).await;
        let mut answer = Vec::new();
        // A reset after the answer loses nothing.
        let _ = connection.read_to_end(&mut answer).await;
        RawAnswer { text: String::from_utf8_lossy(&answer).into_owned() }
    };
    timeout(ANSWER_MAX, work).await.expect("the server answers and closes in time")
}

/// Sends a request without a body: a request line and header lines.
pub(crate) async fn head(server: SocketAddr, lines: &[&str]) -> RawAnswer {
    let head = format!("{}\r\nconnection: close\r\n\r\n", lines.join("\r\n"));
    exchange(server, head.as_bytes()).await
}
