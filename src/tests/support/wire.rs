//! A DynamoDB without a network: the SDK's requests end in a database of this process. The way there can be cut after so
//! many writes, and the index can lag behind. A request costs half a millisecond, and nothing happens by chance.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, HttpClient, Region, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A DynamoDB, and everything that its index has ever shown.
#[derive(Clone)]
pub(crate) struct Cloud {
    pub(crate) database: Database,
    shown: Arc<Mutex<HashMap<String, Vec<Value>>>>,
}

/// What happens to the requests of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// All arrive.
    Nothing,
    /// The process dies after so many writes: nothing arrives any more.
    DiesAfter(u8),
    /// The answer to this write, counted from 0, is lost; the write is done.
    LosesAnswer(u8),
}

/// What the index shows to one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// What is in the table.
    Fresh,
    /// To so many queries, any of the rows that have ever been in the table: some that are no longer there, not all that
    /// are. `dice` decides which. Then it has caught up.
    Stale { queries: u8, dice: u64 },
}

impl Cloud {
    /// An empty one.
    pub(crate) fn start() -> Self {
        Self { database: Database::memory().expect("a database in memory"), shown: Arc::default() }
    }

    /// The connection of one process.
    pub(crate) fn wire(&self) -> Wire {
        let state = State { fault: Fault::Nothing, view: View::Fresh, yields: 0, writes: 0, is_dead: false, dice: 1 };
        Wire { cloud: self.clone(), state: Arc::new(Mutex::new(state)) }
    }

    /// What is written past the wire has been shown, too.
    pub(crate) fn show(&self, row: &Value) {
        if let Some(group) = row["message_group_uuid"]["S"].as_str()
            && row["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("GRP#"))
        {
            locked(&self.shown).entry(group.to_owned()).or_default().push(row.clone());
        }
    }

    fn stale(&self, group: &str, dice: &mut u64) -> Value {
        let mut rows = locked(&self.shown).get(group).cloned().unwrap_or_default();
        rows.retain(|_| roll(dice).is_multiple_of(2));
        rows.sort_by_key(|row| row["sk"]["S"].as_str().map(str::to_owned));
        json!({ "Items": rows, "Count": rows.len(), "ScannedCount": rows.len() })
    }

    fn answer(&self, operation: &str, body: &[u8]) -> Result<String, dynoxide::errors::DynoxideError> {
        let database = &self.database;
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
            other => panic!("no test asks for {other}"),
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

/// The way of one process to a [`Cloud`].
#[derive(Clone)]
pub(crate) struct Wire {
    cloud: Cloud,
    state: Arc<Mutex<State>>,
}

struct State {
    fault: Fault,
    view: View,
    /// How often others may go first at most, before each request.
    yields: u64,
    writes: u8,
    is_dead: bool,
    dice: u64,
}

impl Wire {
    /// A client whose requests go this way.
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

    /// A new process goes this way: what happens to it, and what it sees.
    pub(crate) fn set(&self, fault: Fault, view: View) {
        self.set_beside_others(fault, view, 0, 1);
    }

    /// The same, where other processes run at the same time. `dice` decides who goes first.
    pub(crate) fn set_beside_others(&self, fault: Fault, view: View, yields: u64, dice: u64) {
        let view = match view {
            View::Fresh => view,
            View::Stale { queries, dice } => View::Stale { queries, dice: shaken(dice) },
        };
        *locked(&self.state) = State { fault, view, yields, writes: 0, is_dead: false, dice: shaken(dice) };
    }

    fn yields(&self) -> u64 {
        let state = &mut *locked(&self.state);
        roll(&mut state.dice) % (state.yields + 1)
    }

    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let state = &mut *locked(&self.state);
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let is_write = ["TransactWriteItems", "PutItem", "UpdateItem"].contains(&operation);
        state.is_dead |= is_write && state.fault == Fault::DiesAfter(state.writes);
        if state.is_dead {
            return Err(cut());
        }
        if let View::Stale { queries: queries @ 1.., dice } = &mut state.view
            && let Some(group) = index_query(operation, body)
        {
            *queries -= 1;
            return Ok(response(200, self.cloud.stale(&group, dice).to_string()));
        }
        let answer = match self.cloud.answer(operation, body) {
            Ok(answer) => {
                self.show(operation, body);
                response(200, answer)
            }
            Err(error) => response(error.status_code(), error.to_json()),
        };
        if is_write {
            state.writes += 1;
            if state.fault == Fault::LosesAnswer(state.writes - 1) {
                return Err(cut());
            }
        }
        Ok(answer)
    }

    fn show(&self, operation: &str, body: &[u8]) {
        if !["TransactWriteItems", "BatchWriteItem"].contains(&operation) {
            return;
        }
        let request: Value = serde_json::from_slice(body).expect("JSON");
        for part in request["TransactItems"].as_array().into_iter().flatten() {
            self.cloud.show(&part["Put"]["Item"]);
        }
        for (_, parts) in request["RequestItems"].as_object().into_iter().flatten() {
            for part in parts.as_array().into_iter().flatten() {
                self.cloud.show(&part["PutRequest"]["Item"]);
            }
        }
    }
}

/// Which conversation's rows the index is asked for.
fn index_query(operation: &str, body: &[u8]) -> Option<String> {
    let request: Value = (operation == "Query").then(|| serde_json::from_slice(body).expect("JSON"))?;
    request.get("IndexName")?;
    Some(request["ExpressionAttributeValues"][":group"]["S"].as_str()?.to_owned())
}

fn response(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(status.try_into().expect("a status"), body.into())
}

fn cut() -> ConnectorError {
    ConnectorError::io("the wire is cut".into())
}

/// Where a row of numbers begins: small seeds, which shrink well, must not begin alike.
fn shaken(seed: u64) -> u64 {
    (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The next of a row of numbers that looks like chance (xorshift).
fn roll(dice: &mut u64) -> u64 {
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    *dice >> 11
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panicked meanwhile")
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            for _ in 0..wire.yields() {
                tokio::task::yield_now().await;
            }
            wire.answer(&request)
        })
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}
