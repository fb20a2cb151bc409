//! `/settings/sessions`: the browsers in which the user is signed in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{self, EndOtherSessions, EndSession};
use crate::domain::session::{Device, LISTED_MAX, Session};
use crate::ui::components::account_page::DoneNote;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::form::PageUserField;
use crate::ui::components::loaded::Loaded;
use crate::ui::components::settings_card::SettingsCard;
use crate::ui::components::show::Case;
use crate::ui::components::time::{Time, TimeFormat};
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// List of the user's sessions, each with a button that ends it.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let refused = use_refused_form();
    let sessions = page_resource(|| (), |()| api::list_sessions());
    let list = move |sessions| {
        let end = Submission::of::<EndSession>(refused.get_value(), Leave::Load);
        view! { <SessionList sessions end/> }.into_any()
    };
    view! {
        <Title text="Sessions · Cruddur"/>
        <SettingsCard heading="Sessions">
            <DoneNote query="ended" text="Session ended."/>
            <DoneNote query="others_ended" text="All other sessions ended."/>
            <p>
                "You are signed in to your account in these browsers. If you don't recognize one, end its session and \
                set a new password."
            </p>
            <Loaded resource=sessions draw=list/>
            <p class="card__other"><a href="/settings">"Back to settings"</a></p>
        </SettingsCard>
    }
}

#[component]
fn SessionList(sessions: Vec<Session>, end: Submission) -> impl IntoView {
    let others = Submission::of::<EndOtherSessions>(None, Leave::Load);
    let error = move || end.error.get().or_else(|| others.error.get());
    let (has_others, is_full) = (sessions.iter().any(|session| !session.is_current), sessions.len() >= LISTED_MAX);
    view! {
        {move || error().map(|error| view! { <ErrorNote error/> })}
        <ul class="entries" role="list">
            {sessions.into_iter().map(|session| view! { <SessionRow session end/> }).collect_view()}
        </ul>
        {is_full.then(|| view! { <p>{format!("Only the last {LISTED_MAX} sessions are listed.")}</p> })}
        {has_others
            .then(|| {
                view! {
                    <form method="post" action="/settings/sessions" on:submit=move |event| others.submit(event)>
                        <PageUserField/>
                        <button class="button" type="submit">"End all other sessions"</button>
                    </form>
                }
            })}
    }
}

#[component]
fn SessionRow(session: Session, end: Submission) -> impl IntoView {
    let Session { id, device, address, place, started_at, last_used_at, is_current } = session;
    let device = device_name(&device);
    view! {
        <li class="entry">
            <h2 class="entry__title" translate="no">{device.clone()}</h2>
            <dl class="entry__details">
                <dt>"Last used"</dt>
                <dd>
                    {match is_current {
                        true => Case::A(view! { "Now, in this browser" }.into_any()),
                        false => Case::B(view! { <Time at=last_used_at format=TimeFormat::Full/> }.into_any()),
                    }}
                </dd>
                <dt>"Signed in"</dt>
                <dd><Time at=started_at format=TimeFormat::Full/></dd>
                {place
                    .map(|place| {
                        view! { <dt>"Place"</dt> <dd translate="no">"Near " <bdi>{place}</bdi></dd> }
                    })}
                <dt>"Address"</dt>
                <dd translate="no"><bdi>{address.unwrap_or_else(|| "Unknown".to_owned())}</bdi></dd>
            </dl>
            {(!is_current)
                .then(|| {
                    view! {
                        <form method="post" action="/settings/sessions" on:submit=move |event| end.submit(event)>
                            <PageUserField/>
                            <input type="hidden" name="session" value=id.to_string()/>
                            <button class="button" type="submit">
                                "End session" <span class="visually-hidden">", " {device}</span>
                            </button>
                        </form>
                    }
                })}
        </li>
    }
}

/// Returns a device in words.
fn device_name(device: &Device) -> String {
    match (&device.browser, &device.system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.clone(),
        (None, Some(system)) => format!("Unknown browser on {system}"),
        (None, None) => "Unknown browser".to_owned(),
    }
}
