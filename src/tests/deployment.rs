//! The templates in `aws/` against the code: permissions, configuration, and the settings of the user pool.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use cruddur_messages::domain::emoji::TABLE_FILE;
use cruddur_messages::domain::password::LEN_MIN;
use cruddur_messages::server::http::events::HEARTBEAT_INTERVAL;

use super::tidy::{code, files};
use crate::support::app::TestApp;

/// Calls that take no signature, and therefore no permission: the client id or a token of the user stands for it.
const UNSIGNED: [&str; 17] = [
    "AssociateSoftwareToken",
    "ChangePassword",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "ForgotPassword",
    "GetTokensFromRefreshToken",
    "GetUser",
    "GlobalSignOut",
    "InitiateAuth",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "RevokeToken",
    "SetUserMFAPreference",
    "SignUp",
    "UpdateUserAttributes",
    "VerifySoftwareToken",
    "VerifyUserAttribute",
];

/// Calls of the admin tool that create or drop a table or a pool, or look for a pool to create. In a deployment the
/// stack does that, so the role of the tool does not allow them.
const LEFT_TO_THE_STACK: [&str; 8] = [
    "CreateTable",
    "CreateUserPool",
    "CreateUserPoolClient",
    "DeleteTable",
    "DescribeUserPoolClient",
    "ListUserPoolClients",
    "ListUserPools",
    "SetUserPoolMfaConfig",
];

/// Calls by which Lambda itself reads the stream, with the role of the function.
const OF_LAMBDA: [&str; 4] = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

/// Functions of an SDK client that are no call, and calls of clients that are not AWS's.
const NO_CALL: [&str; 26] = [
    "accepts",
    "accounts",
    "answer",
    "as_ref",
    "calls",
    "calls_from",
    "client_name",
    "clone",
    "config",
    "connection_state",
    "context",
    "ends_session",
    "explicit_auth_flows",
    "health",
    "is_ready",
    "publish",
    "read_attributes",
    "refresh",
    "register",
    "revoke",
    "sign_in",
    "sign_out_everywhere",
    "subscribe",
    "verifier",
    "write_attributes",
    "client",
];

/// Returns the AWS actions that the sources in a folder call. Every SDK client is named `client` or `cognito`.
fn calls(folder: &str) -> BTreeSet<String> {
    let sources = files(Path::new(folder)).into_iter().filter(|path| path.extension().is_some_and(|it| it == "rs"));
    sources.flat_map(|path| calls_in(&code(&path))).collect()
}

fn calls_in(code: &str) -> BTreeSet<String> {
    let code: String = code.split_whitespace().collect();
    let receivers = ["client.", "client().", "cognito."];
    let mut actions: BTreeSet<String> = receivers.iter().flat_map(|it| functions_after(&code, it)).collect();
    // A transaction needs the permissions of its parts.
    let parts = [
        ("condition_check(check", "ConditionCheckItem"),
        ("put(put", "PutItem"),
        ("update(update", "UpdateItem"),
        ("delete(delete", "DeleteItem"),
    ];
    for (part, action) in parts {
        if code.contains(&format!("TransactWriteItem::builder().{part}")) {
            actions.insert(action.to_owned());
        }
    }
    actions
}

/// Returns the actions of the functions that are called on a receiver.
fn functions_after(code: &str, receiver: &str) -> Vec<String> {
    // The end of another name, such as `describe_user_pool_client()`, is no receiver.
    let starts = code.match_indices(receiver).filter(|(at, _)| !code[..*at].ends_with('_'));
    let rests = starts.map(|(at, _)| &code[at + receiver.len()..]);
    let names = rests.filter_map(|rest| rest.split_once('(').map(|(name, _)| name));
    let names = names.filter(|name| name.chars().all(|it| it.is_ascii_lowercase() || it == '_'));
    names.filter(|name| !NO_CALL.contains(name)).filter_map(action).collect()
}

/// Returns the action of a function of an SDK client.
fn action(function: &str) -> Option<String> {
    match function {
        "transact_write_items" => None,
        "admin_set_user_mfa_preference" => Some("AdminSetUserMFAPreference".to_owned()),
        "set_user_mfa_preference" => Some("SetUserMFAPreference".to_owned()),
        "wait_until_table_exists" | "wait_until_table_not_exists" => Some("DescribeTable".to_owned()),
        _ => Some(function.split('_').map(capitalized).collect()),
    }
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + rest
}

/// Returns the actions of an IAM policy, without the service.
fn allowed(file: &str) -> BTreeSet<String> {
    let policy: serde_json::Value = serde_json::from_str(&read(file)).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements").iter();
    let actions = statements.flat_map(|statement| match &statement["Action"] {
        serde_json::Value::Array(actions) => actions.clone(),
        action => vec![action.clone()],
    });
    actions.map(|action| action.as_str().expect("a text").split(':').nth(1).expect("an action").to_owned()).collect()
}

/// Returns the actions of DynamoDB and Cognito in a resource of a template, without the service.
fn allowed_in(template: &str, resource: &str) -> BTreeSet<String> {
    let section = section(template, resource);
    let words = section.split(|it: char| !it.is_ascii_alphanumeric() && it != ':' && it != '-');
    let actions = words.filter_map(|word| {
        word.strip_prefix("dynamodb:").or_else(|| word.strip_prefix("cognito-idp:")).filter(|it| !it.contains(':'))
    });
    actions.filter(|action| !action.is_empty()).map(str::to_owned).collect()
}

/// Returns the lines of a resource of a template.
fn section(template: &str, resource: &str) -> String {
    let text = read(template);
    let lines = text.lines().skip_while(|line| *line != format!("  {resource}:"));
    let lines: Vec<_> = lines.skip(1).take_while(|line| line.is_empty() || line.starts_with("   ")).collect();
    assert!(!lines.is_empty(), "{template} has no {resource}");
    lines.join("\n")
}

fn read(file: &str) -> String {
    fs::read_to_string(file).expect("a file of the package")
}

fn without(actions: BTreeSet<String>, others: &[&str]) -> BTreeSet<String> {
    actions.into_iter().filter(|action| !others.contains(&action.as_str())).collect()
}

fn union(one: BTreeSet<String>, other: BTreeSet<String>) -> BTreeSet<String> {
    one.into_iter().chain(other).collect()
}

#[test]
fn the_web_servers_are_allowed_what_they_call_and_nothing_else() {
    assert_eq!(allowed("aws/web-policy.json"), without(calls("src/server"), &UNSIGNED));
}

#[test]
fn the_admin_tool_is_allowed_what_it_calls_and_nothing_that_the_stack_does() {
    let called = union(calls("src/bin/admin"), calls("src/server/store/dynamodb"));
    assert_eq!(allowed("aws/admin-policy.json"), without(called, &LEFT_TO_THE_STACK));
}

#[test]
fn the_stream_function_is_allowed_what_the_projections_call_and_the_reading_of_the_stream() {
    let rows = ["ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"].map(str::to_owned);
    assert_eq!(without(allowed("aws/stream-policy.json"), &OF_LAMBDA), BTreeSet::from(rows.clone()));
    assert!(calls("src/server/store/dynamodb").is_superset(&BTreeSet::from(rows)), "a right that nothing uses");
}

#[test]
fn the_roles_of_the_templates_allow_what_the_policies_do() {
    let web = union(allowed_in("aws/roles.yaml", "WebRole"), allowed_in("aws/roles.yaml", "StreamPolicy"));
    assert_eq!(web, allowed("aws/web-policy.json"));
    assert_eq!(allowed_in("aws/roles.yaml", "AdminRole"), allowed("aws/admin-policy.json"));
    assert_eq!(allowed_in("aws/stream.yaml", "StreamPolicy"), allowed("aws/stream-policy.json"));
}

#[test]
fn the_servers_of_the_stack_get_every_variable_of_the_configuration() {
    let (config, task) = (read("src/server/config.rs"), section("aws/service.yaml", "WebTask"));
    for variable in config.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next()) {
        // Cognito at AWS needs no address, and CloudFront serves the builds.
        if !["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "BUILDS_FOLDER"].contains(&variable) {
            let is_set = [',', '\n'].iter().any(|end| task.contains(&format!("Name: {variable}{end}")));
            assert!(is_set, "aws/service.yaml does not set {variable}");
        }
    }
}

#[test]
fn the_pool_of_the_stack_accepts_the_passwords_that_the_site_accepts() {
    let pool = section("aws/pool.yaml", "Pool");
    assert!(pool.contains(&format!("MinimumLength: {LEN_MIN}\n")));
    for rule in ["Lowercase", "Uppercase", "Numbers", "Symbols"] {
        assert!(pool.contains(&format!("Require{rule}: false")), "{rule}");
    }
}

/// Returns the behaviors of the distribution with their paths. That of the default one is empty.
fn behaviors(distribution: &str) -> Vec<(&str, &str)> {
    let parts: Vec<_> = distribution.split("TargetOriginId: ").collect();
    let paths = parts.iter().map(|before| {
        let line = before.trim_end().lines().last().unwrap_or_default();
        line.split_once("PathPattern: ").map_or("", |(_, path)| path)
    });
    paths.zip(parts.iter().skip(1).copied()).collect()
}

#[test]
fn the_edge_leads_pages_from_http_to_https_and_refuses_programs() {
    let distribution = section("aws/edge.yaml", "Distribution");
    let behaviors = behaviors(&distribution);
    assert_eq!(behaviors.iter().map(|(path, _)| *path).collect::<Vec<_>>(), ["/build/*", "/emoji/*", "/api*", ""]);
    for (path, behavior) in behaviors {
        let expected = if path == "/api*" { "https-only" } else { "redirect-to-https" };
        assert!(behavior.contains(&format!("ViewerProtocolPolicy: {expected}\n")), "{path}");
    }
}

#[test]
fn the_edge_keeps_and_delays_nothing_that_a_server_answers() {
    let distribution = section("aws/edge.yaml", "Distribution");
    for (path, behavior) in behaviors(&distribution) {
        let is_of_server = behavior.starts_with("load-balancer\n");
        assert_eq!(is_of_server, !["/build/*", "/emoji/*"].contains(&path), "{path}");
        // AWS has these ids for "CachingDisabled" and "AllViewerAndCloudFrontHeaders-2022-06".
        let policies = ["4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "33f36d7e-f396-46d9-90e0-52428a34d9dc"];
        assert!(policies.iter().all(|id| behavior.contains(id) == is_of_server), "{path}");
        assert!(behavior.contains("Compress: false"), "{path}");
    }
    for status in [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504] {
        assert!(distribution.contains(&format!("ErrorCode: {status}, ErrorCachingMinTTL: 0 ")), "{status}");
    }
    let timeout = distribution.split_once("OriginReadTimeout: ").and_then(|(_, rest)| rest.lines().next());
    let timeout: u64 = timeout.and_then(|it| it.parse().ok()).expect("a timeout");
    assert!(Duration::from_secs(timeout) >= 2 * HEARTBEAT_INTERVAL, "a stream is silent between two heartbeats");
}

#[test]
fn only_the_edge_of_the_stack_reaches_the_load_balancer_and_the_servers_know_both_proxies() {
    let key = "{{resolve:secretsmanager:${EntryKey}}}";
    for (template, resource) in [("aws/edge.yaml", "Distribution"), ("aws/entry.yaml", "Site")] {
        let section = section(template, resource);
        assert!(section.contains("x-entry-key") && section.contains(key), "{template}");
    }
    let group = section("aws/network.yaml", "LoadBalancerGroup");
    assert!(group.contains("SourcePrefixListId: !Ref EdgePrefixList") && !group.contains("0.0.0.0/0"), "{group}");
    assert!(section("aws/service.yaml", "WebTask").contains("Name: TRUSTED_PROXIES, Value: \"2\""));
}

#[tokio::test]
async fn a_file_from_the_edge_has_the_security_headers_of_the_server() {
    let app = TestApp::start_with(|config| config.public_origin = Some("https://a.example".to_owned())).await;
    let answer = app.browser().get(&format!("/{TABLE_FILE}")).await;
    let policy = section("aws/edge.yaml", "FileHeaders").replace('"', "");
    let written = |name: &str, value: &str| match name {
        "x-content-type-options" => "ContentTypeOptions: { Override: true }".to_owned(),
        "x-frame-options" => format!("FrameOption: {value} }}"),
        "referrer-policy" => format!("ReferrerPolicy: {value} }}"),
        "strict-transport-security" => {
            "AccessControlMaxAgeSec: 63072000, IncludeSubdomains: true, Preload: true".to_owned()
        }
        // No file is a page, so none needs a script.
        "content-security-policy" => "ContentSecurityPolicy: default-src 'none'; frame-ancestors 'none'".to_owned(),
        _ => value.to_owned(),
    };
    // Those that belong to the answer itself.
    let others =
        ["accept-ranges", "cache-control", "content-length", "content-type", "date", "etag", "last-modified", "vary"];
    let mut count = 0;
    for (name, value) in &answer.headers {
        if !others.contains(&name.as_str()) && name != "x-request-id" {
            let value = written(name.as_str(), value.to_str().expect("a text"));
            assert!(policy.contains(&value), "aws/edge.yaml lacks {name}: {value}");
            count += 1;
        }
    }
    assert_eq!(count, 9, "{:?}", answer.headers);
}

#[test]
fn the_stack_keeps_no_log_of_postgresql_forever() {
    let (database, template) = (section("aws/database.yaml", "Database"), read("aws/database.yaml"));
    let (_, logs) = database.split_once("EnableCloudwatchLogsExports: [").expect("logs");
    for log in logs.split(']').next().expect("a list").split(", ") {
        let group = format!("/aws/rds/instance/${{Name}}/{log}\", RetentionInDays: 90 }}");
        assert!(template.contains(&group), "{log}");
    }
    // Only a group that exists before the instance keeps its retention.
    assert!(
        database.contains("DBInstanceIdentifier: !Ref Name\n") && database.contains("DependsOn: [Log, UpgradeLog]")
    );
}

#[test]
fn every_alarm_has_a_line_that_says_what_to_do() {
    let operations = read("docs/operations.md");
    let rows: String = operations.lines().filter(|line| line.starts_with("| `")).collect();
    for template in ["aws/alarms.yaml", "aws/stream.yaml"] {
        let text = read(template);
        let lines: Vec<_> = text.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[1].trim() == "Type: AWS::CloudWatch::Alarm") {
            let alarm = pair[0].trim().trim_end_matches(':');
            assert!(rows.contains(&format!("`{alarm}`")), "docs/operations.md does not mention {alarm}");
        }
    }
}

#[test]
fn the_check_itself_reads_calls() {
    let code = "self.client\n.get_item().send(); table.client().query(); wait(client.wait_until_table_exists()); \
                last_client().id()";
    assert_eq!(calls_in(code), BTreeSet::from(["DescribeTable", "GetItem", "Query"].map(str::to_owned)));
    let code = "TransactWriteItem::builder().put(put.build()?) client.transact_write_items() client.clone()";
    assert_eq!(calls_in(code), BTreeSet::from(["PutItem".to_owned()]));
}
