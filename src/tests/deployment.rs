//! The templates in `aws/` against the code: permissions, configuration, and the settings of the user pool.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cruddur_messages::domain::password::LEN_MIN;

use super::tidy::{code, files};

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
const NO_CALL: [&str; 24] = [
    "accepts",
    "answer",
    "as_ref",
    "calls",
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

#[test]
fn the_load_balancer_leads_pages_from_http_to_https_and_refuses_programs() {
    assert!(section("aws/entry.yaml", "HttpListener").contains("RedirectConfig: { Protocol: HTTPS"));
    let rule = section("aws/entry.yaml", "ApiNeedsHttps");
    for part in ["ListenerArn: !Ref HttpListener", "Values: [/api, /api/*]", "Type: fixed-response"] {
        assert!(rule.contains(part), "{part}");
    }
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
