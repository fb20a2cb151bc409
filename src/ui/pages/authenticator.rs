//! `/settings/authenticator`: the authenticator app as a second factor.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;

use crate::api::{self, StartAuthenticator, TurnOffAuthenticator, TurnOnAuthenticator};
use crate::domain::authenticator::{Authenticator, AuthenticatorKey, QrCode};
use crate::domain::refused_form::RefusedForm;
use crate::ui::components::account_page::DoneNote;
use crate::ui::components::field::{Field, Kind, SubmitButton};
use crate::ui::components::form::FieldForm;
use crate::ui::components::loaded::Loaded;
use crate::ui::components::settings_card::SettingsCard;
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::reactive::effect;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// Path of the page.
const PATH: &str = "/settings/authenticator";

/// State of the second factor, with the form for its next step.
#[component]
pub fn AuthenticatorPage() -> impl IntoView {
    let refused = use_refused_form();
    let authenticator = page_resource(|| (), |()| api::load_authenticator());
    let step = move |authenticator| view! { <NextStep authenticator refused=refused.get_value()/> }.into_any();
    view! {
        <Title text="Authenticator app · Cruddur"/>
        <SettingsCard heading="Authenticator app">
            <DoneNote query="on" text="Authenticator app turned on. From now on, signing in needs its code."/>
            <DoneNote query="off" text="Authenticator app turned off."/>
            <Loaded resource=authenticator draw=step/>
            <p class="card__other"><a href="/settings">"Back to settings"</a></p>
        </SettingsCard>
    }
}

#[component]
fn NextStep(authenticator: Authenticator, refused: Option<RefusedForm>) -> impl IntoView {
    match authenticator {
        Authenticator { key: Some(key), .. } => view! { <SetUp key refused/> }.into_any(),
        Authenticator { is_on: true, .. } => view! { <TurnOff refused/> }.into_any(),
        Authenticator { is_on: false, .. } => view! { <Start refused/> }.into_any(),
    }
}

#[component]
fn Start(refused: Option<RefusedForm>) -> impl IntoView {
    let form = Submission::of::<StartAuthenticator>(refused, Leave::Load);
    view! {
        <DoneNote query="expired" text="Setting up the app took too long, or began anew elsewhere. Start again."/>
        <p>
            "An app on your phone shows a new code every 30 seconds. If you turn it on, signing in needs the code besides \
            your password, so that a stolen password is not enough."
        </p>
        <RecoveryNote/>
        <FieldForm action=PATH fields=&[] form>
            <SubmitButton form label="Set up an app"/>
        </FieldForm>
    }
}

#[component]
fn SetUp(key: AuthenticatorKey, refused: Option<RefusedForm>) -> impl IntoView {
    let form = Submission::of::<TurnOnAuthenticator>(refused, Leave::Load);
    let AuthenticatorKey { text, address, qr_code } = key;
    let is_replaced = tell_if_replaced(text.clone(), form);
    view! {
        {move || is_replaced.get().then(|| view! {
            <p class="error-note" role="alert">
                "This key does not count any more: the app was set up elsewhere. " <a href=PATH rel="external">"Load the page again"</a>
            </p>
        })}
        <p>"Scan this with your authenticator app, or type the key into it."</p>
        <QrCodeImage qr_code/>
        <p class="key" translate="no"><span class="visually-hidden">"Key: "</span> <code>{text}</code></p>
        <p><a href=address rel="external">"Open an app on this device"</a></p>
        <RecoveryNote/>
        <FieldForm action=PATH fields=&["code", "current_password"] form>
            <Field form name="code" label="Code that the app shows" kind=Kind::Code/>
            <Field form name="current_password" label="Current password" kind=Kind::Password/>
            <SubmitButton form label="Turn on"/>
        </FieldForm>
    }
}

/// Returns whether the server knows another key than this one, once it has refused a code: another tab may have begun
/// anew.
fn tell_if_replaced(key: String, form: Submission) -> RwSignal<bool> {
    let is_replaced = RwSignal::new(false);
    effect(move || {
        let shown = key.clone();
        if form.error.read().is_some() {
            spawn_local(async move {
                if let Ok(Authenticator { key, .. }) = api::load_authenticator().await {
                    is_replaced.try_set(key.is_none_or(|key| key.text != shown));
                }
            });
        }
    });
    is_replaced
}

#[component]
fn TurnOff(refused: Option<RefusedForm>) -> impl IntoView {
    let form = Submission::of::<TurnOffAuthenticator>(refused, Leave::Load);
    view! {
        <p>"Signing in needs your password and the code of your authenticator app. To change the app, turn it off first."</p>
        <RecoveryNote/>
        <FieldForm action=PATH fields=&["current_password"] form>
            <Field form name="current_password" label="Current password" kind=Kind::Password/>
            <SubmitButton form label="Turn off"/>
        </FieldForm>
    }
}

/// Says what to do without the app, before it is lost.
#[component]
fn RecoveryNote() -> impl IntoView {
    view! {
        <p>
            "Keep the key in a safe place, or add it to two devices: without the app you can't sign in, and a new \
            password doesn't help. In a browser in which you are signed in, you can turn the app off with your password. \
            Otherwise ask the operator of this site to remove it."
        </p>
    }
}

#[component]
fn QrCodeImage(qr_code: QrCode) -> impl IntoView {
    let QrCode { width, path } = qr_code;
    view! {
        <svg class="qr-code" viewBox=format!("0 0 {width} {width}") role="img" aria-label="QR code with the key">
            <path d=path/>
        </svg>
    }
}
