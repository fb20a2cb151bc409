//! PostgreSQL, DynamoDB or Cognito goes away while people read and write, and comes back.
//!
//! Each is away for three seconds here; `OUTAGE_SECS` makes that longer.

use std::time::Duration;

use reqwest::StatusCode;

use crate::support::app::{Browser, TestApp, new_id};
use crate::support::dynamodb::DynamoDb;
use crate::support::line::Line;

/// How long everything may take to work again: no more than what a person would wait before they reload.
const RECOVERY: Duration = Duration::from_secs(10);

/// A server whose lines to its parts can be cut, and two people who talk.
struct Scene {
    app: TestApp,
    postgres: Line,
    dynamodb: Line,
    cognito: Line,
    ana: Browser,
    ben: Browser,
    talk: String,
}

impl Scene {
    async fn set() -> Self {
        let dynamodb = DynamoDb::start().await;
        let postgres_at = env_address("DATABASE_URL");
        let cognito_at = env_address("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER");
        let dynamodb_at = address_in(dynamodb.endpoint());
        let (postgres, dynamodb_line, cognito) =
            tokio::join!(Line::to(&postgres_at), Line::to(&dynamodb_at), Line::to(&cognito_at));
        let endpoint = format!("http://{}", dynamodb_line.address());
        let app = TestApp::start_over(dynamodb, &endpoint, |config| {
            use secrecy::ExposeSecret;
            let url = config.database_url.expose_secret().replace(&postgres_at, &postgres.address());
            config.database_url = url.into();
            config.cognito_endpoint = Some(format!("http://{}", cognito.address()));
        })
        .await;
        let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
        let talk = ana.start("ben", "hello").await;
        Self { app, postgres, dynamodb: dynamodb_line, cognito, ana, ben, talk }
    }

    fn page(&self) -> String {
        format!("/messages/{}", self.talk)
    }

    /// Ana posts the form of the conversation without script.
    async fn post(&mut self, id: &str, body: &str) -> crate::support::app::Answer {
        let (page, talk) = (self.page(), self.talk.clone());
        self.ana.submit(&page, &[("conversation", &talk), ("id", id), ("body", body)]).await
    }

    /// What people meet while messages cannot be had, and that it is over once `line` is whole again.
    async fn without_messages(&mut self, part: &str, line: impl Fn(&Self) -> &Line) {
        line(self).cut();
        let (id, body) = (new_id(), "typed during the outage");
        for path in ["/messages".to_owned(), self.page(), "/messages/new".to_owned()] {
            let answer = self.ana.get(&path).await;
            if part == "dynamodb" && path == "/messages/new" {
                continue; // Finding people needs no messages, but the list beside it does.
            }
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path} without {part}");
            assert!(answer.text.contains("cannot be shown"), "{path} says what does not work: {}", answer.text);
            assert!(!answer.header("retry-after").is_empty(), "{path} says when to try again");
        }
        let refused = self.post(&id, body).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
        assert!(refused.text.contains(body), "what was typed is not lost without {part}: {}", refused.text);
        let called = self.ana.call("list_conversations", &[]).await;
        assert_eq!(called.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(self.ana.get("/healthz").await.status, StatusCode::OK);
        let ready = self.ana.get("/readyz").await;
        assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(ready.text.contains(&format!(r#""{part}":false"#)), "{}", ready.text);

        outage().await;
        line(self).mend();
        tokio::time::timeout(RECOVERY, async { while self.post(&id, body).await.status != StatusCode::SEE_OTHER {} })
            .await
            .expect("it recovers without a restart");
        let talk = self.talk.clone();
        assert_eq!(self.ben.texts(&talk).await, ["hello", body], "stored, and once");
        assert_eq!(self.ana.get("/readyz").await.status, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgresql_pages_say_so_and_nothing_typed_is_lost() {
    Scene::set().await.without_messages("postgres", |scene| &scene.postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_dynamodb_pages_say_so_and_nothing_typed_is_lost() {
    Scene::set().await.without_messages("dynamodb", |scene| &scene.dynamodb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_cognito_who_is_signed_in_goes_on_and_who_is_not_is_told() {
    let mut scene = Scene::set().await;
    scene.cognito.cut();
    let answer = scene.post(&new_id(), "still here").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let page = scene.page();
    assert_eq!(scene.ben.get(&page).await.status, StatusCode::OK);

    let mut cy = scene.app.browser();
    let fields = [("email", "ana@example.com"), ("password", crate::support::cognito::PASSWORD)];
    let refused = cy.submit("/signin", &fields).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
    assert!(refused.text.contains("ana@example.com"), "the address stays in its field");
    assert!(!refused.header("retry-after").is_empty());

    outage().await;
    scene.cognito.mend();
    tokio::time::timeout(RECOVERY, async {
        while cy.submit("/signin", &fields).await.status != StatusCode::SEE_OTHER {}
    })
    .await
    .expect("it recovers without a restart");
}

/// Waits as long as a part is to be away: that is what is tested.
async fn outage() {
    let secs = std::env::var("OUTAGE_SECS").ok().and_then(|secs| secs.parse().ok()).unwrap_or(3);
    tokio::time::sleep(Duration::from_secs(secs)).await;
}

/// The host and port in an address that the environment names.
fn env_address(variable: &str) -> String {
    address_in(&std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names a service")))
}

fn address_in(url: &str) -> String {
    let uri: axum::http::Uri = url.parse().expect("an address");
    format!("{}:{}", uri.host().expect("a host"), uri.port_u16().expect("a port"))
}
