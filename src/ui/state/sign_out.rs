//! Sign-out: the question before it, and the removal of what the browser keeps for the user.

use leptos::ev;
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::SubmitEvent;

use crate::api;
use crate::domain::error::AppError;
use crate::domain::user;
use crate::ui::state::LiveEvents;
use crate::ui::state::drafts::kept_mode::KeptMode;
use crate::ui::state::drafts::{EDIT, MODE};
use crate::ui::state::kept_text::REPORT;
use crate::ui::state::local_store::{LocalStore, remove_all_of, signed_out_user};

/// The user's texts on a page, as far as a sign-out has to know them.
#[derive(Clone, Copy)]
pub struct PageTexts {
    /// True if some messages are unsent.
    pub unsent: Signal<bool>,
    /// True if there are drafts.
    pub drafted: Signal<bool>,
    /// Forgets all of them.
    pub forget: Callback<()>,
}

impl PageTexts {
    /// Calls `signed_out`, after the texts have been forgotten, once `me` has signed out on another page.
    pub fn follow_other_pages(self, me: user::Id, signed_out: Callback<()>) {
        let other_pages = window_event_listener(ev::storage, move |event| {
            if signed_out_user(event.key(), event.new_value()) == Some(me) {
                self.forget.run(());
                signed_out.run(());
            }
        });
        on_cleanup(move || other_pages.remove());
    }
}

/// Sign-out of a user.
#[derive(Clone, Copy)]
pub struct SignOut {
    me: user::Id,
    texts: Option<PageTexts>,
    live: Option<LiveEvents>,
    /// Error of the last attempt.
    pub error: RwSignal<Option<AppError>>,
    pending: StoredValue<bool>,
}

impl SignOut {
    /// Creates the sign-out of `me`, on a page with or without texts and live events.
    pub fn new(me: user::Id) -> Self {
        let (error, pending) = (RwSignal::new(None), StoredValue::new(false));
        Self { me, texts: use_context(), live: use_context(), error, pending }
    }

    /// Signs out instead of submitting the form: here or on every device. Asks first if texts would be lost.
    pub fn submit(self, event: SubmitEvent, everywhere: bool) {
        event.prevent_default();
        if self.pending.get_value() || !self.may_discard() {
            return;
        }
        self.set_pending(true);
        spawn_local(async move {
            let me = Some(self.me);
            let result = if everywhere { api::sign_out_everywhere(me).await } else { api::sign_out(me).await };
            let destination = match result {
                Ok(destination) => destination.0,
                // The session had ended before.
                Err(AppError::Unauthenticated) => "/signin".to_owned(),
                // Another user has signed in on another page, and stays signed in.
                Err(AppError::Forbidden) => return load("/messages"),
                Err(error) => {
                    self.set_pending(false);
                    self.error.try_set(Some(error));
                    return;
                }
            };
            // Not earlier: a user who is still signed in has lost nothing.
            if let Some(texts) = self.texts {
                texts.forget.run(());
            }
            remove_all_of(self.me);
            load(&destination);
        });
    }

    fn set_pending(self, pending: bool) {
        let _ = self.pending.try_set_value(pending);
        if let Some(live) = self.live {
            live.pause(pending);
        }
    }

    /// Asks whether the user's unsent messages and changes, drafts, and edits in progress may be discarded, if there
    /// are any on any page.
    fn may_discard(self) -> bool {
        let on_page = |texts: fn(&PageTexts) -> Signal<bool>| {
            self.texts.is_some_and(|it| texts(&it).try_get_untracked() == Some(true))
        };
        let is_kept = |kind| LocalStore::new(kind, self.me).all().iter().any(|(_, text)| !text.trim().is_empty());
        let modes = LocalStore::new(MODE, self.me).all();
        let is_interrupted = modes.iter().any(|(_, mode)| !KeptMode::read(mode).interrupted.is_empty());
        let unsent = is_kept("unsent") || on_page(|texts| texts.unsent);
        let drafted =
            is_kept("draft") || is_kept(REPORT) || is_kept(EDIT) || is_interrupted || on_page(|texts| texts.drafted);
        question(unsent, drafted).is_none_or(|question| window().confirm_with_message(question) == Ok(true))
    }
}

/// Returns the question before a sign-out that would lose texts.
fn question(unsent: bool, drafted: bool) -> Option<&'static str> {
    match (unsent, drafted) {
        (true, true) => Some(
            "Some messages or changes have not been sent yet, and this browser keeps drafts of yours. Sign out and discard them? \
                Text in the field of another open tab stays there until you close it.",
        ),
        (true, false) => Some("Some messages or changes have not been sent yet. Sign out and discard them?"),
        (false, true) => Some(
            "This browser keeps drafts of yours. Sign out and discard them? Text in the field of another open tab stays \
                there until you close it.",
        ),
        (false, false) => None,
    }
}

/// Loads a new document: no state of the user may remain. Fails only for an invalid URL.
fn load(path: &str) {
    let _ = window().location().assign(path);
}
