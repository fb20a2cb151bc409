//! Pane of a conversation: its header, its messages and the composer.

use leptos::prelude::*;

use crate::domain::conversation::{self, ConversationView};
use crate::domain::message::Message;
use crate::domain::page::Cursor;
use crate::domain::paths;
use crate::domain::refused_form::RefusedForm;
use crate::domain::request::Request;
use crate::domain::user::{self, User};
use crate::ui::components::block_forms::BlockedNote;
use crate::ui::components::closed_note::ClosedNote;
use crate::ui::components::composer::Composer;
use crate::ui::components::conversation_header::ConversationHeader;
use crate::ui::components::message_item::author_name;
use crate::ui::components::message_layer::MessageLayer;
use crate::ui::components::message_list::MessageList;
use crate::ui::components::message_text::InertLinks;
use crate::ui::components::pager::OlderLink;
use crate::ui::components::reply_note::ReplyNote;
use crate::ui::components::request_note::RequestNote;
use crate::ui::components::show::{Case, For, Show};
use crate::ui::components::unsent_messages::UnsentMessages;
use crate::ui::intl::plural;
use crate::ui::state::composer::ComposerWays;
use crate::ui::state::hydrated::use_hydrated;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::link_target::{LinkTarget, LinkedMessage};
use crate::ui::state::location::replace_address;
use crate::ui::state::message_actions::MessageActions;
use crate::ui::state::message_jump::Jumps;
use crate::ui::state::message_keys::MessageKeys;
use crate::ui::state::message_menu::MessageMenu;
use crate::ui::state::open_conversation::{LoadOlder, OpenConversation, Opening};
use crate::ui::state::outbox::queue::State;
use crate::ui::state::reactive::{effect, memo, row_memo};
use crate::ui::state::{ComposeTarget, Drafts, LiveEvents, Outbox, Presence};

/// Pane of one conversation. It cannot switch to another: every conversation needs its own pane.
#[component]
pub fn ConversationPane(
    conversation: ConversationView,
    me: user::Id,
    inbox: Inbox,
    /// True if reading starts at the first message shown, rather than at the newest or the first unread one.
    from_first: bool,
    /// Time of the message to which a link has led.
    #[prop(optional_no_strip)]
    around: Option<String>,
    /// The message that the composer answers.
    #[prop(optional_no_strip)]
    reply: Option<Message>,
    /// Message that the server has just refused without WASM.
    refused: Option<RefusedForm>,
) -> impl IntoView {
    let target = around.as_ref().and_then(|at| LinkTarget::find(&conversation.messages.items, at));
    let linked = target.filter(|target| target.is_found).map(|target| target.id);
    let is_gone = around.is_some() && linked.is_none();
    provide_context(LinkedMessage(linked));
    let opening = match target {
        Some(LinkTarget { id, .. }) => Opening::Message(id),
        None if from_first => Opening::First,
        None => Opening::Unread,
    };
    let open = OpenConversation::new(&conversation, me, inbox, opening);
    let (id, title) = (conversation.id, conversation.title(me));
    let drafts = expect_context::<Drafts>();
    let at_opening: Vec<User> = conversation.others(me).cloned().collect();
    // The list gets new names. Until hydration the page shows those that the server has rendered.
    let hydrated = use_hydrated();
    let others = memo(move || {
        let listed = hydrated.get().then(|| inbox.others(id)).flatten();
        listed.unwrap_or_else(|| at_opening.clone())
    });
    let names = row_memo(move || conversation::title(&*others.read()));
    let target = ComposeTarget::conversation(conversation.id, conversation.peer(me).map(|peer| peer.id));
    let peer = conversation.peer(me).cloned();
    let is_closed = peer.as_ref().is_some_and(User::is_deleted);
    let has_request = Request::is_received(conversation.request);
    provide_context(InertLinks(has_request));
    let named =
        move |peer: User| row_memo(move || others.read().iter().find(|it| it.id == peer.id).unwrap_or(&peer).clone());
    let requester = peer.clone().filter(|_| has_request && !conversation.has_blocked && !is_closed).map(named);
    let blocked = peer.filter(|_| conversation.has_blocked && !is_closed).map(named);
    let last_seen = conversation.last_seen.iter().find(|it| Some(it.user) == target.peer()).map(|it| it.at.clone());
    let ConversationView { kind, members, messages, next_message, has_blocked, .. } = conversation;
    let at_opening = members.clone();
    // The members with their current names.
    let named = memo(move || {
        let others = others.read();
        let current = |member: &User| others.iter().find(|it| it.id == member.id).unwrap_or(member).clone();
        at_opening.iter().map(current).collect::<Vec<_>>()
    });
    let outbox = expect_context::<Outbox>();
    let send = open.send_via(outbox, title.clone(), target);
    let actions = MessageActions::new(open, outbox, target, title.clone());
    provide_context(actions);
    provide_context(actions.composing);
    let ways = ComposerWays { send, kept_in: (drafts, target) };
    open.start(expect_context::<LiveEvents>(), outbox);
    let is_open = !has_blocked && !has_request;
    let menu = MessageMenu::new(id, me, (actions, !is_closed && is_open, is_open), open.messages());
    let (keys, jumps) = (MessageKeys::new(menu, open.scroller), Jumps::start(open.scroller));
    if let Some(presence) = use_context::<Presence>() {
        presence.watch(id);
    }
    let load = open.load_older_action();
    open.fill_view(load);
    let action = reply.as_ref().map_or_else(|| open.path(), |message| paths::reply_to(id, &message.reference()));
    let note = reply.map(|message| {
        let author = (message.author != me).then(|| author_name(message.author, me, &members));
        view! { <PlainReply message author path=open.path()/> }
    });
    view! {
        <section class="thread" aria-labelledby="heading">
            <ConversationHeader
                kind
                others
                path=open.path()
                is_blockable=is_open
                mark_unread=open.mark_unread_action()
                last_seen
            />
            {is_gone.then(|| view! {
                <p class="thread__gone" role="status" translate="no">
                    "This message is not here any more. " <a href=open.path()>"Newest messages"</a>
                </p>
            })}
            // The style lays this out from bottom to top: without script the newest message is in view, and it does not
            // move when older ones are added.
            <div
                class="thread__scroller"
                tabindex="0"
                role="region"
                aria-label=move || format!("Messages with {}", names.read())
                node_ref=open.scroller.node
                on:scroll=move |_| open.on_scroll(load)
                on:scrollend=move |_| open.scroller.note_place()
                on:keydown=move |event| keys.handle(&event)
            >
                <div class="thread__content">
                    <OlderMessages open load names/>
                    <MessageList
                        messages=open.messages()
                        read_before=open.read_before()
                        receipts=open.receipts()
                        members=named
                        menu
                        jumps
                    />
                    <UnsentMessages outbox target/>
                    {messages.newer.map(|newer| view! { <NewerLinks open newer/> })}
                </div>
            </div>
            <ConversationStatus open unsent=(outbox, target) me members=named/>
            <MessageLayer menu/>
            {match (blocked, requester) {
                _ if is_closed => Case::A(view! { <ClosedNote refused drafts target/> }.into_any()),
                (Some(user), _) => Case::B(view! { <BlockedNote user path=open.path() report=Some(paths::report(&open.path())) refused/> }.into_any()),
                (None, Some(user)) => Case::C(view! { <RequestNote conversation=id user path=open.path() refused/> }.into_any()),
                (None, None) => Case::D(view! {
                    <Composer
                        typing=Callback::new(move |()| open.typing.notify_others())
                        action
                        bound_to=("conversation", id.to_string())
                        next_message
                        ways
                        refused
                        members
                    >
                        {note}
                    </Composer>
                }.into_any()),
            }}
        </section>
    }
}

/// Note of the answered message until hydration. From then on the composer itself shows what it answers.
#[component]
fn PlainReply(message: Message, author: Option<String>, path: String) -> impl IntoView {
    let (hydrated, actions) = (use_hydrated(), use_context::<MessageActions>());
    let (quote, author, path) = (message.quoted(), StoredValue::new(author), StoredValue::new(path));
    effect(move || {
        if let Some(actions) = actions {
            actions.reply_to(message.clone());
            // The draft keeps what it answers. A reload must not choose this message again, after another one or none.
            path.with_value(|path| replace_address(path));
        }
    });
    view! {
        <Show when=move || actions.is_none() || !hydrated.get()>
            <ReplyNote quote=quote.clone() author=author.get_value() path=path.get_value()/>
        </Show>
    }
}

/// Link to older messages, or a note at the beginning of the conversation.
#[component]
fn OlderMessages(
    open: OpenConversation,
    load: LoadOlder,
    /// Names of the other members.
    names: Signal<String>,
) -> impl IntoView {
    let error = Signal::derive(move || load.value().get().and_then(Result::err));
    // Drawn anew only with another cursor, so that it can be pressed while messages come.
    let older = memo(move || open.older());
    move || match older.get() {
        Some(cursor) => Case::A(
            view! {
                <OlderLink
                    href=format!("{}?before={cursor}", open.path())
                    label="Older messages"
                    pending=load.pending().into()
                    error
                    load=Callback::new(move |()| drop(load.dispatch(cursor.clone())))
                />
            }
            .into_any(),
        ),
        None => Case::B(
            view! {
                <p class="thread__beginning">
                    "This is the beginning of your conversation with " <bdi>{names}</bdi> "."
                </p>
            }
            .into_any(),
        ),
    }
}

/// Status below the messages: the typing indicator and a button that scrolls to the newest message. Also announces new
/// messages to screen readers.
#[component]
fn ConversationStatus(
    open: OpenConversation,
    /// Outbox, of which the refused entries are told where they are out of view.
    unsent: (Outbox, ComposeTarget),
    me: user::Id,
    members: Memo<Vec<User>>,
) -> impl IntoView {
    let name = move |author| members.with(|members| author_name(author, me, members));
    let typing = memo(move || open.typing_member());
    let to_newest = move |_| open.show_newest();
    let (outbox, target) = unsent;
    let refused =
        memo(move || outbox.of(target).iter().filter(|shown| matches!(shown.state, State::Refused(_))).count());
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
                <button class="button thread__to-newest" type="button" on:click=to_newest>{move || to_newest_label(refused.get(), open.unseen())}</button>
            </Show>
        </div>
    }
}

/// Refused messages and changes come first: they need the user, and are shown below the newest message.
fn to_newest_label(refused: usize, unseen: u64) -> String {
    match (refused, unseen) {
        (1.., _) => format!("{refused} not sent"),
        (0, 0) => "Newest messages".to_owned(),
        (0, count) => format!("{count} new {}", plural(count as i64, "message", "messages")),
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
