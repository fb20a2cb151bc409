//! Calls of DynamoDB in series: how many round trips a request waits for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{AppName, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

use super::dynamodb::DynamoDb;

/// Counts the calls of one client that wait for each other. Cloning copies a handle.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    calls: Arc<Mutex<Calls>>,
    next: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Calls {
    /// Depth of each call that has not ended.
    running: HashMap<String, usize>,
    /// Depth of the deepest call that has ended.
    ended: usize,
}

/// Returns a copy of a client of this DynamoDB whose calls are counted. Other clones of it are not.
pub(crate) fn in_series(client: &Client, dynamodb: &DynamoDb) -> (Client, Series) {
    let series = Series::default();
    let resolver = YieldingResolver(dynamodb.endpoint().to_owned());
    let config = client.config().to_builder().interceptor(series.clone()).endpoint_resolver(resolver);
    (Client::from_conf(config.build()), series)
}

/// Resolves the address of the DynamoDB, but not at once: each call stops once before it sends anything, so that all
/// calls that are made at the same time begin before the first one ends.
#[derive(Debug)]
struct YieldingResolver(String);

impl ResolveEndpoint for YieldingResolver {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::new(async {
            tokio::task::yield_now().await;
            Ok(Endpoint::builder().url(self.0.clone()).build())
        })
    }
}

impl Series {
    /// Returns the length of the longest chain of calls since the last call of this function, in which each began after
    /// the previous one had ended.
    pub(crate) fn take(&self) -> usize {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner).ended)
    }
}

impl Intercept for Series {
    fn name(&self) -> &'static str {
        "Series"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The SDK keeps the name of the app for each call, so it can tell calls apart.
        let call = AppName::new(format!("call-{}", self.next.fetch_add(1, Ordering::SeqCst)))?;
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let depth = calls.ended + 1;
        calls.running.insert(call.to_string(), depth);
        bag.interceptor_state().store_put(call);
        Ok(())
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(depth) = bag.load::<AppName>().and_then(|call| calls.running.remove(call.as_ref())) {
            calls.ended = calls.ended.max(depth);
        }
        Ok(())
    }
}
