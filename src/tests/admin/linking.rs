//! `admin db update-cognito-user-ids`: links between users and accounts.

use serde_json::{Value, json};

use super::accounts::{account, sign_up};
use super::fixtures::{Admin, FAILED, USAGE_ERROR};
use crate::support::cognito::Pool;
use crate::support::postgres::Database;

/// Inserts a user who is not linked to an account.
async fn insert_user(database: &Database, handle: &str, email: &str) {
    let sql = "insert into users (display_name, handle, email, cognito_user_id) values ($1, $1, $2, 'MOCK')";
    sqlx::query(sql).bind(handle).bind(email).execute(&database.pool).await.expect("a new user");
}

/// Returns the names of the accounts in a list of the report.
fn accounts(answer: &Value, list: &str) -> Vec<String> {
    let entries = answer[list].as_array().unwrap_or_else(|| panic!("no {list} in {answer}"));
    let mut names: Vec<_> =
        entries.iter().map(|it| it["account"].as_str().or(it.as_str()).unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

/// Returns the `sub` of the candidate for this handle.
fn candidate(answer: &Value, handle: &str) -> String {
    let candidates = answer["candidates"].as_array().expect("a list");
    let found = candidates.iter().find(|it| it["handle"] == handle).unwrap_or_else(|| panic!("{handle}: {answer}"));
    found["sub"].as_str().expect("an id").to_owned()
}

// F69
#[tokio::test]
async fn users_are_linked_by_verified_e_mail_and_a_second_run_changes_nothing() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    let verified = ("email_verified", "true");
    insert_user(&database, "ana", "Ana@example.com").await;
    account(&pool, "ana@example.com", &[verified]).await;
    // Cy is linked by her e-mail, although her account has the handle of another user.
    insert_user(&database, "cy", "cy@example.com").await;
    insert_user(&database, "dalia", "dalia@example.com").await;
    account(&pool, "cy@example.com", &[verified, ("preferred_username", "dalia")]).await;
    // No user has this e-mail or handle.
    account(&pool, "new@example.com", &[verified, ("preferred_username", "new")]).await;
    // An unverified e-mail proves nothing.
    insert_user(&database, "eiko", "eiko@example.com").await;
    account(&pool, "eiko@example.com", &[]).await;

    let admin = Admin::new().on_database(&database.url).on_pool(&pool);
    let first = admin.json(&["db", "update-cognito-user-ids"]).await;
    assert_eq!(accounts(&first, "linked"), ["ana@example.com", "cy@example.com"]);
    assert_eq!(accounts(&first, "nobody"), ["eiko@example.com", "new@example.com"]);
    assert_eq!(first["unlinked"], json!(["dalia", "eiko"]));

    let second = admin.json(&["db", "update-cognito-user-ids"]).await;
    assert_eq!(accounts(&second, "already"), accounts(&first, "linked"));
    assert_eq!(accounts(&second, "linked"), [""; 0]);
    let text = admin.text(&["db", "update-cognito-user-ids"]).await;
    assert!(text.contains("linked: 0\nalready linked: 2\n") && text.contains("  cy@example.com is @cy\n"), "{text}");
    assert!(text.contains("users without an account: 2\n  dalia\n  eiko\n"), "{text}");
}

// F69
#[tokio::test]
async fn a_stranger_with_the_handle_of_a_legacy_user_is_linked_only_if_the_operator_confirms_it_by_name() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    let verified = ("email_verified", "true");
    for (handle, email) in [("ben", "ben@old.example.com"), ("Andrew Brown", "andrew@example.com"), ("cy", "cy@x.com")]
    {
        insert_user(&database, handle, email).await;
    }
    account(&pool, "mallory@example.com", &[verified, ("preferred_username", "Ben")]).await;
    account(&pool, "brown@example.com", &[verified, ("preferred_username", "andrew brown")]).await;
    // Not even the only account with the handle, confirmed and with the same name, is enough.
    let admin = Admin::new().on_database(&database.url).on_pool(&pool);
    let update = ["db", "update-cognito-user-ids"];
    let listed = admin.json(&update).await;
    assert_eq!(accounts(&listed, "linked"), [""; 0]);
    assert_eq!(listed["unlinked"], json!(["Andrew Brown", "ben", "cy"]));
    let (mallory, brown) = (candidate(&listed, "ben"), candidate(&listed, "Andrew Brown"));
    let text = admin.text(&update).await;
    for line in [
        "  # mallory@example.com has the handle @ben; the e-mail of that user is ben@old.example.com\n",
        &*format!("  {brown}=Andrew Brown\n"),
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }

    // Whatever is not on the list is refused, and then nothing is linked.
    for wrong in [format!("{mallory}=cy"), format!("{brown}=ben"), format!("{}=ben", uuid::Uuid::new_v4())] {
        let right = format!("{brown}=andrew brown");
        let run = admin.run(&[&update[..], &["--confirm", &right, "--confirm", &wrong]].concat()).await;
        assert!(run.code == FAILED && run.err.contains("nothing was changed"), "{wrong}: {run:?}");
    }
    for malformed in ["ben", "x=ben", "="] {
        assert_eq!(
            admin.run(&[&update[..], &["--confirm", malformed]].concat()).await.code,
            USAGE_ERROR,
            "{malformed}"
        );
    }
    assert_eq!(database.number("select count(*) from users where cognito_user_id <> 'MOCK'").await, 0);

    // A file is the list with the wrong lines taken out.
    let file = std::env::temp_dir().join(format!("links-{}", uuid::Uuid::new_v4()));
    std::fs::write(&file, format!("# Andrew called on Monday\n\n  {brown}=Andrew Brown\n")).expect("a file");
    let path = file.to_str().expect("UTF-8");
    let confirmed = admin.json(&[&update[..], &["--confirm-file", path]].concat()).await;
    assert_eq!(confirmed["linked"], json!([{ "account": "brown@example.com", "handle": "Andrew Brown" }]));
    assert_eq!(confirmed["unlinked"], json!(["ben", "cy"]));
    let again = admin.json(&[&update[..], &["--confirm-file", path]].concat()).await;
    assert_eq!(
        (accounts(&again, "linked"), accounts(&again, "already")),
        (vec![], vec!["brown@example.com".to_owned()])
    );
    std::fs::remove_file(file).expect("the file");
}

#[tokio::test]
async fn a_user_is_not_linked_to_the_account_of_another_user() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    // Two accounts have the same handle, so both are offered.
    insert_user(&database, "ana", "ana@old.example.com").await;
    for email in ["one@example.com", "two@example.com"] {
        account(&pool, email, &[("preferred_username", "ana")]).await;
    }
    // An unfinished sign-up proves nothing.
    insert_user(&database, "ben", "ben@example.com").await;
    let signed_up = sign_up(&pool, "ben").await;
    // A user with an account keeps it.
    insert_user(&database, "cy", "cy@example.com").await;
    pool.add("cy").await;
    let admin = Admin::new().on_database(&database.url).on_pool(&pool);
    let first = admin.json(&["db", "update-cognito-user-ids"]).await;
    assert_eq!(accounts(&first, "linked"), ["cy@example.com"]);
    assert_eq!(accounts(&first, "candidates"), ["one@example.com", "two@example.com"]);
    assert_eq!(accounts(&first, "unconfirmed"), [signed_up]);
    account(&pool, "other@example.com", &[("preferred_username", "cy")]).await;
    let second = admin.json(&["db", "update-cognito-user-ids"]).await;
    assert_eq!(accounts(&second, "already"), ["cy@example.com"]);
    assert_eq!(accounts(&second, "linked"), [""; 0]);
    assert_eq!(first["unlinked"], json!(["ana", "ben"]));
    // The e-mail of a linked user links no account of another pool.
    let alone = Pool::create().await;
    account(&alone, "cy@example.com", &[("email_verified", "true")]).await;
    let other = admin.on_pool(&alone).json(&["db", "update-cognito-user-ids"]).await;
    assert_eq!(accounts(&other, "taken"), ["cy@example.com"]);
}

#[tokio::test]
async fn every_page_of_the_pool_is_read() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    // One more than a page of Cognito holds.
    let emails: Vec<_> = (0..61).map(|number| format!("p{number}@example.com")).collect();
    futures::future::join_all(emails.iter().map(|email| account(&pool, email, &[("email_verified", "true")]))).await;
    for number in [0, 60] {
        insert_user(&database, &format!("person{number}"), &format!("p{number}@example.com")).await;
    }
    let admin = Admin::new().on_database(&database.url).on_pool(&pool);
    assert_eq!(admin.json(&["cognito", "list-users"]).await.as_array().map(Vec::len), Some(61));
    assert_eq!(admin.text(&["cognito", "list-users"]).await.lines().count(), 61);
    let answer = admin.json(&["db", "update-cognito-user-ids"]).await;
    assert_eq!(accounts(&answer, "linked"), ["p0@example.com", "p60@example.com"]);
    assert_eq!(accounts(&answer, "nobody").len(), 59);
}
