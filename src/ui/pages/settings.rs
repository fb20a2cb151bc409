//! `/settings`

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{self, SaveSettings};
use crate::domain::refused_form::Refused;
use crate::domain::settings::Settings;
use crate::ui::components::account_page::{AccountPage, Done, HandleChanged};
use crate::ui::components::error_note::Missing;
use crate::ui::components::field::{CheckBox, SubmitButton};
use crate::ui::components::form::{FieldForm, Leave, Submission};
use crate::ui::state::refused_form::refused_of_page;

/// What one may choose.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let refused = refused_of_page();
    let settings = Resource::new(|| (), |()| api::load_settings());
    let form = move || {
        Suspend::new(async move {
            match settings.await {
                Ok(settings) => Either::Left(view! { <SettingsForm settings refused=refused.get_value()/> }),
                Err(error) => Either::Right(view! { <Missing what="This page" error/> }),
            }
        })
    };
    view! {
        <Title text="Settings · Cruddur"/>
        <AccountPage heading="Settings">
            <HandleChanged/>
            <Done query="saved" says="Saved."/>
            <Suspense>{form}</Suspense>
            <p class="card__other"><a href="/messages">"Back to the messages"</a></p>
        </AccountPage>
    }
}

#[component]
fn SettingsForm(settings: Settings, refused: Option<Refused>) -> impl IntoView {
    let of = Submission::of::<SaveSettings>(refused, Leave::Navigate);
    view! {
        <FieldForm action="/settings" fields=&[] of>
            <CheckBox
                name="receipts"
                label="Receipts"
                hint="Those you write with see when a message has reached you and when you have read it, and you see the \
                    same of them. If this is off, neither of you does."
                checked=settings.receipts
            />
            <SubmitButton of label="Save"/>
        </FieldForm>
    }
}
