//! Processes of the web server.

use std::fs::File;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use reqwest::StatusCode;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::Options;

/// Timeout for the start of a server, and for its end after SIGTERM.
const TIMEOUT: Duration = Duration::from_secs(90);

/// A server process. Killed when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts a server with the environment of this program, and waits until it is ready.
    pub(crate) async fn start(options: &Options, address: SocketAddr) -> anyhow::Result<Self> {
        let mut server = Self { address, child: spawn(options, address)? };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Ends the server by SIGTERM, starts it again and waits until it is ready.
    pub(crate) async fn restart(&mut self, options: &Options) -> anyhow::Result<()> {
        let id = self.child.id().context("the server has ended by itself")?.to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status().await?;
        anyhow::ensure!(kill.success(), "SIGTERM could not be sent");
        let status = tokio::time::timeout(TIMEOUT, self.child.wait()).await.context("the server does not end")??;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        self.child = spawn(options, self.address)?;
        self.wait_until_ready().await
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let (url, began) = (format!("http://{}/readyz", self.address), Instant::now());
        while !reqwest::get(&url).await.is_ok_and(|answer| answer.status() == StatusCode::OK) {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("the server has ended: {status}");
            }
            anyhow::ensure!(began.elapsed() < TIMEOUT, "the server is not ready in time");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

fn spawn(options: &Options, address: SocketAddr) -> anyhow::Result<Child> {
    let log =
        File::options().create(true).append(true).open(options.logs.join(format!("server-{}.log", address.port())))?;
    // Killed with this program, however that ends.
    let command = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .arg(&options.executable)
        .env("LEPTOS_SITE_ADDR", address.to_string())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn();
    command.with_context(|| format!("start {}", options.executable.display()))
}
