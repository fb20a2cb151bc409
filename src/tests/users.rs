//! People in PostgreSQL: the first sign-in, handles, search, and the table of the old app.

use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::user::{Handle, Id, User};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store;
use cruddur_messages::server::store::postgres::new_user::Newcomer;
use cruddur_messages::server::store::postgres::users::Users;
use uuid::Uuid;

use crate::support::postgres::Database;

fn newcomer(handle: &str) -> Newcomer {
    Newcomer {
        sub: Uuid::new_v4(),
        email: format!("{}@example.com", Uuid::new_v4().simple()),
        email_verified: true,
        name: Some(handle.to_owned()),
        handle: Some(handle.to_owned()),
    }
}

fn named(handle: &str, name: &str) -> Newcomer {
    Newcomer { name: Some(name.to_owned()), ..newcomer(handle) }
}

async fn handles(users: &Users, text: &str, me: Id) -> Vec<String> {
    let found = users.search(text, me).await.expect("a search");
    found.into_iter().map(|user: User| user.handle.to_string()).collect()
}

#[tokio::test]
async fn a_first_sign_in_makes_the_row_and_the_next_one_finds_it() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let ana = named("ana", "Ana Lima");
    let first = users.arrive(&ana).await.expect("a row");
    assert_eq!((first.user.handle.as_str(), first.user.display_name.as_str()), ("ana", "Ana Lima"));
    assert!(!first.handle_changed);
    let again = users.arrive(&Newcomer { handle: None, ..ana }).await.expect("the row");
    assert_eq!(again.user, first.user);
    assert_eq!(
        users.by_ids(&[first.user.id, Id(Uuid::nil())]).await.expect("people"),
        std::slice::from_ref(&first.user)
    );
    let found = users.by_handle(&Handle::parse("@ANA").expect("a handle")).await.expect("a query");
    assert_eq!(found, Some(first.user));
}

#[tokio::test]
async fn a_taken_handle_is_varied_and_the_person_is_told() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    users.arrive(&newcomer("ana")).await.expect("a row");
    for expected in ["ana2", "ana3"] {
        let arrival = users.arrive(&newcomer("Ana")).await.expect("a row");
        assert_eq!((arrival.user.handle.as_str(), arrival.handle_changed), (expected, true));
    }
}

#[tokio::test]
async fn an_odd_handle_becomes_the_nearest_one_and_the_person_is_told() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    for (asked, expected) in [("Ana Lúcia!", "ana.lcia"), ("安娜", "ben.kim"), ("a", "ben.kim2")] {
        let odd = Newcomer { handle: Some(asked.to_owned()), ..named("x", "Ben Kim") };
        let arrival = users.arrive(&odd).await.expect("a row");
        assert_eq!((arrival.user.handle.as_str(), arrival.handle_changed), (expected, true), "{asked}");
    }
    let blank = Newcomer { handle: Some(" ".to_owned()), ..named("x", "Cy") };
    assert!(!users.arrive(&blank).await.expect("a row").handle_changed, "nothing was asked for");
}

#[tokio::test]
async fn somebody_without_a_handle_gets_one_from_their_name() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let arrival = users.arrive(&Newcomer { handle: None, ..named("x", "Ben Kim") }).await.expect("a row");
    assert_eq!((arrival.user.handle.as_str(), arrival.handle_changed), ("ben.kim", false));
}

#[tokio::test]
async fn one_person_who_signs_in_twenty_times_at_once_has_one_row() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let ana = newcomer("ana");
    let arrivals = futures::future::join_all((0..20).map(|_| users.arrive(&ana))).await;
    let ids: std::collections::HashSet<_> = arrivals.into_iter().map(|a| a.expect("a row").user.id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(database.number("select count(*) from users").await, 1);
}

#[tokio::test]
async fn twenty_people_who_want_one_handle_at_once_all_get_in() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let people: Vec<_> = (0..20).map(|_| newcomer("ana")).collect();
    let arrivals = futures::future::join_all(people.iter().map(|person| users.arrive(person))).await;
    let handles: std::collections::HashSet<_> =
        arrivals.into_iter().map(|arrival| arrival.expect("a row").user.handle).collect();
    assert_eq!(handles.len(), 20);
}

#[tokio::test]
async fn a_row_of_the_old_app_is_adopted_by_whoever_has_proved_its_mailbox() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    database
        .execute(
            "insert into users (display_name, handle, email, cognito_user_id) values
            ('Andrew Brown', 'andrewbrown', 'Andrew@example.com', 'MOCK'), ('Bayko', 'bayko', 'b@example.com', 'MOCK')",
        )
        .await;
    let andrew = Newcomer { email: "andrew@example.com".to_owned(), email_verified: false, ..newcomer("andrew") };
    let refused = users.arrive(&andrew).await.expect_err("not proved");
    assert!(matches!(refused, Failure::Answer(AppError::Conflict(_))), "{refused:?}");
    let arrival = users.arrive(&Newcomer { email_verified: true, ..andrew }).await.expect("the old row");
    assert_eq!((arrival.user.handle.as_str(), arrival.handle_changed), ("andrewbrown", true));
    assert_eq!(database.number("select count(*) from users").await, 2);
}

#[tokio::test]
async fn a_mailbox_that_somebody_else_has_is_a_conflict() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let ana = newcomer("ana");
    users.arrive(&ana).await.expect("a row");
    let refused = users.arrive(&Newcomer { email: ana.email.to_uppercase(), ..newcomer("ben") }).await;
    assert!(matches!(refused, Err(Failure::Answer(AppError::Conflict(_)))), "{refused:?}");
}

#[tokio::test]
async fn search_finds_the_beginning_of_a_handle_or_of_any_word_of_a_name() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    for (handle, name) in [("zoe", "Maria-Luisa Öztürk"), ("maria", "Zoe"), ("mar", "X"), ("omar", "Y")] {
        users.arrive(&named(handle, name)).await.expect("a row");
    }
    let me = users.arrive(&named("marvin", "Marvin")).await.expect("a row").user.id;
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
    users.arrive(&named("ana_b", "50% off")).await.expect("a row");
    let cy = Newcomer { email: "secret@example.com".to_owned(), ..named("cy", r"back\slash") };
    users.arrive(&cy).await.expect("a row");
    let me = Id(Uuid::nil());
    for text in ["%", "_", "a%", "secret", r"\", "' or true --"] {
        assert_eq!(handles(&users, text, me).await, [""; 0], "{text}");
    }
    assert_eq!(handles(&users, "ana_", me).await, ["ana_b"]);
    assert_eq!(handles(&users, "50%", me).await, ["ana_b"]);
    assert_eq!(handles(&users, r"back\s", me).await, ["cy"]);
}

#[tokio::test]
async fn search_answers_with_ten_people_at_most() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    for _ in 0..12 {
        users.arrive(&newcomer("ana")).await.expect("a row");
    }
    assert_eq!(handles(&users, "ana", Id(Uuid::nil())).await.len(), 10);
}

const OLD_USERS: &str = r#"
    create extension if not exists "uuid-ossp";
    create table public.users (
        uuid uuid default uuid_generate_v4() primary key, display_name text not null, handle text not null,
        email text not null, cognito_user_id text not null, created_at timestamp default current_timestamp not null
    );
    insert into users (display_name, handle, email, cognito_user_id, created_at) values
        ('Andrew Brown', 'andrewbrown', 'andrew@example.com', 'MOCK', '2023-03-01 12:00:00'),
        ('Andrew Bayko', 'bayko', 'bayko@example.com', 'MOCK', '2023-03-01 12:00:00')"#;

#[tokio::test]
async fn the_old_apps_table_migrates_in_place_and_its_times_are_utc() {
    let database = Database::empty().await;
    database.execute(OLD_USERS).await;
    database.execute("set timezone to 'America/Toronto'").await;
    store::postgres::migrate(&database.pool).await.expect("the migrations run");
    assert_eq!(
        database.number("select count(*) from users where created_at = '2023-03-01 12:00:00+00'").await,
        2,
        "the old app wrote UTC"
    );
    store::postgres::migrate(&database.pool).await.expect("a second time");
}

#[tokio::test]
async fn duplicates_in_the_old_apps_table_are_named_and_nothing_is_changed() {
    let database = Database::empty().await;
    database.execute(OLD_USERS).await;
    database
        .execute(
            "insert into users (display_name, handle, email, cognito_user_id) values ('B', 'Bayko', 'b@x.com', 'MOCK')",
        )
        .await;
    let refused = store::postgres::migrate(&database.pool).await.expect_err("a duplicate");
    let cause = format!("{refused:#}");
    assert!(cause.contains("users_handle_key") && cause.contains("bayko"), "{cause}");
    assert_eq!(database.number("select count(*) from users").await, 3);
    assert_eq!(database.number("select count(*) from pg_indexes where tablename = 'users'").await, 1);
}
