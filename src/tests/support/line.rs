//! A line to a service that can be cut, fall silent, and be mended.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Carries TCP connections to a service as long as it is whole.
pub(crate) struct Line {
    address: SocketAddr,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    Cut,
    Silent,
}

impl Line {
    /// A line to what listens at `service`, such as `127.0.0.1:5432`.
    pub(crate) async fn to(service: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = watch::Sender::new(State::Whole);
        tokio::spawn(carry(listener, service.to_owned(), state.subscribe()));
        Self { address, state }
    }

    /// Where it begins.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Ends every connection, and takes no new one.
    pub(crate) fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Keeps every connection, takes new ones, and carries nothing, as a machine that has vanished from the network.
    pub(crate) fn fall_silent(&self) {
        self.state.send_replace(State::Silent);
    }

    /// Carries new connections again.
    pub(crate) fn mend(&self) {
        self.state.send_replace(State::Whole);
    }
}

async fn carry(listener: TcpListener, service: String, state: watch::Receiver<State>) {
    // The line is gone when its sender is.
    while let (Ok((near, _)), true) = (listener.accept().await, state.has_changed().is_ok()) {
        tokio::spawn(connect(near, service.clone(), state.clone()));
    }
}

/// One connection, to its end.
async fn connect(mut near: TcpStream, service: String, mut state: watch::Receiver<State>) {
    let is_whole = *state.borrow_and_update() == State::Whole;
    if is_whole && let Ok(mut far) = TcpStream::connect(service).await {
        tokio::select! {
            // How a connection ends is the concern of its two ends.
            _ = copy_bidirectional(&mut near, &mut far) => return,
            _ = state.wait_for(|state| *state != State::Whole) => {}
        }
    }
    let _ = state.wait_for(|state| *state != State::Silent).await;
}
