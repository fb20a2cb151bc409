//! `/confirm`

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{Confirm, ResendCode};
use crate::ui::components::account_page::{AccountPage, Done, asked, going_to, on_the_way};
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::{FieldForm, Leave, Submission};
use crate::ui::state::refused_form::refused_of_page;

/// The code from the e-mail; or another one. The address may come along (`?email=`), and where one is going (`?next=`).
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let refused = refused_of_page();
    let of = Submission::of::<Confirm>(refused.get_value(), Leave::Navigate);
    let resend = Submission::of::<ResendCode>(None, Leave::Navigate);
    let (next, email) = (going_to(refused), asked("email").get_untracked());
    let knows_email = email.is_some();
    view! {
        <Title text="Confirm your e-mail address · Cruddur"/>
        <AccountPage heading="Confirm your e-mail address">
            <p>"If there is an account to be confirmed, a code is on its way to its e-mail address."</p>
            <Done query="resent" says="A new code is on its way."/>
            <FieldForm action="/confirm" fields=&["email", "code"] of resend>
                <input type="hidden" name="next" value=next/>
                <Field of name="email" label="E-mail" kind=Kind::Email value=email autofocus=!knows_email/>
                <Field of name="code" label="Code" kind=Kind::Code autofocus=knows_email/>
                <SubmitButton of label="Confirm"/>
                <button class="button" type="submit" name="resend" value="1">"Send another code"</button>
            </FieldForm>
            <p class="card__other"><a href=move || on_the_way("/signin", &next())>"Back to the sign-in"</a></p>
        </AccountPage>
    }
}
