//! Log lines of a request: with its id, its user, its route and the id of the load balancer's trace.

use std::process::Stdio;

use cruddur_messages::domain::user::User;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::processes::Process;
use crate::support::app::TestApp;
use crate::support::wait_until::wait_until;

const TRACE: &str = "Root=1-67891233-abcdef012345678912345678";

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_request_is_logged_with_its_id_its_user_and_its_route() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let me: User = ana.call("current_user", &[]).await.json();
    let log = std::env::temp_dir().join(format!("server-{}.log", uuid::Uuid::new_v4().simple()));
    let file = std::fs::File::create(&log).expect("a file");
    let variables = [("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"), ("READ_STREAM", "false")];
    let (mut command, address) = Process::command(&app, &variables);
    let _server = command.stderr(Stdio::from(file)).spawn().expect("the server starts");
    let health = format!("http://{address}/healthz");
    wait_until("it is alive", async || reqwest::get(&health).await.is_ok()).await;

    let mut ana = ana.at(address);
    let request = ana.request(Method::GET, "/messages").header("accept", "text/html");
    let forged = request.header("x-request-id", "forged").header("x-amzn-trace-id", TRACE);
    let answer = ana.send(forged).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    let id = answer.header("x-request-id");
    assert!(!id.is_empty() && id != "forged", "an id of the server's own: {id}");
    let text = std::fs::read_to_string(&log).expect("the log");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let failures: Vec<_> = lines.filter(|line| line["message"] == "dependency unavailable").collect();
    let line = failures.iter().find(|line| line["span"]["id"] == id).unwrap_or_else(|| panic!("no line: {text}"));
    assert_eq!(line["span"]["route"], "/messages", "{line}");
    assert_eq!(line["span"]["user"], me.id.to_string(), "{line}");
    assert_eq!(line["span"]["trace"], TRACE, "{line}");
    assert_eq!(line["span"].get("trace_id"), None, "it is not traced: {line}");
    std::fs::remove_file(&log).expect("the log");
}
