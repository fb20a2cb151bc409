//! `/forgot`

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{ForgotPassword, ResetPassword};
use crate::domain::password;
use crate::domain::refused_form::Refused;
use crate::ui::components::account_page::{AccountPage, Done, asked, going_to, on_the_way};
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::{FieldForm, Leave, Submission};
use crate::ui::state::refused_form::refused_of_page;

/// Asks for a code by e-mail; then (`?sent=1`) takes it together with a new password. After the sign-in one goes where one
/// was going (`?next=`).
#[component]
pub fn ForgotPage() -> impl IntoView {
    let refused = refused_of_page();
    // A form that came back carries its step in its fields: the address that it was posted to has no query.
    let came_back_with_code = refused.with_value(|it| it.as_ref().is_some_and(|it| it.fields.contains_key("code")));
    let (next, sent) = (going_to(refused), asked("sent"));
    let step = move || match came_back_with_code || sent.get().is_some() {
        true => Either::Right(view! { <SetPassword refused/> }),
        false => Either::Left(view! { <AskForCode refused/> }),
    };
    view! {
        <Title text="Set a new password · Cruddur"/>
        <AccountPage heading="Set a new password">
            {step}
            <p class="card__other"><a href=move || on_the_way("/signin", &next())>"Back to the sign-in"</a></p>
        </AccountPage>
    }
}

#[component]
fn AskForCode(refused: StoredValue<Option<Refused>>) -> impl IntoView {
    let of = Submission::of::<ForgotPassword>(refused.get_value(), Leave::Navigate);
    let next = going_to(refused);
    view! {
        <p>"We send a code to your e-mail address. With it you can set a new password."</p>
        <FieldForm action="/forgot" fields=&["email"] of>
            <input type="hidden" name="next" value=next/>
            <Field of name="email" label="E-mail" kind=Kind::Email value=asked("email").get_untracked() autofocus=true/>
            <SubmitButton of label="Send a code"/>
        </FieldForm>
    }
}

#[component]
fn SetPassword(refused: StoredValue<Option<Refused>>) -> impl IntoView {
    let of = Submission::of::<ResetPassword>(refused.get_value(), Leave::Navigate);
    let (next, email) = (going_to(refused), asked("email").get_untracked());
    let knows_email = email.is_some();
    view! {
        <Done query="sent" says="If there is an account for this address, a code is on its way."/>
        <FieldForm action="/forgot" fields=&["email", "code", "password"] of>
            <input type="hidden" name="next" value=next/>
            <Field of name="email" label="E-mail" kind=Kind::Email value=email autofocus=!knows_email/>
            <Field of name="code" label="Code" kind=Kind::Code autofocus=knows_email/>
            <Field of name="password" label="New password" kind=Kind::NewPassword hint=password::HINT.as_str()/>
            <SubmitButton of label="Set the new password"/>
        </FieldForm>
    }
}
