//! A TCP proxy whose connections can be cut or stalled.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards TCP connections to a service while it is in the state `Open`.
pub(crate) struct TcpProxy {
    address: SocketAddr,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Cut,
    Stalled,
}

impl TcpProxy {
    /// Starts a proxy for the service at an address such as `127.0.0.1:5432`.
    pub(crate) async fn start(service: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = watch::Sender::new(State::Open);
        tokio::spawn(accept(listener, service.to_owned(), state.subscribe()));
        Self { address, state }
    }

    /// Returns the proxy's address.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Closes all connections, and accepts no new ones.
    pub(crate) fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Keeps all connections and accepts new ones, but forwards nothing, like a machine that has vanished from the
    /// network.
    pub(crate) fn stall(&self) {
        self.state.send_replace(State::Stalled);
    }

    /// Forwards new connections again.
    pub(crate) fn restore(&self) {
        self.state.send_replace(State::Open);
    }
}

async fn accept(listener: TcpListener, service: String, state: watch::Receiver<State>) {
    // The sender is dropped with the proxy.
    while let (Ok((near, _)), true) = (listener.accept().await, state.has_changed().is_ok()) {
        tokio::spawn(connect(near, service.clone(), state.clone()));
    }
}

/// Forwards one connection until it ends.
async fn connect(mut near: TcpStream, service: String, mut state: watch::Receiver<State>) {
    let is_open = *state.borrow_and_update() == State::Open;
    if is_open && let Ok(mut far) = TcpStream::connect(service).await {
        tokio::select! {
            // Both ends see an error of the connection themselves.
            _ = copy_bidirectional(&mut near, &mut far) => return,
            _ = state.wait_for(|state| *state != State::Open) => {}
        }
    }
    let _ = state.wait_for(|state| *state != State::Stalled).await;
}
