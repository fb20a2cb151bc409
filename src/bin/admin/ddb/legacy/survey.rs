//! Survey of a table: its contents after one scan of every row.

use std::collections::{BTreeMap, HashMap, HashSet};

use time::OffsetDateTime;

use cruddur_messages::domain::{conversation, user};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::legacy::{heads, pairs};
use cruddur_messages::server::store::dynamodb::rows::{Head, InboxRow, MessageRow, Pair as PairRow};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, PK, SK, text};
use cruddur_messages::server::store::dynamodb::{Table, into_failure};

use super::inbox;
use super::report::{DuplicateConversations, Found, OrphanedMessages, Room};

/// Number of rows per page. A small table with little capacity must answer before the timeout.
const SLICE_LEN: i32 = 400;

/// Maximum number of unreadable rows that are listed.
const UNREADABLE_MAX: usize = 100;

/// Two users, the lower id first.
pub(super) type Pair = [user::Id; 2];

/// Contents of a table. Holds a few hundred bytes per conversation in memory, and nothing per message.
#[derive(Default)]
pub(super) struct Survey {
    /// Every conversation, in an order that is the same in every run.
    pub(super) conversations: BTreeMap<conversation::Id, SurveyedConversation>,
    /// Conversations of the pair rows.
    pub(super) pairs: HashMap<Pair, conversation::Id>,
    /// Pairs that have a row, also if it cannot be read.
    pub(super) pairs_with_row: HashSet<Pair>,
    /// Pairs whose row an earlier version wrote.
    pub(super) pairs_in_index: Vec<Pair>,
    rows: u64,
    rooms: BTreeMap<String, u64>,
    unreadable: Vec<(String, String)>,
    unreadable_count: u64,
}

/// Contents of a conversation.
#[derive(Default)]
pub(super) struct SurveyedConversation {
    head: Option<SurveyedHead>,
    /// True if its recipient has not accepted it yet, and so has no inbox row.
    is_request: bool,
    /// Members whose accounts have been deleted, and who have no inbox row any more.
    deleted_members: Vec<user::Id>,
    /// Its inbox rows.
    pub(super) rows: Vec<InboxRow>,
    newest: Option<MessageRow>,
    beginning: Option<OffsetDateTime>,
    messages: u64,
    noncanonical_keys: u64,
    authors: HashMap<user::Id, u64>,
}

/// Members that a head names.
enum SurveyedHead {
    Direct(Pair),
    /// Members of a group. The old app had no groups, so there is nothing to migrate.
    Group,
    /// No head that can be read. It counts as unreadable, and its conversation stays as it is.
    Unreadable,
}

impl Survey {
    /// Reads a page of the table from `start`. Returns the start of the next page.
    pub(super) async fn scan_page(&mut self, table: &Table, start: Option<Item>) -> Result<Option<Item>, Failure> {
        let request = table.client().scan().table_name(table.name()).limit(SLICE_LEN).set_exclusive_start_key(start);
        // Consistent, at twice the price: a row that the survey misses would never be migrated.
        let answer = request.consistent_read(true).send().await.map_err(into_failure("read the whole table"))?;
        for item in answer.items() {
            self.add(item);
        }
        Ok(answer.last_evaluated_key)
    }

    /// Returns the number of rows read so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    fn add(&mut self, item: &Item) {
        self.rows += 1;
        let is_readable = match Key::of(item) {
            Some(Key::Message(conversation, _)) => {
                MessageRow::from_item(item).map(|row| self.entry(conversation).add_message(row))
            }
            Some(Key::Inbox(..)) => InboxRow::from_item(item).map(|row| self.entry(row.conversation).rows.push(row)),
            Some(Key::Head(conversation)) => {
                let (head, entry) = (Head::from_item(item), self.entry(conversation));
                entry.head = Some(SurveyedHead::of(head.as_ref()));
                head.map(|head| {
                    entry.is_request = head.requester().is_some();
                    entry.deleted_members = head.deleted_members().to_vec();
                })
            }
            Some(Key::Pair(one, other)) => {
                let (row, pair) = (PairRow::from_item(item), sorted([one, other]));
                self.pairs_with_row.insert(pair);
                row.map(|row| {
                    self.pairs.insert(pair, row.conversation);
                    if PairRow::is_in_index(item) {
                        self.pairs_in_index.push(pair);
                    }
                })
            }
            Some(Key::SendMarker(..) | Key::Revision(..) | Key::EarlierText(..)) => Some(()),
            Some(Key::Milestone(..) | Key::ReadCursor(..) | Key::Block(..) | Key::Request(..)) => Some(()),
            Some(Key::Migrated) => Some(()),
            None => Key::legacy_room(item).map(|handle| *self.rooms.entry(handle.to_owned()).or_default() += 1),
        };
        if is_readable.is_none() {
            self.unreadable_count += 1;
            if self.unreadable.len() < UNREADABLE_MAX {
                let text = |name| text(item, name).unwrap_or_default().to_owned();
                self.unreadable.push((text(PK), text(SK)));
            }
        }
    }

    fn entry(&mut self, conversation: conversation::Id) -> &mut SurveyedConversation {
        self.conversations.entry(conversation).or_default()
    }

    /// Returns the conversations of each pair. The first of them is continued.
    pub(super) fn by_pair(&self) -> BTreeMap<Pair, Vec<conversation::Id>> {
        let mut by_pair: BTreeMap<Pair, Vec<pairs::Age>> = BTreeMap::new();
        for (conversation, surveyed) in &self.conversations {
            if let Some(members) = surveyed.members() {
                by_pair.entry(members).or_default().push(pairs::age(*conversation, surveyed.beginning));
            }
        }
        let sort = |(pair, mut ages): (Pair, Vec<pairs::Age>)| {
            ages.sort_unstable();
            let mut conversations: Vec<_> = ages.into_iter().map(|(_, _, conversation)| conversation).collect();
            if let Some(continued) = self.pairs.get(&pair) {
                conversations.sort_by_key(|conversation| conversation != continued);
            }
            (pair, conversations)
        };
        by_pair.into_iter().map(sort).collect()
    }

    /// Returns the contents of the table as reported to the user.
    pub(super) fn found(&self) -> Found {
        let with_members = self.conversations.values().filter(|it| it.members().is_some());
        let without_members = self.conversations.iter().filter(|(_, it)| !it.has_head() && it.members().is_none());
        let (contradictory, orphaned): (Vec<_>, Vec<_>) = without_members.partition(|(_, it)| !it.rows.is_empty());
        let duplicates = self.by_pair().into_iter().filter(|(_, conversations)| conversations.len() > 1);
        Found {
            rows: self.rows,
            conversations: with_members.clone().count() as u64,
            messages: with_members.clone().map(|it| it.messages).sum(),
            messages_of_strangers: with_members.map(SurveyedConversation::messages_of_strangers).sum(),
            duplicates: duplicates
                .map(|(members, all)| DuplicateConversations { members, continued: all[0], others: all[1..].to_vec() })
                .collect(),
            orphaned: orphaned
                .into_iter()
                .map(|(conversation, it)| OrphanedMessages { conversation: *conversation, messages: it.messages })
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

impl SurveyedHead {
    fn of(head: Option<&Head>) -> Self {
        match head.map(Head::pair) {
            Some(Some(pair)) => Self::Direct(sorted(pair)),
            Some(None) => Self::Group,
            None => Self::Unreadable,
        }
    }
}

impl SurveyedConversation {
    /// Returns the members, the lower id first; `None` if its rows do not name exactly two, or it is a group.
    pub(super) fn members(&self) -> Option<Pair> {
        match &self.head {
            Some(SurveyedHead::Direct(pair)) => Some(*pair),
            Some(SurveyedHead::Group | SurveyedHead::Unreadable) => None,
            None => heads::members(&self.rows).map(sorted),
        }
    }

    /// Returns the number of a group's rows that the old stream handler has damaged. It knows neither the sequence
    /// number nor the kind.
    pub(super) fn damaged_rows_of_group(&self) -> u64 {
        match self.head {
            Some(SurveyedHead::Group) => self.rows.iter().filter(|row| row.seq == 0).count() as u64,
            Some(SurveyedHead::Direct(_) | SurveyedHead::Unreadable) | None => 0,
        }
    }

    /// Returns `true` if it has a head.
    pub(super) fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// Returns `true` if keys of its messages must be rewritten.
    pub(super) fn needs_new_keys(&self) -> bool {
        self.noncanonical_keys > 0
    }

    /// Returns the members who should have an inbox row; `None` if the members are not known, or it is a group.
    pub(super) fn owners(&self) -> Option<Vec<user::Id>> {
        let members = self.members()?.into_iter();
        Some(members.filter(|member| !self.deleted_members.contains(member)).collect())
    }

    /// Returns `true` if each of its owners has exactly one inbox row, and it is up to date. A request is none of the
    /// old app's conversations, and a row of its recipient would show it to them.
    pub(super) fn has_up_to_date_rows(&self) -> bool {
        if self.is_request {
            return true;
        }
        let owners: HashSet<_> = self.rows.iter().map(|row| row.owner).collect();
        let count = 2 - self.deleted_members.len().min(2);
        owners.len() == count
            && self.rows.len() == count
            && self.rows.iter().all(|row| inbox::is_up_to_date(row, self.newest.as_ref()))
    }

    fn add_message(&mut self, row: MessageRow) {
        self.messages += 1;
        self.noncanonical_keys += u64::from(row.seq == 0 && !row.at.is_canonical());
        *self.authors.entry(row.author.id).or_default() += 1;
        self.beginning = Some(self.beginning.map_or(row.at.at(), |beginning| beginning.min(row.at.at())));
        if self.newest.as_ref().is_none_or(|newest| newest.at < row.at) {
            self.newest = Some(row);
        }
    }

    fn messages_of_strangers(&self) -> u64 {
        let members = self.members();
        let is_stranger = |author: &user::Id| members.is_none_or(|members| !members.contains(author));
        self.authors.iter().filter(|(author, _)| is_stranger(author)).map(|(_, count)| count).sum()
    }
}

fn sorted(mut pair: [user::Id; 2]) -> Pair {
    pair.sort_unstable();
    pair
}
