//! Two web servers as they run in production, behind proxies that do harm, killed and started again.

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

use crate::Options;
use crate::faults::{CLIENTS, DYNAMODB, Faults, POSTGRES};
use crate::proxy::{self, Edit};

/// How long a server may take until it is ready, with faults on its way to its stores, and on a machine that has more to do.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// How long it may take to say whether it is.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Both servers, and what stands around them. Dropping kills them.
pub struct Servers {
    recipes: [Arc<Recipe>; 2],
    doors: [SocketAddr; 2],
    reigns: Vec<JoinHandle<anyhow::Result<Process>>>,
    survivors: Vec<Process>,
    faults: [Arc<Faults>; 3],
    kills: Arc<AtomicU64>,
    peace: CancellationToken,
}

/// A server in a process of its own.
struct Process(Child);

/// How one server is started.
struct Recipe {
    executable: PathBuf,
    address: SocketAddr,
    database_url: String,
    dynamodb: SocketAddr,
    log: PathBuf,
    http: Client,
}

impl Servers {
    /// Starts both, ready and in calm.
    pub async fn start(options: &Options, config: &Config) -> anyhow::Result<Self> {
        let dynamodb: Url = std::env::var("AWS_ENDPOINT_URL_DYNAMODB").context("AWS_ENDPOINT_URL_DYNAMODB")?.parse()?;
        let mut database: Url = config.database_url.expose_secret().parse().context("DATABASE_URL")?;
        let faults = |between, rates, number| Arc::new(Faults::new(between, rates, options.seed.wrapping_add(number)));
        let clients = faults("people and servers", CLIENTS, 11);
        let stores = faults("servers and DynamoDB", DYNAMODB, 12);
        let databases = faults("servers and PostgreSQL", POSTGRES, 13);
        let dynamodb = proxy::http(local(&dynamodb)?, stores.clone(), Edit::ForgetToken).await?;
        let postgres = proxy::bytes(local(&database)?, databases.clone()).await?;
        database.set_port(Some(postgres.port())).ok().context("DATABASE_URL has no place for a port")?;
        let http = Client::builder().timeout(ANSWER_TIMEOUT).build().context("make an HTTP client")?;
        let recipe = |number: usize| -> anyhow::Result<Arc<Recipe>> {
            Ok(Arc::new(Recipe {
                executable: options.server.clone(),
                address: free_address()?,
                database_url: database.to_string(),
                dynamodb,
                log: options.log_folder.join(format!("server-{number}.log")),
                http: http.clone(),
            }))
        };
        let recipes = [recipe(1)?, recipe(2)?];
        let doors = [
            proxy::http(recipes[0].address, clients.clone(), Edit::None).await?,
            proxy::http(recipes[1].address, clients.clone(), Edit::None).await?,
        ];
        let survivors = vec![recipes[0].start().await?, recipes[1].start().await?];
        let faults = [clients, stores, databases];
        let (kills, peace) = (Arc::default(), CancellationToken::new());
        Ok(Self { recipes, doors, reigns: Vec::new(), survivors, faults, kills, peace })
    }

    /// Where people knock: the proxies.
    pub fn doors(&self) -> [SocketAddr; 2] {
        self.doors
    }

    /// Where the servers themselves listen.
    pub fn addresses(&self) -> [SocketAddr; 2] {
        [self.recipes[0].address, self.recipes[1].address]
    }

    /// How many times a server was killed.
    pub fn kills(&self) -> u64 {
        self.kills.load(Ordering::Relaxed)
    }

    /// From now on things go wrong, and servers die.
    pub fn let_fall(&mut self, seed: u64) {
        self.faults.iter().for_each(|faults| faults.set_calm(false));
        for (server, (recipe, seed)) in self.survivors.drain(..).zip(self.recipes.iter().zip(seed..)) {
            let dice = fastrand::Rng::with_seed(seed);
            self.reigns.push(tokio::spawn(recipe.clone().reign(server, dice, self.kills.clone(), self.peace.clone())));
        }
    }

    /// From now on nothing goes wrong, and both servers are ready.
    pub async fn calm(&mut self) -> anyhow::Result<()> {
        self.faults.iter().for_each(|faults| faults.set_calm(true));
        self.peace.cancel();
        for reign in self.reigns.drain(..) {
            self.survivors.push(reign.await??);
        }
        Ok(())
    }

    /// Fails where a server has not come back, and says why: nobody would ever finish.
    pub async fn demand_alive(&mut self) -> anyhow::Result<()> {
        let Some(ended) = self.reigns.iter().position(JoinHandle::is_finished) else { return Ok(()) };
        self.reigns.swap_remove(ended).await?.context("a server did not come back")?;
        anyhow::bail!("a server was left in peace too early")
    }

    /// What went wrong, a line for each pair of programs.
    pub fn faults(&self) -> String {
        let mut lines = format!("servers killed with SIGKILL: {}\n", self.kills());
        for faults in &self.faults {
            // Writing to a text does not fail.
            write!(lines, "{faults}").ok();
        }
        lines
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Each task holds a server, which dies with it.
        self.reigns.iter().for_each(JoinHandle::abort);
    }
}

impl Drop for Process {
    /// SIGKILL: it has no say, and no time. Waits the millisecond that this takes.
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).ok();
    }
}

impl Recipe {
    /// Kills the server at any moment and starts it again, until there is peace. What comes back is a server that is ready.
    async fn reign(
        self: Arc<Self>,
        mut server: Process,
        mut dice: fastrand::Rng,
        kills: Arc<AtomicU64>,
        peace: CancellationToken,
    ) -> anyhow::Result<Process> {
        loop {
            tokio::select! {
                () = peace.cancelled() => return Ok(server),
                () = sleep(Duration::from_millis(dice.u64(1_500..9_000))) => {}
            }
            drop(server);
            kills.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(dice.u64(0..1_500))).await;
            server = self.start().await?;
        }
    }

    async fn start(&self) -> anyhow::Result<Process> {
        let log = File::options().create(true).append(true).open(&self.log).context("open a server's log")?;
        // Dies also with an audit that is killed itself.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.executable)
            .env("DATABASE_URL", &self.database_url)
            .env("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", self.dynamodb))
            .env("LEPTOS_SITE_ADDR", self.address.to_string())
            .envs([("LEPTOS_HASH_FILES", "false"), ("TRUSTED_PROXIES", "1"), ("RUST_LOG", "warn")])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", self.executable.display()))?;
        let mut server = Process(child);
        self.is_ready(&mut server).await.with_context(|| format!("see {}", self.log.display()))?;
        Ok(server)
    }

    async fn is_ready(&self, server: &mut Process) -> anyhow::Result<()> {
        let (url, began) = (format!("http://{}/readyz", self.address), Instant::now());
        loop {
            if let Some(status) = server.0.try_wait()? {
                anyhow::bail!("the server has ended: {status}");
            }
            let said = match self.http.get(&url).send().await {
                Ok(answer) if answer.status() == StatusCode::OK => return Ok(()),
                // It says which part is missing.
                Ok(answer) => answer.text().await.unwrap_or_default(),
                Err(error) => format!("{error:?}"),
            };
            anyhow::ensure!(began.elapsed() < READY_WITHIN, "the server is not ready within {READY_WITHIN:?}: {said}");
            sleep(Duration::from_millis(30)).await;
        }
    }
}

/// The address in a URL, which must be on this machine: elsewhere there is nothing to be killed, nor to be filled.
fn local(url: &Url) -> anyhow::Result<SocketAddr> {
    let address: Option<IpAddr> = url.host_str().and_then(|host| host.parse().ok());
    let address = address.filter(IpAddr::is_loopback).context("a store is not on this machine: nothing was done")?;
    Ok(SocketAddr::new(address, url.port_or_known_default().unwrap_or(5432)))
}

/// An address that stays this server's over all its lives. Below the range from which the kernel gives ports to clients.
fn free_address() -> anyhow::Result<SocketAddr> {
    for _ in 0..100 {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, fastrand::u16(20_000..32_000)));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    anyhow::bail!("no free port")
}
