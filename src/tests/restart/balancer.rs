//! Choice of a server for each request, as a load balancer makes it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Interval of the readiness checks. Shorter than the time for which a server goes on serving after SIGTERM.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Two servers, of which only ready ones get requests. Like a load balancer it repeats no request.
pub(crate) struct Balancer {
    targets: Arc<[Target; 2]>,
    watch: JoinHandle<()>,
}

struct Target {
    address: SocketAddr,
    is_ready: AtomicBool,
}

impl Balancer {
    /// Watches two servers, which are ready.
    pub(crate) fn watch(http: Client, servers: [SocketAddr; 2]) -> Self {
        let targets = Arc::new(servers.map(|address| Target { address, is_ready: AtomicBool::new(true) }));
        Self { targets: targets.clone(), watch: tokio::spawn(watch(http, targets)) }
    }

    /// Returns the first server.
    pub(crate) fn first(&self) -> SocketAddr {
        self.targets[0].address
    }

    /// Returns a ready server, or any if none is.
    pub(crate) fn pick(&self) -> SocketAddr {
        let ready: Vec<_> = self.targets.iter().filter(|it| it.is_ready.load(Ordering::Relaxed)).collect();
        let all: Vec<_> = self.targets.iter().collect();
        let targets = if ready.is_empty() { all } else { ready };
        targets[fastrand::usize(..targets.len())].address
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

async fn watch(http: Client, targets: Arc<[Target; 2]>) {
    loop {
        for target in targets.iter() {
            // On a connection of its own, as the servers close idle ones during a shutdown.
            let request = http.get(format!("http://{}/readyz", target.address)).header("connection", "close");
            let is_ready = request.send().await.is_ok_and(|answer| answer.status() == StatusCode::OK);
            target.is_ready.store(is_ready, Ordering::Relaxed);
        }
        sleep(CHECK_INTERVAL).await;
    }
}
