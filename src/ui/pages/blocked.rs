//! `/settings/blocked`: the users whom the user has blocked.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::{self, EndBlock};
use crate::domain::block::BLOCKED_MAX;
use crate::domain::user::User;
use crate::ui::components::account_page::DoneNote;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::form::PageUserField;
use crate::ui::components::loaded::Loaded;
use crate::ui::components::settings_card::SettingsCard;
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// List of the users whom the user has blocked, each with a button that removes the block.
#[component]
pub fn BlockedPage() -> impl IntoView {
    let refused = use_refused_form();
    let blocked = page_resource(|| (), |()| api::list_blocked());
    let list = move |blocked| {
        let end = Submission::of::<EndBlock>(refused.get_value(), Leave::Load);
        view! { <BlockedList blocked end/> }.into_any()
    };
    view! {
        <Title text="Blocked people · Cruddur"/>
        <SettingsCard heading="Blocked people">
            <DoneNote query="unblocked" text="Unblocked."/>
            <Loaded resource=blocked draw=list/>
            <p class="card__other"><a href="/settings">"Back to settings"</a></p>
        </SettingsCard>
    }
}

#[component]
fn BlockedList(blocked: Vec<User>, end: Submission) -> impl IntoView {
    let (is_empty, is_full) = (blocked.is_empty(), blocked.len() >= BLOCKED_MAX);
    let about = match is_empty {
        true => {
            "You haven't blocked anyone. You can block people from a conversation with them, or after you have found \
            them under \u{201c}New message\u{201d}."
        }
        false => "You and these people can't write to each other, react to messages, or see when the other is online.",
    };
    view! {
        <p>{about}</p>
        {move || end.error.get().map(|error| view! { <ErrorNote error/> })}
        <ul class="entries" role="list">
            {blocked.into_iter().map(|user| view! { <BlockedRow user end/> }).collect_view()}
        </ul>
        {is_full.then(|| view! { <p>{format!("Only {BLOCKED_MAX} people are listed.")}</p> })}
    }
}

#[component]
fn BlockedRow(user: User, end: Submission) -> impl IntoView {
    let name = user.display_name.to_string();
    view! {
        <li class="entry">
            <h2 class="entry__title" translate="no"><bdi>{name.clone()}</bdi></h2>
            {user.handle.map(|handle| {
                view! { <p class="entry__note" translate="no">"@" <bdi>{handle.to_string()}</bdi></p> }
            })}
            <form method="post" action="/settings/blocked" on:submit=move |event| end.submit(event)>
                <PageUserField/>
                <input type="hidden" name="user" value=user.id.to_string()/>
                <button class="button" type="submit">
                    "Unblock" <span class="visually-hidden" translate="no">" " {name}</span>
                </button>
            </form>
        </li>
    }
}
