//! Write timeout of connections. Without it a page that has stopped reading, or a machine that was unplugged, would
//! keep its stream and the queued events forever.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

/// Time after which a write without progress fails.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Acceptor of connections that fail if a write makes no progress for [`WRITE_TIMEOUT`].
#[derive(Debug, Clone, Copy)]
pub struct WriteTimeoutAcceptor;

impl<S> Accept<TcpStream, S> for WriteTimeoutAcceptor {
    type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        // Events are small and must not wait for more data (Nagle's algorithm).
        stream.set_nodelay(true).ok();
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        ready(Ok((Box::pin(stream), service)))
    }
}
