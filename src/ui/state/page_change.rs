//! Forms that change what the whole page shows.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::ui::state::LiveEvents;
use crate::ui::state::heading_focus::HeadingFocus;

/// Form whose answer draws the page anew.
#[derive(Clone, Copy)]
pub struct PageChange {
    action: Action<(), Result<(), AppError>>,
    heading: Option<HeadingFocus>,
}

impl PageChange {
    /// Creates a form that makes this call. After its success the page hears of the event, as the user's other pages
    /// do.
    pub fn new<F>(call: impl Fn() -> F + Send + Sync + 'static, event: Event) -> Self
    where
        F: Future<Output = Result<(), AppError>> + Send + 'static,
    {
        let live = use_context::<LiveEvents>();
        let action = Action::new(move |(): &()| {
            let (answer, event) = (call(), event.clone());
            async move {
                answer.await?;
                if let Some(live) = live {
                    live.dispatch(&event);
                }
                Ok(())
            }
        });
        Self { action, heading: use_context() }
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

    /// Reports whether the last attempt has succeeded.
    pub fn is_done(self) -> bool {
        matches!(self.action.value().get(), Some(Ok(())))
    }

    /// Error of the last attempt.
    pub fn error(self) -> Option<AppError> {
        self.action.value().get().and_then(Result::err)
    }
}
