//! `/settings/profile`: the user's name and handle.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{self, SaveProfile};
use crate::domain::refused_form::RefusedForm;
use crate::domain::user::User;
use crate::ui::components::account_page::DoneNote;
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::components::loaded::Loaded;
use crate::ui::components::settings_card::SettingsCard;
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// Form with the user's name and handle.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let refused = use_refused_form();
    let profile = page_resource(|| (), |()| api::load_profile());
    let form = move |user| view! { <ProfileForm user refused=refused.get_value()/> }.into_any();
    view! {
        <Title text="Name and handle · Cruddur"/>
        <SettingsCard heading="Name and handle">
            <DoneNote query="saved" text="Name and handle saved."/>
            <Loaded resource=profile draw=form/>
            <p class="card__other"><a href="/settings">"Back to settings"</a></p>
        </SettingsCard>
    }
}

#[component]
fn ProfileForm(user: User, refused: Option<RefusedForm>) -> impl IntoView {
    let form = Submission::of::<SaveProfile>(refused, Leave::Load);
    let (name, handle) = (user.display_name.to_string(), user.handle_text().to_owned());
    view! {
        <FieldForm action="/settings/profile" fields=&["name", "handle"] form>
            <input type="hidden" name="seen_name" value=name.clone()/>
            <input type="hidden" name="seen_handle" value=handle.clone()/>
            <Field
                form
                name="name"
                label="Name"
                kind=Kind::Name
                value=Some(name)
                is_stored=true
                hint="The people you message see the new name, also on old messages."
            />
            <Field
                form
                name="handle"
                label="Handle"
                kind=Kind::Handle
                value=Some(handle)
                is_stored=true
                hint="2 to 32 characters: letters a to z, digits, “_”, “-” and “.”. Your old handle stays reserved for \
                    you for 30 days."
            />
            <SubmitButton form label="Save"/>
        </FieldForm>
    }
}
