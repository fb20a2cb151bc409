//! In-place migration of the old app's table of users.

use cruddur_messages::domain::user::Handle;
use cruddur_messages::server::store;
use cruddur_messages::server::store::postgres::users::Users;

use crate::support::postgres::Database;

/// Schema of the old app, with its own migrations applied.
const SCHEMA: &str = r#"
    create extension if not exists "uuid-ossp";
    create table public.schema_information (id integer unique, last_successful_run text);
    create table public.users (
        uuid uuid default uuid_generate_v4() primary key, display_name text not null, handle text not null,
        email text not null, cognito_user_id text not null, created_at timestamp default current_timestamp not null
    );
    create table public.activities (
        uuid uuid default uuid_generate_v4() primary key, user_uuid uuid not null, message text not null,
        replies_count integer default 0, reposts_count integer default 0, likes_count integer default 0,
        reply_to_activity_uuid integer, expires_at timestamp, created_at timestamp default current_timestamp not null
    );
    alter table users add column bio text;
    alter table activities drop column reply_to_activity_uuid;
    alter table activities add column reply_to_activity_uuid uuid"#;

const USERS: &str = "
    insert into users (uuid, display_name, handle, email, cognito_user_id, created_at, bio) values
        ('00000000-0000-4000-8000-000000000001', 'Andrew Brown', 'andrewbrown', 'andrew@example.com', 'MOCK',
            '2023-03-01 12:00:00.25', 'Hello'),
        ('00000000-0000-4000-8000-000000000002', 'Andrew Bayko', 'Bayko', 'Bayko@example.com', 'MOCK',
            '2023-03-26 02:30:00', null),
        ('00000000-0000-4000-8000-000000000003', 'Londo Mollari', 'londo', 'londo@example.com',
            '6c2e3b4a-0000-4000-8000-000000000003', '2023-07-05 12:00:00', null);
    insert into activities (user_uuid, message) values ('00000000-0000-4000-8000-000000000001', 'This was imported!')";

async fn legacy_database() -> Database {
    let database = Database::empty().await;
    database.execute(SCHEMA).await;
    database.execute(USERS).await;
    database
}

/// Counts the rows that have kept their values.
const UNCHANGED: &str = "
    select count(*) from users
    where (handle, bio is null, created_at) in (
        ('andrewbrown', false, timestamptz '2023-03-01 12:00:00.25+00'),
        ('Bayko', true, '2023-03-26 02:30:00+00'),
        ('londo', true, '2023-07-05 12:00:00+00')
    )";

#[tokio::test]
async fn the_legacy_schema_migrates_in_place_and_keeps_its_rows_and_other_tables() {
    let database = legacy_database().await;
    store::postgres::migrate(&database.pool).await.expect("the migrations run");
    assert_eq!(database.number(UNCHANGED).await, 3);
    assert_eq!(database.number("select count(*) from activities where message = 'This was imported!'").await, 1);
    assert_eq!(database.number("select count(*) from schema_information").await, 0);
    let users = Users::new(database.pool.clone());
    let bayko = users.by_handle(&Handle::parse("@bayko").expect("a handle")).await.expect("a response");
    assert_eq!(bayko.map(|user| user.display_name.to_string()), Some("Andrew Bayko".to_owned()));
    // The old app can still read and write its columns, and ids are generated without its extension.
    database.execute("drop table activities").await;
    database.execute(r#"drop extension "uuid-ossp""#).await;
    database
        .execute(
            "insert into users (display_name, handle, email, cognito_user_id) values ('A', 'a', 'a@x.com', 'MOCK')",
        )
        .await;
    store::postgres::migrate(&database.pool).await.expect("a second run succeeds");
    assert_eq!(database.number("select count(*) from users").await, 4);
}

#[tokio::test]
async fn duplicates_are_all_reported_with_a_remedy_and_nothing_is_changed() {
    let database = legacy_database().await;
    database
        .execute(
            "insert into users (uuid, display_name, handle, email, cognito_user_id, created_at) values
            ('00000000-0000-4000-8000-000000000004', 'B', 'bAYKO', 'b@example.com', 'MOCK', '2024-01-01'),
            ('00000000-0000-4000-8000-000000000005', 'C', 'c', 'LONDO@example.com',
                '6c2e3b4a-0000-4000-8000-000000000003', '2024-01-01')",
        )
        .await;
    let error = format!("{:#}", store::postgres::migrate(&database.pool).await.expect_err("duplicates"));
    for (column, value, one, other) in [
        ("handle", "bayko", 2, 4),
        ("email", "londo@example.com", 3, 5),
        ("cognito_user_id", "6c2e3b4a-0000-4000-8000-000000000003", 3, 5),
    ] {
        let id = |n| format!("00000000-0000-4000-8000-00000000000{n}");
        let line = format!("{column} {value:?}: users {}, {}", id(one), id(other));
        assert!(error.contains(&line), "{line} in {error}");
    }
    assert!(error.contains("nothing has been changed") && error.contains("update users set handle"), "{error}");
    assert!(!error.contains("MOCK"), "unlinked users are no duplicates");
    for unchanged in [
        "select count(*) from users",
        "select 5 from information_schema.columns where table_name = 'users' and column_name = 'created_at' and
            data_type = 'timestamp without time zone'",
        "select 4 + count(*) from pg_indexes where tablename = 'users'",
        "select 5 + count(*) from information_schema.tables where table_name = 'sessions'",
        "select 5 + count(*) from _sqlx_migrations",
    ] {
        assert_eq!(database.number(&format!("select ({unchanged})::bigint")).await, 5, "{unchanged}");
    }

    database.execute("update users set handle = 'bayko2' where handle = 'bAYKO'").await;
    database.execute("update users set email = 'c@example.com', cognito_user_id = 'MOCK' where handle = 'c'").await;
    store::postgres::migrate(&database.pool).await.expect("there are no more duplicates");
    assert_eq!(database.number(UNCHANGED).await, 3);
}
