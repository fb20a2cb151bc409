//! `GET /metrics`: what it says of a server whose dependencies fail one after the other.

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;

use crate::live::Stream;
use crate::live_servers::{Nats, free_port};
use crate::processes::Process;
use crate::support::app::{Browser, TestApp};
use crate::support::cognito::PASSWORD;
use crate::support::tcp_proxy::TcpProxy;
use crate::support::wait_until::wait_until;

/// A server with metrics, behind proxies that can cut each of its dependencies.
struct Server {
    process: Process,
    metrics_url: String,
    postgres: TcpProxy,
    dynamodb: TcpProxy,
    streams: TcpProxy,
    cognito: TcpProxy,
    nats: TcpProxy,
}

impl Server {
    async fn start(app: &TestApp, nats: &Nats) -> Self {
        let (dynamodb_at, cognito_at) = (address_in(app.dynamodb.endpoint()), address_in(&app.pool.address.endpoint));
        let (postgres_at, nats_at) = (address_in(&app.database.url), address_in(&nats.url()));
        let [postgres, dynamodb, streams, cognito, nats] = [
            TcpProxy::start(&postgres_at).await,
            TcpProxy::start(&dynamodb_at).await,
            TcpProxy::start(&dynamodb_at).await,
            TcpProxy::start(&cognito_at).await,
            TcpProxy::start(&nats_at).await,
        ];
        let metrics_address = format!("127.0.0.1:{}", free_port());
        let process = Process::start_with(
            app,
            &[
                ("DATABASE_URL", &*app.database.url.replace(&postgres_at, &postgres.address())),
                ("AWS_ENDPOINT_URL_DYNAMODB", &format!("http://{}", dynamodb.address())),
                ("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", &format!("http://{}", streams.address())),
                ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &format!("http://{}", cognito.address())),
                ("NATS_URL", &format!("nats://{}", nats.address())),
                ("METRICS_ADDRESS", &metrics_address),
            ],
        )
        .await;
        let metrics_url = format!("http://{metrics_address}/metrics");
        Self { process, metrics_url, postgres, dynamodb, streams, cognito, nats }
    }

    /// Reads the metrics, in the format that Prometheus asks for.
    async fn text(&self) -> String {
        let answer = reqwest::get(&self.metrics_url).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let media_type = answer.headers()["content-type"].to_str().expect("text").to_owned();
        assert!(media_type.starts_with("application/openmetrics-text"), "{media_type}");
        answer.text().await.expect("text")
    }

    /// Returns the value of a metric with these labels; 0 if there is none.
    async fn value(&self, metric: &str) -> f64 {
        let text = self.text().await;
        let line = text.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().expect("a number"))
    }

    /// Waits until a metric fulfills a condition.
    async fn wait(&self, metric: &str, is_expected: impl Fn(f64) -> bool) {
        wait_until(metric, async || is_expected(self.value(metric).await)).await;
    }

    /// Cuts a dependency, waits until each metric rises, and restores it.
    async fn cut_until_rising(&self, proxy: &TcpProxy, available: &str, rising: &[&str]) {
        let mut before = Vec::new();
        for metric in rising {
            before.push(self.value(metric).await);
        }
        self.wait(available, |value| value == 1.0).await;
        proxy.cut();
        self.wait(available, |value| value == 0.0).await;
        for (metric, before) in rising.iter().zip(before) {
            self.wait(metric, |value| value > before).await;
        }
        proxy.restore();
        self.wait(available, |value| value == 1.0).await;
    }

    /// Returns the seconds since the time up to which the stream has been applied.
    async fn stream_lag(&self) -> f64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
        now - self.value("stream_caught_up_timestamp_seconds").await
    }
}

fn address_in(url: &str) -> String {
    let url: reqwest::Url = url.parse().expect("a URL");
    format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"))
}

async fn status_of_sign_in(server: &Server, password: &str) -> StatusCode {
    let fields = [("email", "ana@example.com"), ("password", password)];
    Browser::new(server.process.address).submit("/signin", &fields).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_count_what_users_do_and_have_no_path_of_a_request_as_label() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "hello").await;
    let server = Server::start(&app, &nats).await;
    let mut ana = ana.at(server.process.address);
    ana.say(&conversation, "more").await;
    assert_eq!(ana.get(&format!("/messages/{conversation}")).await.status, StatusCode::OK);
    assert_eq!(ana.get("/secret-path").await.status, StatusCode::NOT_FOUND);
    assert_eq!(ana.get("/metrics").await.status, StatusCode::NOT_FOUND, "only on its own address");
    for _ in 0..40 {
        ana.call("search_users", &[("query", "ben")]).await;
    }
    assert_eq!(status_of_sign_in(&server, PASSWORD).await, StatusCode::SEE_OTHER);
    assert_ne!(status_of_sign_in(&server, "wrong-password-1").await, StatusCode::SEE_OTHER);
    let _stream = Stream::open(&ana).await;
    for metric in [
        "http_requests_total{method=\"POST\",route=\"/rpc/send_message\",status=\"200\"}",
        "http_requests_total{method=\"GET\",route=\"/messages/{message_group_uuid}\",status=\"200\"}",
        "http_requests_total{method=\"GET\",route=\"none\",status=\"404\"}",
        "http_request_duration_seconds_count{route=\"/rpc/send_message\"}",
        "dynamodb_calls_total{operation=\"TransactWriteItems\",outcome=\"done\"}",
        "dynamodb_call_duration_seconds_count{operation=\"TransactWriteItems\"}",
        "dynamodb_consumed_capacity_units_total{operation=\"TransactWriteItems\"}",
        "cognito_calls_total{call=\"InitiateAuth\",outcome=\"done\"}",
        "cognito_calls_total{call=\"InitiateAuth\",outcome=\"refused\"}",
        "sign_ins_total{outcome=\"accepted\"}",
        "sign_ins_total{outcome=\"refused\"}",
        "rate_limited_total{action=\"search\"}",
        "cache_hits_total{cache=\"sessions\"}",
        "cache_misses_total{cache=\"users\"}",
        "postgres_pool_connections{state=\"idle\"}",
        "postgres_pool_wait_seconds_count",
        "event_streams",
        "stream_reader_active",
        "stream_caught_up_timestamp_seconds",
        "bus_connected",
    ] {
        server.wait(metric, |value| value >= 1.0).await;
    }
    let text = server.text().await;
    for private in ["secret-path", conversation.as_str(), "__private", "ana@example.com"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
    let documented = std::fs::read_to_string("docs/operations.md").expect("the document");
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a type");
        let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
        assert!(documented.contains(&format!("`{name}`")), "{name} is not documented");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_each_dependency_shows_in_the_metrics() {
    let (app, nats) = tokio::join!(TestApp::start(), Nats::start());
    app.pool.add("ana").await;
    let server = Server::start(&app, &nats).await;
    server.wait("stream_reader_active", |value| value == 1.0).await;

    let postgres = ["postgres_pool_wait_failures_total", "stream_reader_failures_total"];
    let available = "dependency_available{dependency=\"postgres\"}";
    server.cut_until_rising(&server.postgres, available, &postgres).await;

    let dynamodb = [
        "dynamodb_calls_total{operation=\"GetItem\",outcome=\"failed\"}",
        "dynamodb_retries_total{operation=\"GetItem\"}",
    ];
    let available = "dependency_available{dependency=\"dynamodb\"}";
    server.cut_until_rising(&server.dynamodb, available, &dynamodb).await;

    server.cut_until_rising(&server.nats, "bus_connected", &[]).await;

    server.cognito.cut();
    assert_eq!(status_of_sign_in(&server, PASSWORD).await, StatusCode::SERVICE_UNAVAILABLE);
    server.wait("sign_ins_total{outcome=\"unavailable\"}", |value| value == 1.0).await;
    server.wait("cognito_calls_total{call=\"InitiateAuth\",outcome=\"unavailable\"}", |value| value >= 1.0).await;
    server.cognito.restore();

    wait_until("the stream is read", async || server.stream_lag().await < 3.0).await;
    let failures = server.value("stream_reader_failures_total").await;
    server.streams.cut();
    wait_until("the stream is late", async || server.stream_lag().await > 5.0).await;
    server.wait("stream_reader_failures_total", |value| value > failures).await;
    server.streams.restore();
    wait_until("the stream is read again", async || server.stream_lag().await < 3.0).await;
}
