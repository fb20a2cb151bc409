//! Note in place of the composer of a request.

use leptos::prelude::*;

use crate::domain::conversation;
use crate::domain::paths;
use crate::domain::refused_form::RefusedForm;
use crate::domain::user::User;
use crate::ui::components::block_forms::{ChangeForm, ReportLink};
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::form::PageUserField;
use crate::ui::state::blocking::BlockChange;
use crate::ui::state::request_answer::{Answer, RequestAnswer};

/// Note in place of the composer: another user wants to write to this one. Its forms work without WASM.
#[component]
pub fn RequestNote(
    conversation: conversation::Id,
    /// The sender of the request, whose name may change.
    #[prop(into)]
    user: Signal<User>,
    /// Path of the page, to which the forms are posted.
    path: String,
    /// Form that the server has just refused without WASM.
    refused: Option<RefusedForm>,
) -> impl IntoView {
    let answers = [Answer::Accept, Answer::Delete].map(|answer| {
        let answer = RequestAnswer::new(conversation, answer);
        view! { <AnswerForm answer path=path.clone()/> }
    });
    view! {
        <div class="thread__closed request-note">
            <p>
                <bdi>{move || user.read().display_name.to_string()}</bdi>
                " wants to write to you. Until you accept, they don't see when you are online or what you have read. \
                If you delete the request, it comes back with their next message."
            </p>
            {refused.and_then(|refused| refused.error).map(|error| view! { <ErrorNote error/> })}
            <div class="request-note__ways">
                {answers.into_iter().collect_view()}
                <ChangeForm change=BlockChange::new(user.with_untracked(|user| user.id), true) path=path.clone()>
                    <button class="button button--danger">"Block"</button>
                </ChangeForm>
                <ReportLink report=paths::report(&path)/>
            </div>
        </div>
    }
}

#[component]
fn AnswerForm(answer: RequestAnswer, path: String) -> impl IntoView {
    let (class, label) = match answer.answer {
        Answer::Accept => ("button button--primary", "Accept"),
        Answer::Delete => ("button", "Delete"),
    };
    view! {
        <form class="block-forms__form" method="post" action=path on:submit=move |event| answer.form.submit(&event)>
            <PageUserField/>
            <input type="hidden" name="request" value=answer.answer.as_str()/>
            <button class=class>{label}</button>
            {move || answer.form.error().map(|error| view! { <ErrorNote error/> }.into_any())}
        </form>
    }
}
