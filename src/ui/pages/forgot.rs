//! `/forgot`: a new password for a forgotten one.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{ForgotPassword, ResetPassword};
use crate::domain::refused_form::RefusedForm;
use crate::ui::components::account_page::{AccountPage, DoneNote};
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::components::show::Case;
use crate::ui::state::location::{next_path, query_parameter, with_next};
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};
use crate::ui::wording::PASSWORD_HINT;

/// Form that requests a code by e-mail, and then (`?sent=1`) the form for the code and the new password. `?next=` is
/// kept for the sign-in.
#[component]
pub fn ForgotPage() -> impl IntoView {
    let refused = use_refused_form();
    // A refused form shows its step by its fields: the URL to which it was posted has no query.
    let refused_with_code = refused.with_value(|it| it.as_ref().is_some_and(|it| it.fields.contains_key("code")));
    let (next, sent) = (next_path(refused), query_parameter("sent"));
    let step = move || match refused_with_code || sent.get().is_some() {
        true => Case::B(view! { <SetPassword refused/> }.into_any()),
        false => Case::A(view! { <RequestCode refused/> }.into_any()),
    };
    view! {
        <Title text="Reset your password · Cruddur"/>
        <AccountPage heading="Reset your password">
            {move || step()}
            <p class="card__other"><a href=move || with_next("/signin", &next())>"Back to sign in"</a></p>
        </AccountPage>
    }
}

#[component]
fn RequestCode(refused: StoredValue<Option<RefusedForm>>) -> impl IntoView {
    let form = Submission::of::<ForgotPassword>(refused.get_value(), Leave::Navigate);
    let (next, email) = (next_path(refused), query_parameter("email").get_untracked());
    view! {
        <p>"We'll send a code to your e-mail address. Use it to set a new password."</p>
        <FieldForm action="/forgot" fields=&["email"] form>
            <input type="hidden" name="next" value=next/>
            <Field form name="email" label="E-mail" kind=Kind::Email value=email autofocus=true/>
            <SubmitButton form label="Send code"/>
        </FieldForm>
    }
}

#[component]
fn SetPassword(refused: StoredValue<Option<RefusedForm>>) -> impl IntoView {
    let form = Submission::of::<ResetPassword>(refused.get_value(), Leave::Navigate);
    let (next, email) = (next_path(refused), query_parameter("email").get_untracked());
    let knows_email = email.is_some();
    view! {
        <DoneNote query="sent" text="If there is an account for this address, we have sent a code to it."/>
        <FieldForm action="/forgot" fields=&["email", "code", "password"] form>
            <input type="hidden" name="next" value=next/>
            <Field form name="email" label="E-mail" kind=Kind::Email value=email autofocus=!knows_email/>
            <Field form name="code" label="Code" kind=Kind::Code autofocus=knows_email/>
            <Field form name="password" label="New password" kind=Kind::NewPassword hint=PASSWORD_HINT.as_str()/>
            <SubmitButton form label="Set new password"/>
        </FieldForm>
    }
}
