//! Confirmation of destructive commands, targets, and exit codes.

use super::fixtures::{Admin, FAILED, REFUSED, Run, SUCCESS, USAGE_ERROR};
use crate::support::cognito::{PASSWORD, Pool};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::postgres::Database;

fn assert_refused(run: &Run, reason: &str) {
    assert_eq!(run.code, REFUSED, "{reason}: {run:?}");
    assert!(run.err.contains(reason) && run.err.contains("nothing was changed"), "{reason}: {run:?}");
}

async fn tables(dynamodb: &DynamoDb) -> Vec<String> {
    dynamodb.client().list_tables().send().await.expect("tables").table_names.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destructive_command_without_a_terminal_needs_yes() {
    let (database, dynamodb, pool) = (Database::fresh().await, DynamoDb::start().await, Pool::create().await);
    dynamodb.table().await;
    pool.add("ana").await;
    let admin = Admin::new().on_database(&database.url).on_dynamodb(&dynamodb).on_pool(&pool);
    let set_password = ["cognito", "create-user", "--email", "ana@example.com", "--handle", "ana", "--name", "Ana"];
    for command in [&["db", "drop"][..], &["db", "setup"], &["ddb", "drop"], &["ddb", "drop", "--prod"]] {
        assert_refused(&admin.run(command).await, "pass --yes");
    }
    let admin = admin.with("PASSWORD", PASSWORD);
    assert_refused(&admin.run(&set_password).await, "pass --yes");
    assert_eq!(tables(&dynamodb).await, [TABLE]);
    assert_eq!(database.number("select count(*) from users").await, 0, "the database still exists");
    // With --json, the error is a document on standard output, where results are.
    let run = admin.run(&["ddb", "drop", "--json"]).await;
    assert!(run.code == REFUSED && run.document()["error"].as_str().is_some_and(|it| it.contains("--yes")), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_at_a_terminal_must_type_the_name_of_the_object_to_destroy() {
    let dynamodb = DynamoDb::start().await;
    dynamodb.table().await;
    let admin = Admin::new().on_dynamodb(&dynamodb);
    for answer in ["", "y", "yes", "cruddur"] {
        let run = admin.run_on_terminal(answer, &["ddb", "drop"]).await;
        assert!(run.code == REFUSED && run.out.contains(&format!("Type {TABLE} to confirm")), "{answer}: {run:?}");
    }
    assert_eq!(tables(&dynamodb).await, [TABLE]);
    let run = admin.run_on_terminal(TABLE, &["ddb", "drop"]).await;
    assert!(run.code == SUCCESS && run.out.contains("dropped table"), "{run:?}");
    assert!(tables(&dynamodb).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_on_another_machine_is_destroyed_with_prod_only() {
    let (database, dynamodb) = (Database::fresh().await, DynamoDb::start().await);
    dynamodb.table().await;
    // An address that reaches this machine, but that the tool takes for a remote one.
    let remote = |url: &str| url.replace("127.0.0.1", "0.0.0.0").replace("localhost", "0.0.0.0");
    let admin = Admin::new()
        .on_database(&remote(&database.url))
        .with("AWS_ENDPOINT_URL_DYNAMODB", &remote(dynamodb.endpoint()));
    for command in [&["db", "drop", "--yes"][..], &["db", "setup", "--yes"], &["ddb", "drop", "--yes"]] {
        let run = admin.run(command).await;
        assert_refused(&run, "pass --prod");
        assert!(run.err.contains("(not on this machine)"), "the target is announced: {run:?}");
    }
    // Reading commands need no option.
    assert_eq!(admin.text(&["ddb", "list-tables"]).await, format!("{TABLE}\n"));
    assert_refused(&admin.run(&["ddb", "drop", "--prod"]).await, "pass --yes");
    assert_eq!(admin.json(&["ddb", "drop", "--prod", "--yes"]).await["dropped"], true);
    assert_eq!(admin.json(&["db", "drop", "--prod", "--yes"]).await["dropped"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_the_aws_sdk_select_the_endpoint() {
    let dynamodb = DynamoDb::start().await;
    dynamodb.table().await;
    let drop = ["ddb", "drop", "--yes"];
    // Without any setting, the target is AWS itself. The command is refused before a request is sent.
    assert_refused(
        &Admin::new().run(&drop).await,
        "https://dynamodb.eu-central-1.amazonaws.com is not on this machine",
    );
    let elsewhere = Admin::new().with("AWS_ENDPOINT_URL", "http://10.0.0.1:8000");
    assert_refused(&elsewhere.run(&drop).await, "http://10.0.0.1:8000");
    // The variable of the service overrides the general one.
    assert_eq!(
        elsewhere.clone().on_dynamodb(&dynamodb).json(&["ddb", "list-tables"]).await,
        serde_json::json!([TABLE])
    );
    let ignored = Admin::new().on_dynamodb(&dynamodb).with("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    assert_refused(&ignored.run(&drop).await, "amazonaws.com");

    // A profile, and a services section that a profile refers to.
    let file = std::env::temp_dir().join(format!("aws-config-{}", uuid::Uuid::new_v4().simple()));
    let near = dynamodb.endpoint();
    let profiles = format!(
        "[profile far]\nregion = eu-north-1\nendpoint_url = http://10.0.0.2:8000\n\
         [profile near]\nregion = eu-north-1\nendpoint_url = {near}\n\
         [profile mixed]\nregion = eu-north-1\nendpoint_url = {near}\nservices = away\n\
         [services away]\ndynamodb =\n  endpoint_url = http://10.0.0.3:8000\n"
    );
    std::fs::write(&file, profiles).expect("a file");
    let by_profile = |name| Admin::new().with("AWS_CONFIG_FILE", &file.display().to_string()).with("AWS_PROFILE", name);
    assert_refused(&by_profile("far").run(&drop).await, "http://10.0.0.2:8000");
    assert_refused(&by_profile("mixed").run(&drop).await, "http://10.0.0.3:8000");
    assert_eq!(by_profile("near").json(&drop).await["dropped"], true);
    std::fs::remove_file(&file).expect("the file");
}

/// Spellings of a database on another machine, which no test reaches.
const ELSEWHERE: [&str; 7] = [
    "postgres://ana:secret@10.0.0.1/cruddur",
    "postgres://ana:secret@db.example.com:5432/cruddur",
    "postgres://ana@localhost/cruddur?host=10.0.0.1",
    "postgres://ana@localhost/cruddur?hostaddr=10.0.0.1",
    "postgres://ana@[2001:db8::1]/cruddur",
    "postgres://ana@localhost.example.com/cruddur",
    "postgresql://ana@127.0.0.1.example.com/cruddur",
];

// F61
#[tokio::test(flavor = "multi_thread")]
async fn setup_and_destructive_commands_refuse_a_database_on_another_machine_before_they_connect() {
    let (dynamodb, pool) = (DynamoDb::start().await, Pool::create().await);
    let file = std::env::temp_dir().join(format!("admin-{}", uuid::Uuid::new_v4().simple())).display().to_string();
    let setup = ["setup", "--env-file", &file];
    for url in ELSEWHERE {
        let admin = Admin::new().on_database(url).on_dynamodb(&dynamodb).on_pool(&pool);
        for options in [&[][..], &["--yes"], &["--yes", "--prod"]] {
            let run = admin.run(&[&setup, options].concat()).await;
            assert_refused(&run, "is not on this machine");
            assert!(run.err.contains("PostgreSQL at ") && !run.err.contains("secret"), "{run:?}");
        }
        for command in [&["db", "setup"][..], &["db", "drop"], &["db", "setup", "--yes"], &["db", "drop", "--yes"]] {
            assert_refused(&admin.run(command).await, "pass --");
            // The refusal does not depend on a pool that answers.
            let lost = admin.clone().with("AWS_COGNITO_USER_POOL_ID", "eu-central-1_none");
            assert_refused(&lost.run(command).await, "pass --");
        }
    }
    assert!(!std::path::Path::new(&file).exists(), "no file was written");
    assert!(tables(&dynamodb).await.is_empty());
}

// F61
#[tokio::test(flavor = "multi_thread")]
async fn the_variables_of_postgresql_select_the_machine_as_well() {
    // As in libpq, a URL without a host takes it from the environment.
    let admin = Admin::new().on_database("postgres:///cruddur").with("PGHOST", "10.0.0.1");
    assert_refused(&admin.run(&["db", "drop", "--yes"]).await, "PostgreSQL at 10.0.0.1:5432 is not on this machine");
}

#[tokio::test(flavor = "multi_thread")]
async fn setup_refuses_to_work_on_aws() {
    let (database, dynamodb, pool) = (Database::fresh().await, DynamoDb::start().await, Pool::create().await);
    let file = std::env::temp_dir().join(format!("admin-{}", uuid::Uuid::new_v4().simple()));
    let file = file.display().to_string();
    let setup = ["setup", "--env-file", &file, "--without-people", "--yes", "--prod"];
    let admin = Admin::new().on_database(&database.url);
    assert_refused(&admin.clone().on_dynamodb(&dynamodb).run(&setup).await, "Cognito at https://cognito-idp.");
    assert_refused(&admin.on_pool(&pool).run(&setup).await, "DynamoDB at https://dynamodb.");
    assert!(!std::path::Path::new(&file).exists(), "no file was written");
    assert!(tables(&dynamodb).await.is_empty());
}

#[tokio::test]
async fn a_usage_error_and_a_call_for_help_have_exit_codes_of_their_own() {
    let admin = Admin::new();
    for call in [
        &["db", "explode"][..],
        &["ddb", "schema-load", "--billing", "cake"],
        &["ddb", "schema-load", "--read-capacity", "0"],
        &["ddb", "scan", "--limit", "0"],
        &["db", "create"],
        &["cognito", "list-users"],
        &[],
    ] {
        assert_eq!(admin.run(call).await.code, USAGE_ERROR, "{call:?}");
    }
    let help = admin.text(&["--help"]).await;
    for part in ["Exit codes", "--yes", "--prod", "--json", "DATABASE_URL", "admin db setup"] {
        assert!(help.contains(part), "{part} in {help}");
    }
    assert!(admin.text(&["ddb", "get-conversation", "--help"]).await.contains("--all"));
    let nowhere = Admin::new()
        .with("AWS_REGION", "")
        .with("AWS_CONFIG_FILE", "/nowhere")
        .with("AWS_EC2_METADATA_DISABLED", "true");
    let run = nowhere.run(&["ddb", "list-tables"]).await;
    assert!(run.code == FAILED && run.err.contains("is AWS_REGION set?"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_closes_the_pipe_early_causes_no_error() {
    let (database, dynamodb) = (Database::fresh().await, DynamoDb::start().await);
    dynamodb.table().await;
    let admin = Admin::new().on_database(&database.url).on_dynamodb(&dynamodb);
    admin.json(&["db", "seed"]).await;
    admin.json(&["ddb", "seed"]).await;
    let mut command = tokio::process::Command::new("bash");
    let call = format!("set -o pipefail; {} ddb scan | head -n 1", env!("CARGO_BIN_EXE_admin"));
    let output = command.args(["-c", &call]).env_clear().envs(&admin.0).output().await.expect("bash");
    assert!(output.status.success(), "{output:?}");
}
