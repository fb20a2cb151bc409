//! Work on deletions whose time has come.

use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::server::accounts::purge::Purge;
use cruddur_messages::server::store::postgres::deletions::LeavingUser;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::fixtures::{expire_claims, has_account, pass_days, purge, request, sign_in};
use crate::support::app::{Browser, TestApp, new_id};
use crate::support::cognito::{PASSWORD, SIGN_UP_CODE};
use crate::support::fake_pool::{CallAnswer, FakePool};

/// A server, and Ana, who has requested her deletion 14 days ago, with a conversation of hers and Ben.
async fn due(with_messages: bool) -> (TestApp, Browser, String) {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "from Ana").await;
    ben.say(&conversation, "from Ben").await;
    request(&mut ana, with_messages).await;
    pass_days(&app, 14.0).await;
    (app, ben, conversation)
}

/// Returns all that is left of users in PostgreSQL, but for times and ids.
async fn left(app: &TestApp) -> Value {
    let query = "select jsonb_build_object(
        'users', (select coalesce(jsonb_agg(handle order by handle), '[]') from users),
        'sessions', (select count(*) from sessions),
        'reserved', (select coalesce(jsonb_agg(handle order by handle), '[]') from former_handles),
        'deleted', (select count(*) from deleted_users),
        'recorded', (select count(*) from audit_log where event = 'delete_account'))";
    sqlx::query_scalar(query).fetch_one(&app.database.pool).await.expect("an answer")
}

/// The state in which every deletion of Ana ends.
fn ended() -> Value {
    json!({ "users": ["ben"], "sessions": 1, "reserved": ["ana"], "deleted": 1, "recorded": 1 })
}

#[tokio::test(flavor = "multi_thread")]
async fn after_14_days_nothing_is_left_but_a_deleted_user() {
    let (app, mut ben, conversation) = due(false).await;
    assert!(has_account(&app, "ana@example.com").await);
    assert_eq!(purge(&app).await, 1);
    assert_eq!(left(&app).await, ended());
    assert!(!has_account(&app, "ana@example.com").await);
    assert_eq!(sign_in(&app, "ana").await.1.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.database.number("select count(*) from users where email = 'ana@example.com'").await, 0);

    let page = ben.get(&format!("/messages/{conversation}")).await.text;
    assert!(page.contains("Deleted user") && page.contains("from Ana"), "{page}");
    assert!(!page.contains("@ana"), "{page}");
    let message = [("conversation", &*conversation), ("id", &*new_id()), ("body", "too late")];
    let refused = ben.call("send_message", &message).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, AppError::Conflict(Conflict::Undeliverable)));

    assert_eq!(purge(&app).await, 0);
    assert_eq!(left(&app).await, ended(), "once more changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_with_the_same_address_works_and_is_another_user() {
    let (app, mut ben, conversation) = due(false).await;
    let former = ben.id_of("ana").await;
    assert_eq!(purge(&app).await, 1);
    let mut ana = app.browser();
    let email = ("email", "ana@example.com");
    let account = [("name", "Ana"), ("handle", "ana"), email, ("password", PASSWORD)];
    let signed_up = ana.submit("/signup", &account).await;
    assert!(signed_up.location().starts_with("/confirm"), "{}", signed_up.text);
    let confirmed = ana.submit("/confirm", &[email, ("code", SIGN_UP_CODE)]).await;
    assert!(confirmed.location().starts_with("/signin?confirmed=true"), "{}", confirmed.text);
    let signed_in = ana.submit("/signin", &[email, ("password", PASSWORD)]).await;
    // The former handle is reserved for 30 days.
    assert_eq!(signed_in.location(), "/messages?handle_changed=true&signed_in=true", "{}", signed_in.text);
    assert_eq!(ben.call("find_recipient", &[("handle", "ana")]).await.status, StatusCode::NOT_FOUND);
    assert_ne!(ben.id_of("ana2").await, former);
    assert_eq!(ana.get(&format!("/messages/{conversation}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.database.number("select count(*) from users where email = 'ana@example.com'").await, 1);

    app.database.execute("update former_handles set reserved_until = now()").await;
    assert_eq!(purge(&app).await, 0);
    assert_eq!(app.database.number("select count(*) from former_handles").await, 0);
}

/// Does the first steps of a deletion.
async fn first_steps(purge: &Purge, user: &LeavingUser, count: usize) {
    if count > 0 {
        purge.delete_account(user).await.expect("the pool answers");
    }
    if count > 1 {
        purge.delete_messages(user).await.expect("the databases answer");
    }
    if count > 2 {
        purge.remove_names(user).await.expect("the databases answer");
    }
    if count > 3 {
        purge.erase(user).await.expect("the databases answer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_dies_after_any_step_is_continued_to_the_same_end() {
    for count in 0..=4 {
        let (app, mut ben, conversation) = due(true).await;
        let dying = Purge::of(&app.state);
        let user = app.state.store.deletions.claim().await.expect("an answer").expect("Ana's time has come");
        first_steps(&dying, &user, count).await;
        if count < 4 {
            assert_eq!(purge(&app).await, 0, "claimed by another process, after {count} steps");
        }
        expire_claims(&app).await;
        assert_eq!(purge(&app).await, usize::from(count < 4), "after {count} steps");
        assert_eq!(left(&app).await, ended(), "after {count} steps");
        assert!(!has_account(&app, "ana@example.com").await);
        assert_eq!(ben.texts(&conversation).await, ["", "from Ben"]);
        // The process that was taken for dead goes on.
        first_steps(&dying, &user, 4).await;
        assert_eq!(left(&app).await, ended(), "after {count} steps, and all once more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_servers_at_once_delete_each_user_once() {
    let app = TestApp::start().await;
    for name in ["ana", "ben", "cy", "dee"] {
        request(&mut app.sign_in(name).await, false).await;
    }
    pass_days(&app, 15.0).await;
    let servers = [(); 3].map(|()| async { Purge::of(&app.state).run().await.expect("an answer") });
    assert_eq!(futures::future::join_all(servers).await.iter().sum::<usize>(), 4);
    let expected = json!({
        "users": [], "sessions": 0, "reserved": ["ana", "ben", "cy", "dee"], "deleted": 4, "recorded": 4
    });
    assert_eq!(left(&app).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_stays_until_the_pool_has_deleted_the_account() {
    let pool = FakePool::start().await;
    let app = TestApp::start_with_pool(pool.address(), |_| {}).await;
    let (mut ana, _) = sign_in(&app, "ana").await;
    request(&mut ana, false).await;
    pass_days(&app, 14.0).await;
    for answer in [
        CallAnswer::Trouble("InternalErrorException"),
        CallAnswer::Refuse("AccessDeniedException", "not authorized to perform: cognito-idp:AdminDeleteUser"),
    ] {
        pool.set().calls = answer;
        assert_eq!(purge(&app).await, 0);
        assert_eq!(app.database.number("select count(*) from users").await, 1);
        expire_claims(&app).await;
    }
    // An account that is gone already is as good as deleted.
    pool.set().calls = CallAnswer::Refuse("UserNotFoundException", "User does not exist.");
    assert_eq!(purge(&app).await, 1);
    assert_eq!(app.database.number("select count(*) from users").await, 0);
    // The pool has accepted the password just before.
    pool.set().calls = CallAnswer::Good;
    let (browser, refused) = sign_in(&app, "ana").await;
    assert_eq!((refused.status, browser.cookie), (StatusCode::UNPROCESSABLE_ENTITY, None), "{}", refused.text);
    assert_eq!(app.database.number("select count(*) from users").await, 0);
}
