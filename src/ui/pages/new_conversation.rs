//! `/messages/new`: the search for a recipient.

use std::time::Duration;

use leptos::html::Input;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
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
use crate::ui::state::back_scroll::{BackScroll, PageScroll};
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::focus::focus_element;
use crate::ui::state::location::{follow_parameter, query_parameter};
use crate::ui::state::page_resource::{PageResource, page_resource};
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
    let write = share_with_address(asked, input, query);
    let read_and_remember = move || {
        read_input();
        write();
    };
    let remember = read_and_remember.clone();
    let mut read_debounced = debounce(DEBOUNCE, move |()| remember());
    let found = page_resource(move || query.get(), search);
    refetch_once_reachable(found);
    let scroll = BackScroll::of_page();
    view! {
        <Title text="New message · Cruddur"/>
        <section
            class="search"
            aria-labelledby="heading"
            node_ref=scroll.node
            on:scrollend=move |_| scroll.note()
        >
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
            <FoundPeople found query scroll/>
        </section>
    }
}

/// List of the users whom the search has found.
#[component]
fn FoundPeople(
    found: PageResource<Result<Vec<User>, AppError>>,
    query: RwSignal<String>,
    scroll: PageScroll,
) -> impl IntoView {
    let people = move || {
        Suspend::new(async move {
            let found = found.await;
            after_dry_run().await;
            scroll.restore();
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
        <Transition fallback=|| view! { <p class="search__status">"Searching…"</p> }>{move || people()}</Transition>
    }
}

/// Takes over the text of the address when it changes: the filter of the list and the link to this page lead here while
/// it is open. Returns the function that writes the text of the search into the address, so that Back from a person
/// whom the search has found leads to the search.
fn share_with_address(
    asked: Memo<Option<String>>,
    input: NodeRef<Input>,
    query: RwSignal<String>,
) -> impl Fn() + Clone + 'static {
    let written = StoredValue::new(None);
    follow_parameter(asked, move |asked| {
        let text = asked.unwrap_or_default();
        if written.get_value().as_deref() != Some(text)
            && let Some(input) = input.get_untracked()
        {
            input.set_value(text);
            query.set(text.to_owned());
            focus_element(&input);
        }
        written.set_value(None);
    });
    let navigate = use_navigate();
    move || {
        let text = query.read_untracked().trim().to_owned();
        if text != asked.get_untracked().unwrap_or_default() {
            let path = search_path(&text);
            written.set_value(Some(text));
            navigate(&path, NavigateOptions { replace: true, scroll: false, ..Default::default() });
        }
    }
}

/// Returns the path of the page with a search.
fn search_path(query: &str) -> String {
    match query {
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
