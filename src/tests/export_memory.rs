//! Measurement of the server's memory while it sends the export of a large conversation.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{PutRequest, StreamSpecification, WriteRequest};
use cruddur_messages::domain::user::{Handle, User};
use cruddur_messages::domain::{conversation, message};
use cruddur_messages::server::store::dynamodb::rows::{Head, MessageRow};
use cruddur_messages::server::store::dynamodb::table::{Item, SortTime};
use reqwest::{Method, StatusCode};
use tokio::time::sleep;
use uuid::Uuid;
use zip::ZipArchive;

use crate::processes::Process;
use crate::support::app::{TestApp, form};
use crate::support::dynamodb::TABLE;

const MESSAGES: u64 = 100_000;

/// Maximum growth of the memory, in bytes.
const GROWTH_MAX: u64 = 64 << 20;

/// Maximum number of rows that DynamoDB writes at once.
const BATCH_LEN: usize = 25;

/// Interval at which the memory is read.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(20);

/// Returns the resident memory of a process in bytes.
fn resident(pid: u32) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).expect("the process runs");
    let pages: u64 = statm.split(' ').nth(1).expect("a second field").parse().expect("a number");
    pages * 4096
}

async fn user(app: &TestApp, handle: &str) -> User {
    let handle = Handle::parse(handle).expect("a handle");
    app.state.store.users.by_handle(&handle).await.expect("an answer").expect("the user")
}

async fn write(app: &TestApp, rows: Vec<Item>) {
    let put = |row| PutRequest::builder().set_item(Some(row)).build().expect("a row");
    let requests = rows.into_iter().map(|row| WriteRequest::builder().put_request(put(row)).build()).collect();
    let written =
        app.dynamodb.client().batch_write_item().request_items(TABLE, requests).send().await.expect("written");
    assert!(written.unprocessed_items.is_none_or(|left| left.is_empty()));
}

/// Fills the conversation of two users up to [`MESSAGES`], by the store's rows.
async fn fill(app: &TestApp, conversation: conversation::Id, pair: [&User; 2]) {
    let newest = app.state.store.conversations.membership(pair[0].id, conversation).await.expect("an answer");
    assert_eq!(newest.expect("a member").newest_seq(), 1);
    // The emulator searches its whole stream at every write.
    let no_stream = StreamSpecification::builder().stream_enabled(false).build().expect("a specification");
    let update = app.dynamodb.client().update_table().table_name(TABLE).stream_specification(no_stream);
    update.send().await.expect("the stream is off");
    let (mut at, mut rows) = (SortTime::from(time::OffsetDateTime::now_utc()), Vec::new());
    for seq in 2..=MESSAGES {
        at = at.next(at.at());
        let id = message::Id(Uuid::now_v7());
        // 150 characters, which compress badly.
        let body: String = std::iter::repeat_with(fastrand::alphanumeric).take(150).collect();
        let author = pair[(seq % 2) as usize].clone();
        rows.push(MessageRow::new(conversation, at.clone(), id, author, body, seq).item());
        if rows.len() == BATCH_LEN {
            write(app, std::mem::take(&mut rows)).await;
        }
    }
    rows.push(Head::direct(pair.map(|user| user.id), MESSAGES, at).expect("two members").item(conversation));
    write(app, rows).await;
}

/// Run by `cargo test --locked --test integration -- --ignored --nocapture export_of_100_000`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement that takes minutes"]
#[expect(clippy::print_stdout, reason = "a measurement prints its figures")]
async fn an_export_of_100_000_messages_takes_less_than_64_mb_of_memory() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation: conversation::Id = ana.start("ben", "the first one").await.parse().expect("an id");
    let began = Instant::now();
    fill(&app, conversation, [&user(&app, "ana").await, &user(&app, "ben").await]).await;
    let filled = began.elapsed();

    let server = Process::start_with(&app, &[("READ_STREAM", "false")]).await;
    let pid = server.child.id().expect("it runs");
    let mut ana = ana.at(server.address);
    assert_eq!(ana.get(&format!("/messages/{conversation}")).await.status, StatusCode::OK);
    let (before, max, is_over) = (resident(pid), Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let sampling = tokio::spawn({
        let (max, is_over) = (Arc::clone(&max), Arc::clone(&is_over));
        async move {
            while !is_over.load(Ordering::Relaxed) {
                max.fetch_max(resident(pid), Ordering::Relaxed);
                sleep(SAMPLE_INTERVAL).await;
            }
        }
    });
    let began = Instant::now();
    let mut response = form(ana.request(Method::POST, "/settings/export"), &[]).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    let mut file = tempfile();
    while let Some(part) = response.chunk().await.expect("the whole file") {
        file.write_all(&part).expect("written");
    }
    let elapsed = began.elapsed();
    is_over.store(true, Ordering::Relaxed);
    sampling.await.expect("no panic");

    let size = file.metadata().expect("a file").len();
    let mut archive = ZipArchive::new(file).expect("a ZIP file");
    let mut json = String::new();
    let name = format!("conversations/{conversation}.json");
    archive.by_name(&name).expect("the conversation").read_to_string(&mut json).expect("text");
    assert_eq!(json.matches("\"seq\":").count() as u64, MESSAGES);
    let growth = max.load(Ordering::Relaxed).saturating_sub(before);
    let mb = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!("{MESSAGES} messages written in {filled:.1?}, exported in {elapsed:.1?} to {:.1} MB", mb(size));
    println!("resident memory {:.1} MB before, {:.1} MB more at most during the export", mb(before), mb(growth));
    assert!(growth < GROWTH_MAX, "{growth} bytes");
}

/// Returns a new file, which nothing finds any more.
fn tempfile() -> std::fs::File {
    let path = std::env::temp_dir().join(format!("export-{}", Uuid::new_v4().simple()));
    let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path).expect("a file");
    std::fs::remove_file(&path).expect("removed");
    file
}
