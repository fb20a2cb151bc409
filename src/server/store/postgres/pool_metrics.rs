//! Metrics of the connection pool.

use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};

use crate::server::metrics::{Computed, Metrics, duration};
use crate::server::store::postgres::users::Users;

/// Interval at which the wait for a connection is measured.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);

/// Adds the numbers of connections, of the main pool and of that of searches, to the metrics of the server.
pub fn register(pool: &PgPool, users: &Users, metrics: &Metrics) {
    let searches = users.searches().pool();
    for (name, help, pool) in [
        ("postgres_pool_connections", "Connections of the pool, by state.", pool),
        ("postgres_search_pool_connections", "Connections of the pool of searches, by state.", searches),
    ] {
        let pool = pool.clone();
        metrics.compute(Computed::gauges(name, help, "state", move || {
            let (all, idle) = (f64::from(pool.size()), pool.num_idle() as f64);
            vec![("idle", idle), ("in_use", (all - idle).max(0.0))]
        }));
    }
}

/// Measures every second how long a request would wait for a connection that answers. The pool itself has no record of
/// it.
pub async fn sample(pool: PgPool, metrics: Metrics) {
    let (waits, failures) = (duration(), Counter::<u64>::default());
    let help = "Wait for a connection that answers, measured every second";
    metrics.register("postgres_pool_wait_seconds", help, waits.clone());
    metrics.register("postgres_pool_wait_failures", "Waits that ended without a connection", failures.clone());
    let mut ticks = interval(SAMPLE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let began = Instant::now();
        match pool.acquire().await {
            Ok(_) => waits.observe(began.elapsed().as_secs_f64()),
            Err(_) => {
                failures.inc();
            }
        }
    }
}
