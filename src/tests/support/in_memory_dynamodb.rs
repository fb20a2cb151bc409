//! A DynamoDB without a network: the SDK's requests go to a database in this process. A connection can fail after a
//! given number of writes, and its index can lag behind. A request takes half a millisecond, and all random choices
//! depend on a seed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, HttpClient, Region, RuntimeComponents};
use aws_sdk_dynamodb::types::StreamSpecification;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::admin_code::schema::{self, Billing};
use crate::support::dynamodb::TABLE;

/// A DynamoDB in memory, and the history of its index.
#[derive(Clone)]
pub(crate) struct InMemoryDynamoDb {
    pub(crate) engine: Database,
    index_history: Arc<Mutex<HashMap<String, Vec<Value>>>>,
}

/// Fault of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No fault.
    None,
    /// The process dies after this many writes: no further request arrives.
    DiesAfter(u8),
    /// The response to this write, counted from 0, is lost; the write itself is done.
    LosesAnswer(u8),
}

/// State of the index as one process sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IndexView {
    /// The index is up to date.
    Fresh,
    /// For this many queries the index shows a random selection of all rows that have ever been in the table: some that
    /// no longer exist, and not all that do. Then it is up to date. `seed` determines the selection.
    Stale { queries: u8, seed: u64 },
}

impl InMemoryDynamoDb {
    /// Creates a database with the table, which has no stream: the tests themselves decide when records arrive.
    pub(crate) async fn with_table() -> Self {
        let engine = Database::memory().expect("a database in memory");
        let database = Self { engine, index_history: Arc::default() };
        let client = database.connection().client();
        schema::create(&client, TABLE, Billing::OnDemand).await.expect("created");
        let off = StreamSpecification::builder().stream_enabled(false).build().expect("complete");
        client.update_table().table_name(TABLE).stream_specification(off).send().await.expect("switched off");
        database
    }

    /// Returns the connection of one process.
    pub(crate) fn connection(&self) -> Connection {
        let state = State { fault: Fault::None, view: IndexView::Fresh, yields: 0, writes: 0, is_dead: false, seed: 1 };
        Connection { database: self.clone(), state: Arc::new(Mutex::new(state)) }
    }

    /// Records a row in the index's history that was not written through a connection.
    pub(crate) fn record_in_index(&self, row: &Value) {
        if let Some(group) = row["message_group_uuid"]["S"].as_str()
            && row["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("GRP#"))
        {
            locked(&self.index_history).entry(group.to_owned()).or_default().push(row.clone());
        }
    }

    fn stale(&self, group: &str, seed: &mut u64) -> Value {
        let mut rows = locked(&self.index_history).get(group).cloned().unwrap_or_default();
        rows.retain(|_| next_random(seed).is_multiple_of(2));
        rows.sort_by_key(|row| ["sk", "pk"].map(|name| row[name]["S"].as_str().map(str::to_owned)));
        // Of a row that has been updated in place the index shows one state.
        rows.dedup_by(|next, row| next["pk"] == row["pk"] && next["sk"] == row["sk"]);
        json!({ "Items": rows, "Count": rows.len(), "ScannedCount": rows.len() })
    }

    fn answer(&self, operation: &str, body: &[u8]) -> Result<String, dynoxide::errors::DynoxideError> {
        let database = &self.engine;
        match operation {
            "GetItem" => run(body, |request| database.get_item(request)),
            "Query" => run(body, |request| database.query(request)),
            "PutItem" => run(body, |request| database.put_item(request)),
            "UpdateItem" => run(body, |request| database.update_item(request)),
            "DeleteItem" => run(body, |request| database.delete_item(request)),
            "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
            "Scan" => run(body, |request| database.scan(request)),
            "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
            "CreateTable" => run(body, |request| database.create_table(request)),
            "DescribeTable" => run(body, |request| database.describe_table(request)),
            "UpdateTable" => run(body, |request| database.update_table(request)),
            "DescribeTimeToLive" => run(body, |request| database.describe_time_to_live(request)),
            "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
            other => panic!("unexpected operation {other}"),
        }
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(Q) -> dynoxide::errors::Result<A>,
) -> Result<String, dynoxide::errors::DynoxideError> {
    let request = serde_json::from_slice(body).expect("the SDK writes what the database reads");
    call(request).map(|answer| serde_json::to_string(&answer).expect("an answer in JSON"))
}

/// Connection of one process to an [`InMemoryDynamoDb`].
#[derive(Clone)]
pub(crate) struct Connection {
    database: InMemoryDynamoDb,
    state: Arc<Mutex<State>>,
}

struct State {
    fault: Fault,
    view: IndexView,
    /// Maximum number of times that other tasks may run before each request.
    yields: u64,
    writes: u8,
    is_dead: bool,
    seed: u64,
}

impl Connection {
    /// Returns a client that uses this connection.
    pub(crate) fn client(&self) -> Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .endpoint_url("http://dynamodb.invalid")
            .allow_no_auth()
            .retry_config(RetryConfig::disabled())
            .http_client(self.clone());
        Client::from_conf(config.build())
    }

    /// Starts a new process on this connection, with this fault and this state of the index.
    pub(crate) fn configure(&self, fault: Fault, view: IndexView) {
        self.configure_concurrent(fault, view, 0, 1);
    }

    /// Like [`Self::configure`], for processes that run concurrently. `seed` determines their interleaving.
    pub(crate) fn configure_concurrent(&self, fault: Fault, view: IndexView, yields: u64, seed: u64) {
        let view = match view {
            IndexView::Fresh => view,
            IndexView::Stale { queries, seed } => IndexView::Stale { queries, seed: spread(seed) },
        };
        *locked(&self.state) = State { fault, view, yields, writes: 0, is_dead: false, seed: spread(seed) };
    }

    fn yields(&self) -> u64 {
        let state = &mut *locked(&self.state);
        next_random(&mut state.seed) % (state.yields + 1)
    }

    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let state = &mut *locked(&self.state);
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let is_write = ["TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"].contains(&operation);
        state.is_dead |= is_write && state.fault == Fault::DiesAfter(state.writes);
        if state.is_dead {
            return Err(broken());
        }
        if let IndexView::Stale { queries: queries @ 1.., seed } = &mut state.view
            && let Some(group) = index_query(operation, body)
        {
            *queries -= 1;
            return Ok(response(200, self.database.stale(&group, seed).to_string()));
        }
        let answer = match self.database.answer(operation, body) {
            Ok(answer) => {
                self.record_writes(operation, body);
                response(200, answer)
            }
            Err(error) => response(error.status_code(), error.to_json()),
        };
        if is_write {
            state.writes += 1;
            if state.fault == Fault::LosesAnswer(state.writes - 1) {
                return Err(broken());
            }
        }
        Ok(answer)
    }

    fn record_writes(&self, operation: &str, body: &[u8]) {
        if !["TransactWriteItems", "BatchWriteItem", "UpdateItem"].contains(&operation) {
            return;
        }
        let request: Value = serde_json::from_slice(body).expect("JSON");
        if operation == "UpdateItem" {
            let updated = json!({ "TableName": request["TableName"], "Key": request["Key"], "ConsistentRead": true });
            let answer = self.database.answer("GetItem", updated.to_string().as_bytes()).expect("an answer");
            self.database.record_in_index(&serde_json::from_str::<Value>(&answer).expect("JSON")["Item"]);
        }
        for part in request["TransactItems"].as_array().into_iter().flatten() {
            self.database.record_in_index(&part["Put"]["Item"]);
        }
        for (_, parts) in request["RequestItems"].as_object().into_iter().flatten() {
            for part in parts.as_array().into_iter().flatten() {
                self.database.record_in_index(&part["PutRequest"]["Item"]);
            }
        }
    }
}

/// Returns the conversation for which a request queries the index.
fn index_query(operation: &str, body: &[u8]) -> Option<String> {
    let request: Value = (operation == "Query").then(|| serde_json::from_slice(body).expect("JSON"))?;
    request.get("IndexName")?;
    Some(request["ExpressionAttributeValues"][":group"]["S"].as_str()?.to_owned())
}

fn response(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(status.try_into().expect("a status"), body.into())
}

fn broken() -> ConnectorError {
    ConnectorError::io("the connection is broken".into())
}

/// Spreads small seeds, so that random sequences differ although seeds that shrink well are close to each other.
fn spread(seed: u64) -> u64 {
    (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Returns the next number of a pseudo-random sequence (xorshift).
fn next_random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed >> 11
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("not poisoned")
}

impl HttpConnector for Connection {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connection = self.clone();
        HttpConnectorFuture::new(async move {
            for _ in 0..connection.yields() {
                tokio::task::yield_now().await;
            }
            connection.answer(&request)
        })
    }
}

impl HttpClient for Connection {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}
