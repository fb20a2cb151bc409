//! State and actions of a conversation that is open on the page.

use leptos::prelude::*;

use crate::api;
use crate::domain::conversation::{self, ConversationView, Receipts};
use crate::domain::error::AppError;
use crate::domain::message::{self, Message};
use crate::domain::page::Cursor;
use crate::domain::user;
use crate::ui::state::compose_target::Target;
use crate::ui::state::composing::OutgoingMessage;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::open_conversation::announcer::Announcer;
use crate::ui::state::open_conversation::loader::Loader;
use crate::ui::state::open_conversation::members_state::MembersState;
use crate::ui::state::open_conversation::reading_position::{Opening, ReadingPosition, Start};
use crate::ui::state::outbox::pending::apply_pending;
use crate::ui::state::outbox::queue::Shown;
use crate::ui::state::outbox::unsent::{Content, NewUnsent};
use crate::ui::state::reactive::{effect, memo};
use crate::ui::state::scroller::Scroller;
use crate::ui::state::shown_page::ShownPage;
use crate::ui::state::typing_notifier::TypingNotifier;
use crate::ui::state::{ComposeTarget, LiveEvents, Outbox};

/// Action that prepends an older page.
pub type LoadOlder = Action<Cursor, Result<(), AppError>>;

/// A conversation as this page knows it. Dropped when another is opened; a later response changes nothing.
#[derive(Clone, Copy)]
pub struct OpenConversation {
    pub(super) id: conversation::Id,
    pub(super) me: user::Id,
    pub(super) loader: RwSignal<Loader>,
    pub(super) reading: RwSignal<ReadingPosition>,
    pub(super) members: RwSignal<MembersState>,
    pub(super) announcer: RwSignal<Announcer>,
    /// Changes of messages that wait in the outbox.
    pending: RwSignal<Vec<Shown>>,
    /// The loaded messages with these changes.
    drawn: Memo<Vec<Message>>,
    pub scroller: Scroller,
    pub typing: TypingNotifier,
    pub(super) inbox: Inbox,
    pub(super) shown_page: ShownPage,
}

impl OpenConversation {
    /// Opens a conversation at a page of it, beside the list.
    pub fn new(view: &ConversationView, me: user::Id, inbox: Inbox, opening: Opening) -> Self {
        let reading = ReadingPosition::new(view, me, opening);
        let loader = RwSignal::new(Loader::new(view.id, view.messages.clone()));
        let pending = RwSignal::new(Vec::new());
        let drawn = move |_: Option<&Vec<Message>>| {
            let mut messages = loader.read().timeline().messages().to_vec();
            apply_pending(&mut messages, &pending.read(), me);
            messages
        };
        Self {
            id: view.id,
            me,
            scroller: Scroller::new(reading.start() == Start::Newest),
            loader,
            reading: RwSignal::new(reading),
            members: RwSignal::new(MembersState::new(view.id, me, view.receipts.clone())),
            announcer: RwSignal::new(Announcer::new(me)),
            pending,
            drawn: Memo::new(drawn),
            typing: TypingNotifier::new(view.id),
            inbox,
            shown_page: expect_context::<ShownPage>(),
        }
    }

    /// Scrolls to the message at which reading starts, and keeps the conversation up to date from hydration on.
    pub fn start(self, live: LiveEvents, outbox: Outbox) {
        self.enter();
        self.mark_read_when_seen();
        self.load_before_printing();
        self.remember_place();
        self.listen(live);
        self.show_pending(outbox);
    }

    /// Shows the changes that wait in the outbox, without moving what the user is reading.
    fn show_pending(self, outbox: Outbox) {
        effect(move || {
            let pending = outbox.changes_in(Target::Conversation(self.id));
            if self.pending.try_with_untracked(|before| *before != pending) == Some(true) {
                self.draw_in_place(|| self.pending.set(pending));
            }
        });
    }

    /// Returns the user.
    pub fn me(self) -> user::Id {
        self.me
    }

    /// Returns the path of the conversation's page.
    pub fn path(&self) -> String {
        format!("/messages/{}", self.id)
    }

    /// Returns the loaded messages, oldest first, with the user's changes that wait in the outbox.
    pub fn messages(self) -> Signal<Vec<Message>> {
        self.drawn.into()
    }

    /// Returns a loaded message as [`OpenConversation::messages`] does.
    pub fn message(self, id: message::Id) -> Option<Message> {
        self.drawn.read().iter().rfind(|message| message.id == id).cloned()
    }

    /// Returns a loaded message; `None` also on a page that has been left.
    pub(super) fn message_untracked(self, id: message::Id) -> Option<Message> {
        self.drawn.try_with_untracked(|all| all.iter().find(|message| message.id == id).cloned()).flatten()
    }

    /// Returns the cursor of the page before the loaded messages.
    pub fn older(self) -> Option<Cursor> {
        self.loader.read().timeline().older().cloned()
    }

    /// Returns the number of messages that have not been in view.
    pub fn unseen(self) -> u64 {
        let latest_seq = self.loader.read().timeline().latest_seq();
        self.reading.read().unseen(latest_seq)
    }

    /// Returns the read position at opening as long as the user reads on from there.
    pub fn read_before(self) -> Signal<Option<u64>> {
        memo(move || self.reading.read().read_before()).into()
    }

    /// Returns whether the page is hydrated and scrolled to the message at which reading starts.
    pub fn has_entered(self) -> bool {
        self.reading.read().has_entered()
    }

    /// Returns whether the newest message is out of view or not loaded.
    pub fn is_away_from_newest(self) -> bool {
        self.has_entered() && !(self.loader.read().follows() && self.scroller.at_end.get())
    }

    /// Returns the positions that all other members have reached; `None` if receipts are turned off.
    pub fn receipts(self) -> Signal<Option<Receipts>> {
        memo(move || self.members.read().receipts()).into()
    }

    /// Returns the member who is typing.
    pub fn typing_member(self) -> Option<user::Id> {
        self.members.read().typing()
    }

    /// Returns the new messages of others for a screen reader to announce, oldest first.
    pub fn announced(self) -> Vec<Message> {
        self.announcer.read().messages().to_vec()
    }

    /// Returns the callback that puts a message into the outbox. Its target is this conversation, even if another is
    /// open by the time it is stored. `title` names the other members.
    pub fn send_via(self, outbox: Outbox, title: String, target: ComposeTarget) -> Callback<OutgoingMessage> {
        Callback::new(move |OutgoingMessage { id, body, reply_to }| {
            let (target, peer, to) = (Target::Conversation(self.id), target.peer(), title.clone());
            let content = Content::Body(body);
            outbox.push(NewUnsent { id, target, peer, to, content, reply_to, edited: None });
            self.typing.message_sent();
            self.reading.update(ReadingPosition::reply_sent);
            self.show_newest();
        })
    }

    /// Returns the action that prepends an older page.
    pub fn load_older_action(self) -> LoadOlder {
        Action::new(move |cursor: &Cursor| {
            let cursor = cursor.clone();
            async move {
                let page = api::list_messages(self.id, cursor.clone()).await?;
                // At the beginning the link to older messages disappears: move its focus to the messages.
                let focused = document().active_element().and_then(|it| it.closest(".pager").ok().flatten());
                if page.older.is_none()
                    && focused.is_some()
                    && let Some(Some(scroller)) = self.scroller.node.try_get_untracked()
                {
                    let _ = scroller.focus();
                }
                self.scroller.keep_position(|| {
                    self.loader.try_update(|loader| loader.prepend(&cursor, page));
                });
                self.pull_changes();
                Ok(())
            }
        })
    }
}
