//! A DynamoDB for tests: in this process, but over HTTP on loopback, so that the real SDK talks to it.
//!
//! If `DYNAMODB_UNDER_TEST` is set, tests use the DynamoDB at that address instead: `bin/test` runs the store's tests a
//! second time, on an engine that shares no code with the first. It must separate accounts, as AWS does: each test has
//! its own.

use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use cruddur_messages::server::store::dynamodb::{self, Table};
use dynoxide::Database;
use dynoxide::server::serve_with_shutdown;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::admin_code::schema::{self, Billing};

/// Name of the table in tests.
pub(crate) const TABLE: &str = "cruddur-messages";

/// A running DynamoDB. If it runs in this process, it stops when dropped.
pub(crate) struct DynamoDb {
    endpoint: String,
    account: String,
    _running: Option<DropGuard>,
}

impl DynamoDb {
    /// Starts an empty one in memory, or opens an empty account at `DYNAMODB_UNDER_TEST`.
    pub(crate) async fn start() -> Self {
        match std::env::var("DYNAMODB_UNDER_TEST") {
            Ok(endpoint) => Self { endpoint, account: new_account(), _running: None },
            Err(_) => Self::serve(Database::memory().expect("a database in memory")).await,
        }
    }

    /// Starts one that keeps its tables in a file.
    #[expect(dead_code, reason = "for tests that restart the server")]
    pub(crate) async fn start_at(file: &Path) -> Self {
        Self::serve(Database::new(file.to_str().expect("a path in UTF-8")).expect("a database in a file")).await
    }

    /// Returns the address for `AWS_ENDPOINT_URL_DYNAMODB`.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the account, as an access key.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// Returns a new client with its own connections, as another server has.
    pub(crate) fn client(&self) -> Client {
        client_of(self.endpoint(), &self.account)
    }

    /// Creates the table if it does not exist, and returns a handle with a new client.
    pub(crate) async fn table(&self) -> Table {
        let client = self.client();
        schema::create(&client, TABLE, Billing::OnDemand).await.expect("the table can be made");
        Table::new(client, TABLE)
    }

    async fn serve(database: Database) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let running = CancellationToken::new();
        tokio::spawn(serve_with_shutdown(listener, database, running.clone().cancelled_owned()));
        Self { endpoint, account: new_account(), _running: Some(running.drop_guard()) }
    }
}

/// Returns a new account: ministack takes an access key of twelve digits as the account number.
fn new_account() -> String {
    format!("{:012}", Uuid::now_v7().as_u128() % 1_000_000_000_000)
}

/// Returns a client of the DynamoDB at `endpoint`.
pub(crate) fn client_of(endpoint: &str, account: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new(account, "test", None, None, "tests"))
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

/// Returns a client of the DynamoDB at `endpoint`, with the timeouts and retries of the web server.
pub(crate) async fn web_client_of(endpoint: &str, account: &str) -> Client {
    let config = dynamodb::connect().await.config().to_builder();
    let credentials = Credentials::new(account, "test", None, None, "tests");
    Client::from_conf(config.endpoint_url(endpoint).credentials_provider(credentials).build())
}
