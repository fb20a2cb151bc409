//! Page with which a conversation opens.

use time::Duration;

use crate::domain::message::Message;
use crate::domain::page::{CATCH_UP_SIZE, PAGE_SIZE, Page, UNREAD_SIZE_MAX};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::messages::Messages;
use crate::server::store::dynamodb::parts::{Found, Part};
use crate::server::store::dynamodb::rows::{MessageRow, Milestone};
use crate::server::store::dynamodb::table::{Key, SortTime};
use crate::server::store::dynamodb::{milestones, quotes, seek};

/// Number of read messages that the opening page shows before the unread ones.
const BEFORE_UNREAD: usize = 3;

/// Number of messages that the page shows after the first unread one if a milestone finds it, or all up to the
/// milestone. Some screens full: the page loads the following ones before they come into view.
const AFTER_UNREAD: usize = 40;

impl Messages {
    /// Returns the page with which a conversation opens, oldest first: the newest page, extended back to the first
    /// message after `read` and a few messages before it. If more than [`UNREAD_SIZE_MAX`] messages are unread, returns
    /// the part around the first unread message instead.
    ///
    /// The next milestone finds that message: half a read unit, and a page of [`AFTER_UNREAD`] messages or a few
    /// more. Without a milestone there is a search ([`seek::first_message_after`]), and a page of [`CATCH_UP_SIZE`]
    /// messages.
    pub async fn opening_page(&self, membership: &Membership, read: u64) -> Result<Page<Message>, Failure> {
        self.opening_page_with(membership, read, Found::Nothing).await
    }

    /// Like [`Self::opening_page`]. `newest` is the newest page, as far as it has been read.
    pub(super) async fn opening_page_with(
        &self,
        membership: &Membership,
        read: u64,
        newest: Found,
    ) -> Result<Page<Message>, Failure> {
        let unread = usize::try_from(membership.newest_seq().saturating_sub(read)).unwrap_or(usize::MAX);
        if unread <= UNREAD_SIZE_MAX {
            let size = (unread + BEFORE_UNREAD).max(PAGE_SIZE);
            let newest = if size == PAGE_SIZE { newest } else { Found::Nothing };
            let page = self.slice_with(membership, &Part::newest(size), newest).await?;
            // Many messages may have been added since the head was read.
            if page.older.is_none() || page.items.first().is_none_or(|first| first.seq <= read + 1) {
                return Ok(page);
            }
        }
        if let Some(page) = self.by_milestone(membership, read).await? {
            return Ok(page);
        }
        let partition = Key::messages(membership.conversation());
        match seek::first_message_after(self.table(), &partition, read, membership.head().last.at()).await? {
            Some(first) => self.around(membership, first).await,
            None => self.page(membership, None).await,
        }
    }

    /// Returns the part around the first message after `read`, from both sides of the next milestone. `None` if there
    /// is no such milestone, or if that message is not exactly where its number says: some messages there have no
    /// number or cannot be read.
    async fn by_milestone(&self, membership: &Membership, read: u64) -> Result<Option<Page<Message>>, Failure> {
        let first = read.saturating_add(1);
        let milestone = milestones::at_or_after(self.table(), membership.conversation(), first).await?;
        let Some(Milestone { seq, at, .. }) = milestone else { return Ok(None) };
        // At most the distance of two milestones.
        let distance = usize::try_from(seq - first).unwrap_or(usize::MAX);
        let just_before = SortTime::from(at.at() - Duration::MICROSECOND);
        let before = Part::before(&at, distance + BEFORE_UNREAD);
        let after = Part::after(Some(&just_before), (AFTER_UNREAD + 1).saturating_sub(distance).max(1));
        let (before, after) = tokio::try_join!(self.slice(membership, &before), self.slice(membership, &after))?;
        let items = [before.items, after.items].concat();
        let position = items.iter().position(|message| message.seq > read);
        let is_expected = position == Some(BEFORE_UNREAD.min(usize::try_from(read).unwrap_or(BEFORE_UNREAD)));
        let is_numbered = items.iter().all(|message| message.seq > 0);
        let page = Page { items, older: before.older, newer: after.newer, rev: membership.rev() };
        Ok(Some(page).filter(|_| is_expected && is_numbered))
    }

    /// Returns a message, a few before it, and those after it.
    async fn around(&self, membership: &Membership, row: MessageRow) -> Result<Page<Message>, Failure> {
        let (before, after) = (Part::before(&row.at, BEFORE_UNREAD), Part::after(Some(&row.at), CATCH_UP_SIZE));
        let (before, after) = tokio::try_join!(self.slice(membership, &before), self.slice(membership, &after))?;
        let first = quotes::message(self.table(), row).await?;
        let items = [before.items, vec![first], after.items].concat();
        Ok(Page { items, older: before.older, newer: after.newer, rev: membership.rev() })
    }
}
