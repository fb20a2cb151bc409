//! Answers to message requests, as an open page gives them.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::api;
use crate::domain::conversation;
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::paths::REQUESTS;
use crate::ui::state::LiveEvents;
use crate::ui::state::heading_focus::HeadingFocus;
use crate::ui::state::reactive::effect;

/// Answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Accept,
    Delete,
}

impl Answer {
    /// Returns the value of the form's field `request`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Delete => "delete",
        }
    }
}

/// Form that answers a request.
#[derive(Clone, Copy)]
pub struct RequestAnswer {
    pub answer: Answer,
    action: Action<(), Result<(), AppError>>,
    heading: Option<HeadingFocus>,
}

impl RequestAnswer {
    /// Creates the form. Once the server has stored the answer, the page hears of it as its other pages do.
    pub fn new(conversation: conversation::Id, answer: Answer) -> Self {
        let live = use_context::<LiveEvents>();
        let action = Action::new(move |(): &()| async move {
            match answer {
                Answer::Accept => api::accept_request(conversation).await?,
                Answer::Delete => api::delete_request(conversation).await?,
            }
            if let Some(live) = live {
                live.dispatch(&Event::Resync);
            }
            Ok(())
        });
        if answer == Answer::Delete {
            let navigate = use_navigate();
            effect(move || {
                if let Some(Ok(())) = action.value().get() {
                    navigate(REQUESTS, Default::default());
                }
            });
        }
        Self { answer, action, heading: use_context() }
    }

    /// Submits the form with script.
    pub fn submit(self, event: &SubmitEvent) {
        event.prevent_default();
        if !self.action.pending().get_untracked() {
            if let Some(heading) = self.heading {
                heading.expect_new_page();
            }
            self.action.dispatch(());
        }
    }

    /// Error of the last attempt.
    pub fn error(self) -> Option<AppError> {
        self.action.value().get().and_then(Result::err)
    }
}

/// Calls `reload` when the state of the user's conversations may have changed in a way that no event describes: a request
/// has come, or has been accepted or deleted, on this or another page.
pub fn reload_with_requests(reload: impl Fn() + Send + Sync + 'static) {
    expect_context::<LiveEvents>().listen(Callback::new(move |event: Event| {
        if event == Event::Resync {
            reload();
        }
    }));
}
