//! Rendering of views on the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use cruddur_messages::server::http::router::router;
use cruddur_messages::ui::components::at_once::at_once;
use cruddur_messages::ui::components::show::Case;
use cruddur_messages::ui::state::dry_run::after_dry_run;
use cruddur_messages::ui::state::page_resource::page_resource;
use futures::StreamExt;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, render_app_async};
use reqwest::StatusCode;
use tower::ServiceExt;

use crate::support::app::TestApp;

static BUILT: AtomicUsize = AtomicUsize::new(0);

/// A view behind a resource that takes a while, as those of the stores do.
fn page() -> impl IntoView {
    let loaded = page_resource(
        || (),
        async |()| {
            tokio::task::yield_now().await;
            7
        },
    );
    let number = move || {
        Suspend::new(async move {
            let number = loaded.await;
            after_dry_run().await;
            BUILT.fetch_add(1, Ordering::Relaxed);
            view! { <p>{number}</p> }
        })
    };
    view! { <Suspense fallback=|| "Loading…">{number}</Suspense> }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_waits_for_a_resource_is_built_once() {
    let options = LeptosOptions::builder().output_name("test").build();
    for requests in 1..=50 {
        // The first call also prepares the spawning of tasks.
        let router = Router::new().leptos_routes(&options, Vec::new(), page);
        let router = router.route("/", get(render_app_async(page))).with_state(options.clone());
        let answer = router.oneshot(Request::new(Body::empty())).await.expect("a router answers");
        let html = axum::body::to_bytes(answer.into_body(), 10_000).await.expect("a body");
        let html = String::from_utf8(html.to_vec()).expect("UTF-8");
        assert!(html.contains("<p>7") && !html.contains("Loading…"), "{html}");
        assert_eq!(BUILT.load(Ordering::Relaxed), requests);
    }
}

/// The browser takes the elements over, so they must be those that it would draw itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_is_written_at_once_has_the_html_that_leptos_streams() {
    let draw = || {
        let rows = (0..3).map(|n| view! { <li>{n}" & "<b class=("odd", n % 2 == 1)>"<b>"</b></li> }).collect_view();
        let texts = move || (Some("one"), None::<String>, "two");
        Case::B(view! { <ul title="\"rows\"">{rows}</ul>{texts}{move || Some("three")}"four" }.into_any())
    };
    let owner = Owner::new_root(None);
    let [streamed, at_once] =
        owner.with(|| [draw().to_html_stream_in_order(), at_once(draw()).to_html_stream_in_order()]);
    let (streamed, at_once) = (streamed.collect::<String>().await, at_once.collect::<String>().await);
    assert!(streamed.contains("&lt;b&gt;") && streamed.contains("two"), "{streamed}");
    assert_eq!(at_once, streamed);
}

/// Leptos looks for the routes of the app with a flag that keeps all resources of the process from loading.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_ends_while_another_router_is_built() {
    let app = TestApp::start_with(|config| config.budgets_factor = 10).await;
    let mut ana = app.sign_in("ana").await;
    let is_done = Arc::new(AtomicBool::new(false));
    let build = tokio::task::spawn_blocking({
        let (state, is_done) = (app.state.clone(), Arc::clone(&is_done));
        move || {
            while !is_done.load(Ordering::Relaxed) {
                drop(router(state.clone()));
            }
        }
    });
    let mut answers = Vec::new();
    for _ in 0..200 {
        answers.push(ana.get("/messages").await.status);
    }
    is_done.store(true, Ordering::Relaxed);
    build.await.expect("routers are built");
    assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
}

/// Without the call, a page takes twice the time and shows nothing of it.
#[test]
fn every_view_that_waits_for_resources_is_built_once() {
    for path in crate::tidy::files(std::path::Path::new("src/ui")) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let (waiting, once) = (text.matches("Suspend::new(").count(), text.matches("after_dry_run().await").count());
        assert_eq!(waiting, once, "{}", path.display());
    }
}
