//! Hints about conversations: lower bounds of their heads, as this process has last seen them, and newest pages. They
//! save round trips and decide no right: a request reads the head of its conversation in any case.
//!
//! The numbers of a head never go back, so a head that was seen once remains a lower bound. It need not be the last
//! one. A page that was read after a head shows at least what that head tells of. If a later request finds a head with
//! the same numbers, nothing was sent or changed until then, so the page shows exactly that.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use moka::future::Cache;

use crate::domain::conversation;
use crate::domain::message::Message;
use crate::domain::page::Page;
use crate::domain::user;
use crate::server::store::dynamodb::rows::Head;

/// Maximum number of conversations. A hint takes about 300 bytes.
const HEADS_MAX: u64 = 20_000;

/// Age at which a hint is dropped. Only the numbers of a table that is restored from a backup go back.
const MAX_AGE: Duration = Duration::from_secs(3_600);

/// Maximum size of all pages together, in bytes.
const PAGES_SIZE_MAX: u64 = 8_000_000;

/// Age at which a page is dropped. Programs that write messages without a head are not noticed for so long.
const PAGE_MAX_AGE: Duration = Duration::from_secs(60);

/// Maximum number of users whose newest conversations are kept. A hint takes about 400 bytes.
const LISTED_MAX: u64 = 5_000;

/// Size of a message in memory besides its texts, in bytes.
const MESSAGE_SIZE: usize = 400;

/// Hints about conversations. Cloning copies handles.
#[derive(Clone)]
pub(super) struct Hints {
    heads: Cache<conversation::Id, Arc<Head>>,
    pages: Cache<conversation::Id, Arc<NewestPage>>,
    listed: Cache<user::Id, Arc<[conversation::Id]>>,
    is_migrated: Arc<AtomicBool>,
}

/// Newest page of a conversation, with the numbers of a head that was read before it.
pub(super) struct NewestPage {
    seq: u64,
    rev: u64,
    pub(super) page: Page<Message>,
}

impl NewestPage {
    /// Reports whether the page shows exactly what a head tells of that was read later.
    pub(super) fn is_of(&self, head: &Head) -> bool {
        (self.seq, self.rev) == (head.seq, head.rev)
    }
}

impl Default for Hints {
    fn default() -> Self {
        let weigh = |_: &conversation::Id, kept: &Arc<NewestPage>| size(&kept.page);
        Self {
            heads: Cache::builder().max_capacity(HEADS_MAX).time_to_live(MAX_AGE).build(),
            pages: Cache::builder().max_capacity(PAGES_SIZE_MAX).weigher(weigh).time_to_live(PAGE_MAX_AGE).build(),
            listed: Cache::builder().max_capacity(LISTED_MAX).time_to_live(MAX_AGE).build(),
            is_migrated: Arc::default(),
        }
    }
}

impl fmt::Debug for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hints").finish_non_exhaustive()
    }
}

impl Hints {
    /// Returns a lower bound of the head of a conversation; `None` if this process does not know the conversation.
    pub(super) async fn head(&self, conversation: conversation::Id) -> Option<Arc<Head>> {
        self.heads.get(&conversation).await
    }

    /// Keeps a head that has been read or written.
    pub(super) async fn keep_head(&self, conversation: conversation::Id, head: Head) {
        self.heads.insert(conversation, Arc::new(head)).await;
    }

    /// Keeps the revision that a change has made.
    pub(super) async fn keep_rev(&self, conversation: conversation::Id, rev: u64) {
        if let Some(head) = self.head(conversation).await
            && head.rev < rev
        {
            let mut head = Head::clone(&head);
            head.rev = rev;
            self.keep_head(conversation, head).await;
        }
    }

    /// Returns the newest page of a conversation with this head; `None` if it has to be read.
    pub(super) async fn newest_page(&self, conversation: conversation::Id, head: &Head) -> Option<Arc<NewestPage>> {
        self.pages.get(&conversation).await.filter(|kept| kept.is_of(head))
    }

    /// Keeps the newest page of a conversation, which was read after `head` or shows all that it tells of. Messages of
    /// the old app have no number and leave the head as it is, so a page with such messages, or in a table that may get
    /// some, is not kept.
    pub(super) async fn keep_newest_page(&self, conversation: conversation::Id, head: &Head, page: &Page<Message>) {
        let is_numbered = head.seq > 0 && page.items.iter().all(|message| message.seq > 0);
        if is_numbered && self.is_migrated() {
            let kept = NewestPage { seq: head.seq, rev: head.rev, page: page.clone() };
            self.pages.insert(conversation, Arc::new(kept)).await;
        }
    }

    /// Returns the conversations that the newest page of a user's list had the last time; `None` unless the user is
    /// known to have many read cursors.
    pub(super) async fn listed(&self, owner: user::Id) -> Option<Arc<[conversation::Id]>> {
        self.listed.get(&owner).await
    }

    /// Keeps the conversations on the newest page of the list of a user with many read cursors.
    pub(super) async fn keep_listed(&self, owner: user::Id, conversations: Vec<conversation::Id>) {
        self.listed.insert(owner, conversations.into()).await;
    }

    /// Reports whether the table is known to have been migrated. It stays so.
    pub(super) fn is_migrated(&self) -> bool {
        self.is_migrated.load(Ordering::Relaxed)
    }

    /// Keeps that the table has been migrated.
    pub(super) fn keep_migrated(&self) {
        self.is_migrated.store(true, Ordering::Relaxed);
    }
}

/// Returns the approximate size of a page in memory, in bytes.
fn size(page: &Page<Message>) -> u32 {
    let quoted =
        |message: &Message| message.quote.as_ref().and_then(|quote| quote.text.as_ref()).map_or(0, String::len);
    let size = |message: &Message| MESSAGE_SIZE + message.body.len() + quoted(message) + 64 * message.reactions.len();
    page.items.iter().map(size).sum::<usize>().try_into().unwrap_or(u32::MAX)
}
