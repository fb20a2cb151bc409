//! `/settings/delete`: the deletion of the account.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::DeleteAccount;
use crate::ui::components::field::{CheckBox, Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::components::settings_card::SettingsCard;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// Form that deletes the account after 14 days.
#[component]
pub fn DeletePage() -> impl IntoView {
    let form = Submission::of::<DeleteAccount>(use_refused_form().get_value(), Leave::Load);
    view! {
        <Title text="Delete your account · Cruddur"/>
        <SettingsCard heading="Delete your account">
            <p>
                "You are signed out everywhere at once, and other people no longer find you. For 14 days nothing is \
                deleted: if you sign in, you keep your account."
            </p>
            <p>
                "After the 14 days your account is deleted, with your name, handle, e-mail address, settings and \
                sessions. This can't be undone. You can then sign up again with the same address, as a new user."
            </p>
            <p>
                "The people you have written to keep your conversations, and see “Deleted user” instead of your name. \
                Your messages stay readable for them unless you delete them, too. Copies in reports stay in any case."
            </p>
            <p><a href="/settings/export">"Download your data"</a>" first if you want to keep your messages."</p>
            <FieldForm action="/settings/delete" fields=&["current_password"] form>
                <CheckBox
                    name="delete_messages"
                    label="Delete my messages, too"
                    hint="Their texts are removed for everyone. It stays visible that there were messages, and when."
                    checked=form.typed("delete_messages").is_some()
                />
                <Field form name="current_password" label="Current password" kind=Kind::Password/>
                <SubmitButton form label="Delete account"/>
            </FieldForm>
            <p class="card__other"><a href="/settings">"Back to settings"</a></p>
        </SettingsCard>
    }
}
