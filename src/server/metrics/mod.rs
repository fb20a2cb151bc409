//! Metrics for Prometheus: requests, calls of the dependencies, and the state of this server.

mod collection;

mod computed;

mod dependencies;

mod durations;

mod requests;

mod sign_ins;

pub use collection::Metrics;
pub use computed::Computed;
pub use dependencies::Dependencies;
pub use durations::{Durations, duration, durations};
pub use requests::{Requests, known_method};
pub use sign_ins::SignIns;
