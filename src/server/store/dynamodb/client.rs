//! The way to DynamoDB: the client, the table, and what its errors mean.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Tries;
use crate::server::store::dynamodb::clock::Clock;
use crate::server::store::dynamodb::table::{Item, Key, PK};

/// A client for what the SDK's own environment variables name: region, credentials, and `AWS_ENDPOINT_URL_DYNAMODB`
/// where it is not AWS. No call takes longer than 3 seconds, its retries included.
pub async fn connect() -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(800))
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(3))
        .build();
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_max_backoff(Duration::from_millis(500)));
    Client::new(&config.load().await)
}

/// The table, and the clock that its times come from. Cloning copies handles.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: Arc<str>,
    clock: Clock,
}

impl Table {
    /// The table `name`, by the machine's clock.
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.into(), clock: Clock::default() }
    }

    /// The same table, by another clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What time it is.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether the table answers. Reads a row that is not there: half a read unit.
    pub async fn answers(&self) -> bool {
        let nobody = Key::Pair(user::Id(Uuid::nil()), user::Id(Uuid::nil()));
        self.client.get_item().table_name(self.name()).set_key(Some(nobody.item())).send().await.is_ok()
    }

    /// One row, as it is now: a read unit for each 4 KB.
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, Failure> {
        let request = self.client.get_item().table_name(self.name()).set_key(Some(key.item())).consistent_read(true);
        Ok(request.send().await.map_err(failed("read a row"))?.item)
    }

    /// Some rows, as they are now, in any order, without those that are not there: a read unit for each 4 KB of each. No
    /// more than 100 keys and none twice, which DynamoDB refuses. `doing` says what for, for the log.
    pub async fn get_some(&self, mut keys: Vec<Item>, doing: &'static str) -> Result<Vec<Item>, Failure> {
        let mut found = Vec::new();
        let mut tries = Tries::default();
        while !keys.is_empty() {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
            let request = self.client.batch_get_item().request_items(self.name(), wanted);
            let answer = request.send().await.map_err(failed(doing))?;
            found.extend(answer.responses.into_iter().flatten().flat_map(|(_, rows)| rows));
            // DynamoDB leaves out what it has no capacity for, and says so.
            keys = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
            if !keys.is_empty() {
                tries.wait(doing).await?;
            }
        }
        Ok(found)
    }

    /// Part of a transaction: puts a row where there is none. A refusal hands out the row that is there.
    pub fn put_if_absent(&self, row: Item) -> Result<TransactWriteItem, Failure> {
        let put = Put::builder()
            .table_name(self.name())
            .set_item(Some(row))
            .condition_expression(format!("attribute_not_exists({PK})"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// Does all of `parts` or nothing. The SDK's own retries cannot do it twice: they carry one token.
    pub async fn transact(&self, parts: Vec<TransactWriteItem>) -> Result<Result<(), Refusal>, Failure> {
        match self.client.transact_write_items().set_transact_items(Some(parts)).send().await {
            Ok(_) => Ok(Ok(())),
            Err(error) => Refusal::of(&error).map(Err).ok_or_else(|| failed("write a transaction")(error)),
        }
    }
}

/// Why a transaction did nothing: a condition did not hold, or another transaction was at the same rows.
#[derive(Debug)]
pub struct Refusal(Vec<CancellationReason>);

impl Refusal {
    /// Whether the condition of this part did not hold.
    pub fn at(&self, part: usize) -> bool {
        self.0.get(part).is_some_and(|reason| reason.code() == Some("ConditionalCheckFailed"))
    }

    /// The row that made the condition of this part fail, where the part asked for it.
    pub fn row(&self, part: usize) -> Option<&Item> {
        self.0.get(part).filter(|_| self.at(part))?.item()
    }

    fn of(error: &SdkError<TransactWriteItemsError>) -> Option<Self> {
        let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.as_service_error()? else {
            return None;
        };
        let reasons = cancelled.cancellation_reasons();
        let all_known = reasons.iter().all(|reason| REFUSALS.contains(&reason.code().unwrap_or("None")));
        all_known.then(|| Self(reasons.to_vec()))
    }
}

/// Reasons for which a transaction is worth another try (DynamoDB API reference, `TransactWriteItems`, errors).
const REFUSALS: [&str; 5] =
    ["None", "ConditionalCheckFailed", "TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"];

/// Errors that pass: too much at once, trouble at their end, a transaction at the same row, or a table that is still
/// being made.
const PASSING: [&str; 9] = [
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ResourceNotFoundException",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// What an error of the SDK means: `Unavailable` for no answer in time, for trouble at their end and for too much at
/// once; anything else is a mistake of ours. `doing` says what was tried, for the log.
pub fn failed<E>(doing: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    move |error| {
        let passing = match &error {
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
            SdkError::ServiceError(answer) => {
                answer.raw().status().is_server_error()
                    || answer.err().code().is_some_and(|code| PASSING.contains(&code))
            }
            _ => false,
        };
        let cause = anyhow::Error::new(error).context("DynamoDB").context(doing);
        if passing { Failure::Unavailable(cause) } else { Failure::Unexpected(cause) }
    }
}

/// A request of ours lacks a field that the API demands.
impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        Self::Unexpected(anyhow!(error).context("build a request to DynamoDB"))
    }
}
