//! `/messages/new`: the search for a recipient.

use std::time::Duration;

use leptos::html::Input;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::location::Url;

use crate::api;
use crate::domain::error::AppError;
use crate::domain::user::{self, User};
use crate::ui::components::at_once::at_once;
use crate::ui::components::avatar::Avatar;
use crate::ui::components::error_note::{ErrorNote, LoadError};
use crate::ui::components::heading::Heading;
use crate::ui::components::show::Case;
use crate::ui::intl::plural;
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::focus::focus_element;
use crate::ui::state::location::{follow_parameter, query_parameter, replace_address};
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::reachable::refetch_once_reachable;
use crate::ui::state::reactive::effect;

/// Pause in typing after which the search starts.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// Search for users by handle or name: while the user types, or by a plain form (`?q=`).
#[component]
pub fn NewConversationPage() -> impl IntoView {
    let asked = query_parameter("q");
    let query = RwSignal::new(asked.get_untracked().unwrap_or_default());
    let input = NodeRef::<Input>::new();
    let read_input = move || {
        if let Some(input) = input.get_untracked() {
            query.set(input.value());
        }
    };
    // The user may have typed before hydration.
    effect(read_input);
    // The filter of the list leads here while this page is open.
    follow_parameter(asked, move |asked| {
        if let (Some(text), Some(input)) = (asked, input.get_untracked()) {
            input.set_value(text);
            query.set(text.to_owned());
            focus_element(&input);
        }
    });
    // Back from a person whom the search has found leads to the search.
    let read_and_remember = move || {
        read_input();
        replace_address(&search_path(&query.read_untracked()));
    };
    let mut read_debounced = debounce(DEBOUNCE, move |()| read_and_remember());
    let found = page_resource(move || query.get(), search);
    refetch_once_reachable(found);
    let people = move || {
        Suspend::new(async move {
            let found = found.await;
            after_dry_run().await;
            at_once(match found {
                Ok(people) => Case::A(view! { <SearchResults people query/> }.into_any()),
                Err(AppError::Unauthenticated) => {
                    Case::B(view! { <LoadError subject="This page" error=AppError::Unauthenticated/> }.into_any())
                }
                Err(error) => Case::C(view! { <ErrorNote error/> }.into_any()),
            })
        })
    };
    view! {
        <Title text="New message · Cruddur"/>
        <section class="search" aria-labelledby="heading">
            <Heading>"New message"</Heading>
            <form class="search__form" method="get" action="/messages/new" role="search" on:submit=move |event| {
                event.prevent_default();
                read_and_remember();
            }>
                <label class="field__label" for="q">"To: name or handle"</label>
                <div class="search__row">
                    <input
                        class="field__input"
                        id="q"
                        name="q"
                        type="search"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        dir="auto"
                        maxlength="64"
                        autofocus
                        value=query.get_untracked()
                        node_ref=input
                        on:input=move |_| read_debounced(())
                    />
                    <button class="button" type="submit">"Search"</button>
                </div>
            </form>
            <Transition fallback=|| view! { <p class="search__status">"Searching…"</p> }>{move || people()}</Transition>
        </section>
    }
}

/// Returns the path of the page with a search.
fn search_path(query: &str) -> String {
    match query.trim() {
        "" => "/messages/new".to_owned(),
        query => format!("/messages/new?q={}", Url::escape(query)),
    }
}

/// Searches for users. A text that is too short gives no result, without a request.
async fn search(query: String) -> Result<Vec<User>, AppError> {
    if user::is_long_enough_search(&query) { api::search_users(query).await } else { Ok(Vec::new()) }
}

#[component]
fn SearchResults(people: Vec<User>, query: RwSignal<String>) -> impl IntoView {
    let status = match people.len() {
        _ if !query.with_untracked(|query| user::is_long_enough_search(query)) => {
            "Enter more of a name or handle.".to_owned()
        }
        0 => "No people found.".to_owned(),
        // There may be more.
        user::SEARCH_RESULTS_MAX => {
            format!("The first {} people. Enter more to find others.", user::SEARCH_RESULTS_MAX)
        }
        count => format!("{count} {} found", plural(count as i64, "person", "people")),
    };
    view! {
        <p class="search__status" translate="no" role="status">{status}</p>
        <ul class="people">{people.into_iter().map(|user| view! { <SearchResult user/> }).collect_view()}</ul>
    }
}

#[component]
fn SearchResult(user: User) -> impl IntoView {
    view! {
        <li>
            // By id: a handle of the old app may contain any character.
            <a class="person" href=format!("/messages/new/user/{}", user.id)>
                <Avatar user=user.clone()/>
                <span class="person__name" translate="no"><bdi>{user.display_name.to_string()}</bdi></span>
                <span class="person__handle">"@" <bdi>{user.handle_text().to_owned()}</bdi></span>
            </a>
        </li>
    }
}
