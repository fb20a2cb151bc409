//! A line to a service that can be cut and mended.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Carries TCP connections to a service as long as it is whole.
pub(crate) struct Line {
    address: SocketAddr,
    whole: watch::Sender<bool>,
}

impl Line {
    /// A line to what listens at `service`, such as `127.0.0.1:5432`.
    pub(crate) async fn to(service: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let whole = watch::Sender::new(true);
        tokio::spawn(carry(listener, service.to_owned(), whole.subscribe()));
        Self { address, whole }
    }

    /// Where it begins.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Ends every connection, and takes no new one.
    pub(crate) fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Carries connections again.
    pub(crate) fn mend(&self) {
        self.whole.send_replace(true);
    }
}

async fn carry(listener: TcpListener, service: String, whole: watch::Receiver<bool>) {
    // The line is gone when its sender is.
    while let (Ok((near, _)), true) = (listener.accept().await, whole.has_changed().is_ok()) {
        let (service, mut whole) = (service.clone(), whole.clone());
        if *whole.borrow_and_update() {
            tokio::spawn(async move {
                let cut = whole.wait_for(|whole| !whole);
                tokio::select! {
                    () = connect(near, &service) => {}
                    _ = cut => {}
                }
            });
        }
    }
}

async fn connect(mut near: TcpStream, service: &str) {
    if let Ok(mut far) = TcpStream::connect(service).await {
        // How a connection ends is the concern of its two ends.
        let _ = copy_bidirectional(&mut near, &mut far).await;
    }
}
