//! `/signin`

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::SignIn;
use crate::components::account_page::{AccountPage, Done, asked};
use crate::components::field::{Field, Kind, SubmitButton};
use crate::components::form::{FieldForm, Leave, Refused, Submission};

/// E-mail address and password; then back to where one was going (`?next=`).
#[component]
pub fn SignInPage() -> impl IntoView {
    let of = Submission::of::<SignIn>(Refused::of_page().get_value(), Leave::Load);
    let (next, email) = (asked("next"), asked("email").get_untracked());
    let next = move || of.typed("next").or(next.get()).unwrap_or_default();
    let knows_email = email.is_some();
    view! {
        <Title text="Sign in · Cruddur"/>
        <AccountPage heading="Sign in">
            <Done query="confirmed" says="Your e-mail address is confirmed. Now sign in."/>
            <Done query="reset" says="Your new password is set. Now sign in with it."/>
            <FieldForm action="/signin" fields=&["email", "password"] of>
                <input type="hidden" name="next" value=next/>
                <Field of name="email" label="E-mail" kind=Kind::Email value=email autofocus=!knows_email/>
                <Field of name="password" label="Password" kind=Kind::Password autofocus=knows_email/>
                <SubmitButton of label="Sign in"/>
            </FieldForm>
            <p class="card__other"><a href="/forgot">"Forgot your password?"</a></p>
            <p class="card__other">"Have a code? " <a href="/confirm">"Confirm your e-mail address"</a></p>
            <p class="card__other">"New here? " <a href="/signup">"Make an account"</a></p>
        </AccountPage>
    }
}
