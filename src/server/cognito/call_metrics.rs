//! Metrics of the calls of the user pool.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::metrics::Metrics;

/// Counter of calls. Cloning copies a handle.
#[derive(Clone, Default)]
pub(super) struct CallMetrics(Family<CallLabels, Counter>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    call: &'static str,
    outcome: &'static str,
}

impl CallMetrics {
    pub(super) fn register(&self, metrics: &Metrics) {
        metrics.register("cognito_calls", "Calls of the user pool, by call and outcome", self.0.clone());
    }

    pub(super) fn count<T>(&self, call: &'static str, result: &Result<T, CognitoError>) {
        let outcome = match result.as_ref().map_err(|error| error.kind) {
            Ok(_) => "done",
            Err(CognitoErrorKind::Unavailable | CognitoErrorKind::TriggerFailed) => "unavailable",
            Err(CognitoErrorKind::TooMany) => "throttled",
            Err(CognitoErrorKind::Misconfigured(_)) => "misconfigured",
            Err(_) => "refused",
        };
        self.0.get_or_create(&CallLabels { call, outcome }).inc();
    }
}
