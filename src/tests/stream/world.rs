//! One history on its way: what is stored, what the stream has, and what must be so.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, Body};
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::clock::Clock;
use cruddur_messages::server::store::dynamodb::conversations::Conversations;
use cruddur_messages::server::store::dynamodb::messages::Messages;
use cruddur_messages::server::store::dynamodb::rows::{Head, InboxRow, MessageRow};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, SortTime};
use cruddur_messages::server::store::postgres::users::Users;
use cruddur_messages::server::stream::batch::{self, Record, SequenceNumber};
use proptest::test_runner::TestCaseError;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::history::{History, MadeBy, Place, Step, Who};
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

/// A conversation of Ana's.
struct Talk {
    id: conversation::Id,
    with: User,
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
    /// Ana's with two others, in one shard.
    talks: [Talk; 2],
    made_by: MadeBy,
    /// The stream: one record for each row that a send writes, and when it came.
    shard: Vec<(Record, usize)>,
    mapping: Mapping,
    steps: usize,
    last_sent: Cell<Option<(Place, message::Id)>>,
    collisions: usize,
}

impl World {
    /// The conversations as they are after their first messages. `processes`: most steps need one of the two.
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
        // Rows are moved in the order of their owners' ids: hers is the first of one pair, and the last of the other.
        let [first, ana, last] = ["ben", "ana", "cy"].map(person);
        let with = |with| Talk { id: conversation::Id(Uuid::new_v4()), with };
        let mut world = Self {
            talks: [with(first), with(last)],
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
        };
        for talk in 0..world.talks.len() {
            world.now.fetch_add(10_000, Ordering::SeqCst);
            world.begin(talk);
        }
        world.stream_what_is_new();
        world
    }

    /// A conversation as it is after its first message.
    fn begin(&self, talk: usize) {
        let is_ours = self.made_by == MadeBy::Us;
        let mut first = self.old_message(Place { talk, by: Who::Ana }, "first");
        let Talk { id: talk, with } = &self.talks[talk];
        if is_ours {
            (first.at, first.seq) = (SortTime::from(first.at.at()), 1);
        }
        let row = |owner: &User, with: &User| InboxRow {
            owner: owner.id,
            at: first.at.clone(),
            conversation: *talk,
            with: with.clone(),
            body: first.body.clone(),
            seq: first.seq,
            last_author: is_ours.then_some(first.author.id),
        };
        let head = Head { members: [self.ana.id, with.id], seq: first.seq, last: first.at.clone() };
        let message = if is_ours { first.item() } else { without_seq(first.item()) };
        for row in [row(&self.ana, with).item(), row(with, &self.ana).item(), head.item(*talk), message] {
            self.put(row);
        }
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
        let checked = self.check_counts().and_then(|()| self.talks.iter().try_for_each(|talk| self.check_newest(talk)));
        checked.map_err(TestCaseError::fail)
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Send { place, fault, view, clock_off_ms } => {
                self.wires[0].set(*fault, *view);
                // Where the old app writes too, only the clock says which message is newer.
                let off = if self.made_by == MadeBy::Us { clock_off_ms * 1_000 } else { 0 };
                self.now.fetch_add(off, Ordering::SeqCst);
                self.send(0, *place, message::Id(Uuid::now_v7())).await;
                self.now.fetch_sub(off, Ordering::SeqCst);
            }
            Step::SendAgain { fault, view } => {
                self.wires[0].set(*fault, *view);
                if let Some((place, id)) = self.last_sent.get() {
                    self.send(0, place, id).await;
                }
            }
            Step::SendAtOnce { talk, view, dice } => {
                self.wires[0].set_beside_others(Fault::Nothing, *view, 2, *dice);
                self.wires[1].set_beside_others(Fault::Nothing, View::Fresh, 2, dice + 1_000);
                let ids = [message::Id(Uuid::now_v7()), message::Id(Uuid::now_v7())];
                let [ana, other] = [Who::Ana, Who::Other].map(|by| Place { talk: *talk, by });
                tokio::join!(self.send(0, ana, ids[0]), self.send(1, other, ids[1]));
            }
            Step::OldAppSends { place } if self.made_by == MadeBy::OldApp => {
                let message = self.old_message(*place, &format!("old {}", self.steps));
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

    async fn send(&self, server: usize, place: Place, id: message::Id) {
        self.last_sent.set(Some((place, id)));
        let (me, talk) = (self.author(place), self.talks[place.talk].id);
        // Whoever is not answered sends again, or does not; either is a history.
        let Ok(Some(right)) = self.conversations(server).membership(me.id, talk).await else { return };
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
        let rows = |talk: &Talk| items::partition(&self.cloud.database, TABLE, &Key::messages(talk.id));
        for row in self.talks.iter().flat_map(rows).collect::<Vec<_>>() {
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
            with: person("dee"),
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
        let [one, other] = &self.talks;
        for (me, talks, others) in
            [(&self.ana, &[one, other][..], self.collisions), (&one.with, &[one], 0), (&other.with, &[other], 0)]
        {
            let rows = self.rows(me);
            for talk in talks {
                let count = rows.iter().filter(|row| row.conversation == talk.id).count();
                if count != 1 {
                    return Err(format!("{} has {count} rows with {}: {rows:#?}", me.handle, talk.with.handle));
                }
            }
            if rows.len() != talks.len() + others {
                return Err(format!("{} has lost a row of another conversation", me.handle));
            }
        }
        Ok(())
    }

    /// Each person's row is at the newest message, and no message is there twice.
    fn check_newest(&self, talk: &Talk) -> Result<(), String> {
        let rows = items::partition(&self.cloud.database, TABLE, &Key::messages(talk.id));
        let messages: Vec<_> = rows.iter().filter_map(MessageRow::read).collect();
        let newest = messages.iter().max_by_key(|message| message.at.at()).ok_or("no message")?;
        let highest = messages.iter().map(|message| message.seq).max().unwrap_or(0);
        for message in &messages {
            if messages.iter().filter(|other| other.id == message.id).count() > 1 {
                return Err(format!("a message is there twice: {message:?}"));
            }
        }
        for me in [&self.ana, &talk.with] {
            for row in self.rows(me).iter().filter(|row| row.conversation == talk.id) {
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

    fn author(&self, place: Place) -> &User {
        match place.by {
            Who::Ana => &self.ana,
            Who::Other => &self.talks[place.talk].with,
        }
    }

    fn old_message(&self, place: Place, text: &str) -> MessageRow {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(self.now.load(Ordering::SeqCst));
        let at = SortTime::from(now).as_str().replace("+00:00", "");
        MessageRow {
            conversation: self.talks[place.talk].id,
            at: SortTime::stored(&at).expect("a time without an offset"),
            id: message::Id(Uuid::new_v4()),
            author: self.author(place).clone(),
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
