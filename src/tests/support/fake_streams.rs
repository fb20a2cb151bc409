//! Scriptable DynamoDB Streams: shards that split and close, iterators that expire, records that are trimmed. The
//! streams of dynoxide have a single shard that never closes.

use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use cruddur_messages::server::store::dynamodb::table::Item;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::items;

/// ARN of the only stream.
pub(crate) const ARN: &str = "arn:aws:dynamodb:eu-central-1:1:table/cruddur-messages/stream/2026-11-21T09:26:28.207";

/// A shard of the stream.
#[derive(Debug, Clone)]
pub(crate) struct Shard {
    pub(crate) id: &'static str,
    pub(crate) parent: Option<&'static str>,
    pub(crate) records: Vec<Record>,
    pub(crate) is_closed: bool,
    /// Number of records that have been trimmed.
    pub(crate) trimmed: usize,
}

impl Shard {
    /// Creates an open shard without records.
    pub(crate) fn new(id: &'static str, parent: Option<&'static str>) -> Self {
        Self { id, parent, records: Vec::new(), is_closed: false, trimmed: 0 }
    }
}

/// A record of the stream: the row before and after a change, in the JSON of DynamoDB's protocol.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) old: Option<Value>,
    pub(crate) new: Option<Value>,
}

/// The row was created.
impl From<Item> for Record {
    fn from(row: Item) -> Self {
        Self { old: None, new: Some(items::json(&row)) }
    }
}

impl Record {
    /// Returns the kind of change.
    pub(crate) fn event_name(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "INSERT",
            (Some(_), Some(_)) => "MODIFY",
            (Some(_), None) => "REMOVE",
        }
    }
}

/// State of the stream, and a log of the requests for it.
#[derive(Debug, Default)]
pub(crate) struct StreamState {
    pub(crate) shards: Vec<Shard>,
    /// Iterators up to this number have expired.
    pub(crate) expired_before: usize,
    /// True if the stream has been disabled and deleted.
    pub(crate) is_gone: bool,
    /// Records that were read, as shard and number.
    pub(crate) read: Vec<(String, usize)>,
    /// Number of requests.
    pub(crate) requests: usize,
    iterators: usize,
}

/// A running Streams endpoint.
pub(crate) struct FakeStreams {
    state: Arc<Mutex<StreamState>>,
    endpoint: String,
}

impl FakeStreams {
    /// Starts an endpoint with these shards.
    pub(crate) async fn start(shards: Vec<Shard>) -> Self {
        let state = Arc::new(Mutex::new(StreamState { shards, ..StreamState::default() }));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { state, endpoint }
    }

    /// Returns the state for reading or changing it.
    pub(crate) fn state(&self) -> MutexGuard<'_, StreamState> {
        self.state.lock().expect("not poisoned")
    }

    /// Returns a client of the endpoint.
    pub(crate) fn client(&self) -> Client {
        client_of(&self.endpoint)
    }
}

/// Returns a client of the Streams endpoint at `endpoint`.
pub(crate) fn client_of(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodbstreams::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

async fn answer(State(state): State<Arc<Mutex<StreamState>>>, headers: HeaderMap, body: String) -> Response {
    let state = &mut *state.lock().expect("not poisoned");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    state.requests += 1;
    let answer = match target.rsplit('.').next().unwrap_or_default() {
        "ListStreams" if state.is_gone => Ok(json!({ "Streams": [] })),
        "ListStreams" => Ok(json!({ "Streams": [{ "StreamArn": ARN, "TableName": "cruddur-messages" }] })),
        _ if state.is_gone => Err("ResourceNotFoundException"),
        "DescribeStream" => Ok(describe(state, body["ExclusiveStartShardId"].as_str())),
        "GetShardIterator" => iterator(state, &body),
        "GetRecords" => records(state, body["ShardIterator"].as_str().unwrap_or_default()),
        other => panic!("unexpected operation {other}"),
    };
    match answer {
        Ok(answer) => answer.to_string().into_response(),
        Err(name) => (StatusCode::BAD_REQUEST, json!({ "__type": name }).to_string()).into_response(),
    }
}

/// Returns one shard per page.
fn describe(state: &StreamState, after: Option<&str>) -> Value {
    let at = after.and_then(|after| state.shards.iter().position(|shard| shard.id == after)).map_or(0, |at| at + 1);
    let page = state
        .shards
        .get(at)
        .map(|shard| json!({ "ShardId": shard.id, "ParentShardId": shard.parent, "SequenceNumberRange": {} }));
    let last = (at + 1 < state.shards.len()).then(|| state.shards[at].id);
    json!({ "StreamDescription": { "StreamArn": ARN, "Shards": Vec::from_iter(page), "LastEvaluatedShardId": last } })
}

fn iterator(state: &mut StreamState, body: &Value) -> Result<Value, &'static str> {
    let shard = state.shards.iter().find(|shard| Some(shard.id) == body["ShardId"].as_str());
    let shard = shard.ok_or("ResourceNotFoundException")?;
    let at = match body["SequenceNumber"].as_str() {
        Some(number) => number.parse::<usize>().expect("a number from this stream") + 1,
        None => shard.trimmed,
    };
    if at < shard.trimmed {
        return Err("TrimmedDataAccessException");
    }
    state.iterators += 1;
    Ok(json!({ "ShardIterator": format!("{} {at} {}", shard.id, state.iterators) }))
}

/// Returns two records per read.
fn records(state: &mut StreamState, iterator: &str) -> Result<Value, &'static str> {
    let words: Vec<_> = iterator.split(' ').collect();
    let [id, at, made] = words[..] else { panic!("not an iterator of this stream: {iterator}") };
    let (at, made): (usize, usize) = (at.parse().expect("a position"), made.parse().expect("a number"));
    if made <= state.expired_before {
        return Err("ExpiredIteratorException");
    }
    let shard = state.shards.iter().find(|shard| shard.id == id).ok_or("ResourceNotFoundException")?;
    if at < shard.trimmed {
        return Err("TrimmedDataAccessException");
    }
    let end = shard.records.len().min(at + 2);
    let records: Vec<_> = (at..end).map(|number| record(number, &shard.records[number])).collect();
    let is_over = shard.is_closed && end == shard.records.len();
    state.read.extend((at..end).map(|number| (id.to_owned(), number)));
    state.iterators += 1;
    let next = (!is_over).then(|| format!("{id} {end} {}", state.iterators));
    Ok(json!({ "Records": records, "NextShardIterator": next }))
}

fn record(number: usize, record: &Record) -> Value {
    let mut change = json!({ "SequenceNumber": format!("{number:021}") });
    for (image, row) in [("OldImage", &record.old), ("NewImage", &record.new)] {
        if let Some(row) = row {
            change[image] = row.clone();
        }
    }
    json!({ "eventName": record.event_name(), "dynamodb": change })
}
