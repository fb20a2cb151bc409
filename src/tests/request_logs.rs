//! Log lines of a request: with its id, its user, its route and the id of the load balancer's trace.

use cruddur_messages::domain::user::User;
use reqwest::{Method, StatusCode};

use crate::support::app::TestApp;
use crate::support::logged_server::LoggedServer;

const TRACE: &str = "Root=1-67891233-abcdef012345678912345678";

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_request_is_logged_with_its_id_its_user_and_its_route() {
    let app = TestApp::start().await;
    let mut ana = app.sign_in("ana").await;
    let me: User = ana.call("current_user", &[]).await.json();
    let server = LoggedServer::without_dynamodb(&app, &[]).await;

    let mut ana = ana.at(server.address);
    let request = ana.request(Method::GET, "/messages").header("accept", "text/html");
    let forged = request.header("x-request-id", "forged").header("x-amzn-trace-id", TRACE);
    let answer = ana.send(forged).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    let id = answer.header("x-request-id");
    assert!(!id.is_empty() && id != "forged", "an id of the server's own: {id}");
    let line = server.failure(id);
    assert_eq!(line["span"]["route"], "/messages", "{line}");
    assert_eq!(line["span"]["user"], me.id.to_string(), "{line}");
    assert_eq!(line["span"]["trace"], TRACE, "{line}");
    assert_eq!(line["span"].get("trace_id"), None, "it is not traced: {line}");
}
