//! Two web servers as in production, behind proxies that inject faults. They are killed and restarted at random.

use std::fmt::Write;
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::server::config::Config;
use reqwest::{Client, StatusCode, Url};
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::faults::{CLIENTS, DYNAMODB, Faults, POSTGRES};
use super::options::Options;
use super::proxy;
use super::proxy::http::Edit;

/// Timeout for the start of a server, whose stores are behind proxies with faults, on a busy machine.
const READY_TIMEOUT: Duration = Duration::from_secs(180);

/// Timeout of one readiness check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(15);

/// Both servers and their proxies. Dropping them kills the servers.
pub struct Servers {
    specs: [Arc<ServerSpec>; 2],
    proxies: [SocketAddr; 2],
    supervisors: Vec<JoinHandle<anyhow::Result<Process>>>,
    running: Vec<Process>,
    faults: [Arc<Faults>; 3],
    kills: Arc<AtomicU64>,
    shutdown: CancellationToken,
}

/// Server process. Dropping it kills the server.
struct Process(Child);

/// Settings for starting one server.
struct ServerSpec {
    executable: PathBuf,
    address: SocketAddr,
    database_url: String,
    dynamodb: SocketAddr,
    log: PathBuf,
    http: Client,
}

impl Servers {
    /// Starts both servers without faults, and waits until they are ready.
    pub async fn start(options: &Options, config: &Config) -> anyhow::Result<Self> {
        let dynamodb: Url = std::env::var("AWS_ENDPOINT_URL_DYNAMODB").context("AWS_ENDPOINT_URL_DYNAMODB")?.parse()?;
        let mut database: Url = config.database_url.expose_secret().parse().context("DATABASE_URL")?;
        let faults = |between, rates, number| Arc::new(Faults::new(between, rates, options.seed.wrapping_add(number)));
        let clients = faults("users and servers", CLIENTS, 11);
        let stores = faults("servers and DynamoDB", DYNAMODB, 12);
        let databases = faults("servers and PostgreSQL", POSTGRES, 13);
        let dynamodb = proxy::http::start(local(&dynamodb)?, stores.clone(), Edit::RemoveToken).await?;
        let postgres = proxy::bytes::start(local(&database)?, databases.clone()).await?;
        database.set_port(Some(postgres.port())).ok().context("DATABASE_URL cannot have a port")?;
        let http = Client::builder().timeout(CHECK_TIMEOUT).build().context("create an HTTP client")?;
        let spec = |number: usize| -> anyhow::Result<Arc<ServerSpec>> {
            Ok(Arc::new(ServerSpec {
                executable: options.server.clone(),
                address: free_address()?,
                database_url: database.to_string(),
                dynamodb,
                log: options.log_folder.join(format!("server-{number}.log")),
                http: http.clone(),
            }))
        };
        let specs = [spec(1)?, spec(2)?];
        let proxies = [
            proxy::http::start(specs[0].address, clients.clone(), Edit::None).await?,
            proxy::http::start(specs[1].address, clients.clone(), Edit::None).await?,
        ];
        let running = vec![specs[0].start().await?, specs[1].start().await?];
        let faults = [clients, stores, databases];
        let (kills, shutdown) = (Arc::default(), CancellationToken::new());
        Ok(Self { specs, proxies, supervisors: Vec::new(), running, faults, kills, shutdown })
    }

    /// Returns the addresses of the proxies, used while faults are injected.
    pub fn proxies(&self) -> [SocketAddr; 2] {
        self.proxies
    }

    /// Returns the addresses of the servers themselves.
    pub fn addresses(&self) -> [SocketAddr; 2] {
        [self.specs[0].address, self.specs[1].address]
    }

    /// Returns the number of times a server was killed.
    pub fn kills(&self) -> u64 {
        self.kills.load(Ordering::Relaxed)
    }

    /// Starts injecting faults and killing servers.
    pub fn start_faults(&mut self, seed: u64) {
        self.faults.iter().for_each(|faults| faults.set_enabled(true));
        for (server, (spec, seed)) in self.running.drain(..).zip(self.specs.iter().zip(seed..)) {
            let rng = fastrand::Rng::with_seed(seed);
            self.supervisors.push(tokio::spawn(spec.clone().supervise(
                server,
                rng,
                self.kills.clone(),
                self.shutdown.clone(),
            )));
        }
    }

    /// Stops injecting faults and killing servers, and waits until both are ready.
    pub async fn stop_faults(&mut self) -> anyhow::Result<()> {
        self.faults.iter().for_each(|faults| faults.set_enabled(false));
        self.shutdown.cancel();
        for supervisor in self.supervisors.drain(..) {
            self.running.push(supervisor.await??);
        }
        Ok(())
    }

    /// Returns an error if a server could not be restarted, since the run would never finish.
    pub async fn check_alive(&mut self) -> anyhow::Result<()> {
        let Some(ended) = self.supervisors.iter().position(JoinHandle::is_finished) else { return Ok(()) };
        self.supervisors.swap_remove(ended).await?.context("restart a server")?;
        anyhow::bail!("a supervisor has stopped before the shutdown")
    }

    /// Formats the number of injected faults, one line per pair of programs.
    pub fn faults(&self) -> String {
        let mut lines = format!("servers killed with SIGKILL: {}\n", self.kills());
        for faults in &self.faults {
            // Writing to a string does not fail.
            write!(lines, "{faults}").ok();
        }
        lines
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Each task owns a process and drops it when aborted.
        self.supervisors.iter().for_each(JoinHandle::abort);
    }
}

impl Drop for Process {
    /// Kills the process with SIGKILL, which it cannot handle, and waits until it has ended.
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).ok();
    }
}

impl ServerSpec {
    /// Kills the server at random times and restarts it, until the shutdown. Returns a server that is ready.
    async fn supervise(
        self: Arc<Self>,
        mut server: Process,
        mut rng: fastrand::Rng,
        kills: Arc<AtomicU64>,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Process> {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ok(server),
                () = sleep(Duration::from_millis(rng.u64(1_500..9_000))) => {}
            }
            drop(server);
            kills.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(rng.u64(0..1_500))).await;
            server = self.start().await?;
        }
    }

    async fn start(&self) -> anyhow::Result<Process> {
        let log = File::options().create(true).append(true).open(&self.log).context("open a server's log")?;
        // `setpriv` kills the server even if the audit itself is killed.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.executable)
            .env("DATABASE_URL", &self.database_url)
            .env("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", self.dynamodb))
            .env("LEPTOS_SITE_ADDR", self.address.to_string())
            .envs([("LEPTOS_HASH_FILES", "false"), ("TRUSTED_PROXIES", "1"), ("RUST_LOG", "warn")])
            // At the end, each user reads everything again.
            .env("BUDGETS_FACTOR", "10")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", self.executable.display()))?;
        let mut server = Process(child);
        self.wait_until_ready(&mut server).await.with_context(|| format!("see {}", self.log.display()))?;
        Ok(server)
    }

    async fn wait_until_ready(&self, server: &mut Process) -> anyhow::Result<()> {
        let (url, began) = (format!("http://{}/readyz", self.address), Instant::now());
        loop {
            if let Some(status) = server.0.try_wait()? {
                anyhow::bail!("the server has ended: {status}");
            }
            let reason = match self.http.get(&url).send().await {
                Ok(response) if response.status() == StatusCode::OK => return Ok(()),
                // The response names the unavailable dependency.
                Ok(response) => response.text().await.unwrap_or_default(),
                Err(error) => format!("{error:?}"),
            };
            anyhow::ensure!(
                began.elapsed() < READY_TIMEOUT,
                "the server is not ready after {READY_TIMEOUT:?}: {reason}"
            );
            sleep(Duration::from_millis(30)).await;
        }
    }
}

/// Returns the address in a URL. It must be on this machine, so that the audit cannot fill a store elsewhere.
fn local(url: &Url) -> anyhow::Result<SocketAddr> {
    let address: Option<IpAddr> = url.host_str().and_then(|host| host.parse().ok());
    let address =
        address.filter(IpAddr::is_loopback).context("a store is not on this machine (nothing was changed)")?;
    Ok(SocketAddr::new(address, url.port_or_known_default().unwrap_or(5432)))
}

/// Returns an address that the server keeps across restarts. Its port is below the kernel's range for client ports, so
/// no connection can occupy it meanwhile.
fn free_address() -> anyhow::Result<SocketAddr> {
    for _ in 0..100 {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, fastrand::u16(20_000..32_000)));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    anyhow::bail!("no free port")
}
