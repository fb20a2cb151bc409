//! Users in PostgreSQL: the first sign-in, handles, search, and the table of the legacy app.

use cruddur_messages::domain::user::{Handle, Id, User};
use cruddur_messages::server::store::postgres;
use cruddur_messages::server::store::postgres::new_user::NewUser;
use cruddur_messages::server::store::postgres::users::Users;
use uuid::Uuid;

use crate::support::postgres::Database;

fn new_user(handle: &str) -> NewUser {
    NewUser {
        sub: Uuid::new_v4(),
        email: format!("{}@example.com", Uuid::new_v4().simple()),
        email_verified: true,
        name: Some(handle.to_owned()),
        handle: Some(handle.to_owned()),
    }
}

fn named(handle: &str, name: &str) -> NewUser {
    NewUser { name: Some(name.to_owned()), ..new_user(handle) }
}

async fn handles(users: &Users, text: &str, me: Id) -> Vec<String> {
    let found = users.search(text, me, &[]).await.expect("a search");
    found.into_iter().map(|user: User| user.handle_text().to_owned()).collect()
}

#[tokio::test]
async fn the_first_sign_in_creates_the_row_and_the_next_one_finds_it() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let ana = named("ana", "Ana Lima");
    let first = users.find_or_create(&ana).await.expect("a row");
    assert_eq!((first.user.handle_text(), first.user.display_name.as_str()), ("ana", "Ana Lima"));
    assert!(!first.handle_changed);
    let again = users.find_or_create(&NewUser { handle: None, ..ana }).await.expect("the row");
    assert_eq!(again.user, first.user);
    assert_eq!(
        users.by_ids(&[first.user.id, Id(Uuid::nil())]).await.expect("people"),
        std::slice::from_ref(&first.user)
    );
    let found = users.by_handle(&Handle::parse("@ANA").expect("a handle")).await.expect("a query");
    assert_eq!(found, Some(first.user));
}

#[tokio::test]
async fn a_taken_handle_is_varied_and_the_change_is_reported() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    users.find_or_create(&new_user("ana")).await.expect("a row");
    for expected in ["ana2", "ana3"] {
        let signed_in = users.find_or_create(&new_user("Ana")).await.expect("a row");
        assert_eq!((signed_in.user.handle_text(), signed_in.handle_changed), (expected, true));
    }
}

#[tokio::test]
async fn an_invalid_handle_becomes_a_similar_one_and_the_change_is_reported() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    for (requested, expected) in [("Ana Lúcia!", "ana.lcia"), ("安娜", "ben.kim"), ("a", "ben.kim2")] {
        let invalid = NewUser { handle: Some(requested.to_owned()), ..named("x", "Ben Kim") };
        let signed_in = users.find_or_create(&invalid).await.expect("a row");
        assert_eq!((signed_in.user.handle_text(), signed_in.handle_changed), (expected, true), "{requested}");
    }
    let blank = NewUser { handle: Some(" ".to_owned()), ..named("x", "Cy") };
    assert!(!users.find_or_create(&blank).await.expect("a row").handle_changed, "no handle was requested");
}

#[tokio::test]
async fn a_user_without_a_requested_handle_gets_one_from_the_name() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let signed_in = users.find_or_create(&NewUser { handle: None, ..named("x", "Ben Kim") }).await.expect("a row");
    assert_eq!((signed_in.user.handle_text(), signed_in.handle_changed), ("ben.kim", false));
}

#[tokio::test]
async fn twenty_concurrent_first_sign_ins_of_one_user_create_one_row() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let ana = new_user("ana");
    let signed_in = futures::future::join_all((0..20).map(|_| users.find_or_create(&ana))).await;
    let ids: std::collections::HashSet<_> = signed_in.into_iter().map(|it| it.expect("a row").user.id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(database.number("select count(*) from users").await, 1);
}

#[tokio::test]
async fn twenty_users_who_request_one_handle_at_once_all_get_a_different_one() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let new_users: Vec<_> = (0..20).map(|_| new_user("ana")).collect();
    let signed_in = futures::future::join_all(new_users.iter().map(|new_user| users.find_or_create(new_user))).await;
    let handles: std::collections::HashSet<_> =
        signed_in.into_iter().map(|it| it.expect("a row").user.handle.expect("a handle")).collect();
    assert_eq!(handles.len(), 20);
}

#[tokio::test]
async fn a_legacy_row_is_linked_only_to_a_user_with_a_verified_email() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    database
        .execute(
            "insert into users (display_name, handle, email, cognito_user_id) values
            ('Andrew Brown', 'andrewbrown', 'Andrew@example.com', 'MOCK'), ('Bayko', 'bayko', 'b@example.com', 'MOCK')",
        )
        .await;
    // F70: an unverified address claims neither the legacy row nor the address.
    let mallory = NewUser { email: "andrew@example.com".to_owned(), email_verified: false, ..new_user("andrewbrown") };
    let stranger = users.find_or_create(&mallory).await.expect("a row of her own");
    assert_eq!((stranger.user.handle_text(), stranger.handle_changed), ("andrewbrown2", true));
    let andrew = NewUser { email: "andrew@example.com".to_owned(), ..new_user("andrew") };
    let signed_in = users.find_or_create(&andrew).await.expect("the legacy row");
    assert_eq!((signed_in.user.handle_text(), signed_in.handle_changed), ("andrewbrown", true));
    assert_eq!(users.find_or_create(&mallory).await.expect("her row").user, stranger.user);
    assert_eq!(users.find_or_create(&andrew).await.expect("his row").user, signed_in.user);
    assert_eq!(database.number("select count(*) from users").await, 3);
    assert_eq!(database.number("select count(*) from users where lower(email) = 'andrew@example.com'").await, 1);
}

// F29
#[tokio::test]
async fn an_email_of_another_account_goes_to_the_account_for_which_the_pool_has_verified_it() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let first = new_user("ana");
    let ana = users.find_or_create(&first).await.expect("a row").user;
    let second = NewUser { email: first.email.to_uppercase(), ..new_user("ben") };
    let ben = users.find_or_create(&second).await.expect("a row of his own").user;
    assert_ne!(ben.id, ana.id, "the new owner of a mailbox gets no messages of the previous one");
    let email_of = async |id: Id| {
        let email: Option<String> = sqlx::query_scalar("select email from users where uuid = $1")
            .bind(id.0)
            .fetch_one(&database.pool)
            .await
            .expect("a row");
        email.map(|email| email.to_lowercase())
    };
    assert_eq!((email_of(ana.id).await, email_of(ben.id).await), (None, Some(first.email.clone())));
    // The previous owner still signs in, with the new address.
    let moved = NewUser { email: "ana@new.example.com".to_owned(), ..first.clone() };
    assert_eq!(users.find_or_create(&moved).await.expect("her row").user, ana);
    assert_eq!(email_of(ana.id).await.as_deref(), Some("ana@new.example.com"));
    let unverified = NewUser { email_verified: false, email: first.email, ..moved };
    assert_eq!(users.find_or_create(&unverified).await.expect("her row").user, ana);
    assert_eq!(email_of(ana.id).await, None);
    assert!(email_of(ben.id).await.is_some(), "an unverified address takes nothing");
}

// F70
#[tokio::test]
async fn two_accounts_that_sign_in_with_one_address_at_once_both_get_a_row() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let accounts: Vec<_> = (0..10).map(|_| NewUser { email: "a@example.com".to_owned(), ..new_user("ana") }).collect();
    let signed_in = futures::future::join_all(accounts.iter().map(|account| users.find_or_create(account))).await;
    let ids: std::collections::HashSet<_> = signed_in.into_iter().map(|it| it.expect("a row").user.id).collect();
    assert_eq!(ids.len(), 10);
    assert_eq!(database.number("select count(*) from users where email is not null").await, 1);
}

#[tokio::test]
async fn search_matches_the_start_of_a_handle_or_of_any_word_of_a_name() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    for (handle, name) in [("zoe", "Maria-Luisa Öztürk"), ("maria", "Zoe"), ("mar", "X"), ("omar", "Y")] {
        users.find_or_create(&named(handle, name)).await.expect("a row");
    }
    let me = users.find_or_create(&named("marvin", "Marvin")).await.expect("a row").user.id;
    assert_eq!(handles(&users, " @MAR ", me).await, ["mar", "maria", "zoe"]);
    assert_eq!(handles(&users, "ÖZT", me).await, ["zoe"]);
    assert_eq!(handles(&users, "luisa", me).await, ["zoe"]);
    assert_eq!(handles(&users, "maria-luisa ö", me).await, ["zoe"]);
    assert_eq!(handles(&users, "ria", me).await, [""; 0]);
    assert_eq!(handles(&users, " @ ", me).await, [""; 0]);
}

#[tokio::test]
async fn search_takes_wildcards_literally_and_finds_no_email() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    users.find_or_create(&named("ana_b", "50% off")).await.expect("a row");
    let cy = NewUser { email: "secret@example.com".to_owned(), ..named("cy", r"back\slash") };
    users.find_or_create(&cy).await.expect("a row");
    let me = Id(Uuid::nil());
    for text in ["%", "_", "a%", "secret", r"\", "' or true --"] {
        assert_eq!(handles(&users, text, me).await, [""; 0], "{text}");
    }
    assert_eq!(handles(&users, "ana_", me).await, ["ana_b"]);
    assert_eq!(handles(&users, "50%", me).await, ["ana_b"]);
    assert_eq!(handles(&users, r"back\s", me).await, ["cy"]);
}

#[tokio::test]
async fn search_returns_at_most_ten_users() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    for _ in 0..12 {
        users.find_or_create(&new_user("ana")).await.expect("a row");
    }
    assert_eq!(handles(&users, "ana", Id(Uuid::nil())).await.len(), 10);
}

const LEGACY_USERS: &str = r#"
    create extension if not exists "uuid-ossp";
    create table public.users (
        uuid uuid default uuid_generate_v4() primary key, display_name text not null, handle text not null,
        email text not null, cognito_user_id text not null, created_at timestamp default current_timestamp not null
    );
    insert into users (display_name, handle, email, cognito_user_id, created_at) values
        ('Andrew Brown', 'andrewbrown', 'andrew@example.com', 'MOCK', '2023-03-01 12:00:00'),
        ('Andrew Bayko', 'bayko', 'bayko@example.com', 'MOCK', '2023-03-01 12:00:00')"#;

#[tokio::test]
async fn the_legacy_table_is_migrated_in_place_and_its_times_are_utc() {
    let database = Database::empty().await;
    database.execute(LEGACY_USERS).await;
    database.execute("set timezone to 'America/Toronto'").await;
    postgres::migrate(&database.pool).await.expect("the migrations run");
    assert_eq!(
        database.number("select count(*) from users where created_at = '2023-03-01 12:00:00+00'").await,
        2,
        "the legacy app wrote UTC"
    );
    postgres::migrate(&database.pool).await.expect("a second time");
}

#[tokio::test]
async fn duplicates_in_the_legacy_table_are_listed_and_nothing_is_changed() {
    let database = Database::empty().await;
    database.execute(LEGACY_USERS).await;
    database
        .execute(
            "insert into users (display_name, handle, email, cognito_user_id) values ('B', 'Bayko', 'b@x.com', 'MOCK')",
        )
        .await;
    let error = postgres::migrate(&database.pool).await.expect_err("a duplicate");
    let cause = format!("{error:#}");
    assert!(cause.contains("users_handle_key") && cause.contains("bayko"), "{cause}");
    assert_eq!(database.number("select count(*) from users").await, 3);
    assert_eq!(database.number("select count(*) from pg_indexes where tablename = 'users'").await, 1);
}
