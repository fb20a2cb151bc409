//! The OpenAPI document: served as it is, and true of the routes and of every answer.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use cruddur_messages::server::http::json_api::code::Code;
use cruddur_messages::server::http::json_api::routes::{DOCUMENT, PATHS, PREFIX};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Program;
use crate::support::app::{Answer, TestApp};

static PARSED: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(DOCUMENT).expect("the document is JSON"));

/// Asserts that an answer is JSON, and what the document says that this request may be answered with.
pub fn hold(method: &Method, path: &str, answer: &Answer) {
    assert_eq!(answer.header("content-type"), "application/json", "{method} {path}: {}", answer.text);
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("JSON, not {}", answer.text));
    let Some(operation) = operation(method, path) else { return };
    let response = followed(&operation["responses"][answer.status.as_str()]);
    assert!(response.is_object(), "{method} {path}: {} is not in the document", answer.status);
    let schema = &response["content"]["application/json"]["schema"];
    assert!(holds(schema, &body), "{method} {path}: {} is not as the document says: {body}", answer.status);
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let is_there = answer.headers.contains_key(name.as_str());
        assert!(is_there || followed(header)["required"] != json!(true), "{method} {path}: no {name}");
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let paths = PARSED["paths"].as_object().expect("paths");
    let (_, operations) = paths.iter().find(|(template, _)| is_like(template, path))?;
    operations.get(method.as_str().to_ascii_lowercase())
}

fn is_like(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(wanted, part)| *wanted == part || wanted.contains('{'))
}

/// What a reference leads to.
fn followed(value: &Value) -> &Value {
    match value["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        Some(pointer) => PARSED.pointer(pointer).unwrap_or_else(|| panic!("{pointer} leads nowhere")),
        None => value,
    }
}

/// Whether a value is as a schema says, by as much of JSON Schema as shapes need.
fn holds(schema: &Value, value: &Value) -> bool {
    let schema = followed(schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().filter(|choice| holds(choice, value)).count() == 1;
    }
    let is_listed = schema["enum"].as_array().is_none_or(|listed| listed.contains(value));
    is_listed
        && match schema["type"].as_str().expect("a type") {
            "string" => value.is_string(),
            "array" => value.as_array().is_some_and(|items| items.iter().all(|item| holds(&schema["items"], item))),
            "object" => value.as_object().is_some_and(|fields| {
                let known: Vec<_> = schema["properties"].as_object().into_iter().flatten().collect();
                let required = schema["required"].as_array().map_or(0, Vec::len);
                // Our answers have exactly the fields that they must have.
                required == known.len()
                    && fields.len() == known.len()
                    && known.iter().all(|(name, schema)| fields.get(name.as_str()).is_some_and(|it| holds(schema, it)))
            }),
            other => panic!("no answer of ours is a {other}"),
        }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served_as_it_is_to_anybody() {
    let app = TestApp::start().await;
    let answer = Program::anonymous(&app).get("/api/openapi.json").await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, DOCUMENT));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_has_the_routes_and_their_methods_and_no_others() {
    let app = TestApp::start().await;
    let program = Program::anonymous(&app);
    // The document does not list itself, and says where the `@` of a handle stands.
    let routes = PATHS.iter().filter(|path| **path != "/openapi.json").map(|path| format!("{PREFIX}{path}"));
    let documented = PARSED["paths"].as_object().expect("paths");
    assert_eq!(
        routes.collect::<BTreeSet<_>>(),
        documented.keys().map(|path| path.replace("@{", "{")).collect::<BTreeSet<_>>()
    );
    for (path, operations) in documented {
        let answer = program.send(program.request(Method::DELETE, &path.replace(['{', '}'], ""))).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(answer.text.starts_with(r#"{"error":"method_not_allowed","message":"#), "{}", answer.text);
        let allowed = answer.header("allow").split(',').filter(|method| *method != "HEAD");
        let methods: Vec<_> = operations.as_object().expect("operations").keys().map(|it| it.to_uppercase()).collect();
        assert!(allowed.eq(methods), "{path} allows {}", answer.header("allow"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_route_is_not_found_in_json() {
    let app = TestApp::start().await;
    let program = Program::anonymous(&app);
    for path in ["/api", "/api/", "/api/nowhere", "/api/messages/", "/api/messages/a/b", "/api/users/@ana"] {
        for method in [Method::GET, Method::POST] {
            let answer = program.send(program.request(method, path)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(answer.text.starts_with(r#"{"error":"not_found","message":"#), "{path}: {}", answer.text);
        }
    }
}

#[test]
fn the_document_lists_the_codes_in_their_order() {
    let listed = &PARSED["components"]["schemas"]["Codes"]["items"]["enum"];
    assert_eq!(*listed, serde_json::to_value(Code::ALL).expect("codes"));
}
