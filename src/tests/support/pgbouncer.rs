//! PgBouncer in front of the tests' PostgreSQL.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Stdio;

use reqwest::Url;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use uuid::Uuid;

use super::wait_until::wait_until;

/// A running PgBouncer with its default settings, apart from the pool mode. Killed when dropped.
pub(crate) struct PgBouncer {
    port: u16,
    config: PathBuf,
    _child: Child,
}

impl PgBouncer {
    /// Starts PgBouncer in front of the server of this database URL.
    pub(crate) async fn start(database_url: &str, pool_mode: &str) -> Self {
        let server: Url = database_url.parse().expect("a URL");
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = free.local_addr().expect("a bound listener has an address").port();
        drop(free);
        let config = std::env::temp_dir().join(format!("pgbouncer-{}.ini", Uuid::new_v4().simple()));
        std::fs::write(&config, settings(&server, port, pool_mode)).expect("a file");
        std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o644)).expect("the file");
        let mut command = Command::new("pgbouncer");
        // It refuses to run as root.
        if std::fs::metadata("/proc/self").expect("this process").uid() == 0 {
            command.args(["-u", "nobody"]);
        }
        let child = command.arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn();
        let child = child.expect("pgbouncer is installed, as bin/test sees to");
        wait_until("PgBouncer listens", async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        Self { port, config, _child: child }
    }

    /// Returns the URL of the same database behind this PgBouncer.
    pub(crate) fn url(&self, database_url: &str) -> String {
        let mut url: Url = database_url.parse().expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.port)).expect("a port");
        url.into()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.config);
    }
}

fn settings(server: &Url, port: u16, pool_mode: &str) -> String {
    let (host, to) = (server.host_str().expect("a host"), server.port().unwrap_or(5432));
    let (user, password) = (server.username(), server.password().unwrap_or_default());
    format!(
        "[databases]\n* = host={host} port={to} user={user} password={password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {pool_mode}\n"
    )
}
