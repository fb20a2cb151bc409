//! Messages that users have on their pages, and change or answer.

use std::collections::HashMap;
use std::sync::Mutex;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, MessageRef, SentAt};

/// Number of messages of two users that are kept.
const KEPT: usize = 40;

const NOT_POISONED: &str = "no thread panics while it holds the lock of the known messages";

/// Acknowledged message, as its readers know it.
#[derive(Debug, Clone)]
pub struct KnownMessage {
    pub id: message::Id,
    pub conversation: conversation::Id,
    pub sent_at: SentAt,
    /// Number of the author. Only this user writes the fields below.
    pub author: u16,
    /// The message that it answers.
    pub reply_to: Option<MessageRef>,
    /// Number of its edits, as far as the author knows.
    pub edits: u32,
    /// Number of edits before the last acknowledged edit, and the number of its text.
    pub last_edit: Option<(u32, u32)>,
    /// True if the author has tried to delete it.
    pub is_deleting: bool,
    /// True if the author knows that it is deleted.
    pub is_deleted: bool,
}

/// The newest messages of every two users.
#[derive(Debug, Default)]
pub struct KnownMessages(Mutex<HashMap<[u16; 2], Vec<KnownMessage>>>);

impl KnownMessage {
    /// Returns a reference to the message.
    pub fn reference(&self) -> MessageRef {
        MessageRef { id: self.id, sent_at: self.sent_at.clone() }
    }
}

impl KnownMessages {
    /// Adds a message of these users.
    pub fn add(&self, users: [u16; 2], message: KnownMessage) {
        let mut all = self.0.lock().expect(NOT_POISONED);
        let messages = all.entry(sorted(users)).or_default();
        if messages.len() == KEPT {
            messages.remove(0);
        }
        messages.push(message);
    }

    /// Chooses one of the messages of these users, mostly a new one: the newest has a preview, and the same message is
    /// changed often.
    pub fn choose(
        &self,
        users: [u16; 2],
        rng: &mut fastrand::Rng,
        is_wanted: impl Fn(&KnownMessage) -> bool,
    ) -> Option<KnownMessage> {
        let all = self.0.lock().expect(NOT_POISONED);
        let wanted: Vec<_> = all.get(&sorted(users))?.iter().rev().filter(|it| is_wanted(it)).collect();
        let position = (wanted.len() as f32 * rng.f32().powi(3)) as usize;
        wanted.get(position).map(|it| (*it).clone())
    }

    /// Changes what is known of a message.
    pub fn update(&self, users: [u16; 2], id: message::Id, update: impl FnOnce(&mut KnownMessage)) {
        let mut all = self.0.lock().expect(NOT_POISONED);
        if let Some(known) = all.get_mut(&sorted(users)).and_then(|them| them.iter_mut().find(|it| it.id == id)) {
            update(known);
        }
    }
}

fn sorted(users: [u16; 2]) -> [u16; 2] {
    [users[0].min(users[1]), users[0].max(users[1])]
}
