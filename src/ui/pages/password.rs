//! `/settings/password`: a new password for a user who knows the current one.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::ChangePassword;
use crate::ui::components::account_page::DoneNote;
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::components::settings_card::SettingsCard;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};
use crate::ui::wording::PASSWORD_HINT;

/// Form that changes the password.
#[component]
pub fn PasswordPage() -> impl IntoView {
    let form = Submission::of::<ChangePassword>(use_refused_form().get_value(), Leave::Load);
    view! {
        <Title text="Password · Cruddur"/>
        <SettingsCard heading="Change your password">
            <DoneNote query="changed" text="Password changed. You have been signed out in all other browsers."/>
            <p>"This signs you out in all other browsers."</p>
            <FieldForm action="/settings/password" fields=&["current_password", "password"] form>
                <Field form name="current_password" label="Current password" kind=Kind::Password/>
                <Field form name="password" label="New password" kind=Kind::NewPassword hint=PASSWORD_HINT.as_str()/>
                <SubmitButton form label="Change password"/>
            </FieldForm>
            <p class="card__other"><a href="/settings">"Back to settings"</a></p>
        </SettingsCard>
    }
}
