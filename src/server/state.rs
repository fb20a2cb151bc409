//! Shared state of all requests.

use std::ops::Deref;
use std::sync::{Arc, Once};

use axum::extract::FromRef;
use leptos::prelude::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::server::audit::AuditLog;
use crate::server::cognito::Cognito;
use crate::server::config::Config;
use crate::server::http::build_files::BuildFiles;
use crate::server::http::rate_limits::RateLimits;
use crate::server::http::store_checks::StoreChecks;
use crate::server::live::{Hub, Presence};
use crate::server::metrics::Metrics;
use crate::server::store::Store;

/// Components of the web server, shared. A clone copies one reference count: the layers and handlers of a request need
/// several.
#[derive(Clone)]
pub struct AppState(Arc<Components>);

impl Deref for AppState {
    type Target = Components;

    fn deref(&self) -> &Components {
        &self.0
    }
}

/// Components of the web server.
pub struct Components {
    pub config: Config,
    /// Leptos' own settings.
    pub options: LeptosOptions,
    /// Addresses of this build's style and code.
    pub files: BuildFiles,
    pub store: Store,
    pub cognito: Cognito,
    pub rate_limits: RateLimits,
    pub metrics: Metrics,
    pub audit: AuditLog,
    /// Done once the log warns of proxies whose headers are not read.
    pub proxy_warning: Once,
    /// The last answers of the databases to the readiness check.
    pub store_checks: StoreChecks,
    pub hub: Hub,
    pub presence: Presence,
    /// Cancelled when the server begins to shut down. It is not ready from then on, and its streams end one by one.
    pub closing: CancellationToken,
    /// Cancelled when the server has answered its last request.
    pub closed: CancellationToken,
}

impl AppState {
    /// Creates every component. Waits for no connection: an unreachable dependency shows in the requests that need it
    /// and in `/readyz`. Fails if the configuration is invalid.
    pub async fn connect(config: Config, options: LeptosOptions) -> anyhow::Result<Self> {
        let store = Store::connect(&config).await?;
        Self::with_store(config, options, store).await
    }

    /// Variant of [`AppState::connect`] for an existing store.
    pub async fn with_store(config: Config, options: LeptosOptions, store: Store) -> anyhow::Result<Self> {
        let metrics = Metrics::default();
        // Without a place to read them, the calls are not measured.
        let store = match config.metrics_address {
            Some(_) => store.with_metrics(&config, &metrics)?,
            None => store,
        };
        let cognito = Cognito::connect(&config).await?;
        let hub = Hub::default();
        let rate_limits = RateLimits::new(store.limits.clone(), config.budgets_factor);
        cognito.register(&metrics);
        hub.register(&metrics);
        rate_limits.register(&metrics);
        let audit = AuditLog::start(store.postgres());
        audit.register(&metrics);
        Ok(Self(Arc::new(Components {
            files: BuildFiles::read(&options, config.local),
            config,
            options,
            store,
            cognito,
            rate_limits,
            metrics,
            audit,
            proxy_warning: Once::new(),
            store_checks: StoreChecks::default(),
            presence: Presence::new(hub.clone()),
            hub,
            closing: CancellationToken::new(),
            closed: CancellationToken::new(),
        })))
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.options.clone()
    }
}
