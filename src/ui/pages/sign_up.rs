//! `/signup`: a new account.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::SignUp;
use crate::ui::components::account_page::AccountPage;
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::state::location::{next_path, with_next};
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};
use crate::ui::wording::PASSWORD_HINT;

/// Form that creates an account. The confirmation by an e-mailed code is next; `?next=` is kept for the sign-in.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let refused = use_refused_form();
    let form = Submission::of::<SignUp>(refused.get_value(), Leave::Navigate);
    let next = next_path(refused);
    view! {
        <Title text="Create account · Cruddur"/>
        <AccountPage heading="Create account">
            <FieldForm action="/signup" fields=&["name", "handle", "email", "password"] form>
                <input type="hidden" name="next" value=next/>
                <Field form name="name" label="Name" kind=Kind::Name autofocus=true/>
                <Field
                    form
                    name="handle"
                    label="Handle"
                    kind=Kind::Handle
                    hint="Others find you by your handle. 2 to 32 characters: letters a to z, digits, “_”, “-” and “.”."
                />
                <Field
                    form
                    name="email"
                    label="E-mail"
                    kind=Kind::Email
                    hint="We'll send a code there. Other users can't see it."
                />
                <Field form name="password" label="Password" kind=Kind::NewPassword hint=PASSWORD_HINT.as_str()/>
                <SubmitButton form label="Create account"/>
            </FieldForm>
            <p class="card__other">
                "Already have an account? " <a href=move || with_next("/signin", &next())>"Sign in"</a>
            </p>
        </AccountPage>
    }
}
