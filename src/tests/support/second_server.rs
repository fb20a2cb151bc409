//! A further server beside that of a test, with the same databases.

use std::net::SocketAddr;

use cruddur_messages::server::config::Config;
use cruddur_messages::server::run;
use cruddur_messages::server::state::AppState;
use cruddur_messages::server::store::Store;
use cruddur_messages::server::store::dynamodb::Table;
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

use super::app::TestApp;
use super::dynamodb::TABLE;

/// A further server with the same configuration. It stops when dropped.
pub(crate) struct SecondServer {
    pub(crate) address: SocketAddr,
    pub(crate) state: AppState,
    _stop: DropGuard,
}

/// Starts a server beside another one. It knows nothing of what that one has in memory, as one that has been restarted.
pub(crate) async fn server_beside(app: &TestApp) -> SecondServer {
    let config = Config::clone(&app.state.config);
    let state = AppState::with_store(config.clone(), app.state.options.clone(), store_of(&config, app)).await;
    let state = state.expect("a configuration that can work");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let stop = state.closing.clone().drop_guard();
    tokio::spawn(run::serve_on(listener, state.clone()));
    SecondServer { address, state, _stop: stop }
}

/// Returns a store with connections of its own to the databases of a server.
fn store_of(config: &Config, app: &TestApp) -> Store {
    let table = Table::new(app.dynamodb.client(), TABLE);
    Store::with_table(config, table).expect("a configuration that can work")
}
