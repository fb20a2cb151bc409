//! Traces: the spans of real servers, as a collector receives them, and servers whose collector hangs or is away.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cruddur_messages::domain::user::User;
use reqwest::{Method, StatusCode};
use tokio::time::timeout;

use crate::live_servers::free_port;
use crate::processes::Process;
use crate::support::app::{TestApp, form, new_id};
use crate::support::cognito::PASSWORD;
use crate::support::collector::{Collector, HangingCollector, ReceivedSpan};
use crate::support::logged_server::LoggedServer;
use crate::support::wait_until::wait_until;

/// Header of a load balancer, and the same id as OpenTelemetry writes it.
const AMAZON: &str = "Root=1-67891233-abcdef012345678912345678";
const AMAZON_TRACE: &str = "67891233abcdef012345678912345678";

/// Like [`AMAZON`], with a parent.
const AMAZON_CHILD: &str = "Root=1-67891234-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1";
const AMAZON_CHILD_TRACE: &str = "67891234abcdef012345678912345678";

/// Header of W3C Trace Context, and its trace.
const W3C: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const W3C_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Milliseconds between two deliveries.
const OFTEN: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "50");
const NEVER: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "60000");

/// Time that a server without streams may take to end, with the last delivery of three seconds.
const END: Duration = Duration::from_secs(8);

/// Starts a server whose traces this collector receives.
async fn start(app: &TestApp, endpoint: &str, variables: &[(&str, &str)]) -> Process {
    let variables = [variables, &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]].concat();
    Process::start_with(app, &variables).await
}

/// Ends a server. Returns the time that it took.
async fn end(mut process: Process) -> Duration {
    let began = Instant::now();
    process.terminate().await;
    let ended = timeout(END, process.child.wait()).await.expect("the server ends in time");
    assert!(ended.expect("it ran").success());
    began.elapsed()
}

/// Returns the span of the request in a trace, and the names of those below it, once the request has ended.
async fn tree(collector: &Collector, trace: &str) -> (ReceivedSpan, BTreeSet<String>) {
    let root = collector.wait_for(trace, |span| span.trace == trace && span.is_server).await;
    let others = collector.spans().into_iter().filter(|span| span.trace == trace && span.id != root.id);
    let below = others.map(|span| {
        assert_eq!(span.parent, root.id, "{span:?}");
        span.name
    });
    let below = below.collect();
    (root, below)
}

fn assert_below(names: &BTreeSet<String>, expected: &[&str]) {
    for name in expected {
        assert!(names.contains(*name), "{name} in {names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_a_message_and_a_sign_in_are_traced_with_their_calls_and_without_private_texts() {
    const TEXT: &str = "between-two-people-only";
    let (app, collector) = tokio::join!(TestApp::start(), Collector::start());
    let (mut sender, _recipient) = (app.sign_in("wilhelmina").await, app.sign_in("bartholomew").await);
    let me: User = sender.call("current_user", &[]).await.json();
    let conversation = sender.start("bartholomew", TEXT).await;
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b");
    let process =
        start(&app, &collector.endpoint(), &[OFTEN, headers, ("OTEL_SERVICE_NAME", "messages-of-a-test")]).await;
    let mut sender = sender.at(process.address);

    let page = sender.request(Method::GET, &format!("/messages/{conversation}?q={TEXT}")).header("accept", "text/html");
    assert_eq!(sender.send(page.header("x-amzn-trace-id", AMAZON)).await.status, StatusCode::OK);
    let (span, below) = tree(&collector, AMAZON_TRACE).await;
    assert_eq!((&*span.name, &*span.parent), ("GET /messages/{message_group_uuid}", ""));
    assert_eq!((&*span.service, span.is_error), ("messages-of-a-test", false));
    let keys = ["http.request.method", "http.response.status_code", "http.route", "request.id"];
    assert!(span.attributes.keys().eq(&keys), "{span:?}");
    assert_eq!(span.attributes["http.response.status_code"], "200");
    assert_below(&below, &["DynamoDB.BatchGetItem", "DynamoDB.Query", "select sessions"]);
    assert_eq!(collector.header("api-key").as_deref(), Some("a b"));

    let send = sender.request(Method::POST, "/rpc/send_message").header("x-amzn-trace-id", AMAZON_CHILD);
    let send = form(send, &[("conversation", &conversation), ("id", &new_id()), ("body", TEXT)]);
    assert_eq!(sender.send(send).await.status, StatusCode::OK);
    let (span, below) = tree(&collector, AMAZON_CHILD_TRACE).await;
    assert_eq!((&*span.name, &*span.parent), ("POST /rpc/send_message", "53995c3f42cd8ad8"));
    assert_below(&below, &["DynamoDB.TransactWriteItems"]);

    let sign_in = sender.request(Method::POST, "/signin").header("accept", "text/html").header("traceparent", W3C);
    let sign_in = sign_in.header("tracestate", "a=wilhelmina");
    let fields = [("email", "wilhelmina@example.com"), ("password", PASSWORD)];
    assert_eq!(sender.send(form(sign_in, &fields)).await.status, StatusCode::SEE_OTHER);
    let (span, below) = tree(&collector, W3C_TRACE).await;
    assert_eq!((&*span.name, &*span.parent), ("POST /signin", "00f067aa0ba902b7"));
    assert_below(&below, &["Cognito Identity Provider.InitiateAuth", "insert sessions"]);

    sender.call("search_users", &[("query", "bartholomew")]).await;
    sender.get("/wilhelmina/secret-path").await;
    end(process).await;
    let requests: BTreeSet<_> = collector.spans().into_iter().filter(|it| it.is_server).map(|it| it.id).collect();
    for span in collector.spans().into_iter().filter(|span| !span.is_server) {
        assert!(requests.contains(&span.parent), "a call of a background task: {span:?}");
    }
    let cookie = sender.cookie.as_deref().and_then(|pair| pair.split_once('=')).expect("a cookie").1;
    let text = collector.text();
    assert!(text.contains("POST /rpc/search_users"), "the text has the names of spans");
    let id = me.id.to_string();
    for private in [TEXT, "wilhelmina", "bartholomew", "secret-path", PASSWORD, cookie, &conversation, &id, "eyJ"] {
        assert!(!text.contains(private), "{private} is in a span");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_request_has_the_same_ids_in_the_log_and_in_its_trace() {
    let (app, collector) = tokio::join!(TestApp::start(), Collector::start());
    let ana = app.sign_in("ana").await;
    let endpoint = collector.endpoint();
    let variables = [OFTEN, ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint)];
    let server = LoggedServer::without_dynamodb(&app, &variables).await;

    let mut ana = ana.at(server.address);
    let request = ana.request(Method::GET, "/messages").header("accept", "text/html");
    let answer = ana.send(request.header("x-amzn-trace-id", AMAZON)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    let (span, _) = tree(&collector, AMAZON_TRACE).await;
    assert!(span.is_error && span.attributes["http.response.status_code"] == "503", "{span:?}");
    assert_eq!(span.attributes["request.id"], answer.header("x-request-id"));
    let line = server.failure(answer.header("x-request-id"));
    assert_eq!((&line["span"]["trace"], &line["span"]["trace_id"]), (&AMAZON.into(), &AMAZON_TRACE.into()), "{line}");
    assert_eq!(line["spans"].as_array().map(Vec::len), Some(1), "one span of the log: {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_trusted_proxy_cannot_name_the_trace_of_its_request() {
    let (app, collector) = tokio::join!(TestApp::start(), Collector::start());
    let process = start(&app, &collector.endpoint(), &[OFTEN]).await;
    let client = reqwest::Client::new();
    let privacy = format!("http://{}/privacy", process.address);
    let request = client.get(&privacy).header("x-amzn-trace-id", AMAZON_CHILD).header("traceparent", W3C);
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
    let span = collector.wait_for("the page", |span| span.name == "GET /privacy").await;
    assert!(span.parent.is_empty() && ![AMAZON_CHILD_TRACE, W3C_TRACE].contains(&&*span.trace), "{span:?}");
    let not_sampled = W3C.replace("-01", "-00");
    for parent in [&*not_sampled, W3C] {
        let request = client.get(&privacy).header("traceparent", parent).header("x-forwarded-for", "203.0.113.9");
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
    }
    tree(&collector, W3C_TRACE).await;
    end(process).await;
    let of_trace = collector.spans().into_iter().filter(|span| span.trace == W3C_TRACE).count();
    assert_eq!(of_trace, 1, "the proxy has decided that the first one is not traced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_delays_no_request_and_no_shutdown() {
    let (app, collector) = tokio::join!(TestApp::start(), HangingCollector::start());
    let ana = app.sign_in("ana").await;
    let queue = [OFTEN, ("OTEL_BSP_MAX_QUEUE_SIZE", "8")];
    let process = start(&app, &collector.endpoint(), &queue).await;
    let mut ana = ana.at(process.address);
    collector.wait_for_connection().await;
    let began = Instant::now();
    // Each of them has several spans, far more than the queue holds.
    for _ in 0..40 {
        assert_eq!(ana.get("/messages").await.status, StatusCode::OK);
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    end(process).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_delivers_the_last_spans() {
    let (app, collector) = tokio::join!(TestApp::start(), Collector::start());
    let process = start(&app, &collector.endpoint(), &[NEVER]).await;
    let privacy = format!("http://{}/privacy", process.address);
    assert_eq!(reqwest::get(&privacy).await.expect("an answer").status(), StatusCode::OK);
    assert!(collector.spans().is_empty(), "nothing is delivered yet");
    end(process).await;
    let spans = collector.spans();
    assert!(spans.iter().any(|span| span.name == "GET /privacy"), "{spans:?}");
    assert!(spans.iter().all(|span| span.is_server || !span.parent.is_empty()), "calls of background tasks: {spans:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_comes_late_receives_what_happens_from_then_on() {
    let app = TestApp::start().await;
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], free_port()));
    let process = start(&app, &format!("http://{address}"), &[OFTEN]).await;
    let collector = Collector::start_at(address).await;
    let privacy = format!("http://{}/privacy", process.address);
    wait_until("a span arrives", async || {
        reqwest::get(&privacy).await.expect("an answer");
        collector.spans().iter().any(|span| span.name == "GET /privacy")
    })
    .await;
    end(process).await;
}
