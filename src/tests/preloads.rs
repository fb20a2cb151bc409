//! Links of a page to the files of the split code.

use std::path::PathBuf;

use futures::{StreamExt, stream};
use leptos::prelude::LeptosOptions;
use reqwest::StatusCode;

use crate::support::app::{Browser, TestApp};

/// Files of each part, as `cargo leptos build --split` lists them. Only such a build has the file.
const MANIFEST: &str = r#"{
    "account": ["chunk_0", "split_account"],
    "messages": ["chunk_0", "chunk_1", "split_messages"],
    "rest": ["chunk_0", "chunk_2", "split_rest"]
}"#;

/// Requests of each page. Without a link in time, about one in four has it by chance.
const REQUESTS: usize = 50;

/// Requests at the same time: the links depend on which thread renders. With many more, the databases of a busy machine
/// would be late.
const AT_ONCE: usize = 4;

/// Folder of a site whose code is split. Removed when dropped.
struct SplitSite(PathBuf);

impl SplitSite {
    fn create() -> Self {
        let folder = std::env::temp_dir().join(format!("site-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(folder.join("pkg")).expect("a folder");
        std::fs::write(folder.join("pkg/__wasm_split_manifest.json"), MANIFEST).expect("a file");
        Self(folder)
    }

    async fn app(&self) -> TestApp {
        let root = self.0.to_str().expect("UTF-8");
        let options = LeptosOptions::builder().output_name("cruddur-messages").site_root(root).build();
        TestApp::start_with_options(options, |config| config.budgets_factor = 10).await
    }
}

impl Drop for SplitSite {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Asserts that each of several responses links these files, each once.
async fn expect_links(browser: &Browser, path: &str, files: &[&str]) {
    let requests = stream::iter(0..REQUESTS).map(|_| {
        let mut browser = browser.clone();
        async move { browser.get(path).await }
    });
    let mut pages = requests.buffer_unordered(AT_ONCE);
    while let Some(page) = pages.next().await {
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let head = page.text.split_once("</head>").expect("a head").0;
        let preloaded = head.split("<link").filter(|link| link.contains("application/wasm")).count();
        // The first WASM file is no part.
        assert_eq!(preloaded, files.len() + 1, "{path}: {head}");
        for name in files {
            assert_eq!(head.matches(&format!("href=\"/pkg/{name}.wasm\"")).count(), 1, "{name} at {path}: {head}");
        }
        assert_eq!(head.matches("href=\"/pkg/__wasm_split.______________________.js\"").count(), 1, "{path}: {head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_links_all_files_of_its_parts() {
    let site = SplitSite::create();
    let app = site.app().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "Hello Ben").await;
    let message = ben.say(&conversation, "Hello Ana").await;
    let account = ["chunk_0", "split_account"];
    for path in ["/signin", "/signup", "/confirm", "/forgot"] {
        expect_links(&app.browser(), path, &account).await;
    }
    let messages = ["chunk_0", "chunk_1", "split_messages"];
    for path in ["/messages", &format!("/messages/{conversation}"), &format!("/messages/{conversation}?reply=x")] {
        expect_links(&ana, path, &messages).await;
    }
    let both = ["chunk_0", "chunk_1", "split_messages", "chunk_2", "split_rest"];
    let message = format!("/messages/{conversation}/message/{}/{}", message.sent_at.url_safe(), message.id);
    for path in ["/messages/new", &message] {
        expect_links(&ana, path, &both).await;
    }
    for path in [
        "/settings",
        "/settings/sessions",
        "/settings/blocked",
        "/settings/profile",
        "/settings/delete",
        "/settings/email",
        "/settings/password",
        "/settings/export",
    ] {
        expect_links(&ana, path, &["chunk_0", "chunk_2", "split_rest"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_links_no_parts_if_the_code_is_not_split() {
    let app = TestApp::start().await;
    let page = app.browser().get("/signin").await;
    assert_eq!(page.text.matches("application/wasm").count(), 1, "{}", page.text);
    assert!(!page.text.contains("__wasm_split"), "{}", page.text);
}
