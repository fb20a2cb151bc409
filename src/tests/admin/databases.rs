//! `admin db`: databases, their schema and their sessions.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::process::Command;
use uuid::Uuid;

use super::fixtures::{Admin, FAILED};
use crate::support::cognito::Pool;
use crate::support::postgres::Database;

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("a connection")
}

async fn number(connection: &mut PgConnection, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await.expect(sql)
}

/// Returns a URL for another database of the same server.
fn with_database(url: &str, path: &str) -> String {
    let mut url: reqwest::Url = url.parse().expect("a URL");
    url.set_path(path);
    url.into()
}

#[tokio::test]
async fn a_database_is_created_migrated_seeded_and_dropped_and_every_step_can_be_repeated() {
    let url = Database::absent();
    let admin = Admin::new().on_database(&url);
    for created in [true, false] {
        assert_eq!(admin.json(&["db", "create"]).await["created"], created);
    }
    for command in ["migrate", "migrate", "schema-load"] {
        assert_eq!(admin.json(&["db", command]).await["migrated"], true);
    }
    let seeded = admin.json(&["db", "seed"]).await;
    assert_eq!((seeded["made"].as_array().map(Vec::len), &seeded["there"]), (Some(7), &json!([])));
    let mut connection = connect(&url).await;
    let before = number(&mut connection, "select count(*) from users where cognito_user_id = 'MOCK'").await;
    let again = admin.json(&["db", "seed"]).await;
    assert_eq!((&again["made"], &again["there"]), (&json!([]), &seeded["made"]));
    assert_eq!((before, number(&mut connection, "select count(*) from users").await), (7, 7));

    // A session is still open; `drop` ends it.
    let dropped = admin.json(&["db", "drop", "--yes"]).await;
    // Sessions of earlier calls may still be closing, so there may be more than one.
    assert!(dropped["dropped"] == true && dropped["sessions_ended"].as_u64() >= Some(1), "{dropped}");
    assert!(sqlx::raw_sql("select 1").execute(&mut connection).await.is_err(), "the session was ended");
    assert_eq!(admin.json(&["db", "drop", "--yes"]).await["dropped"], false);
}

#[tokio::test]
async fn each_step_prints_its_result_as_text() {
    let url = Database::absent();
    let name = url.rsplit('/').next().expect("a name").to_owned();
    let admin = Admin::new().on_database(&url);
    assert_eq!(admin.text(&["db", "create"]).await, format!("created database {name}\n"));
    assert_eq!(admin.text(&["db", "create"]).await, format!("database {name} already exists\n"));
    assert_eq!(admin.text(&["db", "sessions"]).await, "no open sessions\n");
    let dropped = format!("dropped database {name} and ended 0 sessions\n");
    assert_eq!(admin.text(&["db", "drop", "--yes"]).await, dropped);
    assert_eq!(admin.text(&["db", "drop", "-y"]).await, format!("database {name} does not exist\n"));

    admin.text(&["db", "create"]).await;
    assert_eq!(admin.text(&["db", "migrate"]).await, format!("the schema of {name} is up to date\n"));
    assert_eq!(admin.text(&["db", "seed"]).await, "users inserted: 7, already existing: 0\n");
    assert_eq!(admin.text(&["db", "seed"]).await, "users inserted: 0, already existing: 7\n");
    admin.text(&["db", "drop", "--yes"]).await;
}

#[tokio::test]
async fn a_database_name_may_contain_quotes() {
    let name = format!("odd \"name\" of the admin's tests; {}", Uuid::new_v4().simple());
    let url = with_database(&Database::absent(), &name);
    let admin = Admin::new().on_database(&url);
    assert_eq!(admin.json(&["db", "create"]).await, json!({ "database": name, "created": true }));
    assert_eq!(admin.json(&["db", "migrate"]).await["migrated"], true);
    assert_eq!(admin.json(&["db", "drop", "--yes"]).await["dropped"], true);
}

#[tokio::test]
async fn an_error_suggests_a_remedy() {
    let admin = Admin::new().on_database(&Database::absent());
    for command in ["migrate", "seed"] {
        let run = admin.run(&["db", command]).await;
        assert_eq!(run.code, FAILED);
        assert!(run.err.contains("`admin db create`"), "{run:?}");
    }
    let bare = Database::empty().await;
    let run = Admin::new().on_database(&bare.url).run(&["db", "seed"]).await;
    assert!(run.code == FAILED && run.err.contains("`admin db migrate`"), "{run:?}");
    let run = Admin::new().on_database("postgres://nobody:secret@127.0.0.1:1/none").run(&["db", "create"]).await;
    assert!(run.code == FAILED && run.err.contains("is PostgreSQL running there?"), "{run:?}");
    let nameless = with_database(&Database::absent(), "");
    let run = Admin::new().on_database(&nameless).run(&["db", "drop", "--yes"]).await;
    assert_eq!(run.code, FAILED, "a URL without a database drops none: {run:?}");
    let run = Admin::new().on_database(&with_database(&nameless, "postgres")).run(&["db", "drop", "--yes"]).await;
    assert!(run.code == FAILED && run.err.contains("the server's own database"), "{run:?}");
    assert!(!run.err.contains("test@"), "the password is not printed: {run:?}");
}

#[tokio::test]
async fn open_sessions_are_listed_with_application_and_state() {
    let database = Database::fresh().await;
    let url = format!("{}?application_name=ana%27s%20program", database.url);
    let mut connection = connect(&url).await;
    let pid = number(&mut connection, "select pg_backend_pid()::bigint").await;
    let admin = Admin::new().on_database(&database.url);
    let sessions = admin.json(&["db", "sessions"]).await;
    let hers = sessions.as_array().expect("a list").iter().find(|it| it["pid"] == pid).expect("her session");
    assert_eq!((&hers["application"], &hers["state"]), (&json!("ana's program"), &json!("idle")));
    assert!(hers["since"].is_string() && hers["username"].is_string(), "{hers}");
    let text = admin.text(&["db", "sessions"]).await;
    assert!(text.lines().any(|line| line.starts_with(&pid.to_string()) && line.contains("ana's program")), "{text}");
}

// F67
#[tokio::test]
async fn the_sessions_of_a_missing_database_are_an_error() {
    let url = Database::absent();
    let admin = Admin::new().on_database(&url);
    for arguments in [&["db", "sessions"][..], &["db", "sessions", "--json"]] {
        let run = admin.run(arguments).await;
        assert_eq!(run.code, FAILED, "{run:?}");
        assert!(run.err.contains("does not exist") && run.err.contains("`admin db create`"), "{run:?}");
        assert!(!run.out.contains("no open sessions"), "{run:?}");
    }
    // A database that takes no connections still has sessions, and this command lists them.
    admin.text(&["db", "create"]).await;
    let mut open = connect(&url).await;
    let name = url.rsplit('/').next().expect("a name").to_owned();
    let mut server = connect(&with_database(&url, "postgres")).await;
    sqlx::raw_sql(AssertSqlSafe(format!("alter database {name} allow_connections false")))
        .execute(&mut server)
        .await
        .expect("the database is closed");
    let pid = number(&mut open, "select pg_backend_pid()::bigint").await;
    let text = admin.text(&["db", "sessions"]).await;
    assert!(text.contains(&pid.to_string()), "{text}");
    admin.text(&["db", "drop", "--yes"]).await;
}

#[tokio::test]
async fn setup_creates_a_fresh_database_and_links_the_users() {
    let pool = Pool::create().await;
    for name in ["ana", "ben"] {
        pool.add(name).await;
    }
    let url = Database::absent();
    let admin = Admin::new().on_database(&url).on_pool(&pool);
    for dropped in [false, true] {
        let answer = admin.json(&["db", "setup", "--yes"]).await;
        assert_eq!(answer["dropped"], dropped);
        assert_eq!(answer["seeded"]["made"].as_array().map(Vec::len), Some(7));
        assert_eq!(answer["linked"]["linked"].as_array().map(Vec::len), Some(2), "{answer}");
    }
    // Without a pool, no users are linked.
    let text = Admin::new().on_database(&url).text(&["db", "setup", "--yes"]).await;
    assert!(text.contains("users inserted: 7") && text.contains("no users linked"), "{text}");
    // If the pool does not exist, the command fails before it drops the database.
    let lost = admin.clone().with("AWS_COGNITO_USER_POOL_ID", "eu-central-1_none").run(&["db", "setup", "--yes"]).await;
    assert!(lost.code == FAILED && lost.err.contains("the user pool does not exist"), "{lost:?}");
    assert_eq!(number(&mut connect(&url).await, "select count(*) from users").await, 7);
    admin.json(&["db", "drop", "--yes"]).await;
}

/// Returns the `PATH`, extended by the folders of PostgreSQL's programs on Debian.
fn path_with_psql() -> String {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders: Vec<_> = folders.map(|folder| folder.path().join("bin").display().to_string()).collect();
    format!("{}:{}", std::env::var("PATH").expect("a PATH"), folders.join(":"))
}

#[tokio::test]
async fn connect_runs_psql_on_the_database() {
    let database = Database::fresh().await;
    let admin = Admin::new().on_database(&database.url).with("PATH", &path_with_psql());
    let name = admin.text(&["db", "connect", "--", "-XAtc", "select current_database()"]).await;
    assert_eq!(name.trim(), database.url.rsplit('/').next().expect("a name"));
    let run = admin.clone().with("PATH", "/nowhere").run(&["db", "connect"]).await;
    assert!(run.code == FAILED && run.err.contains("postgresql-client"), "{run:?}");
}

#[tokio::test]
async fn connect_keeps_the_password_out_of_the_process_list() {
    let database = Database::fresh().await;
    let url: reqwest::Url = database.url.parse().expect("a URL");
    let password = url.password().expect("the tests' PostgreSQL has a password");
    let mut command = Command::new(env!("CARGO_BIN_EXE_admin"));
    command.args(["db", "connect", "--", "-Xc", "select pg_sleep(20)"]);
    command.env("DATABASE_URL", &database.url).env("PATH", path_with_psql()).kill_on_drop(true);
    let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("the admin tool starts");
    let process = format!("/proc/{}", child.id().expect("the process runs"));
    let read = |file: &str| std::fs::read(format!("{process}/{file}")).expect("the process still runs");
    let replaced = async {
        while !read("cmdline").starts_with(b"psql\0") && !read("comm").starts_with(b"psql") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), replaced).await.expect("psql replaces the admin tool");
    let arguments = String::from_utf8_lossy(&read("cmdline")).into_owned();
    assert!(!arguments.contains(password) && !arguments.contains("postgres://"), "{arguments}");
}
