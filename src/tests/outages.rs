//! Outages of PostgreSQL, DynamoDB or Cognito while users read and write, and the recovery after them.
//!
//! Each outage lasts three seconds; `OUTAGE_SECS` makes it longer.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::support::app::{Answer, Browser, TestApp, new_id};
use crate::support::cognito::PASSWORD;
use crate::support::dynamodb::{DynamoDb, web_client_of};
use crate::support::tcp_proxy::TcpProxy;
use crate::support::wait_until::wait_until;

/// Maximum time until everything works again: no longer than a user would wait before reloading.
const RECOVERY: Duration = Duration::from_secs(10);

/// Maximum time for which users are remembered, and the timeout of the query that follows.
const REMEMBERED_MAX: Duration = Duration::from_secs(5 + 2);

/// Time between two attempts of a user during an outage.
const PAUSE: Duration = Duration::from_secs(4);

/// Proxies between a server and its dependencies.
struct Proxies {
    postgres: TcpProxy,
    dynamodb: TcpProxy,
    cognito: TcpProxy,
}

/// Starts a server behind proxies. Calls `before`, which may cut some of them, before the server starts.
async fn start_behind_proxies(before: impl FnOnce(&Proxies)) -> (TestApp, Proxies) {
    let database = DynamoDb::start().await;
    let postgres_at = env_address("DATABASE_URL");
    let cognito_at = env_address("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER");
    let dynamodb_at = address_in(database.endpoint());
    let (postgres, dynamodb, cognito) =
        tokio::join!(TcpProxy::start(&postgres_at), TcpProxy::start(&dynamodb_at), TcpProxy::start(&cognito_at));
    let proxies = Proxies { postgres, dynamodb, cognito };
    before(&proxies);
    let client = web_client_of(&format!("http://{}", proxies.dynamodb.address()), database.account()).await;
    let app = TestApp::start_with_client(database, client, |config| {
        use secrecy::ExposeSecret;
        let url = config.database_url.expose_secret().replace(&postgres_at, &proxies.postgres.address());
        config.database_url = url.into();
        config.cognito_endpoint = Some(format!("http://{}", proxies.cognito.address()));
    })
    .await;
    (app, proxies)
}

/// A server behind proxies, and two users with a conversation.
struct Outage {
    app: TestApp,
    proxies: Proxies,
    ana: Browser,
    ben: Browser,
    conversation: String,
}

impl Outage {
    async fn start() -> Self {
        let (app, proxies) = start_behind_proxies(|_| {}).await;
        let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
        let conversation = ana.start("ben", "hello").await;
        Self { app, proxies, ana, ben, conversation }
    }

    fn page(&self) -> String {
        format!("/messages/{}", self.conversation)
    }

    /// Submits the message form of the conversation as Ana, without script.
    async fn post(&mut self, id: &str, body: &str) -> Answer {
        let (page, conversation) = (self.page(), self.conversation.clone());
        self.ana.submit(&page, &[("conversation", &conversation), ("id", id), ("body", body)]).await
    }

    /// Checks reading and sending during an outage of `proxy`, and the recovery after it.
    async fn check_messages(
        &mut self,
        part: &str,
        proxy: impl Fn(&Proxies) -> &TcpProxy,
        interrupt: impl Fn(&TcpProxy),
    ) {
        interrupt(proxy(&self.proxies));
        if part == "postgres" {
            // Users whom the server has read just before can go on for some seconds.
            let is_forgotten = async || self.ana.get("/messages").await.status == StatusCode::SERVICE_UNAVAILABLE;
            timeout(REMEMBERED_MAX, wait_until("the outage shows", is_forgotten)).await.expect("in time");
        }
        let end = Instant::now() + outage_duration();
        let mut written = Vec::new();
        loop {
            self.check_pages(part).await;
            let (id, body) = (new_id(), format!("typed during the outage, {}", written.len()));
            let denied = self.post(&id, &body).await;
            assert_eq!(denied.status, StatusCode::SERVICE_UNAVAILABLE, "{}", denied.text);
            assert!(denied.text.contains(&body), "what was typed is not lost without {part}: {}", denied.text);
            assert!(!denied.header("retry-after").is_empty(), "it says when to try again");
            written.push((id, body));
            if !is_ongoing(end).await {
                break;
            }
        }
        proxy(&self.proxies).restore();
        let mut expected = vec!["hello".to_owned()];
        for (id, body) in written {
            timeout(RECOVERY, async { while self.post(&id, &body).await.status != StatusCode::SEE_OTHER {} })
                .await
                .expect("it recovers without a restart");
            expected.push(body);
        }
        let conversation = self.conversation.clone();
        assert_eq!(self.ben.texts(&conversation).await, expected, "all is stored, once, in order");
        // The last answer of the databases counts for two seconds.
        wait_until("the server is ready", async || self.ana.get("/readyz").await.status == StatusCode::OK).await;
    }

    /// Checks that every page names the outage.
    async fn check_pages(&mut self, part: &str) {
        for path in ["/messages".to_owned(), self.page(), "/messages/new".to_owned()] {
            let answer = self.ana.get(&path).await;
            if part == "dynamodb" && path == "/messages/new" {
                continue; // The search for users needs no messages; only the inbox beside it does.
            }
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path} without {part}");
            assert!(answer.text.contains("couldn't be loaded"), "{path} says what does not work: {}", answer.text);
            assert!(!answer.header("retry-after").is_empty(), "{path} says when to try again");
        }
        let called = self.ana.call("list_conversations", &[]).await;
        assert_eq!(called.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(self.ana.get("/healthz").await.status, StatusCode::OK);
        let ready = self.ana.get("/readyz").await;
        assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(ready.text.contains(&format!(r#""{part}":false"#)), "{}", ready.text);
    }

    /// Checks that signed-in users are not affected, and that others see an error and can sign in after the recovery.
    async fn check_accounts(&mut self, interrupt: impl Fn(&TcpProxy)) {
        interrupt(&self.proxies.cognito);
        let mut cy = self.app.browser();
        let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
        let page = self.page();
        let end = Instant::now() + outage_duration();
        loop {
            let answer = self.post(&new_id(), "still here").await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
            assert_eq!(self.ben.get(&page).await.status, StatusCode::OK);
            let denied = cy.submit("/signin", &fields).await;
            assert_eq!(denied.status, StatusCode::SERVICE_UNAVAILABLE, "{}", denied.text);
            assert!(denied.text.contains("ana@example.com"), "the address stays in its field");
            assert!(!denied.header("retry-after").is_empty());
            if !is_ongoing(end).await {
                break;
            }
        }
        self.proxies.cognito.restore();
        timeout(RECOVERY, async { while cy.submit("/signin", &fields).await.status != StatusCode::SEE_OTHER {} })
            .await
            .expect("it recovers without a restart");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_postgresql_outage_pages_say_so_and_typed_text_is_kept() {
    Outage::start().await.check_messages("postgres", |proxies| &proxies.postgres, TcpProxy::cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn if_postgresql_hangs_pages_say_so_and_typed_text_is_kept() {
    Outage::start().await.check_messages("postgres", |proxies| &proxies.postgres, TcpProxy::stall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_dynamodb_outage_pages_say_so_and_typed_text_is_kept() {
    Outage::start().await.check_messages("dynamodb", |proxies| &proxies.dynamodb, TcpProxy::cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn if_dynamodb_hangs_pages_say_so_and_typed_text_is_kept() {
    Outage::start().await.check_messages("dynamodb", |proxies| &proxies.dynamodb, TcpProxy::stall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_cognito_outage_signed_in_users_continue_and_sign_in_reports_the_outage() {
    Outage::start().await.check_accounts(TcpProxy::cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn if_cognito_hangs_signed_in_users_continue_and_sign_in_reports_the_outage() {
    Outage::start().await.check_accounts(TcpProxy::stall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_during_a_database_outage_recovers_by_itself() {
    let (app, proxies) = start_behind_proxies(|proxies| {
        proxies.postgres.cut();
        proxies.dynamodb.cut();
    })
    .await;
    app.pool.add("ana").await;
    let mut ana = app.browser();
    let ready = ana.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.text.starts_with(r#"{"postgres":false,"dynamodb":false,"#), "{}", ready.text);
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    let denied = ana.submit("/signin", &fields).await;
    assert_eq!(denied.status, StatusCode::SERVICE_UNAVAILABLE, "{}", denied.text);

    sleep(outage_duration()).await;
    proxies.postgres.restore();
    proxies.dynamodb.restore();
    timeout(RECOVERY, async { while ana.get("/readyz").await.status != StatusCode::OK {} })
        .await
        .expect("it recovers without a restart");
    let entered = ana.submit("/signin", &fields).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK);
}

/// Reports whether the outage was still going on, after waiting for a user's pause, but not beyond the end of the
/// outage.
async fn is_ongoing(end: Instant) -> bool {
    let now = Instant::now();
    sleep_until(end.min(now + PAUSE)).await;
    now < end
}

/// Returns the length of an outage.
fn outage_duration() -> Duration {
    Duration::from_secs(std::env::var("OUTAGE_SECS").ok().and_then(|secs| secs.parse().ok()).unwrap_or(3))
}

/// Returns the host and port of the address in an environment variable.
fn env_address(variable: &str) -> String {
    address_in(&std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names a service")))
}

fn address_in(url: &str) -> String {
    let uri: axum::http::Uri = url.parse().expect("an address");
    format!("{}:{}", uri.host().expect("a host"), uri.port_u16().expect("a port"))
}
