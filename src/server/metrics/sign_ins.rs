//! Sign-ins, by outcome.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::domain::error::AppError;
use crate::server::failure::Failure;

/// Counter of attempts to sign in. Cloning copies a handle.
#[derive(Clone, Default)]
pub struct SignIns(Family<SignInLabels, Counter>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignInLabels {
    outcome: &'static str,
}

impl SignIns {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("sign_ins", "Attempts to sign in, by outcome", self.0.clone());
    }

    /// Counts an attempt with this result.
    pub fn count<T>(&self, result: &Result<T, Failure>) {
        let outcome = match result {
            Ok(_) => "accepted",
            Err(Failure::Public(AppError::RateLimited { .. })) => "rate_limited",
            Err(Failure::Public(AppError::Unavailable) | Failure::Unavailable(_)) => "unavailable",
            Err(Failure::Public(AppError::Unexpected) | Failure::Unexpected(_)) => "failed",
            Err(Failure::Public(_)) => "refused",
        };
        self.0.get_or_create(&SignInLabels { outcome }).inc();
    }
}
