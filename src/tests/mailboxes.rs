//! E-mail addresses that change their owner, and accounts that change their address.

use cruddur_messages::domain::error::AppError;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::cognito::{PASSWORD, RESET_CODE};
use crate::support::fake_pool::{CallAnswer, sub_of};
use crate::support::session_fixture::{ANA, SessionFixture, server_with_emulator};

/// New password of a reset.
const NEW_PASSWORD: &str = "Another-2026!";

// F70
#[tokio::test]
async fn a_sign_in_with_the_unverified_address_of_another_user_locks_no_user_out() {
    let mut fixture = SessionFixture::start().await;
    // Mallory has changed her address to those of Ana, who has an account, and of Ben, who has none yet.
    for (email, account) in [(ANA, "mallory@example.com"), ("ben@example.com", "eve@example.com")] {
        fixture.pool.set().id_claims = json!({ "email": email, "email_verified": false });
        let mut mallory = Browser::new(&fixture.server);
        mallory.sign_in(account, "good").await.expect("signs in");
        assert_ne!(mallory.whoami().await, Ok("ana".to_owned()));
        fixture.pool.set().id_claims = json!({});
    }
    fixture.ana.sign_in(ANA, "good").await.expect("Ana still signs in");
    assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()));
    let mut ben = Browser::new(&fixture.server);
    ben.sign_in("ben@example.com", "good").await.expect("Ben signs in");
    assert_eq!(ben.whoami().await, Ok("ben".to_owned()));
    let claimed = "select count(*) from users where email in ('ana@example.com', 'ben@example.com')";
    assert_eq!(fixture.database.number(claimed).await, 2);
}

// F28
#[tokio::test]
async fn after_a_change_of_address_a_password_reset_ends_the_sessions_of_its_account_and_no_others() {
    let mut fixture = SessionFixture::start().await;
    // Ana has moved to another address in the pool. A new user has created an account with her old one.
    let newcomer = sub_of("a new owner of the mailbox");
    fixture.pool.set().subs = [("ana@new.example.com".to_owned(), sub_of(ANA)), (ANA.to_owned(), newcomer)].into();
    let mut other = Browser::new(&fixture.server);
    other.sign_in(ANA, "good").await.expect("the new owner signs in");
    let name = other.whoami().await.expect("a user");
    assert_ne!(name, "ana", "the new owner is another user");

    let mut browser = Browser::new(&fixture.server);
    browser.reset_password(ANA, "123456", NEW_PASSWORD).await.expect("the new owner resets the password");
    assert_eq!(other.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()), "Ana's session goes on");

    other.sign_in(ANA, "good").await.expect("the new owner signs in");
    browser.reset_password("ana@new.example.com", "123456", NEW_PASSWORD).await.expect("Ana resets her password");
    assert_eq!(fixture.ana.whoami().await, Err(AppError::Unauthenticated));
    assert_eq!(other.whoami().await, Ok(name));
}

// F28
#[tokio::test]
async fn a_password_reset_ends_the_sessions_of_an_account_with_a_second_factor() {
    let mut fixture = SessionFixture::start().await;
    fixture.pool.set().subs = [("ana@new.example.com".to_owned(), sub_of(ANA))].into();
    fixture.pool.set().calls = CallAnswer::Challenge("SOFTWARE_TOKEN_MFA");
    let mut browser = Browser::new(&fixture.server);
    browser.reset_password("ana@new.example.com", "123456", NEW_PASSWORD).await.expect("Ana resets her password");
    assert_eq!(fixture.ana.whoami().await, Err(AppError::Unauthenticated));
}

#[tokio::test]
async fn a_password_reset_ends_the_sessions_even_if_the_pool_does_not_name_the_account() {
    let (_database, pool, server) = server_with_emulator().await;
    pool.add("ana").await;
    let mut thief = Browser::new(&server);
    thief.sign_in(ANA, PASSWORD).await.expect("signs in");
    // The emulator calls the user by the address with which they sign in.
    pool.add_authenticator("ana").await;
    let mut ana = Browser::new(&server);
    ana.forgot_password(ANA).await.expect("a code");
    ana.reset_password(ANA, RESET_CODE, NEW_PASSWORD).await.expect("Ana resets her password");
    assert_eq!(thief.whoami().await, Err(AppError::Unauthenticated));
}

// F28
#[tokio::test]
async fn a_renewal_stores_the_new_address_of_the_account() {
    let mut fixture = SessionFixture::start().await;
    for (claims, expected) in [
        (json!({ "email": "Ana@new.example.com" }), "email = 'ana@new.example.com'"),
        (json!({ "email": "x@example.com", "email_verified": false }), "email is null"),
    ] {
        fixture.pool.set().id_claims = claims;
        fixture.access_ends_in(-1).await;
        assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()));
        let stored = format!("select count(*) from users where handle = 'ana' and {expected}");
        assert_eq!(fixture.database.number(&stored).await, 1, "{expected}");
    }
}

// F29
#[tokio::test]
async fn an_account_that_is_created_again_with_the_same_address_can_sign_in() {
    let mut fixture = SessionFixture::start().await;
    fixture.pool.set().subs = [(ANA.to_owned(), sub_of("created again"))].into();
    let mut again = Browser::new(&fixture.server);
    let destination = again.sign_in(ANA, PASSWORD).await.expect("signs in");
    assert_eq!(destination, "/messages?handle_changed=true");
    assert_eq!(again.whoami().await, Ok("ana2".to_owned()), "the messages stay with the previous account");
    assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()));
}
