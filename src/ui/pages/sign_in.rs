//! `/signin`

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::SignIn;
use crate::ui::components::account_page::{AccountPage, Done, asked, going_to, on_the_way};
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::{FieldForm, Leave, Submission};
use crate::ui::state::refused_form::refused_of_page;

/// E-mail address and password; then back to where one was going (`?next=`).
#[component]
pub fn SignInPage() -> impl IntoView {
    let refused = refused_of_page();
    let of = Submission::of::<SignIn>(refused.get_value(), Leave::Load);
    let (next, email) = (going_to(refused), asked("email").get_untracked());
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
            <p class="card__other"><a href=move || on_the_way("/forgot", &next())>"Forgot your password?"</a></p>
            <p class="card__other">
                "Have a code? " <a href=move || on_the_way("/confirm", &next())>"Confirm your e-mail address"</a>
            </p>
            <p class="card__other">"New here? " <a href=move || on_the_way("/signup", &next())>"Make an account"</a></p>
        </AccountPage>
    }
}
