//! Simulation of one history: the stored rows, the records in the stream, and the invariants.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, Body, MessageRef, TextVersion};
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::clock::Clock;
use cruddur_messages::server::store::dynamodb::conversations::Conversations;
use cruddur_messages::server::store::dynamodb::messages::Messages;
use cruddur_messages::server::store::dynamodb::rows::{Head, InboxRow, MessageRow, NamedUser};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, SortTime};
use cruddur_messages::server::store::dynamodb::write_access::WriteAccess;
use cruddur_messages::server::store::postgres::users::Users;
use cruddur_messages::server::stream::change::{Change, SequenceNumber};
use cruddur_messages::server::stream::projection::{BatchFailure, Projection};
use cruddur_messages::server::stream::{batch, projections};
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::history::{Author, CreatedBy, History, Member, Step};
use super::mapping::{Answer, Mapping};
use crate::support::dynamodb::TABLE;
use crate::support::in_memory_dynamodb::{Connection, Fault, InMemoryDynamoDb, IndexView};
use crate::support::items;

/// A web server or the function: its connection, and its handle to the table.
pub(crate) struct Process {
    connection: Connection,
    table: Table,
}

impl Process {
    /// Starts a process on this database.
    pub(crate) fn start(database: &InMemoryDynamoDb) -> Self {
        let connection = database.connection();
        Self { table: Table::new(connection.client(), TABLE), connection }
    }
}

/// A conversation of Ana's with another user.
struct Conversation {
    id: conversation::Id,
    peer: User,
}

/// Simulation of one history.
pub(crate) struct Simulation {
    database: InMemoryDynamoDb,
    users: Users,
    /// Connections of two processes; most steps need only the first.
    connections: [Connection; 2],
    tables: [Table; 2],
    projections: [Vec<Box<dyn Projection>>; 2],
    now: Arc<AtomicI64>,
    ana: User,
    /// Ana's conversations with two users, in one shard.
    conversations: [Conversation; 2],
    created_by: CreatedBy,
    /// The stream: each record with the step at which it arrived. One record for each row that a send writes.
    shard: Vec<(Change, usize)>,
    /// Rows that have a record.
    streamed: Vec<Item>,
    mapping: Mapping,
    steps: usize,
    last_sent: Cell<Option<(Author, message::Id)>>,
    /// Number of edits so far, which makes each text different.
    edits: Cell<u32>,
    /// Every text that a message may have had.
    texts: RefCell<HashMap<message::Id, Vec<String>>>,
    /// Messages whose deletion has been acknowledged.
    deleted: RefCell<HashSet<message::Id>>,
    collisions: usize,
}

impl Simulation {
    /// Creates the conversations with their first messages. Most steps need only the first of `processes`.
    pub(crate) fn new(database: &InMemoryDynamoDb, processes: &[Process; 2], users: &Users, history: &History) -> Self {
        let now = Arc::new(AtomicI64::new(1_795_000_000_000_000));
        let clock = {
            let now = Arc::clone(&now);
            Clock::new(move || OffsetDateTime::UNIX_EPOCH + Duration::microseconds(now.load(Ordering::SeqCst)))
        };
        let of = |process: &Process| process.table.clone().with_clock(clock.clone().without_waiting());
        let tables = [of(&processes[0]), of(&processes[1])];
        let connections = [processes[0].connection.clone(), processes[1].connection.clone()];
        for connection in &connections {
            connection.configure(Fault::None, IndexView::Fresh);
        }
        // Rows are moved in the order of their owners' ids: Ana's row is the first of one pair, and the last of the
        // other.
        let [first, ana, last] = ["ben", "ana", "cy"].map(new_user);
        let with = |peer| Conversation { id: conversation::Id(Uuid::new_v4()), peer };
        let mut simulation = Self {
            conversations: [with(first), with(last)],
            mapping: Mapping::new(history.batch_max, history.retries_max, history.age_max),
            created_by: history.created_by,
            shard: Vec::new(),
            streamed: Vec::new(),
            last_sent: Cell::default(),
            edits: Cell::default(),
            texts: RefCell::default(),
            deleted: RefCell::default(),
            database: database.clone(),
            users: users.clone(),
            steps: 0,
            collisions: 0,
            connections,
            projections: [projections::all(&tables[0]), projections::all(&tables[1])],
            tables,
            now,
            ana,
        };
        for conversation in 0..simulation.conversations.len() {
            simulation.now.fetch_add(10_000, Ordering::SeqCst);
            simulation.create_conversation(conversation);
        }
        simulation.stream_new_rows();
        simulation
    }

    /// Creates a conversation with its first message.
    fn create_conversation(&self, conversation: usize) {
        let is_new_app = self.created_by == CreatedBy::NewApp;
        let mut first =
            self.old_message(Author { conversation, member: Member::Ana }, &format!("first {conversation}"));
        self.note_text(first.id, &first.body);
        let Conversation { id, peer } = &self.conversations[conversation];
        if is_new_app {
            (first.at, first.seq) = (SortTime::from(first.at.at()), 1);
        }
        let row = |owner: &User, peer: &User| InboxRow {
            owner: owner.id,
            at: first.at.clone(),
            conversation: *id,
            named: NamedUser::Peer(peer.clone()),
            body: first.body.clone(),
            version: TextVersion::default(),
            seq: first.seq,
            last_author: is_new_app.then_some(first.author.id),
            unreadable: Default::default(),
        };
        let head = Head::direct([self.ana.id, peer.id], first.seq, first.at.clone()).expect("two members");
        let head = if is_new_app { head } else { head.after_legacy_messages(first.at.clone()) };
        let message = if is_new_app { first.item() } else { without_seq(first.item()) };
        for row in [row(&self.ana, peer).item(), row(peer, &self.ana).item(), head.item(*id), message] {
            self.put(row);
        }
    }

    /// Runs all steps, then delivers all remaining records. Fails if an invariant does not hold.
    pub(crate) async fn run(&mut self, history: &History) -> Result<(), TestCaseError> {
        for (number, step) in history.steps.iter().enumerate() {
            self.now.fetch_add(10_000, Ordering::SeqCst);
            self.steps += 1;
            self.apply(step).await;
            self.stream_new_rows();
            let checked = self.check_counts().and_then(|()| self.check_deleted());
            checked.map_err(|wrong| TestCaseError::fail(format!("after step {number}: {wrong}")))?;
        }
        self.finish(history.view_at_the_end).await.map_err(TestCaseError::fail)?;
        // Deletions whose server died before it could answer are finished by now, too.
        self.note_stored_deletions();
        let checked = self
            .check_counts()
            .and_then(|()| self.check_deleted())
            .and_then(|()| self.conversations.iter().try_for_each(|conversation| self.check_newest(conversation)));
        checked.map_err(TestCaseError::fail)
    }

    async fn apply(&mut self, step: &Step) {
        match step {
            Step::Send { author, fault, view, clock_off_ms } => {
                self.connections[0].configure(*fault, *view);
                let off = clock_off_ms * 1_000;
                self.now.fetch_add(off, Ordering::SeqCst);
                self.send(0, *author, message::Id(Uuid::now_v7())).await;
                self.now.fetch_sub(off, Ordering::SeqCst);
            }
            Step::SendAgain { fault, view } => {
                self.connections[0].configure(*fault, *view);
                if let Some((author, id)) = self.last_sent.get() {
                    self.send(0, author, id).await;
                }
            }
            Step::SendAtOnce { conversation, view, seed } => {
                self.connections[0].configure_concurrent(Fault::None, *view, 2, *seed);
                self.connections[1].configure_concurrent(Fault::None, IndexView::Fresh, 2, seed + 1_000);
                let ids = [message::Id(Uuid::now_v7()), message::Id(Uuid::now_v7())];
                let [ana, peer] =
                    [Member::Ana, Member::Peer].map(|member| Author { conversation: *conversation, member });
                tokio::join!(self.send(0, ana, ids[0]), self.send(1, peer, ids[1]));
            }
            Step::Edit { conversation, picked, fault, view } => {
                self.connections[0].configure(*fault, *view);
                let message = self.pick(*conversation, *picked);
                self.edit(0, &message).await;
            }
            Step::Delete { conversation, picked, fault, view } => {
                self.connections[0].configure(*fault, *view);
                let message = self.pick(*conversation, *picked);
                self.delete(0, &message).await;
            }
            Step::EditAndDelete { conversation, picked, view, seed } => {
                self.connections[0].configure_concurrent(Fault::None, *view, 2, *seed);
                self.connections[1].configure_concurrent(Fault::None, IndexView::Fresh, 2, seed + 1_000);
                let message = self.pick(*conversation, *picked);
                tokio::join!(self.edit(0, &message), self.delete(1, &message));
            }
            Step::OldAppSends { author } => {
                let message = self.old_message(*author, &format!("old {}", self.steps));
                self.note_text(message.id, &message.body);
                self.put(without_seq(message.item()));
            }
            Step::Collide => self.collide(),
            Step::Deliver { fault, view } => self.deliver(*fault, *view).await,
            Step::DeliverAtOnce { views, faults, seed } => {
                let Some(records) = self.next() else { return };
                self.connections[0].configure_concurrent(faults.0, views.0, 2, *seed);
                self.connections[1].configure_concurrent(faults.1, views.1, 2, seed + 1_000);
                let records = self.records(records);
                let (lambda, _reader) = tokio::join!(
                    batch::apply(&self.projections[0], &records),
                    batch::apply(&self.projections[1], &records)
                );
                self.report_result(lambda, faults.0);
            }
            Step::Late { records, view } => {
                self.connections[0].configure(Fault::None, *view);
                let picked: Vec<_> =
                    records.iter().map(|it| self.shard[it.index(self.shard.len())].0.clone()).collect();
                let _ = batch::apply(&self.projections[0], &picked).await;
            }
            Step::Restart { back } => self.mapping.restart(*back),
        }
    }

    async fn send(&self, server: usize, author: Author, id: message::Id) {
        self.last_sent.set(Some((author, id)));
        let (me, conversation) = (self.user(author), self.conversations[author.conversation].id);
        // A user without a response may send again or not; both are valid histories.
        let conversations = self.store_conversations(server);
        let Ok(Some(membership)) = conversations.membership(me.id, conversation).await else { return };
        let access = conversations.write_access(membership).await.expect("a member may write");
        let text = format!("text {id}");
        self.note_text(id, &text);
        let _ = Messages::new(self.tables[server].clone()).append(&access, me, id, &body(&text), None).await;
    }

    /// Returns a stored message of a conversation, which may be one of the old app's without a number.
    fn pick(&self, conversation: usize, picked: Index) -> MessageRow {
        let rows = items::partition(&self.database.engine, TABLE, &Key::messages(self.conversations[conversation].id));
        let messages: Vec<_> = rows.iter().filter_map(MessageRow::from_item).collect();
        picked.get(&messages).clone()
    }

    async fn edit(&self, server: usize, message: &MessageRow) {
        let text = format!("edit {}.", self.edits.replace(self.edits.get() + 1));
        self.note_text(message.id, &text);
        let Some(access) = self.write_access(server, message).await else { return };
        let messages = Messages::new(self.tables[server].clone());
        let _ = messages.edit(&access, &reference(message), message.edits, &body(&text)).await;
    }

    async fn delete(&self, server: usize, message: &MessageRow) {
        let Some(access) = self.write_access(server, message).await else { return };
        let messages = Messages::new(self.tables[server].clone());
        if messages.delete(access.membership(), &reference(message)).await.is_ok() {
            self.deleted.borrow_mut().insert(message.id);
        }
    }

    async fn write_access(&self, server: usize, message: &MessageRow) -> Option<WriteAccess> {
        let conversations = self.store_conversations(server);
        let membership = conversations.membership(message.author.id, message.conversation).await.ok()??;
        Some(conversations.write_access(membership).await.expect("a member may write"))
    }

    fn note_text(&self, message: message::Id, text: &str) {
        self.texts.borrow_mut().entry(message).or_default().push(text.to_owned());
    }

    /// Checks that no row has a text of a message whose deletion has been acknowledged. Holds at any time.
    fn check_deleted(&self) -> Result<(), String> {
        let (deleted, texts) = (self.deleted.borrow(), self.texts.borrow());
        let texts: Vec<_> = deleted.iter().flat_map(|id| texts.get(id).into_iter().flatten()).collect();
        if texts.is_empty() {
            return Ok(());
        }
        let members = self.conversations.iter().map(|conversation| &conversation.peer).chain([&self.ana]);
        let inboxes = members.map(|member| Key::inbox(member.id));
        let partitions = self.conversations.iter().map(|conversation| Key::messages(conversation.id)).chain(inboxes);
        for row in partitions.flat_map(|pk| items::partition(&self.database.engine, TABLE, &pk)) {
            let mut values = row.values().filter_map(|value| value.as_s().ok());
            if let Some(text) = values.find(|value| texts.contains(value)) {
                return Err(format!("{text:?} of a deleted message is in {row:#?}"));
            }
        }
        Ok(())
    }

    async fn deliver(&mut self, fault: Fault, view: IndexView) {
        if let Some(records) = self.next() {
            self.connections[0].configure(fault, view);
            let done = batch::apply(&self.projections[0], &self.records(records)).await;
            self.report_result(done, fault);
        }
    }

    fn next(&mut self) -> Option<Range<usize>> {
        let ages: Vec<_> = self.shard.iter().map(|(_, came_at)| self.steps - came_at).collect();
        self.mapping.next(&ages)
    }

    /// A function that died returns no result.
    fn report_result(&mut self, done: Result<(), BatchFailure>, fault: Fault) {
        let answer = match (done, fault) {
            (Ok(()), _) => Answer::Failures(Vec::new()),
            (Err(_), Fault::DiesAfter(_)) => Answer::Error,
            (Err(failed), _) => Answer::Failures(vec![failed.sequence_number.0]),
        };
        let shard: Vec<_> = self.shard.iter().map(|(record, _)| record.clone()).collect();
        self.mapping.handle(&answer, &shard);
    }

    /// Delivers all remaining records, and those of the rows that are written meanwhile: messages of the old app with
    /// their numbers. Records that the mapping discarded are sent again, as an operator would do from the queue of
    /// failures.
    async fn finish(&mut self, view: IndexView) -> Result<(), String> {
        loop {
            while let Some(records) = self.next() {
                self.deliver_without_faults(records, view).await?;
                self.report_result(Ok(()), Fault::None);
            }
            for records in std::mem::take(&mut self.mapping.discarded) {
                self.deliver_without_faults(records, view).await?;
            }
            let streamed = self.streamed.len();
            self.stream_new_rows();
            if self.streamed.len() == streamed {
                return Ok(());
            }
        }
    }

    async fn deliver_without_faults(&self, records: Range<usize>, view: IndexView) -> Result<(), String> {
        self.connections[0].configure(Fault::None, view);
        let done = batch::apply(&self.projections[0], &self.records(records)).await;
        done.map_err(|failed| format!("without faults: {failed:?}"))
    }

    /// Adds the rows that the table has and the stream does not, oldest first.
    fn stream_new_rows(&mut self) {
        let rows = |conversation: &Conversation| {
            items::partition(&self.database.engine, TABLE, &Key::messages(conversation.id))
        };
        for row in self.conversations.iter().flat_map(rows).collect::<Vec<_>>() {
            if !self.streamed.contains(&row) {
                self.streamed.push(row.clone());
                // Each move also deletes a row: a record without a row.
                for row in [Some(row), None] {
                    let number = SequenceNumber(format!("{:021}", self.shard.len()));
                    self.shard.push((Change::new(number, None, row), self.steps));
                }
            }
        }
    }

    fn records(&self, range: Range<usize>) -> Vec<Change> {
        self.shard[range].iter().map(|(record, _)| record.clone()).collect()
    }

    fn collide(&mut self) {
        self.collisions += 1;
        let at = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(self.now.load(Ordering::SeqCst) + 10_000);
        let row = InboxRow {
            owner: self.ana.id,
            at: SortTime::from(at),
            conversation: conversation::Id(Uuid::new_v4()),
            named: NamedUser::Peer(new_user("dee")),
            body: "elsewhere".to_owned(),
            version: TextVersion::default(),
            seq: 1,
            last_author: None,
            unreadable: Default::default(),
        };
        self.put(row.item());
    }

    fn rows(&self, owner: &User) -> Vec<InboxRow> {
        let rows = items::partition(&self.database.engine, TABLE, &Key::inbox(owner.id));
        rows.iter().filter_map(InboxRow::from_item).collect()
    }

    /// Checks that every user has exactly one row per conversation. Holds at any time.
    fn check_counts(&self) -> Result<(), String> {
        let [one, other] = &self.conversations;
        for (me, conversations, others) in
            [(&self.ana, &[one, other][..], self.collisions), (&one.peer, &[one], 0), (&other.peer, &[other], 0)]
        {
            let rows = self.rows(me);
            for conversation in conversations {
                let count = rows.iter().filter(|row| row.conversation == conversation.id).count();
                if count != 1 {
                    return Err(format!(
                        "{} has {count} rows with {}: {rows:#?}",
                        me.handle_text(),
                        conversation.peer.handle_text()
                    ));
                }
            }
            if rows.len() != conversations.len() + others {
                return Err(format!("{} has lost a row of another conversation", me.handle_text()));
            }
        }
        Ok(())
    }

    /// Checks that each member's row is at the newest message, that no message is stored twice, and that all of them
    /// have numbers without gaps, in the order of their times.
    fn check_newest(&self, conversation: &Conversation) -> Result<(), String> {
        let rows = items::partition(&self.database.engine, TABLE, &Key::messages(conversation.id));
        let mut messages: Vec<_> = rows.iter().filter_map(MessageRow::from_item).collect();
        messages.sort_by(|one, other| one.at.cmp(&other.at));
        // A message that was there when the head was created stays without a number if another message came first.
        let legacy =
            usize::from(self.created_by == CreatedBy::OldApp && messages.first().is_some_and(|it| it.seq == 0));
        if !messages[legacy..].iter().map(|message| message.seq).eq(1..=(messages.len() - legacy) as u64) {
            return Err(format!("the messages are not numbered by time: {messages:#?}"));
        }
        let newest = messages.iter().max_by_key(|message| message.at.at()).ok_or("no message")?;
        let highest = messages.iter().map(|message| message.seq).max().unwrap_or(0);
        for message in &messages {
            if messages.iter().filter(|other| other.id == message.id).count() > 1 {
                return Err(format!("a message is stored twice: {message:?}"));
            }
        }
        for me in [&self.ana, &conversation.peer] {
            for row in self.rows(me).iter().filter(|row| row.conversation == conversation.id) {
                if row.body != newest.body || row.version != newest.version() || row.seq != highest {
                    return Err(format!(
                        "{}'s row is not at the newest message:\n{row:#?}\n{newest:#?}",
                        me.handle_text()
                    ));
                }
            }
        }
        Ok(())
    }

    fn note_stored_deletions(&self) {
        for conversation in &self.conversations {
            let rows = items::partition(&self.database.engine, TABLE, &Key::messages(conversation.id));
            let deleted = rows.iter().filter_map(MessageRow::from_item).filter(|row| row.deleted_at.is_some());
            self.deleted.borrow_mut().extend(deleted.map(|row| row.id));
        }
    }

    fn store_conversations(&self, server: usize) -> Conversations {
        Conversations::new(self.tables[server].clone(), self.users.clone())
    }

    fn user(&self, author: Author) -> &User {
        match author.member {
            Member::Ana => &self.ana,
            Member::Peer => &self.conversations[author.conversation].peer,
        }
    }

    fn old_message(&self, author: Author, text: &str) -> MessageRow {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(self.now.load(Ordering::SeqCst));
        let at = SortTime::from(now).as_str().replace("+00:00", "");
        MessageRow::new(
            self.conversations[author.conversation].id,
            SortTime::stored(&at).expect("a time without an offset"),
            message::Id(Uuid::new_v4()),
            self.user(author).clone(),
            text.to_owned(),
            0,
        )
    }

    /// Writes a row directly.
    fn put(&self, row: Item) {
        let row = items::json(&row);
        self.database.record_in_index(&row);
        items::put(&self.database.engine, TABLE, &row);
    }
}

fn without_seq(mut item: Item) -> Item {
    item.remove("seq");
    item
}

/// Creates a user whose id sorts after all others.
fn new_user(name: &str) -> User {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    User {
        id: user::Id(Uuid::from_u64_pair(1, NEXT.fetch_add(1, Ordering::Relaxed))),
        handle: Some(Handle::stored(name.to_owned())),
        display_name: DisplayName::stored(name.to_owned()),
    }
}

fn reference(message: &MessageRow) -> MessageRef {
    MessageRef { id: message.id, sent_at: message.at.sent_at() }
}

fn body(text: &str) -> Body {
    Body::parse(text).expect("a text that can be sent")
}
