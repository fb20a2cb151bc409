//! `admin db update-cognito-user-ids`: links between users and accounts.

use serde_json::{Value, json};

use super::accounts::{account, sign_up};
use super::fixtures::Admin;
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

#[tokio::test]
async fn users_are_linked_by_e_mail_or_else_by_handle_and_a_second_run_changes_nothing() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    let verified = ("email_verified", "true");
    insert_user(&database, "ana", "ana@example.com").await;
    account(&pool, "ana@example.com", &[verified]).await;
    insert_user(&database, "ben", "ben@old.example.com").await;
    account(&pool, "ben@example.com", &[verified, ("preferred_username", "Ben")]).await;
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
    assert_eq!(accounts(&first, "linked"), ["ana@example.com", "ben@example.com", "cy@example.com"]);
    assert_eq!(accounts(&first, "nobody"), ["eiko@example.com", "new@example.com"]);
    assert_eq!(first["unlinked"], json!(["dalia", "eiko"]));

    let second = admin.json(&["db", "update-cognito-user-ids"]).await;
    assert_eq!(accounts(&second, "already"), accounts(&first, "linked"));
    assert_eq!(accounts(&second, "linked"), [""; 0]);
    let text = admin.text(&["db", "update-cognito-user-ids"]).await;
    assert!(text.contains("linked: 0\nalready linked: 3\n") && text.contains("  cy@example.com is @cy\n"), "{text}");
    assert!(text.contains("users without an account: 2\n  dalia\n  eiko\n"), "{text}");
}

#[tokio::test]
async fn a_user_is_not_linked_to_the_account_of_another_user() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    // Two accounts have the same handle, so the handle does not identify hers.
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
    assert_eq!(first["ambiguous"], json!(["ana"]));
    assert_eq!(accounts(&first, "unconfirmed"), [signed_up]);
    account(&pool, "other@example.com", &[("preferred_username", "cy")]).await;
    let second = admin.json(&["db", "update-cognito-user-ids"]).await;
    assert_eq!(accounts(&second, "already"), ["cy@example.com"]);
    assert_eq!(accounts(&second, "linked"), [""; 0]);
    assert_eq!(first["unlinked"], json!(["ana", "ben"]));
    let alone = Pool::create().await;
    account(&alone, "other@example.com", &[("preferred_username", "cy")]).await;
    let other = admin.on_pool(&alone).json(&["db", "update-cognito-user-ids"]).await;
    assert_eq!(accounts(&other, "taken"), ["other@example.com"]);
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
