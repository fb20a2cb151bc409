//! `/settings/email`: the e-mail address with which the user signs in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{self, ChangeEmail, ConfirmEmail};
use crate::domain::refused_form::RefusedForm;
use crate::ui::components::account_page::DoneNote;
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::components::loaded::Loaded;
use crate::ui::components::settings_card::SettingsCard;
use crate::ui::state::location::query_parameter;
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// Path of the page.
const PATH: &str = "/settings/email";

/// Form for a new address, and then (`?sent=1`) the form for the code that was sent there.
#[component]
pub fn EmailPage() -> impl IntoView {
    let refused = use_refused_form();
    // A refused form shows its step by its fields: the URL to which it was posted has no query.
    let refused_with_code = refused.with_value(|it| it.as_ref().is_some_and(|it| it.fields.contains_key("code")));
    let sent = query_parameter("sent");
    let email = page_resource(|| (), |()| api::load_email());
    let step = move |email| {
        let is_sent = refused_with_code || sent.get_untracked().is_some();
        match is_sent {
            true => view! { <CodeForm refused=refused.get_value()/> }.into_any(),
            false => view! { <AddressForm email refused=refused.get_value()/> }.into_any(),
        }
    };
    view! {
        <Title text="E-mail address · Cruddur"/>
        <SettingsCard heading="E-mail address">
            <DoneNote query="changed" text="E-mail address changed. Sign in with the new one from now on."/>
            <Loaded resource=email draw=step/>
            <p class="card__other"><a href="/settings">"Back to settings"</a></p>
        </SettingsCard>
    }
}

#[component]
fn AddressForm(email: Option<String>, refused: Option<RefusedForm>) -> impl IntoView {
    let form = Submission::of::<ChangeEmail>(refused, Leave::Load);
    view! {
        {email.map(|email| view! { <p>"You sign in with " <bdi translate="no">{email}</bdi> "."</p> })}
        <p>"We'll send a code to the new address. The old one counts until you have entered the code."</p>
        <FieldForm action=PATH fields=&["email", "current_password"] form>
            <Field form name="email" label="New e-mail" kind=Kind::Email/>
            <Field form name="current_password" label="Current password" kind=Kind::Password/>
            <SubmitButton form label="Send code"/>
        </FieldForm>
    }
}

#[component]
fn CodeForm(refused: Option<RefusedForm>) -> impl IntoView {
    let form = Submission::of::<ConfirmEmail>(refused, Leave::Load);
    view! {
        <p>
            "We've sent a code to the new address. If none arrives, check the address, or it belongs to another account."
        </p>
        <FieldForm action=PATH fields=&["code"] form>
            <Field form name="code" label="Code" kind=Kind::Code autofocus=true/>
            <SubmitButton form label="Change e-mail address"/>
        </FieldForm>
        <p class="card__other"><a href=PATH rel="external">"Enter another address"</a></p>
    }
}
