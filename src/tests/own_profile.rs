//! Change of the own name, handle and password.

use cruddur_messages::domain::conversation::Conversation;
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::field_error::FieldCode;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::settings::{Settings, Starters};
use cruddur_messages::domain::user::{DisplayName, Handle, Id, InvalidDisplayName, InvalidHandle, User};
use cruddur_messages::server::store::postgres::new_user::NewUser;
use cruddur_messages::server::store::postgres::users::Users;
use cruddur_messages::ui::wording::field_sentence;
use reqwest::StatusCode;
use uuid::Uuid;

use crate::live::Stream;
use crate::support::app::{Answer, Browser, TestApp};
use crate::support::cognito::PASSWORD;
use crate::support::postgres::Database;
use crate::support::wait_until::wait_until;

/// A password that meets every rule.
const NEW_PASSWORD: &str = "Another-2026!";

async fn save(browser: &mut Browser, name: &str, handle: &str) -> Answer {
    browser.call("save_profile", &[("name", name), ("handle", handle)]).await
}

fn field(answer: &Answer, name: &str) -> Option<FieldCode> {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    answer.error().field(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_and_handle_are_shown_to_others_at_once() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let mut his = Stream::open(&ben).await;
    let form = ana.get("/settings/profile").await;
    assert!(form.text.contains("value=\"ana\""), "{}", form.text);
    // Without script, and with a decomposed accent.
    let saved = ana.submit("/settings/profile", &[("name", " Ana Lu\u{301}cia "), ("handle", "@Ana.Lucia")]).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/settings/profile?saved=1"));
    assert!(ana.get("/settings/profile?saved=1").await.text.contains("Name and handle saved."));
    assert_eq!(his.next().await, Some(Event::Resync), "his open pages load their lists again");
    let page: Page<Conversation> = ben.call("list_conversations", &[]).await.json();
    let of_ana = page.items[0].members.iter().find(|member| member.handle_text() == "ana.lucia").expect("ana");
    assert_eq!(of_ana.display_name.as_str(), "Ana Lúcia");
    let page = ben.get(&format!("/messages/{conversation}")).await.text;
    assert!(page.contains("Ana Lúcia") && page.contains("ana.lucia"), "{page}");
    for (query, count) in [("lucia", 1), ("ana.lucia", 1)] {
        let found: Vec<User> = ben.call("search_users", &[("query", query)]).await.json();
        assert_eq!(found.len(), count, "{query}");
    }
    assert_eq!(ben.call("find_recipient", &[("handle", "ana")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_page_changes_only_what_the_user_has_changed_there() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let seen = [("seen_name", "ana"), ("seen_handle", "ana")];
    for (name, handle) in [("Ana Lima", "ana"), ("ana", "ana.lima")] {
        let saved = ana.call("save_profile", &[&[("name", name), ("handle", handle)] as &[_], &seen].concat()).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
    }
    let own: User = ana.call("load_profile", &[]).await.json();
    assert_eq!((own.display_name.as_str(), own.handle_text()), ("Ana Lima", "ana.lima"));

    let seen = r#"{"receipts":true,"presence":true,"starters":"everyone"}"#;
    for changed in [
        &[("presence", "true"), ("starters", "everyone")][..],
        &[("receipts", "true"), ("presence", "true"), ("starters", "nobody")],
    ] {
        let saved = ana.call("save_settings", &[changed, &[("seen", seen)]].concat()).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
    }
    let settings: Settings = ana.call("load_settings", &[]).await.json();
    assert_eq!(settings, Settings { receipts: false, presence: true, starters: Starters::Nobody });
    let form = ana.get("/settings").await.text;
    assert!(form.contains("name=\"seen\" value=\"{&quot;receipts&quot;:false"), "{form}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_name_or_handle_comes_back_with_its_reason() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    for (handle, code) in [
        ("", InvalidHandle::Blank.into()),
        ("анна", InvalidHandle::Character.into()),
        ("an\u{200b}a", InvalidHandle::Character.into()),
        ("Support", InvalidHandle::Reserved.into()),
        ("BEN", FieldCode::HandleTaken),
    ] {
        assert_eq!(field(&save(&mut ana, "Ana", handle).await, "handle"), Some(code), "{handle:?}");
    }
    for (name, reason) in [
        ("\u{3164}\u{200b}", InvalidDisplayName::Blank),
        ("Ana \u{202e}neB", InvalidDisplayName::Control),
        (&*"é".repeat(65), InvalidDisplayName::TooLong),
        ("Deleted  User", InvalidDisplayName::Reserved),
    ] {
        assert_eq!(field(&save(&mut ana, name, "ana").await, "name"), Some(reason.into()), "{name:?}");
    }
    let refused = ana.submit("/settings/profile", &[("name", "Ana B."), ("handle", "ben")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let sentence = field_sentence(FieldCode::HandleTaken);
    for kept in ["value=\"Ana B.\"", "value=\"ben\"", &sentence, "aria-invalid=\"true\""] {
        assert!(refused.text.contains(kept), "{kept}: {}", refused.text);
    }
    let unchanged: User = ana.call("load_profile", &[]).await.json();
    assert_eq!((unchanged.display_name.as_str(), unchanged.handle_text()), ("ana", "ana"));
}

#[tokio::test(flavor = "multi_thread")]
async fn renaming_is_rate_limited_but_mistakes_and_unchanged_forms_are_not() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for _ in 0..12 {
        assert_eq!(save(&mut ana, "ana", "ana").await.status, StatusCode::OK);
    }
    let mut statuses = Vec::new();
    for n in 0..11 {
        statuses.push(save(&mut ana, &format!("Ana {n}"), "ana").await.status);
    }
    assert_eq!(statuses[..10], [StatusCode::OK; 10]);
    assert_eq!(statuses[10], StatusCode::TOO_MANY_REQUESTS);
}

/// The table of users, and a way to add one.
struct Handles {
    database: Database,
    users: Users,
}

impl Handles {
    async fn start() -> Self {
        let database = Database::fresh().await;
        Self { users: Users::new(database.pool.clone()), database }
    }

    /// Creates a user who wants this handle. Returns the id and the handle that the user has got.
    async fn create(&self, handle: &str) -> (Id, String) {
        let new_user = NewUser {
            sub: Uuid::new_v4(),
            email: format!("{}@example.com", Uuid::new_v4().simple()),
            email_verified: true,
            name: None,
            handle: Some(handle.to_owned()),
        };
        let user = self.users.find_or_create(&new_user).await.expect("a row").user;
        (user.id, user.handle_text().to_owned())
    }

    async fn rename(&self, user: Id, handle: &str) -> bool {
        let (handle, name) = (Handle::parse(handle).expect("a handle"), DisplayName::parse("A name").expect("a name"));
        self.users.set_profile(user, &handle, &name).await.expect("an answer")
    }
}

#[tokio::test]
async fn a_former_handle_is_reserved_for_its_owner_for_thirty_days() {
    let handles = Handles::start().await;
    let ((ana, _), (ben, _)) = (handles.create("ana").await, handles.create("ben").await);
    assert!(handles.rename(ana, "anna").await);
    assert!(!handles.rename(ben, "ana").await, "another user");
    assert_eq!(handles.create("ana").await.1, "ana2", "a new user");
    assert!(handles.rename(ana, "ana").await && handles.rename(ana, "anna").await, "its owner");
    let reserved = "select count(*) from former_handles where handle = 'ana' and
        reserved_until between now() + interval '29 days' and now() + interval '31 days'";
    assert_eq!(handles.database.number(reserved).await, 1);
    handles.database.execute("update former_handles set reserved_until = now()").await;
    assert!(handles.rename(ben, "ana").await, "after 30 days");
    assert!(!handles.rename(ana, "ana").await, "which is his now");
    assert_eq!(handles.database.number("select count(*) from former_handles where handle = 'ana'").await, 0);
}

#[tokio::test]
async fn a_server_of_the_previous_version_does_not_give_a_reserved_handle_away() {
    let handles = Handles::start().await;
    let (ana, _) = handles.create("ana").await;
    assert!(handles.rename(ana, "anna").await);
    // Its statement, which knows nothing of reserved handles.
    let create = "insert into users (display_name, handle, email, cognito_user_id) values ('A', 'Ana', null, 'a')
        on conflict do nothing";
    handles.database.execute(create).await;
    assert_eq!(handles.database.number("select count(*) from users").await, 1, "it tries another handle then");
    handles.database.execute(&create.replace("'Ana'", "'anne'")).await;
    assert_eq!(handles.database.number("select count(*) from users").await, 2);
}

#[tokio::test]
async fn every_handle_that_a_user_gives_up_is_reserved_for_thirty_days() {
    let handles = Handles::start().await;
    let (ana, _) = handles.create("ana0").await;
    for n in 1..=5 {
        assert!(handles.rename(ana, &format!("ana{n}")).await);
    }
    assert!(!handles.rename(ana, "ana6").await, "the database knows the maximum, too");
    assert!(handles.rename(ana, "ana0").await && handles.rename(ana, "ana5").await, "back to a former one");
    for n in 0..5 {
        let wanted = format!("ana{n}");
        assert_ne!(handles.create(&wanted).await.1, wanted);
    }
    handles.database.execute("update former_handles set reserved_until = now()").await;
    assert!(handles.rename(ana, "ana9").await);
    assert_eq!(handles.database.number("select count(*) from former_handles").await, 1, "the others have expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_reserves_no_more_than_five_handles() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    for n in 1..=5 {
        assert_eq!(save(&mut ana, "Ana", &format!("ana{n}")).await.status, StatusCode::OK, "{n}");
    }
    let sixth = save(&mut ana, "Ana", "ana6").await;
    assert_eq!(field(&sixth, "handle"), Some(FieldCode::HandleChangedTooOften));
    assert_eq!(save(&mut ana, "Another name", "ana5").await.status, StatusCode::OK, "the name alone");
    assert_eq!(save(&mut ana, "Another name", "ANA5").await.status, StatusCode::OK, "the same in capitals");
    for former in ["ana2", "ana5", "ana"] {
        assert_eq!(save(&mut ana, "Ana", former).await.status, StatusCode::OK, "back to {former}");
    }
    assert_eq!(field(&save(&mut ana, "Ana", "ana6").await, "handle"), Some(FieldCode::HandleChangedTooOften));
    app.database.execute("update former_handles set reserved_until = now() where handle = 'ana3'").await;
    assert_eq!(save(&mut ana, "Ana", "ana6").await.status, StatusCode::OK, "one is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_that_is_being_given_up_goes_to_no_user_who_waits_for_it() {
    let handles = Handles::start().await;
    let (ana, _) = handles.create("ana").await;
    let mut giving_up = handles.database.pool.begin().await.expect("a transaction");
    let rename = sqlx::query("update users set handle = 'anna' where uuid = $1").bind(ana.0);
    rename.execute(&mut *giving_up).await.expect("renamed, and not committed");
    // The statement of a server that has looked for taken handles before.
    let create = "insert into users (display_name, handle, cognito_user_id) values ('B', 'ana', 'b')
        on conflict do nothing";
    let pool = handles.database.pool.clone();
    let waiting = tokio::spawn(async move { sqlx::query(create).execute(&pool).await.expect("an answer") });
    let blocked = "select count(*) from pg_stat_activity where datname = current_database() and
        wait_event_type = 'Lock'";
    wait_until("the new user waits", async || handles.database.number(blocked).await == 1).await;
    giving_up.commit().await.expect("committed");
    assert_eq!(waiting.await.expect("no panic").rows_affected(), 0, "the handle is reserved now");
}

async fn change_password(browser: &mut Browser, current: &str, password: &str) -> Answer {
    let fields = [("current_password", current), ("password", password)];
    browser.call("change_password", &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_counts_at_once_and_ends_the_other_sessions_and_tokens() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let mut other = app.browser();
    let sign_in = |password| [("email", "ana@example.com"), ("password", password)];
    assert_eq!(other.submit("/signin", &sign_in(PASSWORD)).await.status, StatusCode::SEE_OTHER);
    let fields = [("current_password", PASSWORD), ("password", NEW_PASSWORD)];
    let changed = ana.submit("/settings/password", &fields).await;
    assert_eq!((changed.status, changed.location()), (StatusCode::SEE_OTHER, "/settings/password?changed=1"));
    assert!(ana.get("/settings/password?changed=1").await.text.contains("Password changed."));
    assert_eq!(other.call("current_user", &[]).await.status, StatusCode::UNAUTHORIZED);
    let ended = "select count(*) from users where handle = 'ana' and tokens_valid_from is not null";
    assert_eq!(app.database.number(ended).await, 1);
    let old = app.browser().submit("/signin", &sign_in(PASSWORD)).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.browser().submit("/signin", &sign_in(NEW_PASSWORD)).await.status, StatusCode::SEE_OTHER);
    // The own session goes on, also with its next renewal.
    app.database.execute("update sessions set access_ends_at = now()").await;
    app.state.store.remembered.forget_all();
    assert_eq!(ana.call("current_user", &[]).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_not_changed_without_the_current_one() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let wrong = change_password(&mut ana, "Wrong-2026!", NEW_PASSWORD).await;
    assert_eq!(field(&wrong, "current_password"), Some(FieldCode::CurrentPasswordRefused));
    let short = change_password(&mut ana, PASSWORD, "short").await;
    assert!(matches!(field(&short, "password"), Some(FieldCode::Password(_))));
    let refused = ana.submit("/settings/password", &[("current_password", "Wrong-2026!"), ("password", NEW_PASSWORD)]);
    let refused = refused.await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Wrong password."), "{}", refused.text);
    assert!(!refused.text.contains("Wrong-2026!") && !refused.text.contains(NEW_PASSWORD), "no password comes back");
    let mut limited = None;
    for _ in 0..20 {
        let answer = change_password(&mut ana, "Wrong-2026!", NEW_PASSWORD).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.expect("guesses are limited");
    assert!(matches!(limited.error(), AppError::RateLimited { .. }));
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    assert_eq!(app.browser().submit("/signin", &fields).await.status, StatusCode::SEE_OTHER);
}
