//! `/confirm`: confirmation of an e-mail address.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{Confirm, ResendCode};
use crate::ui::components::account_page::{AccountPage, DoneNote};
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::state::location::{next_path, query_parameter, with_next};
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// Form for the code from the e-mail, with a button that requests a new one. `?email=` prefills the address; `?next=`
/// is kept for the sign-in.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let refused = use_refused_form();
    let form = Submission::of::<Confirm>(refused.get_value(), Leave::Navigate);
    let resend = Submission::of::<ResendCode>(None, Leave::Navigate);
    let (next, email) = (next_path(refused), query_parameter("email").get_untracked());
    let knows_email = email.is_some();
    view! {
        <Title text="Confirm your e-mail address · Cruddur"/>
        <AccountPage heading="Confirm your e-mail address">
            <p>"If there is an account to confirm, we have sent a code to its e-mail address."</p>
            <DoneNote query="resent" text="If there is an account to confirm, we have sent a new code."/>
            <FieldForm action="/confirm" fields=&["email", "code"] form resend>
                <input type="hidden" name="next" value=next/>
                <Field form name="email" label="E-mail" kind=Kind::Email value=email autofocus=!knows_email/>
                <Field form name="code" label="Code" kind=Kind::Code autofocus=knows_email/>
                <SubmitButton form label="Confirm"/>
                <button class="button" type="submit" name="resend" value="1">"Send a new code"</button>
            </FieldForm>
            <p class="card__other"><a href=move || with_next("/signin", &next())>"Back to sign in"</a></p>
        </AccountPage>
    }
}
