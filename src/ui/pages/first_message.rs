//! `/messages/new/user/:id` and `/messages/new/:handle`: the first message to a user.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use crate::api;
use crate::domain::conversation::{Kind, Recipient};
use crate::domain::error::{AppError, Conflict};
use crate::domain::refused_form::RefusedForm;
use crate::domain::user;
use crate::ui::components::at_once::{DrawsAnew, at_once};
use crate::ui::components::block_forms::BlockedNote;
use crate::ui::components::composer::Composer;
use crate::ui::components::conversation_header::ConversationHeader;
use crate::ui::components::error_note::LoadError;
use crate::ui::components::heading::Heading;
use crate::ui::components::message_list::MessageListSkeleton;
use crate::ui::components::show::Case;
use crate::ui::components::unsent_messages::UnsentMessages;
use crate::ui::state::blocking::{reload_after_block, shows};
use crate::ui::state::compose_target::Target;
use crate::ui::state::composer::ComposerWays;
use crate::ui::state::composing::{Composing, OutgoingMessage};
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::heading_focus::{HeadingFocus, load_again};
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::location::path_parameter;
use crate::ui::state::outbox::unsent::{Content, NewUnsent};
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::reachable::refetch_once_reachable;
use crate::ui::state::reactive::{effect, memo};
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::{ComposeTarget, Drafts, Outbox};
use crate::ui::wording::sentence;

/// Composer for the first message to a user. Redirects to the conversation if there already is one.
#[component]
pub fn FirstMessagePage() -> impl IntoView {
    let refused = use_refused_form();
    let (id, handle) = (path_parameter("/messages/new/user/"), path_parameter("/messages/new/"));
    let named = move || match id.get() {
        id if id.is_empty() => (handle.get(), None),
        // An invalid id is requested as one that does not exist, so that the server answers with the same error.
        id => (String::new(), Some(user::Id(id.parse().unwrap_or(Uuid::nil())))),
    };
    let recipient = page_resource(named, |(handle, id)| api::find_recipient(handle, id));
    reload_after_block(move |user| shows(recipient, |it| it.with.id == user), load_again(recipient));
    refetch_once_reachable(recipient);
    let inbox = expect_context::<Inbox>();
    let component = DrawsAnew::here();
    let pane = move || {
        Suspend::new(async move {
            let recipient = recipient.await;
            after_dry_run().await;
            at_once(match recipient {
                // A form that the server has refused is shown first, with its text and the reason.
                Ok(Recipient { conversation: Some(id), .. }) if refused.with_value(Option::is_none) => {
                    // In place of this page: going back to it would only lead on again.
                    let options = NavigateOptions { replace: true, ..Default::default() };
                    Case::A(view! { <Redirect path=format!("/messages/{id}") options/> }.into_any())
                }
                Ok(recipient) => {
                    let draw = move || {
                        let (form, has_composer) = (refused.get_value(), !recipient.is_blocked);
                        effect(move || {
                            if has_composer {
                                // It has taken the form, and may have sent it when the page is drawn again.
                                refused.set_value(None);
                            }
                        });
                        view! { <FirstMessage recipient inbox refused=form/> }.into_any()
                    };
                    Case::B(component.draw(draw).into_any())
                }
                Err(error @ AppError::Conflict(Conflict::MessageToSelf)) => {
                    Case::C(view! { <OwnHandleNotice error/> }.into_any())
                }
                Err(error) => Case::D(view! { <LoadError subject="This page" error/> }.into_any()),
            })
        })
    };
    view! {
        <Title text="New message · Cruddur"/>
        <Suspense fallback=MessageListSkeleton>{move || pane()}</Suspense>
    }
}

#[component]
fn FirstMessage(recipient: Recipient, inbox: Inbox, refused: Option<RefusedForm>) -> impl IntoView {
    let Recipient { with, next_message, is_blocked, .. } = recipient;
    let (outbox, drafts) = (expect_context::<Outbox>(), expect_context::<Drafts>());
    let (recipient, target) = (with.id, ComposeTarget::Person(with.id));
    open_once_started(recipient, outbox, drafts, inbox);
    let name = with.display_name.to_string();
    let addressee = name.clone();
    let is_begun = memo(move || drafts.preview_of(target).is_some());
    effect(move || {
        if is_begun.get() {
            drafts.keep_recipient(recipient, &addressee);
        }
    });
    let to = name.clone();
    let send = Callback::new(move |OutgoingMessage { id, body, .. }| {
        let (target, peer, content) = (Target::Person(recipient), Some(recipient), Content::Body(body));
        outbox.push(NewUnsent { id, target, peer, to: to.clone(), content, reply_to: None, edited: None });
    });
    provide_context(RwSignal::new(Composing::New));
    let (label, path) = (format!("Messages with {name}"), format!("/messages/new/user/{recipient}"));
    let user = with.clone();
    view! {
        <section class="thread" aria-labelledby="heading">
            <ConversationHeader kind=Kind::Direct others=vec![with] path=path.clone() is_blockable=!is_blocked/>
            <div class="thread__scroller" tabindex="0" role="region" aria-label=label>
                <div class="thread__content">
                    <p class="thread__beginning">"Write the first message to " <bdi>{name}</bdi> "."</p>
                    <UnsentMessages outbox target/>
                </div>
            </div>
            {match is_blocked {
                true => Case::A(view! { <BlockedNote user path refused/> }.into_any()),
                false => Case::B(view! {
                    <Composer
                        action=path
                        bound_to=("to", recipient.to_string())
                        next_message
                        ways=ComposerWays { send, kept_in: (drafts, target) }
                        refused
                    />
                }.into_any()),
            }}
        </section>
    }
}

/// Navigates to the conversation with the recipient once it exists: a message of this page has started it, or the list
/// shows one that the recipient or another page of the user has started.
fn open_once_started(recipient: user::Id, outbox: Outbox, drafts: Drafts, inbox: Inbox) {
    let target = ComposeTarget::Person(recipient);
    let conversation = memo(move || {
        // A change of the list does not navigate away from a text that is being written.
        let listed = || inbox.conversation_with(recipient).filter(|_| drafts.preview_of(target).is_none());
        outbox.started_with(recipient).or_else(listed)
    });
    let (navigate, focus) = (use_navigate(), expect_context::<HeadingFocus>());
    effect(move || {
        if let Some(conversation) = conversation.get() {
            drafts.resume_in(conversation);
            focus.expect_automatic_navigation();
            // Replaces this page in the history: going back to it would only navigate here again.
            let options = NavigateOptions { replace: true, ..Default::default() };
            navigate(&format!("/messages/{conversation}"), options);
        }
    });
}

#[component]
fn OwnHandleNotice(error: AppError) -> impl IntoView {
    view! {
        <div class="notice">
            <Heading>"Choose someone else"</Heading>
            <p>{sentence(&error)}</p>
            <a class="button button--primary" href="/messages/new">"Find people"</a>
        </div>
    }
}
