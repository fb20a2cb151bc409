//! DynamoDB Streams that do as they are told: shards that split and close, iterators that expire, records that are thrown
//! away. dynoxide has one shard for ever.

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

/// The one stream.
pub(crate) const ARN: &str = "arn:aws:dynamodb:eu-central-1:1:table/cruddur-messages/stream/2026-11-21T09:26:28.207";

/// A shard as the stream has it.
#[derive(Debug, Clone)]
pub(crate) struct Shard {
    pub(crate) id: &'static str,
    pub(crate) parent: Option<&'static str>,
    pub(crate) records: Vec<Item>,
    pub(crate) is_closed: bool,
    /// So many records are thrown away.
    pub(crate) trimmed: usize,
}

impl Shard {
    /// An open one without records.
    pub(crate) fn new(id: &'static str, parent: Option<&'static str>) -> Self {
        Self { id, parent, records: Vec::new(), is_closed: false, trimmed: 0 }
    }
}

/// What there is, and what was asked for.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) shards: Vec<Shard>,
    /// Every iterator that was given out so far is too old.
    pub(crate) expired_before: usize,
    /// The stream is switched off and gone.
    pub(crate) is_gone: bool,
    /// Which records were read, as shard and number.
    pub(crate) read: Vec<(String, usize)>,
    /// How many requests came.
    pub(crate) requests: usize,
    iterators: usize,
}

/// A running one.
pub(crate) struct Streams {
    script: Arc<Mutex<Script>>,
    endpoint: String,
}

impl Streams {
    /// Starts one with these shards.
    pub(crate) async fn start(shards: Vec<Shard>) -> Self {
        let script = Arc::new(Mutex::new(Script { shards, ..Script::default() }));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { script, endpoint }
    }

    /// What there is, to be looked at or changed.
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("nobody panicked meanwhile")
    }

    /// A client of it.
    pub(crate) fn client(&self) -> Client {
        client_of(&self.endpoint)
    }
}

/// A client of whatever answers at `endpoint`.
pub(crate) fn client_of(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodbstreams::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, headers: HeaderMap, body: String) -> Response {
    let script = &mut *script.lock().expect("nobody panicked meanwhile");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    script.requests += 1;
    let answer = match target.rsplit('.').next().unwrap_or_default() {
        "ListStreams" if script.is_gone => Ok(json!({ "Streams": [] })),
        "ListStreams" => Ok(json!({ "Streams": [{ "StreamArn": ARN, "TableName": "cruddur-messages" }] })),
        _ if script.is_gone => Err("ResourceNotFoundException"),
        "DescribeStream" => Ok(describe(script, body["ExclusiveStartShardId"].as_str())),
        "GetShardIterator" => iterator(script, &body),
        "GetRecords" => records(script, body["ShardIterator"].as_str().unwrap_or_default()),
        other => panic!("nobody asks for {other}"),
    };
    match answer {
        Ok(answer) => answer.to_string().into_response(),
        Err(name) => (StatusCode::BAD_REQUEST, json!({ "__type": name }).to_string()).into_response(),
    }
}

/// One shard a page.
fn describe(script: &Script, after: Option<&str>) -> Value {
    let at = after.and_then(|after| script.shards.iter().position(|shard| shard.id == after)).map_or(0, |at| at + 1);
    let page = script
        .shards
        .get(at)
        .map(|shard| json!({ "ShardId": shard.id, "ParentShardId": shard.parent, "SequenceNumberRange": {} }));
    let last = (at + 1 < script.shards.len()).then(|| script.shards[at].id);
    json!({ "StreamDescription": { "StreamArn": ARN, "Shards": Vec::from_iter(page), "LastEvaluatedShardId": last } })
}

fn iterator(script: &mut Script, body: &Value) -> Result<Value, &'static str> {
    let shard = script.shards.iter().find(|shard| Some(shard.id) == body["ShardId"].as_str());
    let shard = shard.ok_or("ResourceNotFoundException")?;
    let at = match body["SequenceNumber"].as_str() {
        Some(number) => number.parse::<usize>().expect("a number of ours") + 1,
        None => shard.trimmed,
    };
    if at < shard.trimmed {
        return Err("TrimmedDataAccessException");
    }
    script.iterators += 1;
    Ok(json!({ "ShardIterator": format!("{} {at} {}", shard.id, script.iterators) }))
}

/// Two records a read.
fn records(script: &mut Script, iterator: &str) -> Result<Value, &'static str> {
    let words: Vec<_> = iterator.split(' ').collect();
    let [id, at, made] = words[..] else { panic!("no iterator of ours: {iterator}") };
    let (at, made): (usize, usize) = (at.parse().expect("a place"), made.parse().expect("a number"));
    if made <= script.expired_before {
        return Err("ExpiredIteratorException");
    }
    let shard = script.shards.iter().find(|shard| shard.id == id).ok_or("ResourceNotFoundException")?;
    if at < shard.trimmed {
        return Err("TrimmedDataAccessException");
    }
    let end = shard.records.len().min(at + 2);
    let records: Vec<_> = (at..end).map(|number| record(number, &shard.records[number])).collect();
    let is_over = shard.is_closed && end == shard.records.len();
    script.read.extend((at..end).map(|number| (id.to_owned(), number)));
    script.iterators += 1;
    let next = (!is_over).then(|| format!("{id} {end} {}", script.iterators));
    Ok(json!({ "Records": records, "NextShardIterator": next }))
}

fn record(number: usize, row: &Item) -> Value {
    json!({ "eventName": "INSERT", "dynamodb": {
        "SequenceNumber": format!("{number:021}"),
        "NewImage": items::json(row),
    } })
}
