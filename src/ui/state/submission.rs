//! Submission of forms, with and without WASM.
//!
//! Without WASM the browser posts the form to the page's own path, and an error renders the page again
//! ([`RefusedForm`]). With WASM the same fields go to the same server function, and an error appears beside them.

use leptos::form::form_data_from_event;
use leptos::prelude::*;
use leptos::server_fn::codec::{Json, PostUrl};
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::request::browser::BrowserRequest;
use leptos::server_fn::{ContentType, Http, ServerFn};
use leptos::web_sys::{SubmitEvent, UrlSearchParams};
use leptos_router::hooks::use_navigate;

use crate::api::client::Client;
use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::refused_form::RefusedForm;
use crate::domain::sorted::SortedMap;
use crate::ui::state::focus::focus;
use crate::ui::state::reactive::effect;

/// Navigation after an accepted form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// The router navigates and the document stays.
    Navigate,
    /// The browser loads a new document: the signed-in user has changed, and no state of the previous user may remain,
    /// or the form's own page shows the result.
    Load,
}

/// Submission of a form to a server function: its error, its pending state and what was typed.
#[derive(Clone, Copy)]
pub struct Submission {
    /// Error of the last attempt.
    pub error: Signal<Option<AppError>>,
    pub pending: Signal<bool>,
    typed: StoredValue<SortedMap<String, String>>,
    submit: Callback<SubmitEvent>,
    forget: Callback<()>,
}

impl Submission {
    /// Creates the submission of a form to the server function `S`. `refused` is the form that the server has just
    /// refused without WASM.
    pub fn of<S>(refused: Option<RefusedForm>, leave: Leave) -> Self
    where
        S: ServerFn<Output = Destination, Error = AppError, Protocol = Http<PostUrl, Json>>,
    {
        Self::to(S::PATH, refused, leave)
    }

    /// Not generic, so that the code is compiled once and not once per form.
    fn to(path: &'static str, refused: Option<RefusedForm>, leave: Leave) -> Self {
        let (first_error, typed) = refused.map_or_else(Default::default, |it| (it.error, it.fields));
        let action = Action::new(move |fields: &String| post(path, fields.clone()));
        let first_error = RwSignal::new(first_error);
        let error = Signal::derive(move || match action.value().get() {
            None => first_error.get(),
            Some(answer) => answer.err(),
        });
        leave_when_accepted(action, leave);
        focus_first_wrong_field(error);
        let submit = Callback::new(move |event: SubmitEvent| {
            // If the fields cannot be read here, the browser submits the form without script.
            if let Some(fields) = fields_of(&event) {
                event.prevent_default();
                if !action.pending().get_untracked() {
                    action.dispatch(fields);
                }
            }
        });
        let forget = Callback::new(move |()| {
            first_error.set(None);
            action.clear();
        });
        Self { error, pending: action.pending().into(), typed: StoredValue::new(typed), submit, forget }
    }

    /// Removes the error of the last attempt: the user has gone another way.
    pub fn forget_error(&self) {
        self.forget.run(());
    }

    /// Submits the form of `event`.
    pub fn submit(&self, event: SubmitEvent) {
        self.submit.run(event);
    }

    /// Returns the text of the field `name` if the form was refused without WASM.
    pub fn typed(&self, name: &str) -> Option<String> {
        self.typed.with_value(|typed| typed.get(name).cloned())
    }

    /// Returns the error if it belongs to none of `fields`. It is shown above the form.
    pub fn form_error(&self, fields: &[&str]) -> Option<AppError> {
        self.error.get().filter(|error| fields.iter().all(|name| error.field(name).is_none()))
    }
}

/// Posts URL-encoded fields to the server function at `path`.
async fn post(path: &'static str, fields: String) -> Result<Destination, AppError> {
    let (sent, accepted) = (PostUrl::CONTENT_TYPE, Json::CONTENT_TYPE);
    let request = <BrowserRequest as ClientReq<AppError>>::try_new_post(path, sent, accepted, fields)?;
    let answer = Client::call(request).await?;
    serde_json::from_slice(answer.body()).map_err(|_| AppError::Unavailable)
}

/// Returns the URL-encoded fields of the submitted form.
fn fields_of(event: &SubmitEvent) -> Option<String> {
    let fields = form_data_from_event(event).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?;
    Some(fields.to_string().into())
}

fn leave_when_accepted(action: Action<String, Result<Destination, AppError>>, leave: Leave) {
    let navigate = use_navigate();
    effect(move || {
        if let Some(Ok(Destination(path))) = action.value().get() {
            match leave {
                Leave::Navigate => navigate(&path, Default::default()),
                // Fails only for an invalid URL, which the server never sends.
                Leave::Load => drop(window().location().assign(&path)),
            }
        }
    });
}

fn focus_first_wrong_field(error: Signal<Option<AppError>>) {
    effect(move || {
        if error.read().is_some() {
            // The fields get their `aria-invalid` in this frame.
            request_animation_frame(|| focus("[aria-invalid='true']"));
        }
    });
}
