//! Pages whose code the browser loads when it comes to them.
//!
//! With `cargo leptos build --split` the browser's side is cut into parts: what every page needs, what an account's pages
//! need, and so on. Without it all is one part, which is there from the start.
// What the attribute writes is how WASM calls a part that is not there yet.
#![cfg_attr(
    split,
    allow(unsafe_code, reason = "the attribute imports and exports functions, which are unsafe to declare")
)]

use std::pin::Pin;

use leptos::either::Either;
use leptos::prefetch_lazy_fn_on_server;
use leptos::prelude::*;
use leptos_router::ChooseView;
use wasm_split_helpers::SplitLoaderError;
#[cfg(split)]
use wasm_split_helpers::wasm_split;

use crate::domain::error::AppError;
use crate::ui::components::error_note::Missing;
use crate::ui::components::header::PlainHeader;
use crate::ui::pages::confirm::ConfirmPage;
use crate::ui::pages::conversation::ConversationPage;
use crate::ui::pages::conversations::{ConversationsPage, Me, NoConversationPage};
use crate::ui::pages::first_message::FirstMessagePage;
use crate::ui::pages::forgot::ForgotPage;
use crate::ui::pages::new_conversation::NewConversationPage;
use crate::ui::pages::settings::SettingsPage;
use crate::ui::pages::sign_in::SignInPage;
use crate::ui::pages::sign_up::SignUpPage;

/// A page of one of the parts.
#[derive(Debug, Clone, Copy)]
pub struct LazyPage {
    part: &'static str,
    load: fn() -> Loading<Result<(), SplitLoaderError>>,
    view: fn() -> Loading<Result<AnyView, AppError>>,
}

type Loading<T> = Pin<Box<dyn Future<Output = T>>>;

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        // The document names the part's files, so that the browser need not wait until it asks for them here.
        prefetch_lazy_fn_on_server(self.part);
        match (self.view)().await {
            Ok(view) => view,
            Err(error) => view! { <NotLoaded error/> }.into_any(),
        }
    }

    /// The router waits for this before it shows the page, and before it takes over what the server has rendered.
    async fn preload(&self) {
        let failed = (self.load)().await.is_err();
        if failed && Owner::current_shared_context().is_some_and(|it| it.during_hydration()) {
            // What the server has rendered works without script.
            std::future::pending::<()>().await;
        }
    }
}

/// In the place of a page whose code is not there.
#[component]
fn NotLoaded(error: AppError) -> impl IntoView {
    let missing = view! { <Missing what="This page" error/> };
    match use_context::<Me>() {
        // Below the header and beside the list, which are there.
        Some(_) => Either::Left(missing),
        None => Either::Right(view! { <PlainHeader/> <main class="page" id="main">{missing}</main> }),
    }
}

impl From<SplitLoaderError> for AppError {
    /// The browser cannot reach the server, or the server has become another since the page was loaded.
    fn from(_: SplitLoaderError) -> Self {
        Self::Unavailable
    }
}

/// `NAME, name: Page in part`: what the router is given for `Page`, and the function of the part that renders it.
macro_rules! lazy_pages {
    ($($name:ident, $function:ident: $page:ident in $part:ident;)*) => {$(
        #[doc = concat!("[`", stringify!($page), "`]")]
        pub const $name: LazyPage = {
            #[cfg(split)]
            #[wasm_split($part, fallible, preload(load))]
            fn $function() -> Result<AnyView, AppError> {
                Ok(view! { <$page/> }.into_any())
            }

            #[cfg(not(split))]
            async fn $function() -> Result<AnyView, AppError> {
                Ok(view! { <$page/> }.into_any())
            }

            #[cfg(not(split))]
            async fn load() -> Result<(), SplitLoaderError> {
                Ok(())
            }

            LazyPage { part: stringify!($part), load: || Box::pin(load()), view: || Box::pin($function()) }
        };
    )*};
}

lazy_pages! {
    SIGN_IN, sign_in: SignInPage in account;
    SIGN_UP, sign_up: SignUpPage in account;
    CONFIRM, confirm: ConfirmPage in account;
    FORGOT, forgot: ForgotPage in account;
    CONVERSATIONS, conversations: ConversationsPage in messages;
    NO_CONVERSATION, no_conversation: NoConversationPage in messages;
    CONVERSATION, conversation: ConversationPage in messages;
    NEW_CONVERSATION, new_conversation: NewConversationPage in rest;
    FIRST_MESSAGE, first_message: FirstMessagePage in rest;
    SETTINGS, settings: SettingsPage in rest;
}
