//! `/messages/new/:handle`

use leptos::either::EitherOf4;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlTextAreaElement;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_params_map;
use leptos_router::location::Url;

use crate::api::{self, Destination};
use crate::components::composer::{Composer, Draft};
use crate::components::error_note::Missing;
use crate::components::form::Refused;
use crate::components::heading::Heading;
use crate::components::inbox::Inbox;
use crate::components::message_list::MessageListSkeleton;
use crate::components::thread::ThreadHead;
use crate::components::typing;
use crate::components::way_on::way_on;
use crate::conversation::Recipient;
use crate::error::AppError;
use crate::live::Drafts;

/// The first message to somebody. Where a conversation with them exists, leads there.
#[component]
pub fn FirstMessagePage() -> impl IntoView {
    let refused = Refused::of_page();
    let params = use_params_map();
    let recipient = Resource::new(move || params.read().get("handle").unwrap_or_default(), api::find_recipient);
    let inbox = expect_context::<Inbox>();
    let pane = move || {
        Suspend::new(async move {
            match recipient.await {
                Ok(Recipient { conversation: Some(id), .. }) => {
                    EitherOf4::A(view! { <Redirect path=format!("/messages/{id}")/> })
                }
                Ok(recipient) => {
                    let draw = move |recipient| view! { <FirstMessage recipient inbox refused=refused.get_value()/> };
                    let key = |recipient: &Recipient| recipient.with.id;
                    EitherOf4::B(view! { <For each=move || [recipient.clone()] key children=draw/> })
                }
                Err(AppError::Conflict(reason)) => EitherOf4::C(view! { <Yourself reason/> }),
                Err(error) => EitherOf4::D(view! { <Missing what="This person" error/> }),
            }
        })
    };
    view! {
        <Title text="New message · Cruddur"/>
        <Suspense fallback=MessageListSkeleton>{pane}</Suspense>
    }
}

#[component]
fn FirstMessage(recipient: Recipient, inbox: Inbox, refused: Option<Refused>) -> impl IntoView {
    let Recipient { with, next_message, .. } = recipient;
    let handle = with.handle.to_string();
    let (way, drafts) = (way_on(), expect_context::<Drafts>());
    let send = {
        let handle = handle.clone();
        Action::new(move |(message, body): &Draft| {
            let (handle, message, body) = (handle.clone(), *message, body.clone());
            async move {
                let Destination(path) = api::start_conversation(handle, message, body.clone()).await?;
                inbox.refetch();
                keep_rest(drafts, &path, &body);
                way.try_set(Some(path));
                Ok(())
            }
        })
    };
    let name = with.display_name.to_string();
    view! {
        <section class="thread" aria-labelledby="heading">
            <ThreadHead with/>
            <div class="thread__scroller">
                <p class="thread__beginning">"Write the first message to " <bdi>{name}</bdi> "."</p>
            </div>
            <Composer
                action=format!("/messages/new/{}", Url::escape(&handle))
                bound_to=("handle", handle)
                next_message
                send
                refused
            />
        </section>
    }
}

/// What has been typed since goes on in the conversation, as a draft.
fn keep_rest(drafts: Drafts, path: &str, sent: &str) {
    let field = document().get_element_by_id("body").and_then(|field| field.dyn_into::<HtmlTextAreaElement>().ok());
    let typed = field.map(|field| field.value()).unwrap_or_default();
    let rest = typing::rest(&typed, sent);
    if let (false, Some(Ok(id))) = (rest.is_empty(), path.strip_prefix("/messages/").map(str::parse)) {
        drafts.keep(id, rest);
    }
}

#[component]
fn Yourself(reason: String) -> impl IntoView {
    view! {
        <div class="notice">
            <Heading>"No conversation"</Heading>
            <p>{reason}</p>
            <a class="button button--primary" href="/messages/new">"Find somebody else"</a>
        </div>
    }
}
