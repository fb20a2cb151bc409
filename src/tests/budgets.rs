//! Budgets of users and client addresses: over servers and restarts, without a query before the answer.

use std::time::Duration;

use cruddur_messages::domain::user::User;
use cruddur_messages::server::http::rate_limits::{Action, Spender};
use cruddur_messages::server::state::AppState;
use reqwest::{Method, StatusCode};
use tokio::task::AbortHandle;

use crate::json_api::fixtures::new_user;
use crate::support::app::{Answer, Browser, TestApp, form, new_id};
use crate::support::log::Log;
use crate::support::second_server::server_beside;
use crate::support::wait_until::wait_until;

/// Subscriptions to presence that a user may make at once, and one more in two seconds: the budget that refills so
/// slowly that the time of a test hardly counts.
const WATCHED_AT_ONCE: usize = 30;

/// Subscriptions that one server may allow beyond that: what it has not settled yet, and answers during a statement,
/// and what refills meanwhile.
const EXCESS: usize = 8;

/// Requests that exhaust a budget again and again, until dropped.
struct Flood(AbortHandle);

impl Flood {
    fn start(app: &TestApp, action: Action, spender: Spender) -> Self {
        let state = app.state.clone();
        let flood = async move {
            loop {
                // More than any budget, and not forever if there is none.
                let _ = (0..50_000).all(|_| state.rate_limits.spend(action, spender).is_ok());
                tokio::task::yield_now().await;
            }
        };
        Self(tokio::spawn(flood).abort_handle())
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn user_of(browser: &mut Browser) -> Spender {
    Spender { user: Some(browser.call("current_user", &[]).await.json::<User>().id), address: None }
}

fn network(address: &str) -> Spender {
    Spender { user: None, address: Some(address.parse().expect("an address")) }
}

/// Repeats a request until it is denied: some attempts refill while it is on its way.
async fn until_denied(what: &str, mut request: impl AsyncFnMut() -> Answer) -> Answer {
    for _ in 0..100 {
        let answer = request().await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let wait = answer.header("retry-after");
            assert!(wait.parse::<u64>().is_ok_and(|secs| (1..60).contains(&secs)), "{what}: {wait:?}");
            return answer;
        }
    }
    panic!("{what} has no budget");
}

/// Requests a page from a client address.
async fn get_from(address: &str, browser: &mut Browser, path: &str) -> Answer {
    let request = browser.request(Method::GET, path).header("accept", "text/html");
    browser.send(request.header("x-forwarded-for", address)).await
}

/// Waits until a server has settled all attempts.
async fn settled(state: &AppState) {
    state.rate_limits.finish(Duration::from_secs(10)).await;
}

/// Counts the subscriptions that a server allows, of so many in a row.
async fn allowed(browser: &mut Browser, conversation: &str, attempts: usize) -> usize {
    let mut allowed = 0;
    for _ in 0..attempts {
        let answer = browser.call("watch_presence", &[("conversations[0]", conversation)]).await;
        allowed += usize::from(answer.status == StatusCode::OK);
    }
    allowed
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_read_and_stream_has_a_budget_of_the_user() {
    let app = TestApp::start().await;
    let (mut ana, api) = new_user(&app, "ana").await;
    let (mut ben, bens_api) = new_user(&app, "ben").await;
    let conversation = ana.start("ben", "hello").await;
    let spender = user_of(&mut ana).await;
    let in_conversation = format!("/messages/{conversation}");

    let flood = Flood::start(&app, Action::Page, spender);
    for path in ["/messages", &in_conversation, "/messages/new", "/settings", "/nowhere"] {
        until_denied(path, async || ana.get(path).await).await;
        assert_ne!(ben.get(path).await.status, StatusCode::TOO_MANY_REQUESTS, "{path} of another user");
    }
    drop(flood);

    let flood = Flood::start(&app, Action::Call, spender);
    let fields = [("conversation", &*conversation)];
    for endpoint in ["list_conversations", "open_conversation", "find_receipts", "load_settings", "list_sessions"] {
        until_denied(endpoint, async || ana.call(endpoint, &fields).await).await;
        assert_eq!(ben.call(endpoint, &fields).await.status, StatusCode::OK, "{endpoint} of another user");
    }
    for path in ["/api/message_groups", &format!("/api/messages/{conversation}")] {
        let denied = until_denied(path, async || api.get(path).await).await;
        assert_eq!(denied.text, r#"["rate_limited"]"#);
        assert_eq!(bens_api.get(path).await.status, StatusCode::OK, "{path} of another user");
    }
    drop(flood);

    let _flood = Flood::start(&app, Action::Stream, spender);
    until_denied("/events", async || first_of_stream(&mut ana).await).await;
    assert_eq!(first_of_stream(&mut ben).await.status, StatusCode::OK);
}

/// Opens an event stream, and returns its head, or the whole answer if it is refused.
async fn first_of_stream(browser: &mut Browser) -> Answer {
    let response = browser.request(Method::GET, "/events").send().await.expect("an answer");
    Answer { status: response.status(), headers: response.headers().clone(), text: String::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_read_and_stream_has_a_budget_of_the_address() {
    let app = TestApp::start().await;
    let (mut ana, mut anyone) = (app.sign_in("ana").await, app.browser());
    let (crowded, other) = ("198.51.100.1", "198.51.100.2");
    let flood = Flood::start(&app, Action::Page, network(crowded));
    until_denied("a page of a user", async || get_from(crowded, &mut ana, "/messages").await).await;
    until_denied("a page without a user", async || get_from(crowded, &mut anyone, "/signin").await).await;
    assert_eq!(get_from(other, &mut ana, "/messages").await.status, StatusCode::OK);
    drop(flood);
    for (action, method, path) in [
        (Action::Call, Method::POST, "/rpc/list_conversations"),
        (Action::Stream, Method::GET, "/events"),
        (Action::Call, Method::GET, "/api/message_groups"),
        (Action::Search, Method::POST, "/rpc/search_users"),
        (Action::Account, Method::POST, "/rpc/save_settings"),
    ] {
        let _flood = Flood::start(&app, action, network(crowded));
        let from = async |address: &str| {
            let request = form(ana.request(method.clone(), path), &[("query", "ben")]);
            let response = request.header("x-forwarded-for", address).send().await.expect("an answer");
            Answer { status: response.status(), headers: response.headers().clone(), text: String::new() }
        };
        until_denied(path, async || from(crowded).await).await;
        if action == Action::Stream {
            until_denied("a stream without a session", async || get_from(crowded, &mut anyone, path).await).await;
        }
        assert_ne!(from(other).await.status, StatusCode::TOO_MANY_REQUESTS, "{path} from elsewhere");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_page_says_when_to_come_back_and_loses_no_text() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let path = format!("/messages/{conversation}");
    let spender = user_of(&mut ana).await;
    let _floods = [Action::Page, Action::Call].map(|action| Flood::start(&app, action, spender));
    let page = until_denied("a page", async || ana.get(&path).await).await;
    assert!(page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
    for part in ["<h1>Too many requests</h1>", "Try again in 1 second.", "Back to your messages"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let fields = [("conversation", &*conversation), ("id", &*new_id()), ("body", "a <text>\nto keep")];
    let refused = until_denied("a form", async || ana.submit(&path, &fields).await).await;
    for part in ["Your message has not been sent.", "in 1 second.", "a &lt;text>\nto keep</textarea>"] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    app.state.audit.finish(Duration::from_secs(10)).await;
    let entries = "select count(*) from audit_log where event = 'limit_exceeded' and route like '/messages/%'";
    assert_eq!(app.database.number(entries).await, 1, "once a minute for a route");
    // A user can always leave.
    assert_eq!(ana.submit("/signout", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.cookie, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_holds_over_two_servers_and_after_a_restart() {
    let app = TestApp::start().await;
    let (mut ana, ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let other = server_beside(&app).await;
    let mut total = 0;
    for _ in 0..WATCHED_AT_ONCE / 3 {
        for (address, state) in [(app.address, &app.state), (other.address, &other.state)] {
            total += allowed(&mut ana.at(address), &conversation, 4).await;
            settled(state).await;
        }
    }
    assert!((WATCHED_AT_ONCE..=WATCHED_AT_ONCE + 2 * EXCESS).contains(&total), "{total}");

    let restarted = server_beside(&app).await;
    let mut ana = ana.at(restarted.address);
    // It knows nothing of her, until it settles her first attempts.
    let mut after = allowed(&mut ana, &conversation, 4).await;
    settled(&restarted.state).await;
    after += allowed(&mut ana, &conversation, WATCHED_AT_ONCE).await;
    assert!(after <= EXCESS, "{after} after a restart");
    let of_ben = allowed(&mut ben.at(restarted.address), &conversation, WATCHED_AT_ONCE).await;
    assert_eq!(of_ben, WATCHED_AT_ONCE, "another user");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_shuts_down_settles_the_last_attempts() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    // Fewer than are settled at a time. They refill within six seconds.
    assert_eq!(allowed(&mut ana, &conversation, 3).await, 3);
    let database = app.database.pool.clone();
    let owed = "select count(*) from rate_limits
        where full_at between now() + interval '2 seconds' and now() + interval '1 minute'";
    let owed = async || sqlx::query_scalar::<_, i64>(owed).fetch_one(&database).await.expect("a number");
    assert_eq!(owed().await, 0);
    app.stop().await;
    assert_eq!(owed().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_waits_for_no_statement_of_its_budgets() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let mut lock = app.database.pool.begin().await.expect("a transaction");
    sqlx::query("lock table rate_limits in access exclusive mode").execute(&mut *lock).await.expect("a lock");
    for _ in 0..40 {
        assert_eq!(ana.get("/settings").await.status, StatusCode::OK);
    }
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    wait_until("a statement waits", async || app.database.number(waiting).await > 0).await;
    assert_eq!(app.database.number(waiting).await, 1, "one statement at a time");
    lock.rollback().await.expect("the lock is released");
    let owed = "select count(*) from rate_limits where full_at > now() + interval '2 seconds'";
    wait_until("it is settled", async || app.database.number(owed).await > 0).await;
}

#[tokio::test]
async fn without_postgresql_each_server_counts_on_its_own_and_complains_rarely() {
    let (log, _guard) = Log::capture();
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let spender = user_of(&mut ana).await;
    app.state.store.postgres().close().await;
    let allowed =
        (0..1_000).take_while(|_| app.state.rate_limits.spend(Action::WatchPresence, spender).is_ok()).count();
    assert_eq!(allowed, WATCHED_AT_ONCE);
    wait_until("the failure is in the log", async || log.text().contains("dependency unavailable")).await;
    for _ in 0..1_000 {
        let _ = app.state.rate_limits.spend(Action::Mark, spender);
        tokio::task::yield_now().await;
    }
    assert_eq!(log.text().matches("dependency unavailable").count(), 1, "{}", log.text());
}
