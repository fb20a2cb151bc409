//! PostgreSQL, DynamoDB or Cognito goes away while people read and write, and comes back.
//!
//! Each is away for three seconds here; `OUTAGE_SECS` makes that longer.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::support::app::{Answer, Browser, TestApp, new_id};
use crate::support::cognito::PASSWORD;
use crate::support::dynamodb::{DynamoDb, web_client_of};
use crate::support::line::Line;

/// How long everything may take to work again: no more than what a person would wait before they reload.
const RECOVERY: Duration = Duration::from_secs(10);

/// How long people wait before they try again, while a part is away.
const PAUSE: Duration = Duration::from_secs(4);

/// The lines of a server to its parts, which can be cut.
struct Lines {
    postgres: Line,
    dynamodb: Line,
    cognito: Line,
}

/// A server behind such lines, which `before` may cut: it is called before the server starts.
async fn start(before: impl FnOnce(&Lines)) -> (TestApp, Lines) {
    let database = DynamoDb::start().await;
    let postgres_at = env_address("DATABASE_URL");
    let cognito_at = env_address("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER");
    let dynamodb_at = address_in(database.endpoint());
    let (postgres, dynamodb, cognito) =
        tokio::join!(Line::to(&postgres_at), Line::to(&dynamodb_at), Line::to(&cognito_at));
    let lines = Lines { postgres, dynamodb, cognito };
    before(&lines);
    let client = web_client_of(&format!("http://{}", lines.dynamodb.address()), database.account()).await;
    let app = TestApp::start_by(database, client, |config| {
        use secrecy::ExposeSecret;
        let url = config.database_url.expose_secret().replace(&postgres_at, &lines.postgres.address());
        config.database_url = url.into();
        config.cognito_endpoint = Some(format!("http://{}", lines.cognito.address()));
    })
    .await;
    (app, lines)
}

/// Such a server, and two people who talk.
struct Scene {
    app: TestApp,
    lines: Lines,
    ana: Browser,
    ben: Browser,
    talk: String,
}

impl Scene {
    async fn set() -> Self {
        let (app, lines) = start(|_| {}).await;
        let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
        let talk = ana.start("ben", "hello").await;
        Self { app, lines, ana, ben, talk }
    }

    fn page(&self) -> String {
        format!("/messages/{}", self.talk)
    }

    /// Ana posts the form of the conversation without script.
    async fn post(&mut self, id: &str, body: &str) -> Answer {
        let (page, talk) = (self.page(), self.talk.clone());
        self.ana.submit(&page, &[("conversation", &talk), ("id", id), ("body", body)]).await
    }

    /// What people meet while messages cannot be had, and that it is over once `line` is whole again.
    async fn without_messages(&mut self, part: &str, line: impl Fn(&Lines) -> &Line, lose: impl Fn(&Line)) {
        lose(line(&self.lines));
        let end = Instant::now() + outage();
        let mut written = Vec::new();
        loop {
            self.read_in_vain(part).await;
            let (id, body) = (new_id(), format!("typed during the outage, {}", written.len()));
            let refused = self.post(&id, &body).await;
            assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
            assert!(refused.text.contains(&body), "what was typed is not lost without {part}: {}", refused.text);
            assert!(!refused.header("retry-after").is_empty(), "it says when to try again");
            written.push((id, body));
            if !is_still_away(end).await {
                break;
            }
        }
        line(&self.lines).mend();
        let mut expected = vec!["hello".to_owned()];
        for (id, body) in written {
            timeout(RECOVERY, async { while self.post(&id, &body).await.status != StatusCode::SEE_OTHER {} })
                .await
                .expect("it recovers without a restart");
            expected.push(body);
        }
        let talk = self.talk.clone();
        assert_eq!(self.ben.texts(&talk).await, expected, "all is stored, once, in order");
        assert_eq!(self.ana.get("/readyz").await.status, StatusCode::OK);
    }

    /// Every page says what does not work.
    async fn read_in_vain(&mut self, part: &str) {
        for path in ["/messages".to_owned(), self.page(), "/messages/new".to_owned()] {
            let answer = self.ana.get(&path).await;
            if part == "dynamodb" && path == "/messages/new" {
                continue; // Finding people needs no messages, but the list beside it does.
            }
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path} without {part}");
            assert!(answer.text.contains("cannot be shown"), "{path} says what does not work: {}", answer.text);
            assert!(!answer.header("retry-after").is_empty(), "{path} says when to try again");
        }
        let called = self.ana.call("list_conversations", &[]).await;
        assert_eq!(called.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(self.ana.get("/healthz").await.status, StatusCode::OK);
        let ready = self.ana.get("/readyz").await;
        assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(ready.text.contains(&format!(r#""{part}":false"#)), "{}", ready.text);
    }

    /// Who is signed in meets nothing of it; who is not is told, and gets in once the line is whole again.
    async fn without_accounts(&mut self, lose: impl Fn(&Line)) {
        lose(&self.lines.cognito);
        let mut cy = self.app.browser();
        let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
        let page = self.page();
        let end = Instant::now() + outage();
        loop {
            let answer = self.post(&new_id(), "still here").await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
            assert_eq!(self.ben.get(&page).await.status, StatusCode::OK);
            let refused = cy.submit("/signin", &fields).await;
            assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
            assert!(refused.text.contains("ana@example.com"), "the address stays in its field");
            assert!(!refused.header("retry-after").is_empty());
            if !is_still_away(end).await {
                break;
            }
        }
        self.lines.cognito.mend();
        timeout(RECOVERY, async { while cy.submit("/signin", &fields).await.status != StatusCode::SEE_OTHER {} })
            .await
            .expect("it recovers without a restart");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgresql_pages_say_so_and_nothing_typed_is_lost() {
    Scene::set().await.without_messages("postgres", |lines| &lines.postgres, Line::cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_silent_postgresql_pages_say_so_and_nothing_typed_is_lost() {
    Scene::set().await.without_messages("postgres", |lines| &lines.postgres, Line::fall_silent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_dynamodb_pages_say_so_and_nothing_typed_is_lost() {
    Scene::set().await.without_messages("dynamodb", |lines| &lines.dynamodb, Line::cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_silent_dynamodb_pages_say_so_and_nothing_typed_is_lost() {
    Scene::set().await.without_messages("dynamodb", |lines| &lines.dynamodb, Line::fall_silent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_cognito_who_is_signed_in_goes_on_and_who_is_not_is_told() {
    Scene::set().await.without_accounts(Line::cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_silent_cognito_who_is_signed_in_goes_on_and_who_is_not_is_told() {
    Scene::set().await.without_accounts(Line::fall_silent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_while_its_databases_are_away_recovers_by_itself() {
    let (app, lines) = start(|lines| {
        lines.postgres.cut();
        lines.dynamodb.cut();
    })
    .await;
    app.pool.add("ana").await;
    let mut ana = app.browser();
    let ready = ana.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.text.starts_with(r#"{"postgres":false,"dynamodb":false,"#), "{}", ready.text);
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    let refused = ana.submit("/signin", &fields).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);

    sleep(outage()).await;
    lines.postgres.mend();
    lines.dynamodb.mend();
    timeout(RECOVERY, async { while ana.get("/readyz").await.status != StatusCode::OK {} })
        .await
        .expect("it recovers without a restart");
    let entered = ana.submit("/signin", &fields).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    assert_eq!(ana.get("/messages").await.status, StatusCode::OK);
}

/// Whether a part is away until later than now: then after the time that people wait, but not beyond that.
async fn is_still_away(end: Instant) -> bool {
    let now = Instant::now();
    sleep_until(end.min(now + PAUSE)).await;
    now < end
}

/// How long a part is to be away.
fn outage() -> Duration {
    Duration::from_secs(std::env::var("OUTAGE_SECS").ok().and_then(|secs| secs.parse().ok()).unwrap_or(3))
}

/// The host and port in an address that the environment names.
fn env_address(variable: &str) -> String {
    address_in(&std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names a service")))
}

fn address_in(url: &str) -> String {
    let uri: axum::http::Uri = url.parse().expect("an address");
    format!("{}:{}", uri.host().expect("a host"), uri.port_u16().expect("a port"))
}
