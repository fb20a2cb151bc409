//! One history on its way: what is stored, what the stream has, and what must be so.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use cruddur_messages::conversation;
use cruddur_messages::message::{self, Body};
use cruddur_messages::server::store::clock::Clock;
use cruddur_messages::server::store::conversations::Conversations;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::messages::Messages;
use cruddur_messages::server::store::rows::{Head, InboxRow, MessageRow};
use cruddur_messages::server::store::table::{Item, Key, SortTime};
use cruddur_messages::server::store::users::Users;
use cruddur_messages::server::stream::batch::{self, Record, SequenceNumber};
use cruddur_messages::user::{self, DisplayName, Handle, User};
use proptest::test_runner::TestCaseError;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::history::{History, MadeBy, Step, Who};
use super::mapping::{Answer, Mapping};
use crate::support::dynamodb::TABLE;
use crate::support::items;
use crate::support::wire::{Cloud, Fault, View, Wire};

/// A web server, or the function: its way to the table, and the table as it has it.
pub(crate) struct Process {
    wire: Wire,
    table: Table,
}

impl Process {
    /// One on this DynamoDB.
    pub(crate) fn start(cloud: &Cloud) -> Self {
        let wire = cloud.wire();
        Self { table: Table::new(wire.client(), TABLE), wire }
    }
}

/// One history.
pub(crate) struct World {
    cloud: Cloud,
    users: Users,
    /// The ways of two processes; most steps need one.
    wires: [Wire; 2],
    tables: [Table; 2],
    now: Arc<AtomicI64>,
    ana: User,
    ben: User,
    talk: conversation::Id,
    made_by: MadeBy,
    /// The stream: one record for each row that a send writes, and when it came.
    shard: Vec<(Record, usize)>,
    mapping: Mapping,
    steps: usize,
    last_sent: Cell<Option<(Who, message::Id)>>,
    collisions: usize,
}

impl World {
    /// The conversation as it is after its first message. `processes`: most steps need one of the two.
    pub(crate) fn new(cloud: &Cloud, processes: &[Process; 2], users: &Users, history: &History) -> Self {
        let now = Arc::new(AtomicI64::new(1_795_000_000_000_000));
        let clock = {
            let now = Arc::clone(&now);
            Clock::new(move || OffsetDateTime::UNIX_EPOCH + Duration::microseconds(now.load(Ordering::SeqCst)))
        };
        let of = |process: &Process| process.table.clone().with_clock(clock.clone().without_waiting());
        let tables = [of(&processes[0]), of(&processes[1])];
        let wires = [processes[0].wire.clone(), processes[1].wire.clone()];
        for wire in &wires {
            wire.set(Fault::Nothing, View::Fresh);
        }
        let (mut ana, mut ben) = (person("ana"), person("ben"));
        if history.first_to_move == Who::Ben {
            std::mem::swap(&mut ana.id, &mut ben.id);
        }
        let mut world = Self {
            talk: conversation::Id(Uuid::new_v4()),
            mapping: Mapping::new(history.batch_max, history.retries_max, history.age_max),
            made_by: history.made_by,
            shard: Vec::new(),
            last_sent: Cell::default(),
            cloud: cloud.clone(),
            users: users.clone(),
            steps: 0,
            collisions: 0,
            wires,
            tables,
            now,
            ana,
            ben,
        };
        world.begin();
        world
    }

    /// The conversation as it is after its first message.
    fn begin(&mut self) {
        let is_ours = self.made_by == MadeBy::Us;
        let mut first = self.old_message(Who::Ana, "first");
        if is_ours {
            (first.at, first.seq) = (SortTime::from(first.at.at()), 1);
        }
        let row = |owner: &User, with: &User| InboxRow {
            owner: owner.id,
            at: first.at.clone(),
            conversation: self.talk,
            with: with.clone(),
            body: first.body.clone(),
            seq: first.seq,
            last_author: is_ours.then_some(first.author.id),
        };
        let head = Head { members: [self.ana.id, self.ben.id], seq: first.seq, last: first.at.clone() };
        let message = if is_ours { first.item() } else { without_seq(first.item()) };
        for row in [row(&self.ana, &self.ben).item(), row(&self.ben, &self.ana).item(), head.item(self.talk), message] {
            self.put(row);
        }
        self.stream_what_is_new();
    }

    /// Takes every step, then lets everything come through. Says what is not as it must be.
    pub(crate) async fn run(&mut self, history: &History) -> Result<(), TestCaseError> {
        for (number, step) in history.steps.iter().enumerate() {
            self.now.fetch_add(10_000, Ordering::SeqCst);
            self.steps += 1;
            self.take(step).await;
            self.stream_what_is_new();
            self.check_counts().map_err(|wrong| TestCaseError::fail(format!("after step {number}: {wrong}")))?;
        }
        self.finish(history.view_at_the_end).await.map_err(TestCaseError::fail)?;
        self.check_counts().and_then(|()| self.check_newest()).map_err(TestCaseError::fail)
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Send { by, fault, view, clock_off_ms } => {
                self.wires[0].set(*fault, *view);
                // Where the old app writes too, only the clock says which message is newer.
                let off = if self.made_by == MadeBy::Us { clock_off_ms * 1_000 } else { 0 };
                self.now.fetch_add(off, Ordering::SeqCst);
                self.send(0, *by, message::Id(Uuid::now_v7())).await;
                self.now.fetch_sub(off, Ordering::SeqCst);
            }
            Step::SendAgain { fault, view } => {
                self.wires[0].set(*fault, *view);
                if let Some((by, id)) = self.last_sent.get() {
                    self.send(0, by, id).await;
                }
            }
            Step::SendAtOnce { view, dice } => {
                self.wires[0].set_beside_others(Fault::Nothing, *view, 2, *dice);
                self.wires[1].set_beside_others(Fault::Nothing, View::Fresh, 2, dice + 1_000);
                let ids = [message::Id(Uuid::now_v7()), message::Id(Uuid::now_v7())];
                tokio::join!(self.send(0, Who::Ana, ids[0]), self.send(1, Who::Ben, ids[1]));
            }
            Step::OldAppSends { by } if self.made_by == MadeBy::OldApp => {
                let message = self.old_message(*by, &format!("old {}", self.steps));
                self.put(without_seq(message.item()));
            }
            Step::OldAppSends { .. } => {}
            Step::Collide => self.collide(),
            Step::Deliver { fault, view } => self.deliver(*fault, *view).await,
            Step::DeliverAtOnce { views, faults, dice } => {
                let Some(records) = self.next() else { return };
                self.wires[0].set_beside_others(faults.0, views.0, 2, *dice);
                self.wires[1].set_beside_others(faults.1, views.1, 2, dice + 1_000);
                let records = self.records(records);
                let (lambda, _reader) =
                    tokio::join!(batch::apply(&self.tables[0], &records), batch::apply(&self.tables[1], &records));
                self.heed(lambda, faults.0);
            }
            Step::Late { records, view } => {
                self.wires[0].set(Fault::Nothing, *view);
                let picked: Vec<_> =
                    records.iter().map(|it| self.shard[it.index(self.shard.len())].0.clone()).collect();
                let _ = batch::apply(&self.tables[0], &picked).await;
            }
            Step::Restart { back } => self.mapping.restart(*back),
        }
    }

    async fn send(&self, server: usize, by: Who, id: message::Id) {
        self.last_sent.set(Some((by, id)));
        let me = self.user(by);
        // Whoever is not answered sends again, or does not; either is a history.
        let Ok(Some(right)) = self.conversations(server).membership(me.id, self.talk).await else { return };
        let _ = Messages::new(self.tables[server].clone()).append(&right, me, id, &body(&id.to_string())).await;
    }

    async fn deliver(&mut self, fault: Fault, view: View) {
        if let Some(records) = self.next() {
            self.wires[0].set(fault, view);
            let done = batch::apply(&self.tables[0], &self.records(records)).await;
            self.heed(done, fault);
        }
    }

    fn next(&mut self) -> Option<Range<usize>> {
        let ages: Vec<_> = self.shard.iter().map(|(_, came_at)| self.steps - came_at).collect();
        self.mapping.next(&ages)
    }

    /// A function that died says nothing of what it did.
    fn heed(&mut self, done: Result<(), batch::Failed>, fault: Fault) {
        let answer = match (done, fault) {
            (Ok(()), _) => Answer::Failures(Vec::new()),
            (Err(_), Fault::DiesAfter(_)) => Answer::Error,
            (Err(failed), _) => Answer::Failures(vec![failed.sequence_number.0]),
        };
        let shard: Vec<_> = self.shard.iter().map(|(record, _)| record.clone()).collect();
        self.mapping.heed(&answer, &shard);
    }

    /// Everything comes through in the end; what the mapping gave up is sent once more by whoever minds its queue.
    async fn finish(&mut self, view: View) -> Result<(), String> {
        while let Some(records) = self.next() {
            self.deliver_unhindered(records, view).await?;
            self.heed(Ok(()), Fault::Nothing);
        }
        for records in std::mem::take(&mut self.mapping.discarded) {
            self.deliver_unhindered(records, view).await?;
        }
        Ok(())
    }

    async fn deliver_unhindered(&self, records: Range<usize>, view: View) -> Result<(), String> {
        self.wires[0].set(Fault::Nothing, view);
        let done = batch::apply(&self.tables[0], &self.records(records)).await;
        done.map_err(|failed| format!("nothing is in the way, and still {failed:?}"))
    }

    /// Whatever the table has and the stream does not, comes to the stream, oldest first.
    fn stream_what_is_new(&mut self) {
        for row in items::partition(&self.cloud.database, TABLE, &Key::messages(self.talk)) {
            let is_known = |(record, _): &(Record, usize)| record.row.as_ref() == Some(&row);
            if !self.shard.iter().any(is_known) {
                let number = SequenceNumber(format!("{:021}", self.shard.len()));
                self.shard.push((Record { sequence_number: number, row: Some(row) }, self.steps));
                // What a move deletes comes, too: without a row.
                let number = SequenceNumber(format!("{:021}", self.shard.len()));
                self.shard.push((Record { sequence_number: number, row: None }, self.steps));
            }
        }
    }

    fn records(&self, places: Range<usize>) -> Vec<Record> {
        self.shard[places].iter().map(|(record, _)| record.clone()).collect()
    }

    fn collide(&mut self) {
        self.collisions += 1;
        let at = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(self.now.load(Ordering::SeqCst) + 10_000);
        let row = InboxRow {
            owner: self.ana.id,
            at: SortTime::from(at),
            conversation: conversation::Id(Uuid::new_v4()),
            with: person("cy"),
            body: "elsewhere".to_owned(),
            seq: 1,
            last_author: None,
        };
        self.put(row.item());
    }

    fn rows(&self, owner: &User) -> Vec<InboxRow> {
        let rows = items::partition(&self.cloud.database, TABLE, &Key::inbox(owner.id));
        rows.iter().filter_map(InboxRow::read).collect()
    }

    /// Exactly one row for each person, at any time.
    fn check_counts(&self) -> Result<(), String> {
        for (me, others) in [(&self.ana, self.collisions), (&self.ben, 0)] {
            let (ours, elsewhere): (Vec<_>, Vec<_>) =
                self.rows(me).into_iter().partition(|row| row.conversation == self.talk);
            if ours.len() != 1 {
                return Err(format!("{} has {} rows: {ours:#?}", me.handle, ours.len()));
            }
            if elsewhere.len() != others {
                return Err(format!("{} has lost a row of another conversation", me.handle));
            }
        }
        Ok(())
    }

    /// Each person's row is at the newest message, and no message is there twice.
    fn check_newest(&self) -> Result<(), String> {
        let rows = items::partition(&self.cloud.database, TABLE, &Key::messages(self.talk));
        let messages: Vec<_> = rows.iter().filter_map(MessageRow::read).collect();
        let newest = messages.iter().max_by_key(|message| message.at.at()).ok_or("no message")?;
        let highest = messages.iter().map(|message| message.seq).max().unwrap_or(0);
        for message in &messages {
            if messages.iter().filter(|other| other.id == message.id).count() > 1 {
                return Err(format!("a message is there twice: {message:?}"));
            }
        }
        for me in [&self.ana, &self.ben] {
            for row in self.rows(me).iter().filter(|row| row.conversation == self.talk) {
                // The old app's messages do not count.
                let counts = self.made_by == MadeBy::OldApp || row.seq == highest;
                if row.body != newest.body || !counts {
                    return Err(format!("{}'s row is not at the newest message:\n{row:#?}\n{newest:#?}", me.handle));
                }
            }
        }
        Ok(())
    }

    fn conversations(&self, server: usize) -> Conversations {
        Conversations::new(self.tables[server].clone(), self.users.clone())
    }

    fn user(&self, who: Who) -> &User {
        match who {
            Who::Ana => &self.ana,
            Who::Ben => &self.ben,
        }
    }

    fn old_message(&self, by: Who, text: &str) -> MessageRow {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(self.now.load(Ordering::SeqCst));
        let at = SortTime::from(now).as_str().replace("+00:00", "");
        MessageRow {
            conversation: self.talk,
            at: SortTime::stored(&at).expect("a time without an offset"),
            id: message::Id(Uuid::new_v4()),
            author: self.user(by).clone(),
            body: text.to_owned(),
            seq: 0,
        }
    }

    /// Writes a row as it is, past all rules.
    fn put(&self, row: Item) {
        let row = items::json(&row);
        self.cloud.show(&row);
        items::put(&self.cloud.database, TABLE, &row);
    }
}

fn without_seq(mut item: Item) -> Item {
    item.remove("seq");
    item
}

/// Somebody new, whose id sorts after all others.
fn person(name: &str) -> User {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    User {
        id: user::Id(Uuid::from_u64_pair(1, NEXT.fetch_add(1, Ordering::Relaxed))),
        handle: Handle::stored(name.to_owned()),
        display_name: DisplayName::stored(name.to_owned()),
    }
}

fn body(text: &str) -> Body {
    Body::parse(text).expect("a text that can be sent")
}
