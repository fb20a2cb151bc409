//! `admin cognito`: the user pool and its accounts.

use aws_sdk_cognitoidentityprovider::types::{MessageActionType, PasswordPolicyType, UserPoolPolicyType};
use serde_json::json;

use super::fixtures::{Admin, FAILED, REFUSED, SUCCESS, USAGE_ERROR};
use crate::support::cognito::{PASSWORD, Pool, attribute};
use crate::support::postgres::Database;

/// Adds an account with an e-mail and these attributes.
pub(super) async fn account(pool: &Pool, email: &str, attributes: &[(&str, &str)]) {
    let mut request = pool.admin.admin_create_user().user_pool_id(&pool.address.user_pool_id).username(email);
    for (name, value) in [("email", email)].iter().chain(attributes) {
        request = request.user_attributes(attribute(name, value));
    }
    request.message_action(MessageActionType::Suppress).send().await.expect("an account");
}

/// Signs a user up who does not confirm the account. Returns the e-mail.
pub(super) async fn sign_up(pool: &Pool, name: &str) -> String {
    let id = &pool.address.user_pool_id;
    let client = pool.admin.create_user_pool_client().user_pool_id(id).client_name("without a secret").send().await;
    let client = client.expect("a client").user_pool_client.and_then(|client| client.client_id).expect("its id");
    let email = format!("{name}@example.com");
    let request = pool.admin.sign_up().client_id(client).username(&email).password(PASSWORD);
    let request = request.user_attributes(attribute("email", &email));
    request.user_attributes(attribute("preferred_username", name)).send().await.expect("a sign-up");
    email
}

#[tokio::test]
async fn accounts_are_created_confirmed_and_listed() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    let admin = Admin::new().on_database(&database.url).on_pool(&pool);
    let create = ["cognito", "create-user", "--email", "ana@example.com", "--handle", "ana", "--name", "Ana Lima"];
    let admin = admin.with("PASSWORD", PASSWORD);
    let create = [&create[..], &["--permanent"]].concat();
    let created = admin.json(&create).await;
    assert!(created["sub"].is_string(), "{created}");
    let again = admin.json(&[&create[..], &["--yes"]].concat()).await;
    assert_eq!(again, created, "the account is the same");

    account(&pool, "nameless@example.com", &[]).await;
    let signed_up = sign_up(&pool, "ben").await;
    let listed = admin.text(&["cognito", "list-users"]).await;
    let find = |email: &str| {
        listed.lines().find(|line| line.starts_with(email)).unwrap_or_else(|| panic!("{email} in {listed}"))
    };
    assert!(find("ana@example.com").contains("\t@ana\tCONFIRMED\t"), "{listed}");
    assert!(find("nameless@example.com").contains("\t-\tFORCE_CHANGE_PASSWORD\t"), "{listed}");
    assert!(find(&signed_up).contains("\t@ben\tUNCONFIRMED\t"), "{listed}");

    for confirmed in [true, false] {
        assert_eq!(admin.json(&["cognito", "confirm", &signed_up]).await["confirmed"], confirmed);
    }
    let listed = admin.json(&["cognito", "list-users"]).await;
    let ben = listed.as_array().expect("a list").iter().find(|it| it["email"] == signed_up).expect("Ben");
    assert_eq!((&ben["status"], &ben["email_verified"]), (&json!("CONFIRMED"), &json!(true)));
    assert_eq!(admin.text(&["cognito", "confirm", &signed_up]).await, format!("{signed_up} was already confirmed\n"));
    for (email, error) in [("nobody@example.com", "no account"), ("nameless@example.com", "temporary password")] {
        let run = admin.run(&["cognito", "confirm", email]).await;
        assert!(run.code == FAILED && run.err.contains(error), "{run:?}");
    }
    let recorded = "select event from audit_log group by event order by event";
    let recorded: Vec<String> = sqlx::query_scalar(recorded).fetch_all(&database.pool).await.expect("events");
    assert_eq!(recorded, ["admin_confirm_account", "admin_create_account", "admin_list_accounts"]);
}

#[tokio::test]
async fn a_new_account_has_a_temporary_password_that_the_tool_makes() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    let admin = Admin::new().on_database(&database.url).on_pool(&pool);
    let create = ["cognito", "create-user", "--email", "ana@example.com", "--handle", "ana", "--name", "Ana Lima"];
    let password = admin.json(&create).await["password"].as_str().expect("a password").to_owned();
    let listed = async || admin.text(&["cognito", "list-users"]).await;
    assert!(listed().await.contains("\t@ana\tFORCE_CHANGE_PASSWORD\t"), "{}", listed().await);
    let text = admin.text(&[&create[..], &["--yes"]].concat()).await;
    let other = text.trim_end().split_once(' ').expect("an id and a password").1;
    assert!(other.len() == 23 && other != password, "{text}");
    // A given one is not printed, and is temporary, too.
    let given = admin.clone().with("PASSWORD", PASSWORD).json(&[&create[..], &["--yes"]].concat()).await;
    assert!(given["password"].is_null(), "{given}");
    assert!(listed().await.contains("\tFORCE_CHANGE_PASSWORD\t"), "{}", listed().await);
    let refused = admin.run(&[&create[..], &["--permanent", "--yes"]].concat()).await;
    assert_eq!(refused.code, USAGE_ERROR, "{refused:?}");
}

#[tokio::test]
async fn a_lost_authenticator_app_is_removed_after_confirmation() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    pool.add("ana").await;
    let admin = Admin::new().on_database(&database.url).on_pool(&pool);
    let remove = ["cognito", "remove-authenticator", "ana@example.com"];
    assert!(admin.text(&remove).await.starts_with("no authenticator app"));
    pool.add_authenticator("ana").await;
    assert_eq!(admin.run(&remove).await.code, REFUSED);
    assert_eq!(admin.json(&[&remove[..], &["--yes"]].concat()).await["removed"], true);
    pool.tokens("ana").await;
    let recorded = "select count(*) from audit_log where event = 'admin_remove_authenticator' and outcome = 'done'";
    assert_eq!(database.number(recorded).await, 3, "each try");
    let run = admin.run(&["cognito", "remove-authenticator", "ben@example.com"]).await;
    assert!(run.code == FAILED && run.err.contains("no account"), "{run:?}");
}

#[tokio::test]
async fn a_pool_is_created_once() {
    let pool = Pool::create().await;
    let admin = Admin::new().on_pool(&pool);
    let name = format!("admin-{}", uuid::Uuid::new_v4().simple());
    let create = ["cognito", "create-pool", "--name", &name];
    let created = admin.json(&create).await;
    // F59: as Cognito's default, to which the clients of the old app keep.
    let id = |name: &str| created[name].as_str().expect("an id");
    let client = pool.admin.describe_user_pool_client().user_pool_id(id("AWS_COGNITO_USER_POOL_ID"));
    let client = client.client_id(id("AWS_COGNITO_USER_POOL_CLIENT_ID")).send().await.expect("the client");
    let client = client.user_pool_client.expect("the client");
    assert_eq!((client.access_token_validity, client.id_token_validity), (Some(60), Some(60)));
    let text = admin.text(&create).await;
    for (variable, value) in created.as_object().expect("variables") {
        assert!(text.contains(&format!("{variable}={}\n", value.as_str().expect("text"))), "{text}");
    }
}

// F62
#[tokio::test]
async fn an_account_is_created_completely_or_not_at_all() {
    let (database, pool) = (Database::fresh().await, Pool::create().await);
    let admin = Admin::new().on_database(&database.url).on_pool(&pool);
    let create = |email: &str, handle: &str| {
        let words = ["cognito", "create-user", "--email", email, "--handle", handle, "--name", "Ana", "--yes"];
        words.map(str::to_owned)
    };
    let run = async |admin: &Admin, email: &str, handle: &str| {
        let arguments = create(email, handle);
        admin.run(&arguments.each_ref().map(String::as_str)).await
    };
    let is_listed = async |email: &str| admin.text(&["cognito", "list-users"]).await.contains(email);
    // A password that our own rule rejects, and one that the rule of this pool rejects.
    let strict = PasswordPolicyType::builder().minimum_length(10).require_symbols(true).build();
    let id = &pool.address.user_pool_id;
    let policy = UserPoolPolicyType::builder().password_policy(strict).build();
    pool.admin.update_user_pool().user_pool_id(id).policies(policy).send().await.expect("a rule");
    for (password, rule) in [("short", "too short"), ("without1symbols", "set the password")] {
        let refused = run(&admin.clone().with("PASSWORD", password), "ana@example.com", "ana").await;
        assert!(refused.code == FAILED && refused.err.contains(rule), "{password}: {refused:?}");
        assert!(refused.err.contains("nothing was changed"), "{refused:?}");
        assert!(!is_listed("ana@example.com").await, "{password}");
    }
    let admin = admin.clone().with("PASSWORD", PASSWORD);
    for handle in ["a b", "é", "a", "ana/..", &"a".repeat(33), ""] {
        let refused = run(&admin, "ana@example.com", handle).await;
        let says_rule = refused.err.contains("2 to 32 characters") && refused.err.contains("nothing was changed");
        assert!(refused.code == FAILED && says_rule, "{handle:?}: {refused:?}");
        assert!(!is_listed("ana@example.com").await, "{handle}");
    }
    assert_eq!(run(&admin, "Ana@Example.com", "@Ana").await.code, SUCCESS);
    assert!(is_listed("ana@example.com\t@ana\t").await, "both are stored in lower case");
    let other = run(&admin, "ana@example.com", "ben").await;
    assert!(other.code == FAILED && other.err.contains("\"ana\" and not @ben (nothing was changed)"), "{other:?}");
    assert_eq!(run(&admin, "ana@example.com", "ana").await.code, SUCCESS);
}
