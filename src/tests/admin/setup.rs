//! `admin setup`: setup of a developer's machine.

use std::os::unix::fs::PermissionsExt;

use super::fixtures::Admin;
use crate::support::cognito::Pool;
use crate::support::dynamodb::DynamoDb;
use crate::support::postgres::Database;

#[tokio::test(flavor = "multi_thread")]
async fn setup_creates_everything_a_developers_machine_needs_and_can_be_repeated() {
    let (database, dynamodb, pool) = (Database::empty().await, DynamoDb::start().await, Pool::create().await);
    let admin = Admin::new().on_database(&database.url).on_dynamodb(&dynamodb).on_pool(&pool);
    let file = std::env::temp_dir().join(format!("admin-setup-{}", uuid::Uuid::new_v4().simple()));
    let path = file.display().to_string();

    let first = admin.text(&["setup", "--env-file", &path]).await;
    assert!(first.contains("  ana@example.com      Ana Almeida, @ana\n") && first.contains("  password  "), "{first}");
    let variables = std::fs::read_to_string(&file).expect("the file");
    assert!(variables.starts_with("AWS_COGNITO_USER_POOL_ID=") && variables.contains("_CLIENT_SECRET="), "{variables}");
    let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "other users of the machine cannot read the secret");
    assert_eq!(admin.text(&["setup", "--env-file", &path]).await, first);
    std::fs::remove_file(&file).expect("the file");
    assert_eq!(database.number("select count(*) from users where cognito_user_id <> 'MOCK'").await, 7);
    let conversation = admin.json(&["ddb", "get-conversation", "ben", "ana", "--all"]).await;
    assert_eq!(conversation["messages"].as_array().map(Vec::len), Some(38));
}
