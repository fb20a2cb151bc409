//! Two builds side by side, as during a deployment: pages of each load their files through a server of the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cruddur_messages::domain::emoji::TABLE_FOLDER;
use leptos::prelude::LeptosOptions;
use reqwest::StatusCode;
use tokio::process::Command;

use crate::support::app::TestApp;
use crate::support::raw_http::{RawAnswer, head};

/// Encodings with the ends of the names of their files.
const ENCODINGS: [(&str, &str); 3] = [("", ""), ("br", ".br"), ("gzip", ".gz")];

/// Folder with the builds that the servers share. Removed when dropped.
struct Builds(PathBuf);

/// Files of a build, as `bin/image` assembles them.
struct Build {
    name: &'static str,
    folder: PathBuf,
    id: String,
}

impl Builds {
    fn create() -> Self {
        let folder = std::env::temp_dir().join(format!("builds-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir_all(folder.join("shared")).expect("a folder");
        Self(folder)
    }

    fn shared(&self) -> PathBuf {
        self.0.join("shared")
    }

    /// Makes a build. Each file says of which build and in which encoding it is.
    fn make(&self, name: &'static str) -> Build {
        let folder = self.0.join(name);
        let build = Build { name, id: hash(name, "wasm") + &hash(name, "split"), folder };
        let kinds = ["css", "js", "wasm", "split", "manifest"];
        let lines: String = kinds.iter().map(|kind| format!("{kind}: {}\n", hash(name, kind))).collect();
        write(&build.folder.join("hash.txt"), &lines);
        let file = |kind: &str| format!("pkg/cruddur-messages.{}.{kind}", hash(name, kind));
        let part = format!("split_account.{}", hash(name, "part"));
        let loader = format!("pkg/__wasm_split.{}.js", hash(name, "split"));
        let table = format!("{TABLE_FOLDER}/{}.tsv", hash(name, "table"));
        for path in [file("css"), file("js"), file("wasm"), format!("pkg/{part}.wasm"), loader, table] {
            for (encoding, end) in ENCODINGS {
                write(&build.folder.join(format!("site/{path}{end}")), &format!("{name}/{encoding}"));
            }
        }
        let manifest = format!("site/pkg/__wasm_split_manifest.{}.json", hash(name, "manifest"));
        for (_, end) in ENCODINGS {
            let text = format!(r#"{{"account": ["{part}"], "messages": [], "rest": []}}"#);
            write(&build.folder.join(format!("{manifest}{end}")), &text);
        }
        build
    }

    /// Runs `bin/builds` for a build.
    async fn run(&self, command: &str, build: &Build) {
        let status = Command::new("bin/builds").arg(command).arg(self.shared()).arg(&build.folder).status().await;
        assert!(status.expect("bin/builds starts").success(), "{command} {}", build.name);
    }

    /// Starts a server of a build, with the shared folder.
    async fn app(&self, build: &Build) -> TestApp {
        let text = |path: PathBuf| path.to_str().expect("UTF-8").to_owned();
        let (site, hashes) = (text(build.folder.join("site")), text(build.folder.join("hash.txt")));
        let options = LeptosOptions::builder().output_name("cruddur-messages").site_root(site);
        let options = options.hash_files(true).hash_file(hashes.into()).build();
        TestApp::start_with_options(options, |config| config.builds_folder = Some(self.shared())).await
    }

    /// Returns the ids of the builds in the shared folder.
    fn ids(&self) -> BTreeSet<String> {
        let files = fs::read_dir(self.shared().join("build")).expect("a folder");
        files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8")).collect()
    }
}

impl Drop for Builds {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns a name in the form of a hash.
fn hash(name: &str, kind: &str) -> String {
    format!("{:_<22}", format!("{name}-{kind}"))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// Returns the addresses in a page that belong to its build.
async fn addresses_in_page(app: &TestApp) -> BTreeSet<String> {
    let page = app.browser().get("/signin").await;
    assert_eq!(page.status, StatusCode::OK);
    page.text.split('"').filter(|it| it.starts_with("/build/")).map(str::to_owned).collect()
}

async fn get(app: &TestApp, path: &str, encoding: &str) -> RawAnswer {
    head(app.address, &[&format!("GET {path} HTTP/1.1"), "host: test", &format!("accept-encoding: {encoding}")]).await
}

/// Asserts that a server answers with the file of a build, as a server of that build does.
async fn expect_same_file(path: &str, build: &Build, own: &TestApp, other: &TestApp) {
    for (encoding, _) in ENCODINGS {
        let (expected, found) = (get(own, path, encoding).await, get(other, path, encoding).await);
        assert_eq!(found.status(), StatusCode::OK, "{path}");
        assert!(found.text.ends_with(&format!("\r\n\r\n{}/{encoding}", build.name)), "{path}: {}", found.text);
        assert_eq!(found.header("content-encoding"), encoding, "{path}");
        assert_eq!(found.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        let headers = ["content-type", "vary", "x-content-type-options", "cross-origin-resource-policy"];
        for name in headers {
            assert!(!found.header(name).is_empty(), "{path}: {name}");
            assert_eq!(found.header(name), expected.header(name), "{path}: {name}");
        }
        let slashed = get(other, &format!("{path}/"), encoding).await;
        assert!([StatusCode::NOT_FOUND, StatusCode::PERMANENT_REDIRECT].contains(&slashed.status()), "{path}/");
        let (end, script) = (path.rsplit('.').next().expect("an end"), fs::read_to_string("bin/builds"));
        let media_type = format!("[{end}]=\"{}\"\n", found.header("content-type"));
        assert!(script.expect("the script").contains(&media_type), "bin/builds lacks {media_type}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_two_builds_load_their_files_through_a_server_of_the_other_one() {
    let builds = Builds::create();
    let (old, new) = (builds.make("old"), builds.make("new"));
    builds.run("add", &old).await;
    let one = builds.app(&old).await;
    // The server of the old build runs already.
    builds.run("add", &new).await;
    let two = builds.app(&new).await;
    for (build, own, other) in [(&old, &one, &two), (&new, &two, &one)] {
        let addresses = addresses_in_page(own).await;
        let part = format!("/build/{}/pkg/split_account.{}.wasm", build.id, hash(build.name, "part"));
        assert!(addresses.contains(&part) && addresses.len() >= 5, "style, scripts and code: {addresses:?}");
        for path in addresses.into_iter().chain([format!("/emoji/{}.tsv", hash(build.name, "table"))]) {
            expect_same_file(&path, build, own, other).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_serves_nothing_but_files_of_builds_from_their_folder() {
    let builds = Builds::create();
    let old = builds.make("old");
    builds.run("add", &old).await;
    let app = builds.app(&builds.make("new")).await;
    for path in ["../secret.js", "secret.js", "deployed/secret.js", "build/short/pkg/secret.js", "emoji/secret.tsv"] {
        write(&builds.shared().join(path), "secret");
    }
    let id = &old.id;
    write(&builds.shared().join(format!("build/{id}/secret.js")), "secret");
    let style = format!("cruddur-messages.{}.css", hash("old", "css"));
    assert_eq!(get(&app, &format!("/build/{id}/pkg/{style}"), "").await.status(), StatusCode::OK);
    for path in [
        format!("/build/{id}/pkg/../secret.js"),
        format!("/build/{id}/pkg/%2e%2e/secret.js"),
        format!("/build/{id}/pkg/..%2fsecret.js"),
        format!("/build/{id}/pkg/..%2f..%2f..%2f..%2fsecret.js"),
        format!("/build/{id}/pkg//{}/secret.js", builds.0.display()),
        format!("/build/{id}/pkg/%2f{}/secret.js", builds.0.display()),
        format!("/build/{id}/secret.js"),
        format!("/build/{id}/pkg/"),
        format!("/build/{id}/pkg/none.css"),
        format!("/build/{}x/pkg/{style}", &id[1..]),
        format!("/pkg/{style}"),
        "/build/short/pkg/secret.js".to_owned(),
        "/build/../pkg/secret.js".to_owned(),
        "/emoji/secret.tsv".to_owned(),
        "/emoji/..%2fsecret.js".to_owned(),
        "/deployed/secret.js".to_owned(),
        "/secret.js".to_owned(),
    ] {
        let answer = get(&app, &path, "").await;
        assert!(matches!(answer.status().as_u16(), 303 | 307 | 308 | 400 | 404), "{path}: {}", answer.text);
        assert!(!answer.text.contains("secret\r\n") && !answer.text.ends_with("secret"), "{path}: {}", answer.text);
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn the_two_builds_that_were_deployed_last_are_kept() {
    let builds = Builds::create();
    let (one, two, three) = (builds.make("one"), builds.make("two"), builds.make("three"));
    let ids = |kept: &[&Build]| kept.iter().map(|build| build.id.clone()).collect::<BTreeSet<_>>();
    for build in [&one, &two] {
        builds.run("add", build).await;
        builds.run("keep", build).await;
    }
    assert_eq!(builds.ids(), ids(&[&one, &two]));
    let failed = builds.make("failed");
    builds.run("add", &failed).await;
    builds.run("add", &three).await;
    assert_eq!(builds.ids(), ids(&[&one, &two, &failed, &three]), "a deployment removes nothing before its end");
    builds.run("keep", &three).await;
    assert_eq!(builds.ids(), ids(&[&two, &three]), "a build that was never deployed replaces none");
    // Back to the version before, and again.
    for _ in 0..2 {
        builds.run("add", &two).await;
        builds.run("keep", &two).await;
        assert_eq!(builds.ids(), ids(&[&two, &three]));
    }
    builds.run("add", &one).await;
    builds.run("keep", &one).await;
    assert_eq!(builds.ids(), ids(&[&one, &two]));
}
