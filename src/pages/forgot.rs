//! `/forgot`

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{ForgotPassword, ResetPassword};
use crate::components::account_page::{AccountPage, Done, asked};
use crate::components::field::{Field, Kind, SubmitButton};
use crate::components::form::{FieldForm, Leave, Refused, Submission};

/// Asks for a code by e-mail; then (`?sent=1`) takes it together with a new password.
#[component]
pub fn ForgotPage() -> impl IntoView {
    let refused = Refused::of_page();
    // A form that came back carries its step in its fields: the address that it was posted to has no query.
    let came_back_with_code = refused.with_value(|it| it.as_ref().is_some_and(|it| it.fields.contains_key("code")));
    let sent = asked("sent");
    let step = move || match came_back_with_code || sent.get().is_some() {
        true => Either::Right(view! { <SetPassword refused=refused.get_value()/> }),
        false => Either::Left(view! { <AskForCode refused=refused.get_value()/> }),
    };
    view! {
        <Title text="Set a new password · Cruddur"/>
        <AccountPage heading="Set a new password">
            {step}
            <p class="card__other"><a href="/signin">"Back to the sign-in"</a></p>
        </AccountPage>
    }
}

#[component]
fn AskForCode(refused: Option<Refused>) -> impl IntoView {
    let of = Submission::of::<ForgotPassword>(refused, Leave::Navigate);
    view! {
        <p>"We send a code to your e-mail address. With it you can set a new password."</p>
        <FieldForm action="/forgot" fields=&["email"] of>
            <Field of name="email" label="E-mail" kind=Kind::Email value=asked("email").get_untracked() autofocus=true/>
            <SubmitButton of label="Send a code"/>
        </FieldForm>
    }
}

#[component]
fn SetPassword(refused: Option<Refused>) -> impl IntoView {
    let of = Submission::of::<ResetPassword>(refused, Leave::Navigate);
    let email = asked("email").get_untracked();
    let knows_email = email.is_some();
    view! {
        <Done query="sent" says="If there is an account for this address, a code is on its way."/>
        <FieldForm action="/forgot" fields=&["email", "code", "password"] of>
            <Field of name="email" label="E-mail" kind=Kind::Email value=email autofocus=!knows_email/>
            <Field of name="code" label="Code" kind=Kind::Code autofocus=knows_email/>
            <Field of name="password" label="New password" kind=Kind::NewPassword/>
            <SubmitButton of label="Set the new password"/>
        </FieldForm>
    }
}
