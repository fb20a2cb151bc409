//! The DynamoDB client, the table, and the meaning of SDK errors.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use time::OffsetDateTime;

use crate::server::failure::Failure;
use crate::server::metrics::Metrics;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::call_metrics::CallMetrics;
use crate::server::store::dynamodb::clock::Clock;
use crate::server::store::dynamodb::hints::Hints;
use crate::server::store::dynamodb::table::{Item, Key, PK, SK};

/// Creates a client from the SDK's own environment variables: region, credentials, and `AWS_ENDPOINT_URL_DYNAMODB` if
/// it is not AWS. No call takes longer than 3 seconds, including its retries.
pub async fn connect() -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(800))
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(3))
        .build();
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        // The timeouts cover it: an answer is a few kilobytes, and is read before its attempt ends.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_max_backoff(Duration::from_millis(500)));
    Client::new(&config.load().await)
}

/// The table, the clock for the times in it, and hints about what it contains. Cloning copies handles.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: Arc<str>,
    clock: Clock,
    hints: Hints,
}

impl Table {
    /// Creates a handle to the table `name`, with the system clock.
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.into(), clock: Clock::default(), hints: Hints::default() }
    }

    /// Returns the same table with another clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Returns the same table with metrics of the calls of its client. These cost a few bytes per answer, in which
    /// DynamoDB reports the consumed capacity.
    pub(crate) fn with_metrics(self, metrics: &Metrics) -> Self {
        let (client, calls) = CallMetrics::of(&self.client);
        calls.register(metrics);
        Self { client, ..self }
    }

    /// Returns the client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the current time.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Returns the clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the hints about conversations.
    pub(super) fn hints(&self) -> &Hints {
        &self.hints
    }

    /// Reads one row, strongly consistent: one read unit per 4 KB.
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, Failure> {
        let request = self.client.get_item().table_name(self.name()).set_key(Some(key.item())).consistent_read(true);
        Ok(request.send().await.map_err(into_failure("read a row"))?.item)
    }

    /// Reads several rows, strongly consistent, in no particular order, without those that do not exist: one read unit
    /// per 4 KB of each row. Takes at most 100 keys, each only once, because DynamoDB refuses anything else.
    /// `operation` is for the log.
    pub async fn batch_get(&self, mut keys: Vec<Item>, operation: &'static str) -> Result<Vec<Item>, Failure> {
        let mut found = Vec::new();
        let mut backoff = Backoff::default();
        while !keys.is_empty() {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
            let request = self.client.batch_get_item().request_items(self.name(), wanted);
            let answer = request.send().await.map_err(into_failure(operation))?;
            found.extend(answer.responses.into_iter().flatten().flat_map(|(_, rows)| rows));
            // DynamoDB leaves out the rows for which it has no capacity, and lists their keys.
            keys = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
            if !keys.is_empty() {
                backoff.wait(operation).await?;
            }
        }
        Ok(found)
    }

    /// Returns a query of all rows of a partition, strongly consistent.
    pub(super) fn query_by_partition(&self, partition: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(self.name())
            .consistent_read(true)
            .key_condition_expression(format!("{PK} = :partition"))
            .expression_attribute_values(":partition", AttributeValue::S(partition))
    }

    /// Returns a query of the rows of a partition whose sort keys begin with `prefix`, strongly consistent.
    pub(super) fn query_by_prefix(&self, partition: String, prefix: impl Into<String>) -> QueryFluentBuilder {
        self.query_by_partition(partition)
            .key_condition_expression(format!("{PK} = :partition AND begins_with({SK}, :prefix)"))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.into()))
    }

    /// Returns a query of the rows of a partition whose sort keys are in a range, strongly consistent.
    pub(super) fn query_by_range(&self, partition: String, [first, last]: [&str; 2]) -> QueryFluentBuilder {
        self.query_by_partition(partition)
            .key_condition_expression(format!("{PK} = :partition AND {SK} BETWEEN :first AND :last"))
            .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
            .expression_attribute_values(":last", AttributeValue::S(last.to_owned()))
    }

    /// Part of a transaction: puts a row if there is none with its key. If the condition fails, the transaction returns
    /// the existing row.
    pub fn put_if_absent(&self, row: Item) -> Result<TransactWriteItem, Failure> {
        let put = Put::builder()
            .table_name(self.name())
            .set_item(Some(row))
            .condition_expression(format!("attribute_not_exists({PK})"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// Writes all of `parts` or nothing. The SDK's own retries cannot write twice: they carry the same token.
    pub async fn transact(&self, parts: Vec<TransactWriteItem>) -> Result<Result<(), TransactionCancelled>, Failure> {
        match self.client.transact_write_items().set_transact_items(Some(parts)).send().await {
            Ok(_) => Ok(Ok(())),
            Err(error) => TransactionCancelled::from_error(&error)
                .map(Err)
                .ok_or_else(|| into_failure("write a transaction")(error)),
        }
    }
}

/// A cancelled transaction: a condition failed, or another transaction was writing the same rows.
#[derive(Debug)]
pub struct TransactionCancelled(Vec<CancellationReason>);

impl TransactionCancelled {
    /// Reports whether the condition of this part failed.
    pub fn condition_failed(&self, part: usize) -> bool {
        self.0.get(part).is_some_and(|reason| reason.code() == Some("ConditionalCheckFailed"))
    }

    /// Returns the row that made the condition of this part fail, if the part asked for it.
    pub fn existing_row(&self, part: usize) -> Option<&Item> {
        self.0.get(part).filter(|_| self.condition_failed(part))?.item()
    }

    fn from_error(error: &SdkError<TransactWriteItemsError>) -> Option<Self> {
        let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.as_service_error()? else {
            return None;
        };
        let reasons = cancelled.cancellation_reasons();
        let all_known = reasons.iter().all(|reason| RETRYABLE_REASONS.contains(&reason.code().unwrap_or("None")));
        all_known.then(|| Self(reasons.to_vec()))
    }
}

/// Reasons after which a transaction is worth another attempt (DynamoDB API reference, `TransactWriteItems`, errors).
const RETRYABLE_REASONS: [&str; 5] =
    ["None", "ConditionalCheckFailed", "TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"];

/// Transient errors: throttling, a fault of the service, a transaction on the same row, or a table that is still being
/// created.
const TRANSIENT_ERRORS: [&str; 9] = [
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

/// Errors of the server's own credentials: expired, rotated, not yet allowed, or signed with a clock that is wrong.
/// They say nothing about the request, and pass once the operator or the platform has renewed the credentials.
pub(super) const CREDENTIAL_ERRORS: [&str; 16] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "KMSAccessDeniedException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Converts an SDK error: timeouts, faults of the service, throttling and refused credentials become `Unavailable`,
/// every other error becomes `Unexpected`. `operation` is for the log.
pub fn into_failure<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    move |error| {
        let is_transient = match &error {
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
            SdkError::ServiceError(answer) => {
                answer.raw().status().is_server_error() || answer.err().code().is_some_and(is_transient_code)
            }
            _ => false,
        };
        let cause = anyhow::Error::new(error).context("DynamoDB").context(operation);
        if is_transient { Failure::Unavailable(cause) } else { Failure::Unexpected(cause) }
    }
}

fn is_transient_code(code: &str) -> bool {
    TRANSIENT_ERRORS.contains(&code) || CREDENTIAL_ERRORS.contains(&code)
}

/// A request lacks a field that the API demands.
impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        Self::Unexpected(anyhow!(error).context("build a request to DynamoDB"))
    }
}
