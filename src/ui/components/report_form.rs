//! Form that reports a message or a user to the operator.

use leptos::prelude::*;
use uuid::Uuid;

use crate::domain::markup::textarea_content;
use crate::domain::message::Message;
use crate::domain::paths;
use crate::domain::report::{Reason, ReportSubject};
use crate::domain::user;
use crate::ui::components::field::SubmitButton;
use crate::ui::components::form::FieldForm;
use crate::ui::components::heading::Heading;
use crate::ui::components::message_text::MessageText;
use crate::ui::components::not_kept::NotKept;
use crate::ui::components::show::{Case, Show};
use crate::ui::components::time::{Time, TimeFormat};
use crate::ui::state::kept_text::KeptText;
use crate::ui::state::page_user::page_user;
use crate::ui::state::reactive::{effect, memo};
use crate::ui::state::submission::Submission;
use crate::ui::wording::{field_sentence, reason_label};

/// The subject of a report, and the form; or a note, if there is an open report about it.
#[component]
pub fn ReportForm(subject: ReportSubject, form: Submission) -> impl IntoView {
    let ReportSubject { conversation, user, message, is_reported } = subject;
    let name = user.display_name.to_string();
    let of = message.as_ref().map_or_else(
        || paths::conversation(conversation),
        |message| paths::message(conversation, &message.reference()),
    );
    let (back, heading) = match message {
        Some(_) => ("Back to the message", "Report a message"),
        None => ("Back to the conversation", "Report a user"),
    };
    let mut hidden = vec![("conversation", conversation.to_string())];
    if let Some(message) = &message {
        hidden.push(("message", message.id.to_string()));
        hidden.push(("sent_at", message.sent_at.as_str().to_owned()));
    }
    let (action, is_message) = (paths::report(&of), message.is_some());
    view! {
        <section class="message-page" aria-labelledby="heading">
            <div class="message-page__head">
                <Heading>{heading}</Heading>
                <p><a href=of>{back}</a></p>
            </div>
            <Subject name=name.clone() message/>
            {match is_reported {
                true => Case::A(view! {
                    <p class="done-note" role="status">"Report sent. The operator of this site will look at it."</p>
                }.into_any()),
                false => Case::B(view! { <Fields name action hidden is_message form/> }.into_any()),
            }}
        </section>
    }
}

/// The reported message, or the name of the reported user.
#[component]
fn Subject(name: String, message: Option<Message>) -> impl IntoView {
    let (at, text) = message.map_or((None, None), |message| match message.is_deleted() {
        true => (Some(message.sent_at), None),
        false => (Some(message.sent_at), Some(message.body)),
    });
    let is_deleted = at.is_some() && text.is_none();
    view! {
        <div class="message-page__text" translate="no">
            <p class="message-page__who">
                <bdi>{name}</bdi>
                {at.map(|at| view! { " · " <Time at format=TimeFormat::Full/> }.into_any())}
            </p>
            {text.map(|body| view! { <MessageText body/> })}
            {is_deleted.then(|| view! { <p class="message-page__deleted">"Message deleted"</p> })}
        </div>
    }
}

#[component]
fn Fields(
    name: String,
    action: String,
    hidden: Vec<(&'static str, String)>,
    /// True if a message is reported, and not the user.
    is_message: bool,
    form: Submission,
) -> impl IntoView {
    let copied = match is_message {
        true => "a copy of this message and of the five messages before it",
        false => "a copy of the last six messages of your conversation",
    };
    view! {
        <p>
            "The operator of this site gets " {copied} ", and learns your name. " <bdi>{name}</bdi>
            " is not told. The copy stays if messages are edited or deleted."
        </p>
        <FieldForm action=action.clone() fields=&["reason", "details"] form>
            {hidden.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
            <ReasonField form/>
            <DetailsField form path=action/>
            <SubmitButton form label="Send report"/>
        </FieldForm>
    }
}

#[component]
fn ReasonField(form: Submission) -> impl IntoView {
    let error = error_of(form, "reason");
    let typed = form.typed("reason");
    let option = |reason: Reason| {
        let name = reason.as_str();
        view! { <option value=name selected=typed.as_deref() == Some(name)>{reason_label(reason)}</option> }
    };
    view! {
        <div class="field">
            <label class="field__label" for="reason">"Reason"</label>
            <select
                class="field__input"
                id="reason"
                name="reason"
                autocomplete="off"
                required
                aria-invalid=move || error.read().is_some().then_some("true")
                aria-describedby="reason-error"
            >
                <option value="">"Choose a reason"</option>
                {Reason::ALL.map(option).into_iter().collect_view()}
            </select>
            <p class="field__error" translate="no" id="reason-error">{move || error.get()}</p>
        </div>
    }
}

#[component]
fn DetailsField(
    form: Submission,
    /// Path of the page.
    path: String,
) -> impl IntoView {
    let error = error_of(form, "details");
    let typed = form.typed("details").unwrap_or_default();
    // A page without a user has no form.
    let me = page_user().and_then(|user| user.parse().ok()).unwrap_or(user::Id(Uuid::nil()));
    let kept = KeptText::of_report(me, path);
    kept.start(typed.clone(), RwSignal::new(0), |_| ());
    let mut was_pending = false;
    effect(move || {
        let is_pending = form.pending.get();
        if was_pending && !is_pending && form.error.read_untracked().is_none() {
            kept.forget();
        }
        was_pending = is_pending;
    });
    view! {
        <div class="field">
            <label class="field__label" for="details">"Message to the operator (optional)"</label>
            <textarea
                class="field__input"
                id="details"
                name="details"
                rows="4"
                dir="auto"
                autocomplete="off"
                node_ref=kept.field
                on:input=move |_| kept.keep(0)
                aria-invalid=move || error.read().is_some().then_some("true")
                aria-describedby="details-error"
                // Leptos 0.8 would not escape a text given as a child.
                inner_html=textarea_content(&typed)
            ></textarea>
            <p class="field__error" translate="no" id="details-error">{move || error.get()}</p>
            <Show when=move || kept.is_unkept.get()><NotKept/></Show>
        </div>
    }
}

/// Returns the sentence about an invalid field.
fn error_of(form: Submission, name: &'static str) -> Memo<Option<String>> {
    memo(move || {
        let code = form.error.with(|error| error.as_ref().and_then(|error| error.field(name)));
        code.map(field_sentence)
    })
}
