//! Limits of connections: their number, and the time of a write. Without the latter a page that has stopped reading, or
//! a machine that was unplugged, would keep its stream and the queued events forever.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tower::Service;

/// Time after which a write without progress fails.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Acceptor of a limited number of connections, each of which fails if a write makes no progress for
/// [`WRITE_TIMEOUT`]. Further connections are closed at once: a connection that waited would take as much memory.
#[derive(Debug, Clone)]
pub struct LimitingAcceptor {
    slots: Arc<Semaphore>,
    /// True while connections are being closed, so that this is logged once.
    is_full: Arc<AtomicBool>,
}

/// Service of a connection that counts.
#[derive(Debug, Clone)]
pub struct Counted<S> {
    service: S,
    _slot: Arc<OwnedSemaphorePermit>,
}

impl LimitingAcceptor {
    /// Creates an acceptor of at most `connections_max` connections at a time.
    pub fn new(connections_max: usize) -> Self {
        let slots = connections_max.min(Semaphore::MAX_PERMITS);
        Self { slots: Arc::new(Semaphore::new(slots)), is_full: Arc::default() }
    }
}

impl<R, S: Service<R>> Service<R> for Counted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}

impl<S> Accept<TcpStream, S> for LimitingAcceptor {
    type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
    type Service = Counted<S>;
    type Future = Ready<io::Result<(Self::Stream, Counted<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            if !self.is_full.swap(true, Ordering::Relaxed) {
                tracing::warn!("connection limit reached");
            }
            return ready(Err(io::ErrorKind::ConnectionRefused.into()));
        };
        self.is_full.store(false, Ordering::Relaxed);
        // Events are small and must not wait for more data (Nagle's algorithm).
        stream.set_nodelay(true).ok();
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        ready(Ok((Box::pin(stream), Counted { service, _slot: Arc::new(slot) })))
    }
}
