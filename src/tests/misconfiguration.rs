//! Wrong settings: each is named. Those of the user pool look like no mistake of a user and end no session, and those
//! that only a developer's machine can do without prevent the start elsewhere.

use std::process::Stdio;
use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::{ExplicitAuthFlowsType, UsernameConfigurationType};
use clap::CommandFactory;
use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::config::Config;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::processes::Process;
use crate::support::app::TestApp;
use crate::support::browser::{Browser, PoolAddress, config, server};
use crate::support::cognito::{PASSWORD, Pool, attribute};
use crate::support::fake_pool::{CallAnswer, FakePool, PROBE};
use crate::support::log::Log;
use crate::support::session_fixture::{ANA, SessionFixture};
use crate::support::wait_until::wait_until;

/// Starts a server with a pool at this address, with a changed configuration.
async fn app_with(pool: &PoolAddress, change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::start_with_pool(pool.clone(), change).await
}

/// Waits until `/readyz` names this problem.
async fn assert_named(app: &TestApp, problem: &str) {
    wait_until(&format!("/readyz names {problem}"), async || {
        let answer = app.browser().get("/readyz").await;
        let body: Value = serde_json::from_str(&answer.text).expect("JSON");
        answer.status == StatusCode::SERVICE_UNAVAILABLE
            && body["cognito"] == false
            && body["problems"] == json!([problem])
    })
    .await;
}

/// Waits until the server is ready.
async fn assert_ready(app: &TestApp) {
    wait_until("the server is ready", async || app.browser().get("/readyz").await.status == StatusCode::OK).await;
}

/// Signs in at the pool of a server, and returns the status.
async fn status_of_sign_in(app: &TestApp, email: &str) -> StatusCode {
    app.browser().submit("/signin", &[("email", email), ("password", PASSWORD)]).await.status
}

// F25, F26
#[tokio::test]
async fn each_wrong_setting_is_named_by_readyz_and_by_one_line_of_the_log() {
    let pool = Pool::create().await;
    pool.add("ana").await;
    let (without_passwords, another_pool) = (client_without_passwords(&pool).await, Pool::create().await);
    another_pool.add("ana").await;
    let of_another_pool = another_pool.address;
    type Change = Box<dyn FnOnce(&mut Config)>;
    let cases: [(&str, Change); 8] = [
        ("client_secret", Box::new(|config| config.client_secret = Some("wrong".to_owned().into()))),
        ("client_secret", Box::new(|config| config.client_secret = None)),
        ("client_missing", Box::new(|config| config.client_id = "0123456789abcdefghijklmnop".to_owned())),
        (
            "password_auth_disabled",
            Box::new(|config| {
                config.client_id = without_passwords.client_id;
                config.client_secret = without_passwords.client_secret.map(Into::into);
            }),
        ),
        (
            "client_of_another_pool",
            Box::new(|config| {
                config.client_id = of_another_pool.client_id;
                config.client_secret = of_another_pool.client_secret.map(Into::into);
            }),
        ),
        ("pool_missing", Box::new(|config| config.user_pool_id = "eu-central-1_Missing01".to_owned())),
        ("pool_missing", Box::new(|config| config.user_pool_id = "us-east-9_Elsewhere".to_owned())),
        ("unreachable", Box::new(|config| config.cognito_endpoint = Some("http://127.0.0.1:1".to_owned()))),
    ];
    for (problem, change) in cases {
        let (log, _guard) = Log::capture();
        let app = app_with(&pool.address, change).await;
        assert_named(&app, problem).await;
        let status = status_of_sign_in(&app, ANA).await;
        assert!(status.is_server_error(), "{problem} is no mistake of the user: {status}");
        let text = log.text();
        let lines: Vec<_> = text.lines().filter(|line| line.contains("user pool not usable")).collect();
        assert_eq!(lines.len(), 1, "{problem}: {lines:#?}");
        assert!(lines[0].contains("ERROR") && lines[0].contains(&format!("problem=\"{problem}\"")), "{lines:#?}");
    }
    let app = app_with(&pool.address, |_| {}).await;
    assert_ready(&app).await;
    assert_eq!(status_of_sign_in(&app, ANA).await, StatusCode::SEE_OTHER);
}

/// Settings with which a server starts in production. None of the dependencies exists.
const COMPLETE: [(&str, &str); 4] = [
    ("LOCAL", "false"),
    ("PUBLIC_ORIGIN", "https://messages.example.com"),
    ("DATABASE_URL", "postgres://cruddur:secret@db.invalid/cruddur?sslmode=verify-full"),
    ("NATS_URL", "tls://cruddur:secret@nats.invalid:4222"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_incomplete_setting_prevents_the_start_and_is_named_as_in_the_documents() {
    let app = TestApp::start().await;
    let documented = std::fs::read_to_string("docs/operations.md").expect("the document");
    for (setting, value, problems) in [
        ("PUBLIC_ORIGIN", "http://messages.example.com", &["public_origin"] as &[_]),
        ("DATABASE_URL", "postgres://cruddur:secret@db.invalid/cruddur", &["postgres_tls"]),
        ("NATS_URL", "nats://nats.invalid:4222", &["nats_tls", "nats_credentials"]),
        ("BUILDS_FOLDER", "/nowhere/builds", &["builds_folder"]),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4318", &["traces_tls"]),
    ] {
        let variables = [&COMPLETE as &[_], &[(setting, value)]].concat();
        let (mut command, _) = Process::command(&app, &variables);
        let output = command.stderr(Stdio::piped()).output();
        let output = timeout(Duration::from_secs(30), output).await.expect("it ends").expect("it starts");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{setting}: {text}");
        for problem in problems {
            assert!(text.contains(&format!(r#""problem":"{problem}""#)) && text.contains(setting), "{text}");
            assert!(text.contains("LOCAL=true"), "{text}");
            assert!(documented.contains(&format!("| `{problem}` |")), "{problem}");
        }
        assert_eq!(text.matches(r#""problem":"#).count(), problems.len(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_configuration_starts_before_its_dependencies() {
    let app = TestApp::start().await;
    let (mut command, address) = Process::command(&app, &COMPLETE);
    let _process = command.spawn().expect("it starts");
    let health = format!("http://{address}/healthz");
    wait_until("it is alive", async || reqwest::get(&health).await.is_ok_and(|it| it.status() == StatusCode::OK)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_variable_counts_as_unset() {
    let app = TestApp::start().await;
    let (command, _) = Process::command(&app, &[]);
    let set: Vec<_> = command.as_std().get_envs().map(|(name, _)| name.to_owned()).collect();
    let options = Config::command();
    let variables: Vec<_> = options.get_arguments().filter_map(|option| option.get_env()?.to_str()).collect();
    let (required, optional): (Vec<_>, Vec<_>) =
        variables.into_iter().partition(|&name| set.iter().any(|it| it == name));
    assert!(optional.len() > 15, "{optional:?}");
    let empty: Vec<_> = optional.into_iter().map(|name| (name, "")).collect();
    drop(Process::start_with(&app, &empty).await);
    for name in required.into_iter().filter(|&name| name == "DATABASE_URL" || name == "SESSION_KEY") {
        let (mut command, _) = Process::command(&app, &[(name, "")]);
        let output = command.stderr(Stdio::piped()).output();
        let output = timeout(Duration::from_secs(30), output).await.expect("it ends").expect("it starts");
        let (text, option) = (String::from_utf8_lossy(&output.stderr), name.to_lowercase().replace('_', "-"));
        assert!(!output.status.success() && text.contains(&format!("--{option}")), "{name}: {text}");
    }
}

/// Creates a client that allows no sign-in by password.
async fn client_without_passwords(pool: &Pool) -> PoolAddress {
    let request = pool.admin.create_user_pool_client().user_pool_id(&pool.address.user_pool_id).client_name("srp");
    let request = request.explicit_auth_flows(ExplicitAuthFlowsType::AllowUserSrpAuth);
    let client = request.generate_secret(true).send().await.expect("a client").user_pool_client.expect("the client");
    let client_id = client.client_id.expect("its id");
    PoolAddress { client_id, client_secret: client.client_secret, ..pool.address.clone() }
}

// F25
#[tokio::test]
async fn a_wrong_client_secret_ends_no_session_and_the_right_one_makes_it_work_again() {
    for secret in [Some("wrong".to_owned()), None] {
        let mut fixture = SessionFixture::start().await;
        fixture.pool.set().secret = Some("the client's secret");
        let wrong = PoolAddress { client_secret: secret, ..fixture.pool.address() };
        let mut ana = fixture.ana.at(&server(config(&fixture.database.url, &wrong)).await);
        fixture.access_ends_in(-1).await;
        assert_eq!(ana.whoami().await, Err(AppError::Unavailable));
        assert_eq!(ana.sign_in(ANA, "good").await, Err(AppError::Unexpected), "the password is right");
        assert_eq!((fixture.sessions().await, ana.cookie.is_some()), (1, true));
        fixture.access_ends_in(-1).await;
        assert_eq!(fixture.ana.whoami().await, Ok("ana".to_owned()));
    }
}

// F25
#[tokio::test]
async fn a_secret_that_is_replaced_in_the_pool_while_the_server_runs_ends_no_session() {
    let mut fixture = SessionFixture::start().await;
    fixture.pool.set().secret = Some("another secret");
    fixture.access_ends_in(-1).await;
    assert_eq!(fixture.ana.whoami().await, Err(AppError::Unavailable));
    assert_eq!((fixture.sessions().await, fixture.ana.cookie.is_some()), (1, true));
}

// F25
#[tokio::test]
async fn a_refusal_that_is_no_word_about_the_token_ends_no_session() {
    for (code, message) in [
        ("NotAuthorizedException", "SecretHash does not match for the client: fakeclient"),
        ("ResourceNotFoundException", "User pool client fakeclient does not exist."),
        ("ForbiddenException", "Request not allowed due to WAF block."),
        ("UserLambdaValidationException", "PreTokenGeneration failed with error nope."),
        ("UnexpectedLambdaException", "PreTokenGeneration failed."),
        ("InvalidParameterException", "Refresh token is invalid."),
        // Words of the pool that are not known here.
        ("NotAuthorizedException", "Something is wrong."),
    ] {
        let fixture = SessionFixture::start().await;
        fixture.access_ends_in(-1).await;
        fixture.pool.set().calls = CallAnswer::Refuse(code, message);
        // A server that has just started knows of no valid token.
        let mut ana = fixture.ana.at(&server(config(&fixture.database.url, &fixture.pool.address())).await);
        assert_eq!(ana.whoami().await, Err(AppError::Unavailable), "{code}: {message}");
        assert_eq!(fixture.sessions().await, 1, "{code}: {message}");
    }
}

// F25
#[tokio::test]
async fn settings_that_the_server_may_not_read_are_named_and_it_is_ready_without_them() {
    let (log, _guard) = Log::capture();
    let pool = FakePool::start().await;
    pool.set().refused_settings = Some("AccessDeniedException");
    let app = app_with(&pool.address(), |_| {}).await;
    assert_ready(&app).await;
    wait_until("the missing permission is named", async || {
        let text = log.text();
        text.contains("user pool settings not checked") && text.contains("cognito-idp:DescribeUserPoolClient")
    })
    .await;
    assert!(pool.count(PROBE) > 0);
}

// F25
#[tokio::test]
async fn a_client_without_the_right_to_write_attributes_is_named() {
    let (_database, pool) = (crate::support::postgres::Database::fresh().await, FakePool::start().await);
    let app = app_with(&pool.address(), |_| {}).await;
    assert_ready(&app).await;
    let message = "A client attempted to write unauthorized attribute";
    pool.set().calls = CallAnswer::Refuse("NotAuthorizedException", message);
    let fields = [("name", "Ana"), ("handle", "ana"), ("email", ANA), ("password", PASSWORD)];
    let refused = app.browser().submit("/signup", &fields).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", refused.text);
    assert_named(&app, "attribute_permissions").await;
}

// F32
#[tokio::test]
async fn in_a_case_sensitive_pool_the_exact_address_works_and_the_pool_is_named() {
    let (log, _guard) = Log::capture();
    let pool = Pool::create_with(UsernameConfigurationType::builder().case_sensitive(true)).await;
    let id = &pool.address.user_pool_id;
    let user = pool.admin.admin_create_user().user_pool_id(id).username("Ana@Example.com");
    let user = user.user_attributes(attribute("email", "Ana@Example.com"));
    user.user_attributes(attribute("email_verified", "true")).send().await.expect("a user");
    let password = pool.admin.admin_set_user_password().user_pool_id(id).username("Ana@Example.com");
    password.password(PASSWORD).permanent(true).send().await.expect("a password");
    pool.add("ben").await;
    let app = app_with(&pool.address, |_| {}).await;
    for email in ["Ana@Example.com", " Ana@Example.com ", "ben@example.com", "BEN@example.com"] {
        assert_eq!(status_of_sign_in(&app, email).await, StatusCode::SEE_OTHER, "{email}");
    }
    wait_until("the log names it", async || log.text().contains("notice=\"case_sensitive_pool\"")).await;
    let body: Value = serde_json::from_str(&app.browser().get("/readyz").await.text).expect("JSON");
    assert_eq!((&body["cognito"], &body["notices"]), (&json!(true), &json!(["case_sensitive_pool"])));
}

// F32
#[tokio::test]
async fn a_wrong_password_for_a_case_insensitive_pool_is_tried_once() {
    let pool = FakePool::start().await;
    let app = app_with(&pool.address(), |_| {}).await;
    wait_until("the settings are read", async || app.state.cognito.health().case_sensitive() == Some(false)).await;
    let mut browser = Browser::new(&app.state);
    browser.sign_in("ANA@example.com", "wrong").await.expect_err("refused");
    assert_eq!(pool.count("InitiateAuth"), 1);
}
