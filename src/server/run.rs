//! Startup and shutdown of the web server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use leptos::prelude::get_configuration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::domain::conversation::SentMessage;
use crate::server::accounts::purge::purge_regularly;
use crate::server::config::Config;
use crate::server::http::build_files::MISSING_FILES;
use crate::server::http::connection::LimitingAcceptor;
use crate::server::http::metrics_server::serve_metrics;
use crate::server::http::request_limits::HEAD_BYTES_MAX;
use crate::server::http::router::router;
use crate::server::live;
use crate::server::messaging::sending::publish_message;
use crate::server::production::ensure_complete;
use crate::server::state::AppState;
use crate::server::store::dynamodb::legacy::numbering::Numbered;
use crate::server::store::dynamodb::missing_parts::warn_of_missing_parts;
use crate::server::store::postgres::{notifications, pool_metrics};
use crate::server::store::usability::{Usability, UsabilityLog};
use crate::server::stream::projections::{self, Publish};
use crate::server::stream::reader::{self, Reader};
use crate::server::stream::reader_metrics::ReaderMetrics;

/// Time that open requests have to finish after the last stream has ended.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Time that inbox updates have to finish after the last request.
const INBOX_UPDATES_TIMEOUT: Duration = Duration::from_secs(5);

/// Time that the audit log has to store its last entries.
const AUDIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time that the rate limits have to settle the last attempts.
const BUDGETS_TIMEOUT: Duration = Duration::from_secs(5);

/// Interval of the cleanup of expired sessions, idle rate-limit counters and old reports.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(600);

/// Interval of the checks of a store until it is usable.
const STORE_CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// Runs the web server until SIGTERM or SIGINT. Starts even if the databases and the user pool are unreachable.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    ensure_complete(&config)?;
    let file = config.leptos_config.to_string_lossy().into_owned();
    // Of a missing file, `get_configuration` says that it has no section.
    std::fs::File::open(&file).with_context(|| format!("read {file}, the file of LEPTOS_CONFIG"))?;
    let options = get_configuration(Some(&file)).with_context(|| format!("read {file}"))?.leptos_options;
    let address = options.site_addr;
    let state = AppState::connect(config, options).await?;
    if state.files.are_missing {
        tracing::error!(
            problem = MISSING_FILES,
            "the site's files are missing: pages have neither style nor script. Set LEPTOS_SITE_ROOT and LEPTOS_HASH_FILE"
        );
    }
    let listener = TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))?;
    tracing::info!("listening on http://{address}");
    tokio::spawn(stop_on_signal(state.closing.clone())?);
    tokio::spawn(clean_up(state.clone()));
    tokio::spawn(purge_regularly(state.clone()));
    tokio::spawn(state.closing.clone().run_until_cancelled_owned(warn_of_missing_parts(state.store.table())));
    if state.config.read_stream {
        let table = state.store.table();
        let (streams, postgres) = (reader::connect().await, state.store.postgres());
        let reader = Reader::new(table.name(), streams, postgres, projections::publishing(&table, publish(&state)));
        let metrics = ReaderMetrics::default();
        metrics.register(&state.metrics);
        tokio::spawn(reader.with_metrics(metrics).run(state.closing.clone()));
    }
    serve_on(listener, state).await
}

/// Serves requests on `listener` until `state.closing` is cancelled, and for some seconds longer, until the streams
/// have ended and the open requests have finished.
pub async fn serve_on(listener: TcpListener, state: AppState) -> anyhow::Result<()> {
    let closing = state.closing.clone();
    // Pages are served until the end, so the bus and all else that they need stay until then, too.
    let closed = state.closed.clone();
    let _close = closed.clone().drop_guard();
    tokio::spawn(live::close_with_sessions(state.clone()));
    tokio::spawn(state.presence.clone().run(state.store.users.clone(), closed.clone()));
    tokio::spawn(live::part_blocked_regularly(state.clone()));
    let listen = notifications::listen(state.store.postgres(), state.store.remembered.clone());
    tokio::spawn(closed.clone().run_until_cancelled_owned(listen));
    tokio::spawn(state.store.remembered.clone().confirm_regularly(closed));
    tokio::spawn(closing.clone().run_until_cancelled_owned(check_postgres(state.clone())));
    tokio::spawn(closing.run_until_cancelled_owned(check_dynamodb(state.clone())));
    if let Some(url) = &state.config.nats_url {
        live::nats::join(url, &state).await?;
    }
    if let Some(address) = state.config.metrics_address {
        let sample = pool_metrics::sample(state.store.postgres(), state.metrics.clone());
        tokio::spawn(state.closed.clone().run_until_cancelled_owned(sample));
        serve_metrics(address, state.clone()).await?;
    }
    let handle = Handle::<SocketAddr>::new();
    let header_read_timeout = Duration::from_secs(state.config.header_read_timeout_secs);
    // HTTP/1 only: otherwise the server waits, without a timeout, for the bytes from which it detects the version.
    let acceptor = LimitingAcceptor::new(state.config.connections_max as usize);
    let mut server = Server::from_listener(listener).acceptor(acceptor).handle(handle.clone()).http1_only();
    let mut http1 = server.http_builder().http1();
    http1.timer(TokioTimer::new()).header_read_timeout(header_read_timeout).max_buf_size(HEAD_BYTES_MAX);
    tokio::spawn(refuse_connections_after_delay(handle.clone(), state.clone()));
    server.serve(router(state.clone()).into_make_service_with_connect_info::<SocketAddr>()).await.context("serve")?;
    if handle.connection_count() > 0 {
        tracing::warn!(open = handle.connection_count(), timeout = ?SHUTDOWN_TIMEOUT, "shutdown timed out");
    }
    state.store.inbox_updates.finish(INBOX_UPDATES_TIMEOUT).await;
    tokio::join!(state.audit.finish(AUDIT_TIMEOUT), state.rate_limits.finish(BUDGETS_TIMEOUT));
    Ok(())
}

/// Stops accepting connections some seconds after the shutdown has begun, when the load balancer has noticed that the
/// server is not ready. Connections with a stream stay until it ends.
async fn refuse_connections_after_delay(handle: Handle<SocketAddr>, state: AppState) {
    state.closing.cancelled().await;
    tokio::time::sleep(state.config.shutdown_delay()).await;
    handle.graceful_shutdown(Some(state.config.stream_close_time() + SHUTDOWN_TIMEOUT));
}

/// Names what makes PostgreSQL unusable, once, as soon as it answers. Refuses one behind a pooler that cannot work. The
/// first requests may come before that.
async fn check_postgres(state: AppState) {
    let (store, mut log) = (&state.store, UsabilityLog::default());
    loop {
        let checked = store.refuse_transaction_pooling().await;
        if checked.is_ok() && store.is_postgres_closed() {
            // The pooler has been named.
            return;
        }
        let usability = store.postgres_usability().await;
        log.write(usability);
        match checked {
            Ok(()) if usability == Usability::Usable => return,
            Err(failure) if usability.problem().is_none() => drop(failure.into_public()),
            _ => {}
        }
        tokio::time::sleep(STORE_CHECK_INTERVAL).await;
    }
}

/// Names what makes DynamoDB unusable, once, as soon as it answers, with the cause.
async fn check_dynamodb(state: AppState) {
    let mut log = UsabilityLog::default();
    while let Err((usability, failure)) = state.store.check_dynamodb().await {
        if log.write(usability) || usability == Usability::Unreachable {
            failure.into_public();
        }
        tokio::time::sleep(STORE_CHECK_INTERVAL).await;
    }
}

/// Returns the function that publishes messages of the old app, which the table's stream shows.
pub fn publish(state: &AppState) -> Publish {
    let state = state.clone();
    Arc::new(move |Numbered { message, head }| {
        let (conversation, rev) = (message.conversation, head.rev);
        let message = message.into_message(None);
        // The old app knows neither blocks nor requests. What it has stored stays, but does not reach a page of the
        // other member by itself.
        let author = [message.author];
        let to = if head.is_open() { head.members().ids() } else { &author };
        publish_message(&state, to, &SentMessage { conversation, message, rev });
    })
}

fn stop_on_signal(closing: CancellationToken) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("shutting down");
        closing.cancel();
    })
}

/// Periodically deletes expired sessions, full rate-limit quotas and reports that were closed long ago.
async fn clean_up(state: AppState) {
    let mut ticks = tokio::time::interval(CLEANUP_INTERVAL);
    loop {
        tokio::select! {
            () = state.closing.cancelled() => return,
            _ = ticks.tick() => {}
        }
        state.rate_limits.drop_idle();
        if let Err(failure) = state.store.sessions.delete_expired().await {
            failure.into_public();
        }
        if let Err(failure) = state.store.limits.delete_full().await {
            failure.into_public();
        }
        if let Err(failure) = state.store.reports.delete_closed().await {
            failure.into_public();
        }
    }
}
