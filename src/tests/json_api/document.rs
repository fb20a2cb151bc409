//! The OpenAPI document is served unchanged, and matches the routes and every response.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use cruddur_messages::server::http::json_api::error_code::ErrorCode;
use cruddur_messages::server::http::json_api::routes::{DOCUMENT, PATHS, PREFIX};
use cruddur_messages::server::http::json_api::validation_code::ValidationCode;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::fixtures::ApiClient;
use crate::support::app::{Answer, TestApp};

static PARSED: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(DOCUMENT).expect("the document is JSON"));

/// Asserts that a response is JSON, and that the document allows it for this request.
pub(super) fn assert_documented(method: &Method, path: &str, answer: &Answer) {
    assert_eq!(answer.header("content-type"), "application/json", "{method} {path}: {}", answer.text);
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("JSON, not {}", answer.text));
    let Some(operation) = operation(method, path) else { return };
    let response = resolve(&operation["responses"][answer.status.as_str()]);
    assert!(response.is_object(), "{method} {path}: {} is not in the document", answer.status);
    let schema = &response["content"]["application/json"]["schema"];
    assert!(matches_schema(schema, &body), "{method} {path}: {} does not match its schema: {body}", answer.status);
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let is_there = answer.headers.contains_key(name.as_str());
        assert!(is_there || resolve(header)["required"] != json!(true), "{method} {path}: no {name}");
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let paths = PARSED["paths"].as_object().expect("paths");
    let (_, operations) = paths.iter().find(|(template, _)| matches_template(template, path))?;
    operations.get(method.as_str().to_ascii_lowercase())
}

fn matches_template(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(wanted, part)| *wanted == part || wanted.contains('{') && !part.is_empty())
}

/// Resolves a `$ref`.
fn resolve(value: &Value) -> &Value {
    match value["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        Some(pointer) => PARSED.pointer(pointer).unwrap_or_else(|| panic!("{pointer} does not exist")),
        None => value,
    }
}

/// Returns whether a value matches a schema. Supports as much of JSON Schema as the document uses.
fn matches_schema(schema: &Value, value: &Value) -> bool {
    let schema = resolve(schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().filter(|choice| matches_schema(choice, value)).count() == 1;
    }
    let is_listed = schema["enum"].as_array().is_none_or(|listed| listed.contains(value));
    is_listed
        && match schema["type"].as_str().expect("a type") {
            "string" => value.is_string(),
            "array" => {
                value.as_array().is_some_and(|items| items.iter().all(|item| matches_schema(&schema["items"], item)))
            }
            "object" => value.as_object().is_some_and(|fields| {
                let known: Vec<_> = schema["properties"].as_object().into_iter().flatten().collect();
                let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
                required.iter().all(|name| name.as_str().is_some_and(|name| fields.contains_key(name)))
                    && fields.keys().all(|field| known.iter().any(|(name, _)| *name == field))
                    && known
                        .iter()
                        .all(|(name, schema)| fields.get(name.as_str()).is_none_or(|it| matches_schema(schema, it)))
            }),
            other => panic!("schema type {other} is not supported"),
        }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served_unchanged_without_a_token() {
    let app = TestApp::start().await;
    let answer = ApiClient::anonymous(&app).get("/api/openapi.json").await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, DOCUMENT));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_lists_exactly_the_routes_and_their_methods() {
    let app = TestApp::start().await;
    let client = ApiClient::anonymous(&app);
    // The document does not list itself, and its paths show the `@` before a handle.
    let routes = PATHS.iter().filter(|path| **path != "/openapi.json").map(|path| format!("{PREFIX}{path}"));
    let documented = PARSED["paths"].as_object().expect("paths");
    assert_eq!(
        routes.collect::<BTreeSet<_>>(),
        documented.keys().map(|path| path.replace("@{", "{")).collect::<BTreeSet<_>>()
    );
    for (path, operations) in documented {
        let answer = client.send(client.request(Method::DELETE, &path.replace(['{', '}'], ""))).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.text, r#"["method_not_allowed"]"#);
        let allowed = answer.header("allow").split(',').filter(|method| *method != "HEAD");
        let methods: Vec<_> = operations.as_object().expect("operations").keys().map(|it| it.to_uppercase()).collect();
        assert!(allowed.eq(methods), "{path} allows {}", answer.header("allow"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_is_not_found_in_json() {
    let app = TestApp::start().await;
    let client = ApiClient::anonymous(&app);
    for path in ["/api", "/api/", "/api/nowhere", "/api/messages/", "/api/messages/a/b", "/api/users/@ana"] {
        for method in [Method::GET, Method::POST] {
            let answer = client.send(client.request(method, path)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(answer.text.starts_with(r#"{"error":"not_found","message":"#), "{path}: {}", answer.text);
        }
    }
}

#[test]
fn the_document_lists_the_codes_in_their_order() {
    let schemas = &PARSED["components"]["schemas"];
    let listed = &schemas["Codes"]["items"]["enum"];
    assert_eq!(*listed, serde_json::to_value(ValidationCode::ALL).expect("codes"));
    let listed = &schemas["ErrorCode"]["enum"];
    assert_eq!(*listed, serde_json::to_value(ErrorCode::ALL).expect("codes"));
}
