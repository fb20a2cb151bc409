//! Rate limits: of the account forms by client address and by account, and of searches.

use std::time::{Duration, Instant};

use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::user::Id;
use cruddur_messages::server::config::Config;
use cruddur_messages::server::failure::Failure;
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use tokio::time::timeout;

use crate::support::app::{Answer, Browser, TestApp, form};
use crate::support::cognito::PASSWORD;
use crate::support::fake_pool::FakePool;
use crate::support::log::Log;
use crate::support::second_server::server_beside;
use crate::support::wait_until::wait_until;

/// Number of concurrent failed attempts from one address: more than its quota.
const ATTEMPTS: usize = 15;

/// Number of concurrent successful attempts from one address: more than its quota, of which a success takes a tenth.
const SUCCESSES: usize = 120;

/// Number of concurrent attempts on one account, each from its own address: more than the quota of the account.
const ATTEMPTS_ON_ACCOUNT: usize = 75;

/// Path of a form, and its fields other than the e-mail address.
type Form = (&'static str, &'static [(&'static str, &'static str)]);

/// The forms for signed-out users: sign-in, sign-up, confirmation, resending the code, requesting a password reset, and
/// resetting the password.
const FORMS: [Form; 6] = [
    ("/signin", &[("password", "wrong")]),
    ("/signup", &[("name", "Ana"), ("handle", "ana"), ("password", PASSWORD)]),
    ("/confirm", &[("code", "123456")]),
    ("/confirm", &[("code", ""), ("resend", "1")]),
    ("/forgot", &[]),
    ("/forgot", &[("code", "654321"), ("password", PASSWORD)]),
];

/// Starts a server with a pool that has no rate limits itself.
async fn start() -> TestApp {
    start_with(|_| {}).await
}

/// Like [`start`], with a changed configuration.
async fn start_with(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::start_with_pool(FakePool::start().await.address(), change).await
}

async fn post(mut browser: Browser, (path, others): Form, email: String) -> Answer {
    let mut fields = vec![("email", email.as_str())];
    fields.extend_from_slice(others);
    browser.submit(path, &fields).await
}

/// Like [`post`], from any address.
async fn post_from(address: String, mut browser: Browser, (path, others): Form, email: String) -> Answer {
    let mut fields = vec![("email", email.as_str())];
    fields.extend_from_slice(others);
    // A trusted proxy appends the address of its client to this header.
    let request = browser.request(Method::POST, path).header("x-forwarded-for", address);
    browser.send(form(request.header("accept", "text/html"), &fields)).await
}

/// Asserts that some of the attempts were processed and the others were denied with a waiting time.
fn assert_some_denied(what: &str, answers: &[Answer]) {
    let (denied, processed): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS);
    let counts = (denied.len(), processed.len());
    assert!(!denied.is_empty() && !processed.is_empty(), "{what}: denied and processed: {counts:?}");
    for answer in processed {
        assert!(!answer.status.is_server_error(), "{what}: {}", answer.status);
    }
    for answer in denied {
        let wait = answer.header("retry-after");
        assert!(wait.parse::<u64>().is_ok_and(|secs| secs > 0), "{what}: wait for {wait:?}");
        assert!(answer.text.contains("Too many attempts."), "{what} says so: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_accounts_from_one_address_are_rate_limited_and_other_addresses_are_not() {
    let app = start().await;
    for form in FORMS {
        let attacker = app.browser();
        // F27: this pool accepts every sign-up and every code.
        let succeeds = matches!(form, ("/signup", _) | ("/confirm" | "/forgot", [("code", "123456" | "654321"), ..]));
        let attempts = if succeeds { SUCCESSES } else { ATTEMPTS };
        let answers =
            join_all((0..attempts).map(|n| post(attacker.clone(), form, format!("ana{n}@example.com")))).await;
        assert_some_denied(&format!("{form:?}"), &answers);
        let other = post(app.browser(), form, "ben@example.com".to_owned()).await;
        assert_ne!(other.status, StatusCode::TOO_MANY_REQUESTS, "{form:?} from another address");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_from_many_addresses_is_rate_limited_and_other_accounts_are_not() {
    let app = start().await;
    for (number, form) in FORMS.into_iter().enumerate() {
        let (email, attacker) = (format!("ana{number}@example.com"), app.browser());
        let attempts = (0..ATTEMPTS_ON_ACCOUNT)
            .map(|n| post_from(format!("198.51.100.{n}"), attacker.clone(), form, email.clone()));
        let answers = join_all(attempts).await;
        assert_some_denied(&format!("{form:?}"), &answers);
        let other = post(app.browser(), form, format!("ben{number}@example.com")).await;
        assert_ne!(other.status, StatusCode::TOO_MANY_REQUESTS, "{form:?} of another account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_from_one_address_do_not_lock_out_the_owner_of_the_account() {
    let app = start().await;
    let (attacker, mut owner) = (app.browser(), app.browser());
    let attempts = (0..ATTEMPTS_ON_ACCOUNT).map(|_| post(attacker.clone(), FORMS[0], "ana@example.com".to_owned()));
    assert_some_denied("the attacker", &join_all(attempts).await);
    let signed_in = owner.submit("/signin", &[("email", "ana@example.com"), ("password", "good")]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_addresses_of_one_ipv6_network_share_a_limit_and_those_of_another_do_not() {
    let app = start().await;
    let browser = app.browser();
    let attempts = (0..ATTEMPTS).map(|n| {
        let address = format!("2001:db8:0:1:{n:x}::{n:x}");
        post_from(address, browser.clone(), FORMS[0], format!("ana{n}@example.com"))
    });
    assert_some_denied("one network", &join_all(attempts).await);
    for other in ["2001:db8:0:2::1", "2001:db8:1:1::1", "198.51.100.1"] {
        let answer = post_from(other.to_owned(), browser.clone(), FORMS[0], "ben@example.com".to_owned()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "from {other}");
    }
}

// F27
#[tokio::test(flavor = "multi_thread")]
async fn a_class_of_thirty_behind_one_address_signs_up_and_in_at_once_despite_some_mistakes() {
    let app = start().await;
    let class = app.browser();
    let emails: Vec<_> = (0..30).map(|n| format!("pupil{n}@example.com")).collect();
    for form in [FORMS[1], FORMS[2], ("/signin", &[("password", "good")] as &[_])] {
        let answers = join_all(emails.iter().map(|email| post(class.clone(), form, email.clone()))).await;
        for answer in answers {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{form:?}: {}", answer.text);
        }
    }
    for email in &emails[..5] {
        let mistyped = post(class.clone(), FORMS[0], email.clone()).await;
        assert_eq!(mistyped.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", mistyped.text);
    }
}

// F27
#[tokio::test(flavor = "multi_thread")]
async fn clients_behind_a_proxy_that_adds_ports_or_brackets_have_limits_of_their_own() {
    let app = start().await;
    let browser = app.browser();
    for (number, (start, end)) in [
        ("203.0.113.250:", ""),
        ("[2001:db8:0:3::1]:", ""),
        ("\"203.0.113.251:", "\""),
        ("for=\"[2001:db8:0:4::1]:", "\""),
    ]
    .into_iter()
    .enumerate()
    {
        let attempts = (0..ATTEMPTS).map(|n| {
            // Each connection has another port.
            let address = format!("{start}{}{end}", 40_000 + n);
            post_from(address, browser.clone(), FORMS[0], format!("a{number}x{n}@example.com"))
        });
        assert_some_denied(start, &join_all(attempts).await);
    }
    let other = post_from("203.0.113.252:40000".to_owned(), browser, FORMS[0], "b@example.com".to_owned()).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.text);
}

// F27
#[tokio::test]
async fn a_header_of_a_proxy_that_is_not_read_is_named_once_in_the_log() {
    for (proxies, header) in [(0, "203.0.113.1"), (2, "203.0.113.1"), (1, "unknown")] {
        let (log, _guard) = Log::capture();
        let app = start_with(|config| config.trusted_proxies = proxies).await;
        let warnings = || log.text().matches("X-Forwarded-For not read").count();
        let answer = reqwest::get(format!("http://{}/healthz", app.address)).await.expect("an answer");
        assert_eq!((answer.status(), warnings()), (StatusCode::OK, 0), "no proxy, no warning");
        for _ in 0..3 {
            let request = reqwest::Client::new().get(format!("http://{}/healthz", app.address));
            request.header("x-forwarded-for", header).send().await.expect("an answer");
        }
        assert_eq!(warnings(), 1, "{proxies} proxies: {header}");
        assert!(log.text().contains("TRUSTED_PROXIES"));
    }
}

// F68
#[tokio::test(flavor = "multi_thread")]
async fn two_servers_count_guesses_and_searches_together() {
    let app = start().await;
    let other = server_beside(&app).await;
    let attempts = (0..ATTEMPTS).map(|n| {
        let browser = Browser::new(if n % 2 == 0 { app.address } else { other.address });
        post_from("198.51.100.77".to_owned(), browser, FORMS[0], format!("ana{n}@example.com"))
    });
    let answers = join_all(attempts).await;
    let processed = answers.iter().filter(|answer| answer.status == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert!((8..=11).contains(&processed), "{processed} of {ATTEMPTS}");

    let ana = signed_in(&app, "ana").await;
    let on_both = [ana.clone(), ana.at(other.address)];
    let searches = (0..60).map(|n| {
        let mut browser = on_both[n % 2].clone();
        async move { browser.call("search_users", &[("query", "ben")]).await.status }
    });
    // A busy machine may give up some of those that are not denied.
    let is_taken = |status: &StatusCode| *status != StatusCode::TOO_MANY_REQUESTS;
    let taken = join_all(searches).await.into_iter().filter(is_taken).count();
    // 30 at once, and two more per second while they run.
    assert!((30..50).contains(&taken), "{taken} of 60");
}

// F68
#[tokio::test(flavor = "multi_thread")]
async fn slow_searches_leave_connections_for_everything_else() {
    let app = start().await;
    let users = app.state.store.users.clone();
    let me = Id(uuid::Uuid::nil());
    let mut lock = app.database.pool.begin().await.expect("a transaction");
    sqlx::query("lock table users in access exclusive mode").execute(&mut *lock).await.expect("a lock");
    let searches: Vec<_> = (0..40)
        .map(|n| {
            let (users, began) = (users.clone(), Instant::now());
            tokio::spawn(async move {
                let found = match n % 2 {
                    0 => users.search("ben", me, &[]).await.map(drop),
                    _ => users.matching(&[me], "ben").await.map(drop),
                };
                (found.map_err(Failure::into_public), began.elapsed())
            })
        })
        .collect();
    let blocked =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let connection = app.database.pool.clone();
    wait_until("the searches wait for the table", async || {
        let blocked: i64 = sqlx::query_scalar(blocked).fetch_one(&connection).await.expect("a number");
        blocked >= 4
    })
    .await;
    assert_eq!(app.database.number(blocked).await, 4);
    // Not one connection of the other requests is in use by a search. The server itself may use one or two.
    let main = app.state.store.postgres();
    let mut all = Vec::new();
    for _ in 2..main.options().get_max_connections() {
        let connection = timeout(Duration::from_secs(2), main.acquire()).await.expect("in time");
        all.push(connection.expect("a connection is free"));
    }
    for search in searches {
        let (answer, elapsed) = search.await.expect("no panic");
        assert_eq!(answer, Err(AppError::Unavailable));
        // 500 ms for a connection and 500 ms for the statement, and some time for a busy machine.
        assert!(elapsed < Duration::from_millis(1_800), "{elapsed:?}");
    }
    drop(all);
    lock.rollback().await.expect("the lock is released");
    assert!(users.search("ben", me, &[]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn search_words_are_filled_although_that_takes_longer_than_a_search_may() {
    let app = start().await;
    app.database
        .execute(
            "insert into users (display_name, handle, email, cognito_user_id) values ('Ben', 'ben', 'ben', 'MOCK');
            create function wait() returns trigger language plpgsql as
                $$ begin perform pg_sleep(0.8); return new; end $$;
            create trigger slow before update on users for each row execute function wait()",
        )
        .await;
    let found = app.state.store.users.search("ben", Id(uuid::Uuid::nil()), &[]).await.expect("a search");
    assert_eq!(found.len(), 1);
}

/// Signs a user in at the pool of these tests, which accepts every password.
async fn signed_in(app: &TestApp, name: &str) -> Browser {
    let mut browser = app.browser();
    let answer = post(browser.clone(), ("/signin", &[("password", "good")]), format!("{name}@example.com")).await;
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    browser.cookie = Some(cookie);
    browser
}
