//! Sessions and users that a server remembers: the statements that they save, and the time until a change counts.

use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue, header};
use cruddur_messages::domain::conversation::{Conversation, ReceiptsByReader};
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::session;
use cruddur_messages::domain::settings::{Settings, Starters};
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::http::session::cookie::{self, Presented};
use cruddur_messages::server::live::nats;
use cruddur_messages::server::state::AppState;
use cruddur_messages::server::store::postgres::remembered::ChangedRows;
use cruddur_messages::server::store::postgres::user_access::TokenOwner;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use tokio::time::timeout;
use uuid::Uuid;

use crate::live_servers::Nats;
use crate::support::app::{Browser, TestApp, new_id};
use crate::support::browser::{self, config, server};
use crate::support::fake_pool::sub_of;
use crate::support::session_fixture::{ANA, SessionFixture};
use crate::support::statement_counter::StatementCounter;
use crate::support::wait_until::wait_until;

/// Maximum time until a change counts on a server that does not hear of it.
const REMEMBERED_MAX: Duration = Duration::from_secs(5);

/// Maximum time until a change counts on a server that hears of it by the bus.
const BY_BUS_MAX: Duration = Duration::from_secs(2);

/// Starts a server whose statements are counted.
async fn counted_app() -> (TestApp, StatementCounter) {
    let postgres = StatementCounter::start(&std::env::var("DATABASE_URL").expect("DATABASE_URL is set")).await;
    let app = TestApp::start_with(|config| {
        config.database_url = postgres.url(config.database_url.expose_secret()).into();
    })
    .await;
    (app, postgres)
}

/// Returns the rows of a signed-in user: session and profile.
async fn rows_of(app: &TestApp, browser: &mut Browser) -> ChangedRows {
    let cookie = HeaderValue::from_str(browser.cookie.as_deref().expect("a cookie")).expect("ASCII");
    let headers = HeaderMap::from_iter([(header::COOKIE, cookie)]);
    let Presented::Session(session) = cookie::presented(&headers) else { panic!("no session") };
    let me: User = browser.call("current_user", &[]).await.json();
    assert!(app.state.store.sessions.find(session).await.expect("an answer").is_some());
    ChangedRows { sessions: vec![session], users: vec![me.id] }
}

/// Waits until a condition holds, and returns the time that it took.
async fn time_until(what: &str, condition: impl AsyncFnMut() -> bool) -> Duration {
    let since = Instant::now();
    wait_until(what, condition).await;
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_a_known_user_costs_no_statement_and_one_of_an_unknown_user_one() {
    let (app, postgres) = counted_app().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    ben.say(&conversation, "hi").await;
    let her_rows = rows_of(&app, &mut ana).await;
    let remembered = app.state.store.remembered.clone();
    let in_conversation = [("conversation", &*conversation)];
    for endpoint in ["page", "list", "open_conversation", "list_conversations", "mark_read", "typing", "send_message"] {
        // Work in the background only adds statements, so the smallest number is that of the request.
        let mut smallest = [usize::MAX; 3];
        for _ in 0..4 {
            for (known, smallest) in smallest.iter_mut().enumerate() {
                match known {
                    0 => remembered.forget_all(),
                    1 => remembered.forget(&her_rows),
                    _ => {}
                }
                app.state.store.inbox_updates.finish(Duration::from_secs(5)).await;
                postgres.take();
                let answer = match endpoint {
                    "page" => ana.get(&format!("/messages/{conversation}")).await,
                    "list" => ana.get("/messages").await,
                    "list_conversations" => ana.call(endpoint, &[]).await,
                    "mark_read" => ana.call(endpoint, &[in_conversation[0], ("seq", "2")]).await,
                    "send_message" => {
                        ana.call(endpoint, &[in_conversation[0], ("id", &new_id()), ("body", "again")]).await
                    }
                    _ => ana.call(endpoint, &in_conversation).await,
                };
                assert_eq!(answer.status, StatusCode::OK, "{endpoint}: {}", answer.text);
                *smallest = postgres.take().min(*smallest);
            }
        }
        // The second statement reads the other users, all of them at once, beside the messages.
        let of_others = usize::from(endpoint != "typing");
        assert_eq!(smallest, [1 + of_others, 1, 0], "{endpoint}: nothing, the others, all of it known");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_active_user_stays_known_for_longer_than_a_row_is_remembered() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    ana.call("current_user", &[]).await;
    let before = app.state.store.remembered.uses();
    let since = Instant::now();
    while since.elapsed() < REMEMBERED_MAX + Duration::from_secs(2) {
        assert_eq!(ana.call("current_user", &[]).await.status, StatusCode::OK);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (before, after) in before.into_iter().zip(app.state.store.remembered.uses()) {
        assert!(after.misses == before.misses && after.hits > before.hits, "{before:?}, {after:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_by_other_programs_count_within_seconds_although_the_rows_are_in_use() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let mark = [("conversation", &*conversation), ("seq", "1")];
    assert_eq!(ben.call("mark_read", &mark).await.status, StatusCode::OK);

    app.database.execute("update users set display_name = 'Benjamin' where handle = 'ben'").await;
    let renamed = time_until("the new name is shown", async || {
        let page: Page<Conversation> = ana.call("list_conversations", &[]).await.json();
        page.items[0].members.iter().any(|member| member.display_name.as_str() == "Benjamin")
    });
    assert!(renamed.await <= REMEMBERED_MAX);

    app.database.execute("update users set receipts = false where handle = 'ben'").await;
    let hidden = time_until("no receipts are shown", async || {
        let receipts: ReceiptsByReader = ana.call("find_receipts", &[("conversation", &conversation)]).await.json();
        receipts.of_all().is_none()
    });
    assert!(hidden.await <= REMEMBERED_MAX);

    app.database.execute("delete from sessions").await;
    let ended = time_until("the session has ended", async || {
        ana.call("current_user", &[]).await.status == StatusCode::UNAUTHORIZED
    });
    assert!(ended.await <= REMEMBERED_MAX);
}

/// Ana's server and another one with the same database, and what they know of her.
struct TwoServers {
    fixture: SessionFixture,
    other: AppState,
    on_other: browser::Browser,
    ana: user::Id,
    account: Uuid,
}

/// Settings with receipts on or off.
fn settings(receipts: bool) -> Settings {
    Settings { receipts, presence: true, starters: Starters::Everyone }
}

impl TwoServers {
    async fn start() -> Self {
        let fixture = SessionFixture::start().await;
        let other = server(config(&fixture.database.url, &fixture.pool.address())).await;
        let on_other = fixture.ana.at(&other);
        let handle = Handle::parse("ana").expect("a handle");
        let ana = other.store.users.by_handle(&handle).await.expect("an answer").expect("ana").id;
        Self { fixture, other, on_other, ana, account: sub_of(ANA).parse().expect("a UUID") }
    }

    /// Returns whether the other server takes Ana's receipts as turned on.
    async fn other_shows_receipts(&self) -> bool {
        !self.other.store.users.showing_receipts(&[self.ana]).await.expect("an answer").is_empty()
    }

    /// Returns whether the other server accepts an old access token of Ana.
    async fn other_accepts_token(&self) -> bool {
        let owner = self.other.store.users.token_owner(self.account, 1).await.expect("an answer");
        matches!(owner, TokenOwner::User { .. })
    }

    /// Changes the setting, the tokens and the session on Ana's server, and checks how soon each counts on the other.
    async fn check_changes(mut self, max: Duration) {
        assert!(self.other_shows_receipts().await && self.other_accepts_token().await);
        self.fixture.server.store.users.set_settings(self.ana, &settings(false)).await.expect("turned off");
        let hidden = time_until("the setting counts", async || !self.other_shows_receipts().await).await;
        assert!(self.other_accepts_token().await);
        self.fixture.server.store.users.end_tokens(self.ana).await.expect("ended");
        let rejected = time_until("the token is rejected", async || !self.other_accepts_token().await).await;
        self.on_other.whoami().await.expect("ana");
        let mut second = browser::Browser::new(&self.fixture.server);
        second.sign_in(ANA, "good").await.expect("signs in");
        let mut second_on_other = second.at(&self.other);
        second_on_other.whoami().await.expect("ana");
        self.fixture.ana.sign_out().await.expect("signs out");
        let has_ended = async |browser: &mut browser::Browser| match browser.whoami().await {
            Ok(_) => false,
            Err(error) => error == AppError::Unauthenticated,
        };
        assert!(has_ended(&mut self.fixture.ana).await, "at once on the same server");
        let signed_out = time_until("the session has ended", async || has_ended(&mut self.on_other).await).await;
        let mut third = browser::Browser::new(&self.fixture.server);
        third.sign_in(ANA, "good").await.expect("signs in");
        let mut third_on_other = third.at(&self.other);
        third_on_other.whoami().await.expect("ana");
        let sessions = &self.fixture.server.store.sessions;
        // The newest one is the third.
        let listed = sessions.list_of_user(self.ana, None, 1).await.expect("a list");
        sessions.delete_named(session::Id(listed[0].uuid), self.ana).await.expect("an answer").expect("ended");
        let by_name = time_until("the named one has ended", async || has_ended(&mut third_on_other).await).await;
        second_on_other.whoami().await.expect("ana");
        let (handle, name) = (Handle::parse("ana.lima"), DisplayName::parse("Ana Lima"));
        let (handle, name) = (handle.expect("a handle"), name.expect("a name"));
        assert!(self.fixture.server.store.users.set_profile(self.ana, &handle, &name).await.expect("an answer"));
        let renamed =
            time_until("the new handle is shown", async || second_on_other.whoami().await.expect("ana") == "ana.lima");
        let renamed = renamed.await;
        second.sign_out_everywhere().await.expect("signs out");
        let everywhere = time_until("all have ended", async || has_ended(&mut second_on_other).await).await;
        for (what, took) in [
            ("setting", hidden),
            ("token", rejected),
            ("sign-out", signed_out),
            ("one session", by_name),
            ("name", renamed),
            ("all sessions", everywhere),
        ] {
            assert!(took <= max, "{what}: {took:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_counts_on_another_server_within_two_seconds_by_the_bus() {
    let (servers, nats) = tokio::join!(TwoServers::start(), Nats::start());
    for server in [&servers.fixture.server, &servers.other] {
        nats::join(&nats.url().into(), server).await.expect("joins");
    }
    let mut shown = true;
    wait_until("the servers hear each other", async || {
        servers.other.store.remembered.forget_all();
        assert_eq!(servers.other_shows_receipts().await, shown);
        shown = !shown;
        servers.fixture.server.store.users.set_settings(servers.ana, &settings(shown)).await.expect("saved");
        let heard = wait_until("heard", async || servers.other_shows_receipts().await == shown);
        timeout(Duration::from_secs(1), heard).await.is_ok() && shown
    })
    .await;
    servers.check_changes(BY_BUS_MAX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_counts_on_another_server_within_five_seconds_without_the_bus() {
    TwoServers::start().await.check_changes(REMEMBERED_MAX).await;
}

#[tokio::test]
async fn a_remembered_session_is_refreshed_in_time() {
    let mut fixture = SessionFixture::start().await;
    fixture.access_ends_in(62).await;
    fixture.ana.whoami().await.expect("ana");
    assert_eq!(fixture.refreshes(), 0);
    let refreshed = time_until("its last minute begins", async || {
        fixture.ana.whoami().await.expect("ana");
        fixture.pool.count("GetTokensFromRefreshToken") > 0
    });
    assert!(refreshed.await < Duration::from_millis(3_500), "not only when it is read again");
    fixture.ana.whoami().await.expect("ana");
    assert_eq!(fixture.refreshes(), 1, "the new deadline counts at once");
}
