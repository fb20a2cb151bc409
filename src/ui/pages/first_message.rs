//! `/messages/new/:handle`

use leptos::either::EitherOf4;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;
use leptos_router::hooks::{use_navigate, use_params_map};
use leptos_router::location::Url;

use crate::api;
use crate::domain::conversation::Recipient;
use crate::domain::error::AppError;
use crate::domain::refused_form::Refused;
use crate::ui::components::composer::{Composer, Draft};
use crate::ui::components::error_note::Missing;
use crate::ui::components::heading::{Arrival, Heading};
use crate::ui::components::message_list::MessageListSkeleton;
use crate::ui::components::thread::ThreadHead;
use crate::ui::components::unsent_messages::UnsentMessages;
use crate::ui::state::compose_target::To;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::outbox::Unsent;
use crate::ui::state::refused_form::refused_of_page;
use crate::ui::state::{Drafts, Outbox, Place};

/// The first message to somebody. Where a conversation with them exists, leads there.
#[component]
pub fn FirstMessagePage() -> impl IntoView {
    let refused = refused_of_page();
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
    let (outbox, drafts) = (expect_context::<Outbox>(), expect_context::<Drafts>());
    let place = Place { conversation: None, with: with.id };
    lead_on(place, outbox, drafts, inbox);
    let send = Callback::new(move |(id, body): Draft| {
        outbox.push(Unsent { id, to: To::Person(place.with), body, refused: None });
    });
    let (handle, name) = (with.handle.to_string(), with.display_name.to_string());
    let label = format!("Messages with {name}");
    view! {
        <section class="thread" aria-labelledby="heading">
            <ThreadHead with/>
            <div class="thread__scroller" tabindex="0" role="region" aria-label=label>
                <div class="thread__content">
                    <p class="thread__beginning">"Write the first message to " <bdi>{name}</bdi> "."</p>
                    <UnsentMessages outbox place/>
                </div>
            </div>
            <Composer
                action=format!("/messages/new/{}", Url::escape(&handle))
                bound_to=("handle", handle)
                next_message
                send
                draft=(drafts, place)
                refused
            />
        </section>
    }
}

/// Goes to the conversation with this person once there is one: a message from this page has begun it, or the list shows
/// one that the other person, or another page of one's own, has begun.
fn lead_on(place: Place, outbox: Outbox, drafts: Drafts, inbox: Inbox) {
    let conversation = Memo::new(move |_| {
        // Nobody is taken away from what they are writing because the list has changed.
        let listed = || inbox.conversation_with(place.with).filter(|_| drafts.of(place).is_none());
        outbox.begun(place.with).or_else(listed)
    });
    let (navigate, arrival) = (use_navigate(), expect_context::<Arrival>());
    Effect::new(move |_| {
        if let Some(conversation) = conversation.get() {
            drafts.go_on_in(conversation);
            arrival.comes_by_itself();
            // The way back leads past this page, which would only lead on again.
            let options = NavigateOptions { replace: true, ..Default::default() };
            navigate(&format!("/messages/{conversation}"), options);
        }
    });
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
