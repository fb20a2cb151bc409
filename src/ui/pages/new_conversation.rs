//! `/messages/new`

use std::time::Duration;

use leptos::either::EitherOf3;
use leptos::html::Input;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api;
use crate::domain::error::AppError;
use crate::domain::user::User;
use crate::ui::components::account_page::asked;
use crate::ui::components::avatar::Avatar;
use crate::ui::components::error_note::{ErrorNote, Missing};
use crate::ui::components::heading::Heading;

/// How long nothing must be typed before people are looked for.
const PAUSE: Duration = Duration::from_millis(200);

/// For fewer characters than this nobody is looked for: the server's rule.
const QUERY_LEN_MIN: usize = 2;

/// Finds people by handle or name: as one types, or by a plain form (`?q=`).
#[component]
pub fn NewConversationPage() -> impl IntoView {
    let query = RwSignal::new(asked("q").get_untracked().unwrap_or_default());
    let input = NodeRef::<Input>::new();
    let take = move || {
        if let Some(input) = input.get_untracked() {
            query.set(input.value());
        }
    };
    // Typing may have begun before the page was taken over.
    Effect::new(move |_| take());
    let mut take_after_a_pause = debounce(PAUSE, move |()| take());
    let found = Resource::new(move || query.get(), search);
    let people = move || {
        Suspend::new(async move {
            match found.await {
                Ok(people) => EitherOf3::A(view! { <Found people query/> }),
                Err(AppError::Unauthenticated) => {
                    EitherOf3::B(view! { <Missing what="This page" error=AppError::Unauthenticated/> })
                }
                Err(error) => EitherOf3::C(view! { <ErrorNote error/> }),
            }
        })
    };
    view! {
        <Title text="New message · Cruddur"/>
        <section class="search" aria-labelledby="heading">
            <Heading>"New message"</Heading>
            <form class="search__form" method="get" action="/messages/new" role="search" on:submit=move |event| {
                event.prevent_default();
                take();
            }>
                <label class="field__label" for="q">"To whom? Name or handle"</label>
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
                        on:input=move |_| take_after_a_pause(())
                    />
                    <button class="button" type="submit">"Find"</button>
                </div>
            </form>
            <Transition fallback=|| view! { <p class="search__status">"Looking…"</p> }>{people}</Transition>
        </section>
    }
}

/// Does not trouble the server with what it would not look for.
async fn search(query: String) -> Result<Vec<User>, AppError> {
    if is_enough(&query) { api::search_users(query).await } else { Ok(Vec::new()) }
}

fn is_enough(query: &str) -> bool {
    query.trim().trim_start_matches('@').chars().count() >= QUERY_LEN_MIN
}

#[component]
fn Found(people: Vec<User>, query: RwSignal<String>) -> impl IntoView {
    let status = match people.len() {
        _ if !query.with_untracked(|query| is_enough(query)) => "Type at least two characters.".to_owned(),
        0 => "Nobody by that name or handle.".to_owned(),
        1 => "One person".to_owned(),
        count => format!("{count} people"),
    };
    view! {
        <p class="search__status" role="status">{status}</p>
        <ul class="people">{people.into_iter().map(|user| view! { <Person user/> }).collect_view()}</ul>
    }
}

#[component]
fn Person(user: User) -> impl IntoView {
    view! {
        <li>
            <a class="person" href=format!("/messages/new/{}", user.handle)>
                <Avatar user=user.clone()/>
                <span class="person__name"><bdi>{user.display_name.to_string()}</bdi></span>
                <span class="person__handle">"@" <bdi>{user.handle.to_string()}</bdi></span>
            </a>
        </li>
    }
}
