//! Connections that end when what was written to them is not taken: otherwise a page that has stopped reading, or a
//! machine that was unplugged, would hold its stream, and what waits in it, for ever.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;

/// How long a write may stay where it is.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A listener whose connections break when a write does not get on for [`WRITE_TIMEOUT`].
pub struct Punctual(pub TcpListener);

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Listener for Punctual {
    type Io = Pin<Box<TimeoutStream<TcpStream>>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Events are small, and should not wait for more.
        stream.set_nodelay(true).ok();
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        (Box::pin(stream), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Punctual>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Punctual>) -> Self {
        Self(*stream.remote_addr())
    }
}
