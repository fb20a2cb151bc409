//! `/signin/code`: the second factor of a user who is signing in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::AnswerSignInCode;
use crate::domain::code_source::CodeSource;
use crate::ui::components::account_page::AccountPage;
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::state::location::{next_path, query_parameter, with_next};
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// Form for a code. `?by=` names its source, and the sign-in leads to the path in `?next=`.
#[component]
pub fn SignInCodePage() -> impl IntoView {
    let refused = use_refused_form();
    let form = Submission::of::<AnswerSignInCode>(refused.get_value(), Leave::Load);
    let next = next_path(refused);
    // The URL to which a form is posted has no query.
    let source = form.typed("by").or_else(|| query_parameter("by").get_untracked()).unwrap_or_default();
    let text = match CodeSource::parse(&source) {
        Some(CodeSource::App) => "Enter the code that your authenticator app shows for Cruddur.",
        Some(CodeSource::Email) => "We've sent a code to your e-mail address. To get another one, sign in again.",
        Some(CodeSource::Text) => {
            "We've sent a code to your phone. To get another one, sign in again. An authenticator app is safer than text \
             messages, which others can intercept. Set one up in the settings once you're signed in."
        }
        None => "Enter the code that proves that it's you.",
    };
    view! {
        <Title text="Enter your code · Cruddur"/>
        <AccountPage heading="Enter your code">
            <p>{text}</p>
            <FieldForm action="/signin/code" fields=&["code"] form>
                <input type="hidden" name="next" value=next/>
                <input type="hidden" name="by" value=source/>
                <Field form name="code" label="Code" kind=Kind::Code autofocus=true/>
                <SubmitButton form label="Sign in"/>
            </FieldForm>
            <p class="card__other"><a href=move || with_next("/signin", &next())>"Back to sign in"</a></p>
        </AccountPage>
    }
}
