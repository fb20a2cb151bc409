//! Shared state of all requests.

use std::sync::{Arc, Once};

use axum::extract::FromRef;
use leptos::prelude::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::server::cognito::Cognito;
use crate::server::config::Config;
use crate::server::http::assets_prefix::assets_prefix;
use crate::server::http::rate_limits::RateLimits;
use crate::server::live::{Hub, Presence};
use crate::server::store::Store;

/// Components of the web server. All fields are handles: a clone only copies reference counts.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    /// Leptos' own settings.
    pub options: LeptosOptions,
    /// URL prefix of this build's style and code; see [`assets_prefix`].
    pub assets_prefix: Arc<str>,
    pub store: Store,
    pub cognito: Cognito,
    pub rate_limits: Arc<RateLimits>,
    /// Done once the log warns of proxies whose headers are not read.
    pub proxy_warning: Arc<Once>,
    pub hub: Hub,
    pub presence: Presence,
    /// Cancelled when the server shuts down.
    pub closing: CancellationToken,
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
        let cognito = Cognito::connect(&config).await?;
        let hub = Hub::default();
        Ok(Self {
            config: Arc::new(config),
            assets_prefix: assets_prefix(&options).into(),
            options,
            store,
            cognito,
            rate_limits: Arc::default(),
            proxy_warning: Arc::new(Once::new()),
            presence: Presence::new(hub.clone()),
            hub,
            closing: CancellationToken::new(),
        })
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.options.clone()
    }
}
