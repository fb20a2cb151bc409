//! Connections that end when what was written to them is not taken: otherwise a page that has stopped reading, or a
//! machine that was unplugged, would hold its stream, and what waits in it, for ever.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

/// How long a write may stay where it is.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Accepts connections that break when a write does not get on for [`WRITE_TIMEOUT`].
#[derive(Debug, Clone, Copy)]
pub struct Punctual;

impl<S> Accept<TcpStream, S> for Punctual {
    type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        // Events are small, and should not wait for more.
        stream.set_nodelay(true).ok();
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        ready(Ok((Box::pin(stream), service)))
    }
}
