//! What is in a table: one look at every row.

use std::collections::{BTreeMap, HashMap, HashSet};

use time::OffsetDateTime;

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::legacy::report::{Found, Nobodys, Room, Several};
use crate::server::store::dynamodb::legacy::{heads, inbox, pairs};
use crate::server::store::dynamodb::rows::{self, Head, InboxRow, MessageRow};
use crate::server::store::dynamodb::table::{Item, Key, MESSAGE_GROUP_UUID, PK, SK};
use crate::server::store::dynamodb::{Table, failed};

/// How many rows are read at once: a small table with little capacity must answer in time.
const SLICE_LEN: i32 = 400;

/// The most unreadable rows that are named.
const NAMED_MAX: usize = 100;

/// Two people, the lower id first.
pub(super) type Pair = [user::Id; 2];

/// What was seen. Holds a few hundred bytes for each conversation in memory, and nothing for a message.
#[derive(Default)]
pub(super) struct Survey {
    /// Every conversation, in an order that is the same the next time.
    pub(super) conversations: BTreeMap<conversation::Id, Seen>,
    /// Which conversation people go on with.
    pub(super) pairs: HashMap<Pair, conversation::Id>,
    rows: u64,
    rooms: BTreeMap<String, u64>,
    unreadable: Vec<(String, String)>,
    unreadable_count: u64,
}

/// A conversation.
#[derive(Default)]
pub(super) struct Seen {
    /// Whom its head names.
    head: Option<[user::Id; 2]>,
    /// Its inbox rows.
    pub(super) rows: Vec<InboxRow>,
    newest: Option<MessageRow>,
    beginning: Option<OffsetDateTime>,
    messages: u64,
    out_of_form: u64,
    authors: HashMap<user::Id, u64>,
}

impl Survey {
    /// A part of the table, from `start`; where the next part starts.
    pub(super) async fn look(&mut self, table: &Table, start: Option<Item>) -> Result<Option<Item>, Failure> {
        let request = table.client().scan().table_name(table.name()).limit(SLICE_LEN).set_exclusive_start_key(start);
        // As the table is now, at twice the price: what is not seen here is taken for done.
        let answer = request.consistent_read(true).send().await.map_err(failed("read the whole table"))?;
        for item in answer.items() {
            self.see(item);
        }
        Ok(answer.last_evaluated_key)
    }

    /// How many rows there are so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    fn see(&mut self, item: &Item) {
        self.rows += 1;
        let is_readable = match Key::of(item) {
            Some(Key::Message(conversation, _)) => MessageRow::read(item).map(|row| self.at(conversation).message(row)),
            Some(Key::Inbox(..)) => InboxRow::read(item).map(|row| self.at(row.conversation).rows.push(row)),
            Some(Key::Head(conversation)) => {
                Head::read(item).map(|head| self.at(conversation).head = Some(sorted(head.members)))
            }
            Some(Key::Pair(one, other)) => {
                let conversation = rows::parse(item, MESSAGE_GROUP_UUID);
                conversation.map(|conversation| {
                    self.pairs.insert(sorted([one, other]), conversation);
                })
            }
            Some(Key::Marker(..) | Key::Read(..) | Key::Adopted) => Some(()),
            None => Key::room(item).map(|handle| *self.rooms.entry(handle.to_owned()).or_default() += 1),
        };
        if is_readable.is_none() {
            self.unreadable_count += 1;
            if self.unreadable.len() < NAMED_MAX {
                let text = |name| rows::text(item, name).unwrap_or_default().to_owned();
                self.unreadable.push((text(PK), text(SK)));
            }
        }
    }

    fn at(&mut self, conversation: conversation::Id) -> &mut Seen {
        self.conversations.entry(conversation).or_default()
    }

    /// The conversations of two people, the one that goes on first.
    pub(super) fn by_pair(&self) -> BTreeMap<Pair, Vec<conversation::Id>> {
        let mut by_pair: BTreeMap<Pair, Vec<pairs::Age>> = BTreeMap::new();
        for (conversation, seen) in &self.conversations {
            if let Some(members) = seen.members() {
                by_pair.entry(members).or_default().push(pairs::age(*conversation, seen.beginning));
            }
        }
        let in_order = |(pair, mut ages): (Pair, Vec<pairs::Age>)| {
            ages.sort_unstable();
            let mut conversations: Vec<_> = ages.into_iter().map(|(_, _, conversation)| conversation).collect();
            if let Some(goes_on) = self.pairs.get(&pair) {
                conversations.sort_by_key(|conversation| conversation != goes_on);
            }
            (pair, conversations)
        };
        by_pair.into_iter().map(in_order).collect()
    }

    /// What a person should know of it.
    pub(super) fn found(&self) -> Found {
        let theirs = self.conversations.values().filter(|seen| seen.members().is_some());
        let nobodys = self.conversations.iter().filter(|(_, seen)| seen.members().is_none());
        let (contradictory, lost): (Vec<_>, Vec<_>) = nobodys.partition(|(_, seen)| !seen.rows.is_empty());
        let several = self.by_pair().into_iter().filter(|(_, conversations)| conversations.len() > 1);
        Found {
            rows: self.rows,
            conversations: theirs.clone().count() as u64,
            messages: theirs.clone().map(|seen| seen.messages).sum(),
            messages_of_strangers: theirs.map(Seen::of_strangers).sum(),
            several: several
                .map(|(members, all)| Several { members, goes_on: all[0], others: all[1..].to_vec() })
                .collect(),
            nobodys: lost
                .into_iter()
                .map(|(conversation, seen)| Nobodys { conversation: *conversation, messages: seen.messages })
                .collect(),
            contradictory: contradictory.into_iter().map(|(conversation, _)| *conversation).collect(),
            rooms: self
                .rooms
                .iter()
                .map(|(handle, messages)| Room { handle: handle.clone(), messages: *messages })
                .collect(),
            unreadable: self.unreadable.clone(),
            unreadable_count: self.unreadable_count,
        }
    }
}

impl Seen {
    /// Whose it is, the lower id first; nobody's where its rows do not say.
    pub(super) fn members(&self) -> Option<Pair> {
        self.head.or_else(|| heads::members(&self.rows)).map(sorted)
    }

    /// Whether it has a head.
    pub(super) fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// Whether keys of it must be rewritten.
    pub(super) fn is_out_of_form(&self) -> bool {
        self.out_of_form > 0
    }

    /// Whether each member has one inbox row, and a right one.
    pub(super) fn has_right_rows(&self) -> bool {
        let owners: HashSet<_> = self.rows.iter().map(|row| row.owner).collect();
        owners.len() == 2
            && self.rows.len() == 2
            && self.rows.iter().all(|row| inbox::is_right(row, self.newest.as_ref()))
    }

    fn message(&mut self, row: MessageRow) {
        self.messages += 1;
        self.out_of_form += u64::from(row.seq == 0 && !row.at.is_in_form());
        *self.authors.entry(row.author.id).or_default() += 1;
        self.beginning = Some(self.beginning.map_or(row.at.at(), |beginning| beginning.min(row.at.at())));
        if self.newest.as_ref().is_none_or(|newest| newest.at < row.at) {
            self.newest = Some(row);
        }
    }

    fn of_strangers(&self) -> u64 {
        let members = self.members();
        let is_stranger = |author: &user::Id| members.is_none_or(|members| !members.contains(author));
        self.authors.iter().filter(|(author, _)| is_stranger(author)).map(|(_, count)| count).sum()
    }
}

fn sorted(mut pair: [user::Id; 2]) -> Pair {
    pair.sort_unstable();
    pair
}
