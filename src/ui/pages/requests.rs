//! `/messages/requests`: the message requests that the user has received.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api;
use crate::domain::conversation::Conversation;
use crate::domain::paths;
use crate::domain::request::{REQUEST_MESSAGES_MAX, REQUESTS_MAX};
use crate::domain::user;
use crate::ui::components::at_once::at_once;
use crate::ui::components::avatar::Avatar;
use crate::ui::components::error_note::LoadError;
use crate::ui::components::heading::Heading;
use crate::ui::components::show::Case;
use crate::ui::components::time::{Calendar, TimeFormat, time_element};
use crate::ui::pages::conversations::Me;
use crate::ui::state::back_scroll::BackScroll;
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::heading_focus::load_again;
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::reachable::refetch_once_reachable;
use crate::ui::state::request_answer::reload_with_requests;

/// List of the requests. Each opens as a conversation, where it is accepted or deleted.
#[component]
pub fn RequestsPage() -> impl IntoView {
    let Me(me) = expect_context::<Me>();
    let requests = page_resource(|| (), |()| api::list_requests());
    reload_with_requests(load_again(requests));
    refetch_once_reachable(requests);
    let scroll = BackScroll::of_page();
    let list = move || {
        Suspend::new(async move {
            let (me, requests) = (me.await, requests.await);
            after_dry_run().await;
            scroll.restore();
            at_once(match (me, requests) {
                (Ok(me), Ok(requests)) => Case::A(view! { <RequestList requests me=me.id/> }.into_any()),
                (Err(error), _) | (_, Err(error)) => {
                    Case::B(view! { <LoadError subject="This page" error/> }.into_any())
                }
            })
        })
    };
    view! {
        <Title text="Message requests · Cruddur"/>
        <section
            class="search"
            aria-labelledby="heading"
            node_ref=scroll.node
            on:scrollend=move |_| scroll.note()
        >
            <p><a href="/messages">"All messages"</a></p>
            <Heading>"Message requests"</Heading>
            <p>
                {format!("People you have never written to can send you {REQUEST_MESSAGES_MAX} messages until you accept. \
                They don't see when you are online or what you have read.")}
            </p>
            <Transition>{move || list()}</Transition>
        </section>
    }
}

#[component]
fn RequestList(requests: Vec<Conversation>, me: user::Id) -> impl IntoView {
    let (calendar, is_empty, is_full) = (Calendar::current(), requests.is_empty(), requests.len() >= REQUESTS_MAX);
    let row =
        |request: Conversation| view! { <li translate="no">{request_row(&request, me, calendar).into_any()}</li> };
    view! {
        {is_empty.then(|| view! { <p>"You have no message requests."</p> })}
        <ul class="conversation-list">{requests.into_iter().map(row).collect_view()}</ul>
        {is_full.then(|| view! { <p>{format!("Only the newest {REQUESTS_MAX} requests are listed.")}</p> })}
    }
}

fn request_row(request: &Conversation, me: user::Id, calendar: Calendar) -> impl IntoView + use<> {
    let face = request.peer(me).cloned();
    let handle = face.as_ref().and_then(|user| user.handle.as_ref()).map(ToString::to_string);
    let preview = if request.version.is_deleted() { "Message deleted".to_owned() } else { request.preview.clone() };
    view! {
        <a class="conversation" href=paths::conversation(request.id)>
            {face.map(|user| view! { <Avatar user/> })}
            <span class="conversation__name"><bdi>{request.title(me)}</bdi></span>
            <span class="conversation__handle">{handle.map(|handle| view! { "@" <bdi>{handle}</bdi> })}</span>
            <span class="conversation__time">{time_element(&request.last_sent_at, TimeFormat::Short, calendar)}</span>
            <span class="conversation__preview"><bdi>{preview}</bdi></span>
        </a>
    }
}
