//! The document, the routes.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::components::heading::provide_arrival;
use crate::components::time::provide_zone;
use crate::pages::confirm::ConfirmPage;
use crate::pages::conversation::ConversationPage;
use crate::pages::conversations::{ConversationsPage, NoConversationPage};
use crate::pages::first_message::FirstMessagePage;
use crate::pages::forgot::ForgotPage;
use crate::pages::home::HomePage;
use crate::pages::new_conversation::NewConversationPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::settings::SettingsPage;
use crate::pages::sign_in::SignInPage;
use crate::pages::sign_up::SignUpPage;

/// The document around the app, which only the server renders.
pub fn shell(options: LeptosOptions) -> impl IntoView {
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
                <HashedStylesheet options=options.clone() id="leptos"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
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
    mark_when_alive();
    view! {
        // `external`: the browser moves the focus, which the router would not.
        <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
        <Router>
            <Pages/>
        </Router>
    }
}

/// Every page is rendered whole before its first byte is sent: so it has the right status, and needs no script.
#[component]
fn Pages() -> impl IntoView {
    provide_arrival();
    view! {
        <Routes fallback=NotFoundPage>
            <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
            <Route path=path!("/signin") view=SignInPage ssr=SsrMode::Async/>
            <Route path=path!("/signup") view=SignUpPage ssr=SsrMode::Async/>
            <Route path=path!("/confirm") view=ConfirmPage ssr=SsrMode::Async/>
            <Route path=path!("/forgot") view=ForgotPage ssr=SsrMode::Async/>
            <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async/>
            <ParentRoute path=path!("/messages") view=ConversationsPage ssr=SsrMode::Async>
                <Route path=path!("") view=NoConversationPage ssr=SsrMode::Async/>
                <Route path=path!("new") view=NewConversationPage ssr=SsrMode::Async/>
                <Route path=path!("new/:handle") view=FirstMessagePage ssr=SsrMode::Async/>
                <Route path=path!(":message_group_uuid") view=ConversationPage ssr=SsrMode::Async/>
            </ParentRoute>
        </Routes>
    }
}

/// Marks the document once the page has been taken over: what is pressed from now on needs no reload.
fn mark_when_alive() {
    Effect::new(|_| {
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute("data-hydrated", "");
        }
    });
}
