//! Starting a conversation with its first message.

use anyhow::anyhow;
use uuid::Uuid;

use crate::domain::conversation::{self, GROUP_MEMBERS_MAX, Kind, SentMessage};
use crate::domain::error::AppError;
use crate::domain::message::{self, Body, Message};
use crate::domain::user::User;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::conversations::Conversations;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::send::NewMembers;
use crate::server::store::dynamodb::table::SortTime;
use crate::server::store::dynamodb::write_access::{DirectAccess, WriteAccess};
use crate::server::store::dynamodb::{heads, quotes, send};

/// A group to create.
#[derive(Debug, Clone, Copy)]
pub struct NewGroup<'a> {
    /// Id of the conversation. The caller chooses it, so that a repeated call creates no second group.
    pub conversation: conversation::Id,
    /// Members besides the author of the first message.
    pub others: &'a [User],
    /// Id of the first message.
    pub message: message::Id,
    pub body: &'a Body,
}

/// Message to a user with whom there was no conversation.
#[derive(Debug, Clone)]
pub struct Started {
    pub sent: SentMessage,
    /// True if the message has created the conversation; false if another request has done so meanwhile.
    pub is_new: bool,
}

impl Conversations {
    /// Sends the first message to a user, or appends it if the two already have a conversation. If both start one at
    /// the same time, one wins, and the other appends to the winner's conversation.
    pub async fn start(&self, access: &DirectAccess, id: message::Id, body: &Body) -> Result<SentMessage, Failure> {
        match self.append_direct(access, id, body).await? {
            Some(sent) => Ok(sent),
            None => Ok(self.create_direct(access, id, body).await?.sent),
        }
    }

    /// Appends a message to the direct conversation of two users; `None` if they have none.
    pub async fn append_direct(
        &self,
        access: &DirectAccess,
        id: message::Id,
        body: &Body,
    ) -> Result<Option<SentMessage>, Failure> {
        let (me, peer) = (access.me(), access.peer().id);
        let Some(conversation) = self.find_direct(me.id, peer).await? else { return Ok(None) };
        // The row of the pair may have been damaged, and the message must not reach anyone else.
        let is_theirs = |it: &Membership| it.kind() == Kind::Direct && it.others() == [peer];
        let membership = self.membership(me.id, conversation).await?.filter(is_theirs);
        let wrong = || anyhow!("the pair row of {} and {peer} names {conversation}, which is not theirs", me.id);
        let membership = membership.ok_or_else(wrong)?;
        let rev = membership.rev();
        let right = self.write_access(membership).await?.taken(access.takes_requests());
        let message = self.append(&right, me, id, body).await?;
        Ok(Some(SentMessage { conversation, message, rev }))
    }

    /// Like [`Self::start`], for two users of whom the caller has just seen that they have no conversation.
    pub async fn create_direct(&self, access: &DirectAccess, id: message::Id, body: &Body) -> Result<Started, Failure> {
        let (me, recipient) = (access.me(), access.peer());
        // Version 7, so that the ids of new conversations are close to each other in sorted storage.
        let mut first = self.first_message(conversation::Id(Uuid::now_v7()), me, id, body);
        let mut backoff = Backoff::default();
        loop {
            send::check_age(id, self.table.now())?;
            let takes_requests = access.takes_requests();
            if send::start(&self.table, &first, NewMembers::Direct { author: me, recipient, takes_requests }).await? {
                let (conversation, message) = (first.conversation, first.into_message(None));
                return Ok(Started { sent: SentMessage { conversation, message, rev: 0 }, is_new: true });
            }
            backoff.wait("start a conversation").await?;
            first.at = first.at.next(self.table.now());
            if let Some(sent) = self.append_direct(access, id, body).await? {
                return Ok(Started { sent, is_new: false });
            }
        }
    }

    /// Creates a group of `me` and others with its first message, once, however often it is called with the same ids.
    /// Not found if the conversation exists and `me` is no member.
    ///
    /// One transaction of four rows and an inbox row for each member.
    pub async fn create_group(&self, me: &User, group: &NewGroup<'_>) -> Result<Message, Failure> {
        let mut members = vec![me.clone()];
        for other in group.others {
            if members.iter().all(|member| member.id != other.id) {
                members.push(other.clone());
            }
        }
        if members.len() > GROUP_MEMBERS_MAX {
            return Err(anyhow!("a group of {} members, of at most {GROUP_MEMBERS_MAX}", members.len()).into());
        }
        let mut first = self.first_message(group.conversation, me, group.message, group.body);
        let mut backoff = Backoff::default();
        loop {
            if send::start(&self.table, &first, NewMembers::Group(&members)).await? {
                return Ok(first.into_message(None));
            }
            if let Some(head) = heads::get(&self.table, group.conversation).await? {
                let membership = Membership::new(group.conversation, me.id, head).ok_or(AppError::NotFound)?;
                let right = self.write_access(membership).await?;
                return self.append(&right, me, group.message, group.body).await;
            }
            backoff.wait("create a group").await?;
            first.at = first.at.next(self.table.now());
        }
    }

    fn first_message(&self, conversation: conversation::Id, me: &User, id: message::Id, body: &Body) -> MessageRow {
        let at = SortTime::from(self.table.now());
        MessageRow::new(conversation, at, id, me.clone(), body.as_str().to_owned(), 1)
    }

    async fn append(&self, access: &WriteAccess, me: &User, id: message::Id, body: &Body) -> Result<Message, Failure> {
        let row = send::append(&self.table, access, me, id, body, None).await?;
        self.updates.follow(row.clone(), access.membership()).await;
        quotes::message(&self.table, row).await
    }
}
