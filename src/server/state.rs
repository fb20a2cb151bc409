//! What every request can reach: made once, cloned cheaply.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::prelude::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::server::cognito::Cognito;
use crate::server::config::Config;
use crate::server::http::assets;
use crate::server::http::rate_limits::Limits;
use crate::server::live::{Hub, Presence};
use crate::server::store::Store;

/// The parts of the web server. All fields are handles: cloning copies a few reference counts.
#[derive(Clone)]
pub struct AppState {
    /// What the server was told.
    pub config: Arc<Config>,
    /// Leptos' own settings.
    pub options: LeptosOptions,
    /// [`assets::root`]
    pub assets: Arc<str>,
    /// PostgreSQL and DynamoDB.
    pub store: Store,
    /// The user pool.
    pub cognito: Cognito,
    /// Who may try how often.
    pub limits: Arc<Limits>,
    /// Whose pages are told what happens.
    pub hub: Hub,
    /// Who is there.
    pub presence: Presence,
    /// Cancelled when the server is to stop.
    pub closing: CancellationToken,
}

impl AppState {
    /// Prepares every part. Opens no connection that it would have to wait for: parts that are away are found out by the
    /// requests that need them, and by `/readyz`. Fails where the configuration cannot be right.
    pub async fn connect(config: Config, options: LeptosOptions) -> anyhow::Result<Self> {
        let store = Store::connect(&config).await?;
        Self::over(config, options, store).await
    }

    /// The same over a store that is at hand.
    pub async fn over(config: Config, options: LeptosOptions, store: Store) -> anyhow::Result<Self> {
        let cognito = Cognito::connect(&config).await?;
        let hub = Hub::default();
        Ok(Self {
            config: Arc::new(config),
            assets: assets::root(&options).into(),
            options,
            store,
            cognito,
            limits: Arc::default(),
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
