//! Pages whose code the browser loads on demand.
//!
//! `cargo leptos build --split` splits the WASM module into parts: one for all pages, one for the account pages, and so
//! on. Without `--split` there is one module, and nothing is loaded later. `build.rs` sets `cfg(split)`, and says when
//! it can be removed.
// The attribute expands to the calls of a part that is not loaded yet.
#![cfg_attr(
    split,
    allow(unsafe_code, reason = "the attribute imports and exports functions, which are unsafe to declare")
)]

use std::pin::Pin;
use std::sync::Arc;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::ChooseView;
use wasm_split_helpers::SplitLoaderError;
#[cfg(split)]
use wasm_split_helpers::wasm_split;

use crate::domain::error::AppError;
use crate::ui::components::error_note::LoadError;
use crate::ui::components::header::PlainHeader;
use crate::ui::pages::authenticator::AuthenticatorPage;
use crate::ui::pages::blocked::BlockedPage;
use crate::ui::pages::confirm::ConfirmPage;
use crate::ui::pages::conversation::ConversationPage;
use crate::ui::pages::conversations::{ConversationsPage, Me, NoConversationPage};
use crate::ui::pages::delete::DeletePage;
use crate::ui::pages::email::EmailPage;
use crate::ui::pages::export::ExportPage;
use crate::ui::pages::first_message::FirstMessagePage;
use crate::ui::pages::first_password::FirstPasswordPage;
use crate::ui::pages::forgot::ForgotPage;
use crate::ui::pages::message::MessagePage;
use crate::ui::pages::new_conversation::NewConversationPage;
use crate::ui::pages::password::PasswordPage;
use crate::ui::pages::profile::ProfilePage;
use crate::ui::pages::report::ReportPage;
use crate::ui::pages::requests::RequestsPage;
use crate::ui::pages::sessions::SessionsPage;
use crate::ui::pages::settings::SettingsPage;
use crate::ui::pages::sign_in::SignInPage;
use crate::ui::pages::sign_in_code::SignInCodePage;
use crate::ui::pages::sign_up::SignUpPage;

/// Room that lets each part carry its own texts and tables, so that the first visit does not load those of all parts.
///
/// `--split` lays the constants of a part side by side, which takes some hundred bytes of padding. If they then need
/// more room than before, it leaves all of them in the part that every page loads. Nothing refers to this room, so that
/// it is in no part, but the linker keeps it.
#[cfg(split)]
#[used]
static ROOM: [u8; 8192] = [1; 8192];

/// Page whose code is in one of the parts.
#[derive(Debug, Clone, Copy)]
pub struct LazyPage {
    part: &'static str,
    load: fn() -> Loading<Result<(), SplitLoaderError>>,
    view: fn() -> Loading<Result<AnyView, AppError>>,
}

/// Called on the server with the name of each part that the page shows. Provided by the document.
#[derive(Clone)]
pub struct PartNotice(pub Arc<dyn Fn(&'static str) + Send + Sync>);

type Loading<T> = Pin<Box<dyn Future<Output = T>>>;

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        // The document links the part's files, so that the browser loads them before the page asks for them.
        if let Some(PartNotice(notify)) = use_context() {
            notify(self.part);
        }
        match (self.view)().await {
            Ok(view) => view,
            Err(error) => view! { <NotLoaded error/> }.into_any(),
        }
    }

    /// The router awaits this before it shows the page, and before it hydrates the server's HTML.
    async fn preload(&self) {
        let failed = (self.load)().await.is_err();
        if failed && Owner::current_shared_context().is_some_and(|it| it.during_hydration()) {
            // Never hydrates: the server's HTML works without script.
            std::future::pending::<()>().await;
        }
    }
}

/// Replaces a page whose code could not be loaded.
#[component]
fn NotLoaded(error: AppError) -> impl IntoView {
    let notice = view! { <LoadError subject="This page" error/> };
    match use_context::<Me>() {
        // The header and the list of conversations are already on the page.
        Some(_) => Either::Left(notice),
        None => Either::Right(view! { <PlainHeader/> <main class="page" id="main">{notice}</main> }),
    }
}

impl From<SplitLoaderError> for AppError {
    /// The browser cannot reach the server, or the server has been updated since the page was loaded.
    fn from(_: SplitLoaderError) -> Self {
        Self::Unavailable
    }
}

/// Defines lazy pages. `NAME, name: Page in part` defines the constant for the router and the function that renders
/// `Page` in the part.
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
    // In another part than the sign-in, which most visitors see and which few go on from to these.
    SIGN_IN_CODE, sign_in_code: SignInCodePage in rest;
    FIRST_PASSWORD, first_password: FirstPasswordPage in rest;
    CONVERSATIONS, conversations: ConversationsPage in messages;
    NO_CONVERSATION, no_conversation: NoConversationPage in messages;
    CONVERSATION, conversation: ConversationPage in messages;
    NEW_CONVERSATION, new_conversation: NewConversationPage in rest;
    FIRST_MESSAGE, first_message: FirstMessagePage in rest;
    MESSAGE, message: MessagePage in rest;
    REPORT, report: ReportPage in rest;
    REQUESTS, requests: RequestsPage in rest;
    SETTINGS, settings: SettingsPage in rest;
    AUTHENTICATOR, authenticator: AuthenticatorPage in rest;
    BLOCKED, blocked: BlockedPage in rest;
    DELETE, delete: DeletePage in rest;
    EMAIL, email: EmailPage in rest;
    EXPORT, export: ExportPage in rest;
    PASSWORD, password: PasswordPage in rest;
    PROFILE, profile: ProfilePage in rest;
    SESSIONS, sessions: SessionsPage in rest;
}
