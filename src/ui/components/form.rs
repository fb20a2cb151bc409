//! Forms that work without WASM too.
//!
//! Without it the browser posts the form to the page's own path, and a refusal renders the page again ([`Refused`]).
//! With it the same fields go to the same server function, and a refusal appears beside them.

use crate::domain::refused_form::Refused;
use std::collections::BTreeMap;

use leptos::form::form_data_from_event;
use leptos::prelude::*;
use leptos::server_fn::client::Client;
use leptos::server_fn::client::browser::BrowserClient;
use leptos::server_fn::codec::{Json, PostUrl};
use leptos::server_fn::error::FromServerFnError;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::response::ClientRes;
use leptos::server_fn::{ContentType, Http, ServerFn};
use leptos::web_sys::{SubmitEvent, UrlSearchParams};
use leptos_router::hooks::use_navigate;

use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::focus::focus;

/// How a form that was accepted is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// By the router: the page changes, the document stays.
    Navigate,
    /// By loading a document: who is signed in has changed, and nothing may stay from before.
    Load,
}

/// A form on its way to the server function `S`: what it refused, and what had been typed.
#[derive(Clone, Copy)]
pub struct Submission {
    /// Why the last try was refused.
    pub error: Signal<Option<AppError>>,
    /// Whether an answer is awaited.
    pub pending: Signal<bool>,
    typed: StoredValue<BTreeMap<String, String>>,
    submit: Callback<SubmitEvent>,
}

impl Submission {
    /// Sends a form's fields to the server function `S`, beginning with what a plain post of it was refused for.
    pub fn of<S>(refused: Option<Refused>, leave: Leave) -> Self
    where
        S: ServerFn<Output = Destination, Error = AppError, Protocol = Http<PostUrl, Json>>,
    {
        Self::to(S::PATH, refused, leave)
    }

    /// The code is there once, not once for every form.
    fn to(path: &'static str, refused: Option<Refused>, leave: Leave) -> Self {
        let (first_error, typed) = refused.map_or_else(Default::default, |it| (Some(it.error), it.fields));
        let action = Action::new(move |fields: &String| post(path, fields.clone()));
        let error = Signal::derive(move || match action.value().get() {
            None => first_error.clone(),
            Some(answer) => answer.err(),
        });
        leave_when_accepted(action, leave);
        focus_first_wrong_field(error);
        let submit = Callback::new(move |event: SubmitEvent| {
            // What cannot be read here goes to the server the plain way.
            if let Some(fields) = fields_of(&event) {
                event.prevent_default();
                if !action.pending().get_untracked() {
                    action.dispatch(fields);
                }
            }
        });
        Self { error, pending: action.pending().into(), typed: StoredValue::new(typed), submit }
    }

    /// Sends the form of `event`.
    pub fn submit(&self, event: SubmitEvent) {
        self.submit.run(event);
    }

    /// What had been typed into the field `name` when the form was refused without WASM.
    pub fn typed(&self, name: &str) -> Option<String> {
        self.typed.with_value(|typed| typed.get(name).cloned())
    }

    /// The error that belongs to no field among `fields`, and is to be shown above them.
    fn error_beside(&self, fields: &[&str]) -> Option<AppError> {
        self.error.get().filter(|error| fields.iter().all(|name| error.field(name).is_none()))
    }
}

/// Posts a form's fields, as a browser would write them, to the server function at `path`.
async fn post(path: &'static str, fields: String) -> Result<Destination, AppError> {
    type Request = <BrowserClient as Client<AppError>>::Request;
    let request =
        <Request as ClientReq<AppError>>::try_new_post(path, PostUrl::CONTENT_TYPE, Json::CONTENT_TYPE, fields)?;
    let answer = <BrowserClient as Client<AppError>>::send(request).await?;
    let status = ClientRes::<AppError>::status(&answer);
    let answer = ClientRes::<AppError>::try_into_bytes(answer).await?;
    match status {
        400.. => Err(AppError::de(answer)),
        _ => serde_json::from_slice(&answer).map_err(|_| AppError::Unavailable),
    }
}

/// What is in the fields of a form that is being submitted.
fn fields_of(event: &SubmitEvent) -> Option<String> {
    let fields = form_data_from_event(event).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?;
    Some(fields.to_string().into())
}

fn leave_when_accepted(action: Action<String, Result<Destination, AppError>>, leave: Leave) {
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(Destination(path))) = action.value().get() {
            match leave {
                Leave::Navigate => navigate(&path, Default::default()),
                // Fails only for an address that cannot be read; the server makes none.
                Leave::Load => drop(window().location().assign(&path)),
            }
        }
    });
}

fn focus_first_wrong_field(error: Signal<Option<AppError>>) {
    Effect::new(move |_| {
        if error.read().is_some() {
            // After this frame the fields are marked.
            request_animation_frame(|| focus("[aria-invalid='true']"));
        }
    });
}

/// A form of labelled fields, and above them what is wrong with none of them in particular.
#[component]
pub fn FieldForm(
    /// Where the form is posted without WASM: the page's own path.
    action: &'static str,
    /// The names of its fields.
    fields: &'static [&'static str],
    /// What its submit button does.
    of: Submission,
    /// A second button `resend`, where there is one.
    #[prop(optional)]
    resend: Option<Submission>,
    children: Children,
) -> impl IntoView {
    let error = move || of.error_beside(fields).or_else(|| resend.and_then(|resend| resend.error.get()));
    let submit = move |event: SubmitEvent| match resend {
        Some(resend) if pressed(&event, "resend") => resend.submit(event),
        _ => of.submit(event),
    };
    view! {
        <form class="form" method="post" action=action novalidate on:submit=submit>
            {move || error().map(|error| view! { <ErrorNote error/> })}
            {children()}
        </form>
    }
}

fn pressed(event: &SubmitEvent, name: &str) -> bool {
    event.submitter().is_some_and(|button| button.get_attribute("name").as_deref() == Some(name))
}
