//! Pane of a conversation: its header, its messages and the composer.

use leptos::either::Either;
use leptos::prelude::*;

use crate::domain::conversation::{self, ConversationView, Kind};
use crate::domain::error::AppError;
use crate::domain::page::Cursor;
use crate::domain::refused_form::RefusedForm;
use crate::domain::user::{self, User};
use crate::ui::components::avatar::Avatar;
use crate::ui::components::composer::Composer;
use crate::ui::components::date_form::DateForm;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::heading::Heading;
use crate::ui::components::message_list::{MessageList, author_name};
use crate::ui::components::message_text::MessageText;
use crate::ui::components::pager::OlderLink;
use crate::ui::components::presence::PresenceMark;
use crate::ui::components::unsent_messages::UnsentMessages;
use crate::ui::intl::plural;
use crate::ui::state::composer::ComposerWays;
use crate::ui::state::hydrated::use_hydrated;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::open_conversation::OpenConversation;
use crate::ui::state::{ComposeTarget, Drafts, LiveEvents, Outbox, Presence};

/// Pane of one conversation. It cannot switch to another: every conversation needs its own pane.
#[component]
pub fn ConversationPane(
    conversation: ConversationView,
    me: user::Id,
    inbox: Inbox,
    /// True if reading starts at the first message shown, rather than at the newest or the first unread one.
    from_first: bool,
    /// Message that the server has just refused without WASM.
    refused: Option<RefusedForm>,
) -> impl IntoView {
    let open = OpenConversation::new(&conversation, me, inbox, from_first);
    let (title, others) = (conversation.title(me), conversation.others(me).cloned().collect::<Vec<_>>());
    let target = ComposeTarget::conversation(conversation.id, conversation.peer(me).map(|peer| peer.id));
    let is_closed = conversation.peer(me).is_some_and(User::is_deleted);
    let ConversationView { id, kind, members, messages, next_message, .. } = conversation;
    let outbox = expect_context::<Outbox>();
    let send = open.send_via(outbox, title.clone(), target);
    let ways = ComposerWays { send, kept_in: (expect_context::<Drafts>(), target) };
    open.start(expect_context::<LiveEvents>());
    if let Some(presence) = use_context::<Presence>() {
        presence.watch(id);
    }
    let load = open.load_older_action();
    let label = format!("Messages with {title}");
    view! {
        <section class="thread" aria-labelledby="heading">
            <ConversationHeader kind others path=open.path() mark_unread=open.mark_unread_action()/>
            // The style lays this out from bottom to top: without script the newest message is in view, and it does not
            // move when older ones are added.
            <div class="thread__scroller" tabindex="0" role="region" aria-label=label node_ref=open.scroller.node on:scroll=move |_| open.on_scroll(load)>
                <div class="thread__content">
                    <OlderMessages open load title/>
                    <MessageList
                        messages=open.messages()
                        read_before=open.read_before()
                        receipts=open.receipts()
                        me
                        members=members.clone()
                    />
                    <UnsentMessages outbox target/>
                    {messages.newer.map(|newer| view! { <NewerLinks open newer/> })}
                </div>
            </div>
            <ConversationStatus open me members/>
            {match is_closed {
                true => Either::Left(view! { <ClosedNote refused/> }),
                false => Either::Right(view! {
                    <Composer
                        typing=Callback::new(move |()| open.typing.notify_others())
                        action=open.path()
                        bound_to=("conversation", id.to_string())
                        next_message
                        ways
                        refused
                    />
                }),
            }}
        </section>
    }
}

/// Note in place of the composer: the peer has been deleted. Shows the text of a refused form, which can be copied.
#[component]
fn ClosedNote(refused: Option<RefusedForm>) -> impl IntoView {
    let text = refused.and_then(|refused| refused.fields.get("body").cloned());
    view! {
        <div class="thread__closed">
            <p>"This user has been deleted. You can read the conversation, but not reply."</p>
            {text.map(|text| view! { <p>"Your message was not sent:"</p> <MessageText body=text/> })}
        </div>
    }
}

/// Header of a conversation: the other members, the actions, and on a narrow screen the link back to the list.
#[component]
pub fn ConversationHeader(
    kind: Kind,
    /// The members other than the user.
    others: Vec<User>,
    /// Path of the conversation, if it exists already.
    #[prop(optional, into)]
    path: Option<String>,
    #[prop(optional)] mark_unread: Option<Action<(), Result<(), AppError>>>,
) -> impl IntoView {
    let (title, face) = (conversation::title(&others), others.into_iter().next());
    let peer = face.clone().filter(|_| kind == Kind::Direct);
    view! {
        <div class="thread__head">
            <a class="button button--quiet button--icon thread__back" href="/messages" aria-label="Back to all messages">
                <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <path d="M15 5l-7 7 7 7"/>
                </svg>
            </a>
            {face.map(|user| view! { <Avatar user/> })}
            <div class="thread__who" translate="no">
                <Heading><bdi>{title}</bdi></Heading>
                <p class="thread__handle">
                    {peer.and_then(|peer| Some((peer.id, peer.handle?))).map(|(peer, handle)| view! {
                        "@" <bdi>{handle.to_string()}</bdi> <PresenceMark user=peer/>
                    })}
                </p>
            </div>
            <div class="thread__ways">
                {path.map(|path| view! { <DateForm path/> })}
                {mark_unread.map(|mark| view! { <MarkUnread mark/> })}
            </div>
        </div>
    }
}

/// Button that marks the conversation as unread. Only with WASM: without it, messages are not marked as read either.
#[component]
fn MarkUnread(mark: Action<(), Result<(), AppError>>) -> impl IntoView {
    let hydrated = use_hydrated();
    let failed = move || mark.value().get().and_then(Result::err).map(|error| view! { <ErrorNote error/> });
    let press = move |_| {
        if !mark.pending().get_untracked() {
            mark.dispatch(());
        }
    };
    view! {
        <Show when=move || hydrated.get()>
            <button class="button button--quiet button--icon" type="button" on:click=press>
                <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <path d="M20 11v8H4V6h10M4 7l8 6 4-3"/>
                    <circle cx="19" cy="6" r="3"/>
                </svg>
                <span class="visually-hidden">"Mark as unread"</span>
            </button>
        </Show>
        {failed}
    }
}

/// Link to older messages, or a note at the beginning of the conversation.
#[component]
fn OlderMessages(open: OpenConversation, load: Action<Cursor, Result<(), AppError>>, title: String) -> impl IntoView {
    let error = Signal::derive(move || load.value().get().and_then(Result::err));
    let title = StoredValue::new(title);
    // Drawn anew only with another cursor, so that it can be pressed while messages come.
    let older = Memo::new(move |_| open.older());
    move || match older.get() {
        Some(cursor) => Either::Left(view! {
            <OlderLink
                href=format!("{}?before={cursor}", open.path())
                label="Older messages"
                pending=load.pending().into()
                error
                load=Callback::new(move |()| drop(load.dispatch(cursor.clone())))
            />
        }),
        None => Either::Right(view! {
            <p class="thread__beginning">
                "This is the beginning of your conversation with " <bdi>{title.get_value()}</bdi> "."
            </p>
        }),
    }
}

/// Status below the messages: the typing indicator and a button that scrolls to the newest message. Also announces new
/// messages to screen readers.
#[component]
fn ConversationStatus(open: OpenConversation, me: user::Id, members: Vec<User>) -> impl IntoView {
    let members = StoredValue::new(members);
    let name = move |author| members.with_value(|members| author_name(author, me, members));
    let typing = Memo::new(move |_| open.typing_member());
    let to_newest = move |_| open.show_newest();
    view! {
        <div class="visually-hidden" translate="no" role="log" aria-label="New messages">
            <For each=move || open.announced() key=|message| (message.id, message.sent_at.clone()) let:message>
                <p>
                    <bdi>{message.author_name.map_or_else(|| name(message.author), |it| it.to_string())}</bdi> ": "
                    <bdi>{message.body}</bdi>
                </p>
            </For>
        </div>
        <div class="thread__status" translate="no">
            {move || typing.get().map(|author| view! {
                <p class="thread__typing"><bdi>{name(author)}</bdi> " " <span>"is typing…"</span></p>
            })}
            <Show when=move || open.is_away_from_newest()>
                <button class="button thread__to-newest" type="button" on:click=to_newest>{move || to_newest_label(open.unseen())}</button>
            </Show>
        </div>
    }
}

fn to_newest_label(unseen: u64) -> String {
    match unseen {
        0 => "Newest messages".to_owned(),
        count => format!("{count} new {}", plural(count as i64, "message", "messages")),
    }
}

/// Links from an older page to newer messages, for browsers without WASM. With WASM newer messages load on scrolling.
#[component]
fn NewerLinks(open: OpenConversation, newer: Cursor) -> impl IntoView {
    view! {
        <Show when=move || !open.has_entered()>
            <p class="pager">
                <a class="button" href=format!("{}?after={newer}", open.path())>"Newer messages"</a>
                <a class="button" href=format!("{}?before={}", open.path(), Cursor::newest())>"Newest messages"</a>
            </p>
        </Show>
    }
}
