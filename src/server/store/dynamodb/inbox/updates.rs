//! Updates that follow a stored message: the members' inbox rows, and the sender's read position.
//!
//! In the web server they run in the background, so that the answer does not wait for them. Until they are done, and
//! for some seconds after it, reads on the same server merge them ([`InboxUpdates::merge`]), so that no page shows an
//! older state than a message that has been acknowledged. A failure loses nothing: the reader of the table's stream
//! does the same.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::domain::conversation::{self, Kind};
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::client::Table;
use crate::server::store::dynamodb::inbox::carried_out::CarriedOut;
use crate::server::store::dynamodb::inbox::pending::{self, Pending, Update};
use crate::server::store::dynamodb::inbox::{move_inbox_rows, rows};
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::read_cursors;
use crate::server::store::dynamodb::rows::{InboxRow, MessageRow, NamedUser, ReadCursor};
use crate::server::store::dynamodb::time_slices::Slice;

/// Maximum number of tasks that carry out updates. Each works on one conversation at a time.
const TASKS_MAX: usize = 64;

/// Time for which reads merge an update that has failed. The table's stream has carried it out by then.
const FAILED_TTL: Duration = Duration::from_secs(300);

/// Carries out the updates that follow stored messages. Cloning copies a handle.
#[derive(Debug, Clone)]
pub struct InboxUpdates(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    table: Table,
    /// `None`: the caller waits for each update, as a command does that ends with its last one.
    background: Option<TaskTracker>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    pending: Pending,
    /// Conversations that no task works on yet.
    queue: VecDeque<conversation::Id>,
    /// Conversations that a task works on.
    in_progress: Vec<conversation::Id>,
    /// Failed updates, the oldest first.
    failed: VecDeque<(Instant, Update)>,
    carried_out: CarriedOut,
}

impl InboxUpdates {
    /// Creates updates that the caller waits for.
    pub fn inline(table: Table) -> Self {
        Self(Arc::new(Inner { table, background: None, state: Mutex::default() }))
    }

    /// Creates updates that run in at most [`TASKS_MAX`] tasks.
    pub fn in_background(table: Table) -> Self {
        Self(Arc::new(Inner { table, background: Some(TaskTracker::new()), state: Mutex::default() }))
    }

    /// Carries out or starts the updates that follow a stored message.
    pub(in crate::server::store::dynamodb) async fn follow(&self, newest: MessageRow, membership: &Membership) {
        let update = Update::new(newest, membership.kind(), membership.members().clone());
        self.run(update.hidden_from(membership.request_recipient())).await;
    }

    /// Carries out or starts the updates that follow the change of a message.
    pub(in crate::server::store::dynamodb) async fn follow_change(&self, changed: MessageRow, membership: &Membership) {
        self.run(of_change(changed, membership)).await;
    }

    async fn run(&self, update: Update) {
        match &self.0.background {
            Some(tasks) => self.start(tasks, update),
            None => self.0.report(&update, carry_out(&self.0.table, &update).await),
        }
    }

    /// Carries out the updates that follow the change of a message before it returns.
    pub(in crate::server::store::dynamodb) async fn carry_out_change(
        &self,
        changed: MessageRow,
        membership: &Membership,
    ) -> Result<(), Failure> {
        let update = of_change(changed, membership);
        // An update that is pending may hold the old text, and reads merge it.
        let is_pending = self.0.lock().pending.get(update.newest.conversation).is_some();
        if let Some(tasks) = self.0.background.as_ref().filter(|_| is_pending) {
            self.start(tasks, update.clone());
        }
        carry_out(&self.0.table, &update).await
    }

    fn start(&self, tasks: &TaskTracker, update: Update) {
        let conversation = update.newest.conversation;
        let mut state = self.0.lock();
        state.drop_failed();
        if !state.pending.add(update) {
            tracing::warn!(%conversation, "too many pending inbox updates: left to the table's stream");
            return;
        }
        if !state.in_progress.contains(&conversation) && !state.queue.contains(&conversation) {
            state.queue.push_back(conversation);
        }
        if state.in_progress.len() < TASKS_MAX && !state.queue.is_empty() {
            let first = state.take();
            drop(state);
            tasks.spawn(Arc::clone(&self.0).work(first));
        }
    }

    /// Waits until all started updates are done, or `deadline` has passed.
    pub async fn finish(&self, deadline: Duration) {
        let Some(tasks) = &self.0.background else { return };
        tasks.close();
        if timeout(deadline, tasks.wait()).await.is_err() {
            let pending = self.0.lock().pending.len();
            tracing::warn!(pending, "inbox updates unfinished at shutdown: left to the table's stream");
        }
        tasks.reopen();
    }

    /// Merges pending updates into one page of a user's inbox, as it was read from the table. `newest`: the number of
    /// rows of the page, if it is the first one. Costs nothing unless something is pending; then, for a conversation
    /// that should be on the page and is not, a query of the index.
    pub(in crate::server::store::dynamodb) async fn merge(
        &self,
        owner: user::Id,
        mut slice: Slice<InboxRow>,
        newest: Option<usize>,
    ) -> Result<Slice<InboxRow>, Failure> {
        let updates = self.0.lock().of_member(owner);
        if updates.is_empty() {
            return Ok(slice);
        }
        let Some(count) = newest else {
            pending::remove_moved(&mut slice.rows, &updates);
            return Ok(slice);
        };
        let mut absent = pending::move_up(&mut slice.rows, updates);
        if let Some(last) = slice.rows.last().filter(|_| slice.more) {
            absent.retain(|update| update.newest.at.at() > last.at.at());
        }
        slice.rows.extend(try_join_all(absent.iter().map(|update| self.row_of(owner, update))).await?);
        pending::sort(&mut slice.rows);
        slice.more |= slice.rows.len() > count;
        slice.rows.truncate(count);
        Ok(slice)
    }

    /// Returns a row that is further down in the inbox, at its pending message.
    async fn row_of(&self, owner: user::Id, update: &Update) -> Result<InboxRow, Failure> {
        let newest = &update.newest;
        let stored = rows::by_conversation(&self.0.table, newest.conversation).await?;
        let stored = stored.into_iter().filter(|row| row.owner == owner).max_by_key(|row| row.seq);
        Ok(match stored {
            Some(row) if row.seq >= newest.seq => row.with_text_of(newest).unwrap_or(row),
            Some(row) => row.moved_to(newest),
            // The index lags behind a new conversation.
            None => InboxRow::new(owner, named_user(owner, update), newest),
        })
    }

    /// Merges the pending read position of a member into their read cursor.
    pub(in crate::server::store::dynamodb) fn merge_cursor(
        &self,
        conversation: conversation::Id,
        reader: user::Id,
        cursor: &mut ReadCursor,
    ) {
        let seq = self.0.lock().read_seq(conversation, reader);
        cursor.receipts = cursor.receipts.merged(conversation::Receipts::read(seq));
    }
}

fn of_change(changed: MessageRow, membership: &Membership) -> Update {
    let update = Update::of_change(changed, membership.kind(), membership.members().clone());
    update.hidden_from(membership.request_recipient())
}

/// Returns the user whom the row of a new conversation names. PostgreSQL has the names of a peer.
fn named_user(owner: user::Id, update: &Update) -> NamedUser {
    match update.kind {
        Kind::Direct => {
            let peer = update.members.others(owner).first().copied();
            NamedUser::Peer(User::deleted(peer.unwrap_or(owner)))
        }
        Kind::Group => NamedUser::Author(update.newest.author.clone()),
    }
}

impl Inner {
    /// Works on `next` and then on whatever waits, until nothing does.
    async fn work(self: Arc<Self>, mut next: Option<Update>) {
        while let Some(update) = next {
            let result = carry_out(&self.table, &update).await;
            next = self.done(&update, result);
        }
    }

    /// Ends the work on one update, and returns the next one.
    fn done(&self, update: &Update, result: Result<(), Failure>) -> Option<Update> {
        let conversation = update.newest.conversation;
        let is_ok = result.is_ok();
        self.report(update, result);
        let mut state = self.lock();
        state.in_progress.retain(|other| *other != conversation);
        // After a failure the update stays pending for a while, for reads: the stream carries it out later.
        if !is_ok {
            state.failed.push_back((Instant::now(), update.clone()));
        } else {
            state.carried_out.add(update, Instant::now());
            if !state.pending.remove(update) {
                state.queue.push_back(conversation);
            }
        }
        state.take()
    }

    fn report(&self, update: &Update, result: Result<(), Failure>) {
        if let Err(failure) = result {
            let conversation = update.newest.conversation;
            tracing::warn!(%conversation, ?failure, "message stored, but an inbox row or read cursor was not updated");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock panics halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the updates of a user's conversations that are pending or have been carried out lately.
    fn of_member(&self, owner: user::Id) -> Vec<Update> {
        let mut updates = self.pending.of_member(owner);
        let is_pending = |update: &Update| self.pending.get(update.newest.conversation).is_some();
        updates.extend(self.carried_out.updates().of_member(owner).into_iter().filter(|update| !is_pending(update)));
        updates
    }

    /// Returns the read position of a member from these updates; 0 if there is none.
    fn read_seq(&self, conversation: conversation::Id, reader: user::Id) -> u64 {
        let carried_out = self.carried_out.updates().read_seq(conversation, reader);
        self.pending.read_seq(conversation, reader).max(carried_out)
    }

    /// Takes the next conversation from the queue, with all that is pending in it.
    fn take(&mut self) -> Option<Update> {
        let update = std::iter::from_fn(|| self.queue.pop_front()).find_map(|id| self.pending.get(id).cloned())?;
        self.in_progress.push(update.newest.conversation);
        Some(update)
    }

    /// Forgets updates that failed a while ago, unless messages have been added to them.
    fn drop_failed(&mut self) {
        while self.failed.front().is_some_and(|(at, _)| at.elapsed() > FAILED_TTL) {
            self.failed.pop_front().map(|(_, update)| self.pending.remove(&update));
        }
    }
}

/// Moves the inbox rows to the newest message and advances the senders' read positions: a user who answers has read the
/// messages before the answer, and their own message is not unread for them. May be repeated at any time.
async fn carry_out(table: &Table, update: &Update) -> Result<(), Failure> {
    let conversation = update.newest.conversation;
    let cursors =
        update.read.iter().map(|(reader, seq)| read_cursors::advance_read(table, *reader, conversation, *seq));
    let (moved, read) = tokio::join!(move_inbox_rows(table, &update.newest), try_join_all(cursors));
    moved.and(read.map(drop))
}
