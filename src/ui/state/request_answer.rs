//! Answers to message requests, as an open page gives them.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::api;
use crate::domain::conversation;
use crate::domain::event::Event;
use crate::domain::paths::REQUESTS;
use crate::ui::state::LiveEvents;
use crate::ui::state::page_change::PageChange;
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
    pub form: PageChange,
}

impl RequestAnswer {
    /// Creates the form. After a deletion it leads to the list of requests.
    pub fn new(conversation: conversation::Id, answer: Answer) -> Self {
        let call = move || async move {
            match answer {
                Answer::Accept => api::accept_request(conversation).await,
                Answer::Delete => api::delete_request(conversation).await,
            }
        };
        let form = PageChange::new(call, Event::Resync);
        if answer == Answer::Delete {
            let navigate = use_navigate();
            effect(move || {
                if form.is_done() {
                    navigate(REQUESTS, Default::default());
                }
            });
        }
        Self { answer, form }
    }
}

/// Calls `reload` when the state of the user's conversations may have changed in a way that no event describes: a
/// request has come, or has been accepted or deleted, on this or another page.
pub fn reload_with_requests(reload: impl Fn() + Send + Sync + 'static) {
    expect_context::<LiveEvents>().listen(Callback::new(move |event: Event| {
        if event == Event::Resync {
            reload();
        }
    }));
}
