//! The web server.

use cruddur_messages::server::config::Config;
use cruddur_messages::server::{command_line, run, telemetry};
use tikv_jemallocator::Jemalloc;

/// Allocator of the web server. A page makes thousands of small allocations, which take a quarter of its time with the
/// allocator of glibc.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> anyhow::Result<()> {
    let config: Config = command_line::read();
    // At least four: rendering a page blocks a worker, and with a single worker all other requests would wait for it.
    let workers = std::thread::available_parallelism().map_or(4, usize::from).max(4);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    let traces = telemetry::init_with_traces(&config, runtime.handle())?;
    let served = runtime.block_on(run::serve(config));
    if let Some(traces) = traces {
        traces.finish();
    }
    served
}
