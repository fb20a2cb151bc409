//! Metrics of the calls of DynamoDB: an interceptor of the SDK sees each of them, whichever module makes it.

use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::server::metrics::{Durations, Metrics, durations};

/// Outcomes of a call. A call without one has run into its timeout, or its request was cancelled.
const DONE: &str = "done";
const FAILED: &str = "failed";
const ABANDONED: &str = "abandoned";

/// Metrics of all calls of a client. Cloning copies handles.
#[derive(Debug, Clone)]
pub(super) struct CallMetrics {
    calls: Family<CallLabels, Counter>,
    durations: Durations<OperationLabels>,
    retries: Family<OperationLabels, Counter>,
    consumed: Family<OperationLabels, Counter<f64, AtomicU64>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    operation: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: String,
}

/// A call that is under way. Counted when it is dropped, because nothing else happens after a timeout.
#[derive(Debug)]
struct Call {
    metrics: CallMetrics,
    operation: String,
    began: Instant,
    outcome: OnceLock<&'static str>,
}

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

impl Drop for Call {
    fn drop(&mut self) {
        let outcome = self.outcome.get().copied().unwrap_or(ABANDONED);
        self.metrics.calls.get_or_create(&CallLabels { operation: self.operation.clone(), outcome }).inc();
        let durations = self.metrics.durations.get_or_create(&OperationLabels { operation: self.operation.clone() });
        durations.observe(self.began.elapsed().as_secs_f64());
    }
}

impl CallMetrics {
    /// Returns a client like `client` whose calls are counted, and its metrics.
    pub(super) fn of(client: &Client) -> (Client, Self) {
        let metrics = Self {
            calls: Family::default(),
            durations: durations(),
            retries: Family::default(),
            consumed: Family::default(),
        };
        let config = client.config().to_builder().interceptor(metrics.clone()).build();
        (Client::from_conf(config), metrics)
    }

    /// Adds the metrics to those of the server.
    pub(super) fn register(&self, metrics: &Metrics) {
        metrics.register("dynamodb_calls", "Calls by operation and outcome", self.calls.clone());
        let help = "Duration of calls with their retries, by operation";
        metrics.register("dynamodb_call_duration_seconds", help, self.durations.clone());
        metrics.register("dynamodb_retries", "Retries by the SDK, by operation", self.retries.clone());
        let help = "Consumed read or write units, by operation";
        metrics.register("dynamodb_consumed_capacity_units", help, self.consumed.clone());
    }

    fn consume<'a>(&self, operation: &str, reported: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let units: f64 = reported.into_iter().filter_map(ConsumedCapacity::capacity_units).sum();
        if units > 0.0 {
            self.consumed.get_or_create(&OperationLabels { operation: operation.to_owned() }).inc_by(units);
        }
    }
}

fn operation(config: &ConfigBag) -> String {
    config.load::<Metadata>().map_or("unknown", Metadata::name).to_owned()
}

/// Calls `$then` for every operation of the server that consumes capacity, with its module and its types.
macro_rules! each_operation {
    ($then:ident!($($with:expr),*)) => {
        $then!($($with),*, get_item, GetItemInput, GetItemOutput);
        $then!($($with),*, batch_get_item, BatchGetItemInput, BatchGetItemOutput);
        $then!($($with),*, query, QueryInput, QueryOutput);
        $then!($($with),*, update_item, UpdateItemInput, UpdateItemOutput);
        $then!($($with),*, delete_item, DeleteItemInput, DeleteItemOutput);
        $then!($($with),*, transact_write_items, TransactWriteItemsInput, TransactWriteItemsOutput);
    };
}

macro_rules! request_capacity {
    ($input:expr, $operation:ident, $Input:ident, $Output:ident) => {
        if let Some(input) = $input.downcast_mut::<aws_sdk_dynamodb::operation::$operation::$Input>() {
            // A caller may have asked for more.
            input.return_consumed_capacity.get_or_insert(ReturnConsumedCapacity::Total);
        }
    };
}

macro_rules! add_capacity {
    ($metrics:expr, $name:expr, $output:expr, $operation:ident, $Input:ident, $Output:ident) => {
        if let Some(output) = $output.downcast_ref::<aws_sdk_dynamodb::operation::$operation::$Output>() {
            $metrics.consume($name, output.consumed_capacity());
        }
    };
}

impl Intercept for CallMetrics {
    fn name(&self) -> &'static str {
        "CallMetrics"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Not before: the earlier hook does not know the operation yet.
        let (metrics, operation) = (self.clone(), operation(config));
        config.interceptor_state().store_put(Call {
            metrics,
            operation,
            began: Instant::now(),
            outcome: OnceLock::new(),
        });
        each_operation!(request_capacity!(context.input_mut()));
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() > 1) {
            self.retries.get_or_create(&OperationLabels { operation: operation(config) }).inc();
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = config.load::<Call>() else { return Ok(()) };
        let output = context.output_or_error().and_then(Result::ok);
        // The first outcome counts.
        let _ = call.outcome.set(if output.is_some() { DONE } else { FAILED });
        if let Some(output) = output {
            each_operation!(add_capacity!(self, &call.operation, output));
        }
        Ok(())
    }
}
