//! HTML document and routes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{Link, MetaTags, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::domain::page_files::PageFiles;
use crate::ui::pages::home::HomePage;
use crate::ui::pages::lazy::{self, PartNotice};
use crate::ui::pages::not_found::NotFoundPage;
use crate::ui::state::clock::Clock;
use crate::ui::state::heading_focus::provide_heading_focus;
use crate::ui::state::page_user::page_user;

/// Renders the document around the app, on the server only.
pub fn shell(options: LeptosOptions, files: Arc<PageFiles>) -> impl IntoView + use<> {
    let start = start_script(&files);
    let head = files.clone();
    provide_context(link_parts(files));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-user=page_user()>
            <head>
                <meta charset="utf-8"/>
                // An on-screen keyboard shrinks the page, so that the composer stays visible above it.
                <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content"/>
                <meta name="color-scheme" content="dark light"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#100719"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff"/>
                <meta name="description" content="Direct messages on Cruddur."/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link id="leptos" rel="stylesheet" href=head.style.clone()/>
                <AutoReload options/>
                // After the document, and before the app.
                <script src="/early.js" nonce=use_nonce() defer></script>
                <link rel="modulepreload" href=head.script.clone()/>
                <link rel="preload" href=head.wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <script type="module" nonce=use_nonce()>{start}</script>
                <MetaTags/>
            </head>
            <body>
                // An element of its own: extensions add theirs to the body.
                <div id="app"><App/></div>
                // Shown by the style if the app has not started after a while, or has broken down.
                <p class="stalled" role="status">
                    "This page does not update by itself at the moment. " <a href="" rel="external">"Reload the page"</a>
                </p>
            </body>
        </html>
    }
}

/// Returns the script that loads the code and hydrates the page.
fn start_script(files: &PageFiles) -> String {
    let PageFiles { script, wasm, .. } = files;
    format!("import({script:?}).then(it=>it.default({{module_or_path:{wasm:?}}}).then(()=>it.hydrate()))")
}

/// Returns the function that links the files of a part in the document, each once: the browser then loads all of them
/// at the same time, and not one after the other when the code asks for them.
///
/// Leptos' `prefetch_lazy_fn_on_server` does the same, but asks for the names of the files after the page has been
/// rendered. By then the request's owner is no longer the current one, so that most pages had no links.
fn link_parts(files: Arc<PageFiles>) -> PartNotice {
    let linked = Mutex::new(BTreeSet::new());
    PartNotice(Arc::new(move |part| {
        let (Some(names), Ok(mut linked)) = (files.parts.get(part), linked.lock()) else {
            return;
        };
        // A view of `leptos_meta` registers itself when it is rendered. It returns no HTML of its own.
        if linked.is_empty() {
            let loader = files.loader.clone();
            let _ = loader.map(|href| view! { <Link rel="modulepreload" href/> }.to_html());
        }
        for href in names.iter().filter(|name| linked.insert((*name).clone())).cloned() {
            let link = view! {
                <Link rel="preload" href as_="fetch" type_="application/wasm" crossorigin="anonymous"/>
            };
            let _ = link.to_html();
        }
    }))
}

/// Root component: the routes and the elements that all pages share.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let clock = Clock::provide();
    view! {
        // `external`: the browser moves the focus to the target, which the router would not do.
        <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
        <Router>
            <Pages/>
        </Router>
        // Last: hydration goes from top to bottom and may have to wait for the code of a page.
        {move || mark_hydrated(clock)}
    }
}

/// Routes of the pages. `SsrMode::Async` renders a page completely before its first byte is sent: the response has the
/// right status, and the page works without script.
#[component]
fn Pages() -> impl IntoView {
    provide_heading_focus();
    view! {
        <Routes fallback=NotFoundPage>
            <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
            <Route path=path!("/signin") view=lazy::SIGN_IN ssr=SsrMode::Async/>
            <Route path=path!("/signin/code") view=lazy::SIGN_IN_CODE ssr=SsrMode::Async/>
            <Route path=path!("/signin/password") view=lazy::FIRST_PASSWORD ssr=SsrMode::Async/>
            <Route path=path!("/signup") view=lazy::SIGN_UP ssr=SsrMode::Async/>
            <Route path=path!("/confirm") view=lazy::CONFIRM ssr=SsrMode::Async/>
            <Route path=path!("/forgot") view=lazy::FORGOT ssr=SsrMode::Async/>
            <Route path=path!("/settings") view=lazy::SETTINGS ssr=SsrMode::Async/>
            <Route path=path!("/settings/authenticator") view=lazy::AUTHENTICATOR ssr=SsrMode::Async/>
            <Route path=path!("/settings/blocked") view=lazy::BLOCKED ssr=SsrMode::Async/>
            <Route path=path!("/settings/delete") view=lazy::DELETE ssr=SsrMode::Async/>
            <Route path=path!("/settings/email") view=lazy::EMAIL ssr=SsrMode::Async/>
            <Route path=path!("/settings/export") view=lazy::EXPORT ssr=SsrMode::Async/>
            <Route path=path!("/settings/password") view=lazy::PASSWORD ssr=SsrMode::Async/>
            <Route path=path!("/settings/profile") view=lazy::PROFILE ssr=SsrMode::Async/>
            <Route path=path!("/settings/sessions") view=lazy::SESSIONS ssr=SsrMode::Async/>
            <ParentRoute path=path!("/messages") view=lazy::CONVERSATIONS ssr=SsrMode::Async>
                <Route path=path!("") view=lazy::NO_CONVERSATION ssr=SsrMode::Async/>
                <Route path=path!("requests") view=lazy::REQUESTS ssr=SsrMode::Async/>
                <Route path=path!("new") view=lazy::NEW_CONVERSATION ssr=SsrMode::Async/>
                <Route path=path!("new/:handle") view=lazy::FIRST_MESSAGE ssr=SsrMode::Async/>
                <Route path=path!("new/user/:id") view=lazy::FIRST_MESSAGE ssr=SsrMode::Async/>
                <Route path=path!(":message_group_uuid") view=lazy::CONVERSATION ssr=SsrMode::Async/>
                <Route path=path!(":message_group_uuid/report") view=lazy::REPORT ssr=SsrMode::Async/>
                <Route path=path!(":message_group_uuid/message/:time/:id") view=lazy::MESSAGE ssr=SsrMode::Async/>
                <Route path=path!(":message_group_uuid/message/:time/:id/report") view=lazy::REPORT ssr=SsrMode::Async/>
            </ParentRoute>
        </Routes>
    }
}

/// Starts the clock after hydration, and sets `data-hydrated` on the document: from now on the page handles clicks
/// without a reload.
fn mark_hydrated(clock: Clock) {
    // Leptos does not do this after it has waited for the code of a page: by then its owner is no longer the current
    // one.
    if let Some(context) = Owner::current_shared_context() {
        context.hydration_complete();
    }
    Effect::new(move |_| {
        clock.start();
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute("data-hydrated", "");
        }
    });
}
