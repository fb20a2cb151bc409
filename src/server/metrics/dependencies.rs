//! Availability of the dependencies.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Availability of each dependency, as the readiness check sees it. Cloning copies a handle.
#[derive(Clone, Default)]
pub struct Dependencies(Family<DependencyLabels, Gauge>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DependencyLabels {
    dependency: &'static str,
}

impl Dependencies {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("dependency_available", "1 if the dependency is available, else 0", self.0.clone());
    }

    /// Records whether a dependency is available.
    pub fn set(&self, dependency: &'static str, is_available: bool) {
        self.0.get_or_create(&DependencyLabels { dependency }).set(i64::from(is_available));
    }
}
