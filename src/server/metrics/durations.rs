//! Histograms of durations.

use std::hash::Hash;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

/// Upper bounds of the buckets, in seconds: from a read of the cache to the timeout of a request.
const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Durations by labels.
pub type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// Creates histograms of durations.
pub fn durations<L: Clone + Hash + Eq>() -> Durations<L> {
    Family::new_with_constructor(duration)
}

/// Creates a histogram of durations.
pub fn duration() -> Histogram {
    Histogram::new(BOUNDS)
}
