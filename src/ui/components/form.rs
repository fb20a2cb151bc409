//! Form of labeled fields.

use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;

use crate::domain::page_user::FIELD;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::state::page_user::page_user;
use crate::ui::state::submission::Submission;

/// Form of labeled fields. Errors that belong to no field are shown above them.
#[component]
pub fn FieldForm(
    /// URL to which the form is posted without WASM: the page's own path.
    #[prop(into)]
    action: String,
    /// Names of the fields.
    fields: &'static [&'static str],
    form: Submission,
    /// Submission of the second button `resend`, if the form has one.
    #[prop(optional)]
    resend: Option<Submission>,
    children: Children,
) -> impl IntoView {
    let error = move || form.form_error(fields).or_else(|| resend.and_then(|resend| resend.error.get()));
    let submit = move |event: SubmitEvent| match resend {
        Some(resend) if is_submitted_by(&event, "resend") => {
            form.forget_error();
            resend.submit(event);
        }
        Some(resend) => {
            resend.forget_error();
            form.submit(event);
        }
        None => form.submit(event),
    };
    view! {
        <form class="form" method="post" action=action novalidate on:submit=submit>
            <PageUserField/>
            {move || error().map(|error| view! { <ErrorNote error/> })}
            {children()}
        </form>
    }
}

/// Field that names the user of the page, for every form that is posted without script.
#[component]
pub fn PageUserField() -> impl IntoView {
    page_user().map(|user| view! { <input type="hidden" name=FIELD value=user/> })
}

fn is_submitted_by(event: &SubmitEvent, name: &str) -> bool {
    event.submitter().is_some_and(|button| button.get_attribute("name").as_deref() == Some(name))
}
