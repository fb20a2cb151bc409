//! First reads of a request in a conversation, all at once.
//!
//! A request needs the head, which names the members, and mostly read cursors and a page of messages. One after the
//! other they would be three round trips. They are requested together, and the rows stay [`Sealed`] until the head
//! shows that the reader is a member. The page counts only if it certainly shows all that the head tells of
//! ([`Part::shows_all`]). Otherwise it is read again, after the head. A newest page that this process has kept is not
//! read at all, unless the head shows that something was sent or changed since.

use futures::future::OptionFuture;

use crate::domain::conversation::{self, Kind};
use crate::domain::message::Message;
use crate::domain::page::{CATCH_UP_SIZE, Cursor, PAGE_SIZE, Page};
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::heads;
use crate::server::store::dynamodb::member_cursors::MemberCursors;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::messages::Messages;
use crate::server::store::dynamodb::parts::{Found, Part};
use crate::server::store::dynamodb::rows::Head;
use crate::server::store::dynamodb::sealed::Sealed;
use crate::server::store::dynamodb::table::SortTime;

/// Messages that a request needs.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    Nothing,
    /// The page with which the conversation opens.
    Opening,
    /// The page of a cursor.
    Page(&'a Cursor),
    /// The messages after a time, or from the first one on.
    After(Option<&'a SortTime>),
}

/// Read cursors that a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedCursors {
    /// None, unless the page with which the conversation opens is wanted: that of the reader decides what it shows.
    None,
    /// Those of all members of a direct conversation that this process knows, or else that of the reader alone.
    OfMembers,
}

/// A member's right to a conversation, and the rows that were read with its head.
pub struct Visit<'a> {
    pub membership: Membership,
    pub cursors: MemberCursors,
    pub messages: Prefetched<'a>,
}

/// Messages that a request needs, as far as they were read with the head.
pub struct Prefetched<'a> {
    wanted: Wanted<'a>,
    found: Found,
}

impl Messages {
    /// Returns the user's right to a conversation with what a request needs of it; `None` if the conversation does not
    /// exist or the user is not a member.
    ///
    /// One step: the head and the cursors (one read unit each), and the messages beside them if this process knows the
    /// conversation but has not kept them. A legacy conversation without a head takes the steps of
    /// [`heads::find_or_create`] first.
    ///
    /// [`heads::find_or_create`]: super::legacy::heads::find_or_create
    pub async fn visit<'a>(
        &self,
        me: user::Id,
        conversation: conversation::Id,
        wanted: Wanted<'a>,
        cursors: WantedCursors,
    ) -> Result<Option<Visit<'a>>, Failure> {
        let known = self.table().hints().head(conversation).await;
        let readers = match (cursors, wanted) {
            (WantedCursors::OfMembers, _) => readers(me, known.as_deref()),
            (WantedCursors::None, Wanted::Opening) => vec![me],
            (WantedCursors::None, Wanted::Nothing | Wanted::Page(_) | Wanted::After(_)) => Vec::new(),
        };
        let part = known.as_ref().and_then(|_| wanted.part(conversation));
        let kept = match &known {
            Some(known) if part.as_ref().is_some_and(Part::is_newest_page) => {
                self.table().hints().newest_page(conversation, known).await
            }
            _ => None,
        };
        let part = part.filter(|_| kept.is_none());
        let rows = OptionFuture::from(part.as_ref().map(|part| part.read(self.table(), conversation)));
        let head = heads::get_with_cursors(self.table(), conversation, &readers);
        let ((head, mut cursors), rows) = tokio::try_join!(head, async { rows.await.transpose() })?;
        for reader in readers {
            self.updates().merge_cursor(conversation, reader, cursors.entry(reader).or_default());
        }
        let sealed = Sealed::new(conversation, (MemberCursors(cursors), rows));
        let membership = self.legacy_rows().membership(me, conversation, head).await?;
        let Some(membership) = membership else { return Ok(None) };
        let (cursors, rows) = sealed.open(&membership)?;
        let is_kept = kept.is_some();
        let found = match (kept.filter(|kept| kept.is_of(membership.head())), rows, &part, &known) {
            (Some(kept), ..) => Found::Newest(kept.page.clone()),
            (None, Some(rows), Some(part), Some(known)) if part.shows_all(&rows, known, membership.head()) => {
                Found::Rows(rows)
            }
            _ => Found::Nothing,
        };
        tracing::debug!(%conversation, is_known = known.is_some(), is_kept, "first reads");
        Ok(Some(Visit { membership, cursors, messages: Prefetched { wanted, found } }))
    }

    /// Returns the messages of a visit. Reads them if they were not read with the head; then [`Wanted::Nothing`] gives
    /// the newest page.
    pub async fn visited_page(
        &self,
        membership: &Membership,
        cursors: &MemberCursors,
        messages: Prefetched<'_>,
    ) -> Result<Page<Message>, Failure> {
        let Prefetched { wanted, found } = messages;
        match wanted {
            Wanted::Nothing => self.page_with(membership, None, found).await,
            Wanted::Opening => {
                let cursor = cursors.get(membership.me()).unwrap_or_default();
                self.opening_page_with(membership, cursor.receipts.read, found).await
            }
            Wanted::Page(cursor) => self.page_with(membership, Some(cursor), found).await,
            Wanted::After(after) => self.slice_with(membership, &Part::after(after, CATCH_UP_SIZE), found).await,
        }
    }
}

impl Wanted<'_> {
    /// Returns the part that can be read in advance. An invalid cursor is reported after the head has been read.
    fn part(self, conversation: conversation::Id) -> Option<Part> {
        match self {
            Self::Nothing => None,
            Self::Opening => Some(Part::newest(PAGE_SIZE)),
            Self::Page(cursor) => Part::page(conversation, Some(cursor)).ok(),
            Self::After(after) => Some(Part::after(after, CATCH_UP_SIZE)),
        }
    }
}

/// Returns the users whose cursors are read with the head: the members of a direct conversation, which never change, or
/// else the reader alone.
fn readers(me: user::Id, known: Option<&Head>) -> Vec<user::Id> {
    let members = known.filter(|head| head.kind() == Kind::Direct && head.members().contains(me));
    members.map_or_else(|| vec![me], |head| head.members().ids().to_vec())
}
