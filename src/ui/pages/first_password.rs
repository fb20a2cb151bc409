//! `/signin/password`: an own password in place of a temporary one.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::SetFirstPassword;
use crate::ui::components::account_page::AccountPage;
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::state::location::{next_path, with_next};
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};
use crate::ui::wording::PASSWORD_HINT;

/// Form for the new password. The sign-in leads to the path in `?next=`.
#[component]
pub fn FirstPasswordPage() -> impl IntoView {
    let refused = use_refused_form();
    let form = Submission::of::<SetFirstPassword>(refused.get_value(), Leave::Load);
    let next = next_path(refused);
    view! {
        <Title text="Choose a password · Cruddur"/>
        <AccountPage heading="Choose a password">
            <p>"You have signed in with a temporary password. Choose your own, which only you know."</p>
            <FieldForm action="/signin/password" fields=&["password"] form>
                <input type="hidden" name="next" value=next/>
                <Field
                    form
                    name="password"
                    label="New password"
                    kind=Kind::NewPassword
                    hint=PASSWORD_HINT.as_str()
                    autofocus=true
                />
                <SubmitButton form label="Save and sign in"/>
            </FieldForm>
            <p class="card__other"><a href=move || with_next("/signin", &next())>"Back to sign in"</a></p>
        </AccountPage>
    }
}
