//! The whole server on its own port, with its own database, table and user pool, and browsers that use it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};

use aws_sdk_dynamodb::Client;
use cruddur_messages::domain::conversation::{ConversationView, Recipient, SentMessage};
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::message;
use cruddur_messages::server::config::Config;
use cruddur_messages::server::http::session::cookie;
use cruddur_messages::server::run;
use cruddur_messages::server::state::AppState;
use cruddur_messages::server::store::Store;
use cruddur_messages::server::store::dynamodb::Table;
use leptos::prelude::LeptosOptions;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::DropGuard;
use uuid::Uuid;

use super::acceptance::accept;
use super::browser::{PoolAddress, config};
use super::cognito::{PASSWORD, Pool};
use super::dynamodb::{DynamoDb, TABLE, client_of};
use super::postgres::Database;

/// Fields of a form, with their texts.
pub type Fields = &'static [(&'static str, &'static str)];

/// A running server. It stops when dropped.
pub struct TestApp {
    /// Address on which it listens.
    pub address: SocketAddr,
    /// Its application state.
    pub state: AppState,
    pub pool: Pool,
    pub database: Database,
    pub dynamodb: DynamoDb,
    running: JoinHandle<anyhow::Result<()>>,
    _stop: DropGuard,
}

impl TestApp {
    /// Starts a server with its own databases and user pool.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server with a changed configuration.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dynamodb = DynamoDb::start().await;
        let endpoint = dynamodb.endpoint().to_owned();
        Self::start_with_endpoint(dynamodb, &endpoint, change).await
    }

    /// Starts a server whose style and code these options describe, with a changed configuration.
    pub async fn start_with_options(options: LeptosOptions, change: impl FnOnce(&mut Config)) -> Self {
        let dynamodb = DynamoDb::start().await;
        let client = client_of(dynamodb.endpoint(), dynamodb.account());
        Self::start_with_all(dynamodb, client, options, change).await
    }

    /// Starts a server with the user pool at this address, with a changed configuration.
    pub async fn start_with_pool(pool: PoolAddress, change: impl FnOnce(&mut Config)) -> Self {
        let PoolAddress { endpoint, user_pool_id, client_id, client_secret } = pool;
        Self::start_with(|config| {
            config.cognito_endpoint = Some(endpoint);
            config.user_pool_id = user_pool_id;
            config.client_id = client_id;
            config.client_secret = client_secret.map(Into::into);
            change(config);
        })
        .await
    }

    /// Starts a server that finds its DynamoDB at `endpoint`, with a changed configuration.
    pub async fn start_with_endpoint(dynamodb: DynamoDb, endpoint: &str, change: impl FnOnce(&mut Config)) -> Self {
        let client = client_of(endpoint, dynamodb.account());
        Self::start_with_client(dynamodb, client, change).await
    }

    /// Starts a server that calls its DynamoDB through `client`, with a changed configuration.
    pub async fn start_with_client(dynamodb: DynamoDb, client: Client, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_with_all(dynamodb, client, options(), change).await
    }

    async fn start_with_all(
        dynamodb: DynamoDb,
        client: Client,
        options: LeptosOptions,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let (database, pool, _table) = tokio::join!(Database::fresh(), Pool::create(), dynamodb.table());
        let mut config = config(&database.url, &pool.address);
        // Each test browser sends its own client address, so that rate limits per address apply without one browser
        // denying another.
        config.trusted_proxies = 1;
        change(&mut config);
        let table = Table::new(client, TABLE);
        let store = Store::with_table(&config, table).expect("a configuration that can work");
        let state = AppState::with_store(config, options, store).await.expect("a configuration that can work");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let stop = state.closing.clone().drop_guard();
        let running = tokio::spawn(run::serve_on(listener, state.clone()));
        Self { address, state, pool, database, dynamodb, running, _stop: stop }
    }

    /// Stops the server, and returns its table once it has stopped.
    pub async fn stop(self) -> DynamoDb {
        self.state.closing.cancel();
        self.running.await.expect("the server does not panic").expect("the server stops without an error");
        self.dynamodb
    }

    /// Returns a browser with its own client address that is not signed in.
    pub fn browser(&self) -> Browser {
        Browser { accepting: Some(self.state.clone()), ..Browser::new(self.address) }
    }

    /// Creates a user, and returns a browser in which they are signed in.
    pub async fn sign_in(&self, name: &str) -> Browser {
        self.pool.add(name).await;
        let mut browser = self.browser();
        let email = format!("{name}@example.com");
        let answer = browser.submit("/signin", &[("email", &email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name} signs in: {}", answer.text);
        browser
    }
}

/// Options that cargo-leptos would pass otherwise. Without hashed file names: no assets are built for tests.
fn options() -> LeptosOptions {
    LeptosOptions::builder().output_name("cruddur-messages").site_root("public").build()
}

/// Response of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Returns the target of a redirect.
    pub fn location(&self) -> &str {
        self.header(LOCATION)
    }

    /// Returns a header's value, or an empty text.
    pub fn header(&self, name: impl AsRef<str>) -> &str {
        self.headers.get(name.as_ref()).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the error in a server function's response.
    pub fn error(&self) -> AppError {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("an error in JSON, not {}", self.text))
    }

    /// Returns the value in a server function's response.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// A browser without script: it keeps its cookie, and sends the headers of a same-origin request.
#[derive(Clone)]
pub struct Browser {
    server: SocketAddr,
    http: reqwest::Client,
    /// Session cookie, as the browser sends it.
    pub cookie: Option<String>,
    /// Other cookies, by name.
    pub others: BTreeMap<String, String>,
    from: String,
    /// Server through which the recipients of first messages accept them.
    accepting: Option<AppState>,
}

impl Browser {
    /// Creates a browser for `server`.
    pub fn new(server: SocketAddr) -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
        let from = format!("203.0.113.{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self { server, http, cookie: None, others: BTreeMap::new(), from, accepting: None }
    }

    /// Returns a browser with the same session for another server.
    pub fn at(&self, server: SocketAddr) -> Self {
        Self { server, ..self.clone() }
    }

    /// Requests a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header("accept", "text/html");
        self.send(request).await
    }

    /// Submits a form of one of our pages.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).header("accept", "text/html");
        self.send(form(request, fields)).await
    }

    /// Calls a server function as the page's script does.
    pub async fn call(&mut self, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, &format!("/rpc/{endpoint}"));
        self.send(form(request, fields)).await
    }

    /// Builds a request with the browser's cookie and headers.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self
            .http
            .request(method, format!("http://{}{path}", self.server))
            .header("sec-fetch-site", "same-origin")
            .header("x-forwarded-for", &self.from);
        for cookie in self.cookie.iter().chain(self.others.values()) {
            request = request.header(COOKIE, cookie);
        }
        request
    }

    /// Sends a request, and stores the cookie that the response sets.
    pub async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        for line in headers.get_all(SET_COOKIE) {
            let pair = line.to_str().expect("visible ASCII").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a pair");
            match (name, value) {
                (cookie::NAME, value) => self.cookie = (!value.is_empty()).then(|| pair.to_owned()),
                (name, "") => drop(self.others.remove(name)),
                (name, _) => drop(self.others.insert(name.to_owned(), pair.to_owned())),
            }
        }
        Answer { status, headers, text: response.text().await.expect("text") }
    }

    /// Returns the id of the user with this handle.
    pub async fn id_of(&mut self, handle: &str) -> String {
        let recipient: Recipient = self.call("find_recipient", &[("handle", handle)]).await.json();
        recipient.with.id.to_string()
    }

    /// Sends the first message to the user with this handle, who accepts it. Returns the conversation's id.
    pub async fn start(&mut self, handle: &str, body: &str) -> String {
        let conversation = self.request_conversation(handle, body).await;
        if let Some(state) = &self.accepting {
            accept(state, &conversation).await;
        }
        conversation
    }

    /// Sends the first message to the user with this handle, for whom it is a request. Returns the conversation's id.
    pub async fn request_conversation(&mut self, handle: &str, body: &str) -> String {
        let answer = self.call("start_conversation", &[("handle", handle), ("id", &new_id()), ("body", body)]).await;
        let destination: serde_json::Value = answer.json();
        let path = destination.as_str().expect("a path");
        path.strip_prefix("/messages/").expect("a conversation").to_owned()
    }

    /// Sends a message, and returns it.
    pub async fn say(&mut self, conversation: &str, body: &str) -> message::Message {
        let fields = [("conversation", conversation), ("id", &new_id()), ("body", body)];
        self.call("send_message", &fields).await.json::<SentMessage>().message
    }

    /// Calls a server function about a message of a conversation, with further arguments.
    pub async fn call_about(
        &mut self,
        endpoint: &str,
        (conversation, message): (&str, &message::Message),
        more: &[(&str, &str)],
    ) -> Answer {
        let id = message.id.to_string();
        let named = [("conversation", conversation), ("message", &*id), ("sent_at", message.sent_at.as_str())];
        self.call(endpoint, &[&named, more].concat()).await
    }

    /// Returns the texts of a conversation's newest page, oldest first.
    pub async fn texts(&mut self, conversation: &str) -> Vec<String> {
        let view: ConversationView = self.call("open_conversation", &[("conversation", conversation)]).await.json();
        view.messages.items.into_iter().map(|message| message.body).collect()
    }
}

/// Returns a new message id, as a page generates it.
pub fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// Puts form fields into a request.
pub fn form(request: reqwest::RequestBuilder, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body = serde_urlencoded::to_string(fields).expect("fields of text");
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
}
