//! The document, the routes.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::ui::components::heading::provide_arrival;
use crate::ui::components::time::provide_zone;
use crate::ui::pages::home::HomePage;
use crate::ui::pages::lazy;
use crate::ui::pages::not_found::NotFoundPage;

/// The document around the app, which only the server renders; `root` is what the addresses of its style and its code
/// begin with.
pub fn shell(options: LeptosOptions, root: &str) -> impl IntoView + use<> {
    let root = root.to_owned();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                // A phone's keyboard takes its room from the page, so that the field for a message stays above it.
                <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content"/>
                <meta name="color-scheme" content="dark light"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#100719"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff"/>
                <meta name="description" content="Cruddur: direct messages between people."/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <HashedStylesheet options=options.clone() id="leptos" root=root.clone()/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options root/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The app: routes and what surrounds every page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_zone();
    view! {
        // `external`: the browser moves the focus, which the router would not.
        <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
        <Router>
            <Pages/>
        </Router>
        // Last, since the browser takes the page over from its beginning, and may have to wait for a part of it.
        {mark_when_alive}
    }
}

/// Every page is rendered whole before its first byte is sent: so it has the right status, and needs no script.
#[component]
fn Pages() -> impl IntoView {
    provide_arrival();
    view! {
        <Routes fallback=NotFoundPage>
            <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
            <Route path=path!("/signin") view=lazy::SIGN_IN ssr=SsrMode::Async/>
            <Route path=path!("/signup") view=lazy::SIGN_UP ssr=SsrMode::Async/>
            <Route path=path!("/confirm") view=lazy::CONFIRM ssr=SsrMode::Async/>
            <Route path=path!("/forgot") view=lazy::FORGOT ssr=SsrMode::Async/>
            <Route path=path!("/settings") view=lazy::SETTINGS ssr=SsrMode::Async/>
            <ParentRoute path=path!("/messages") view=lazy::CONVERSATIONS ssr=SsrMode::Async>
                <Route path=path!("") view=lazy::NO_CONVERSATION ssr=SsrMode::Async/>
                <Route path=path!("new") view=lazy::NEW_CONVERSATION ssr=SsrMode::Async/>
                <Route path=path!("new/:handle") view=lazy::FIRST_MESSAGE ssr=SsrMode::Async/>
                <Route path=path!(":message_group_uuid") view=lazy::CONVERSATION ssr=SsrMode::Async/>
            </ParentRoute>
        </Routes>
    }
}

/// Marks the document once the page has been taken over: what is pressed from now on needs no reload.
fn mark_when_alive() {
    // Leptos itself does not: its owner is not the current one any more once it has waited for a part.
    if let Some(context) = Owner::current_shared_context() {
        context.hydration_complete();
    }
    Effect::new(|_| {
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute("data-hydrated", "");
        }
    });
}
