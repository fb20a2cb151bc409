//! Report of a migration: the contents of the table, and the changes.

use std::fmt;

use serde::Serialize;

use cruddur_messages::domain::{conversation, user};
use cruddur_messages::server::store::dynamodb::missing_parts::Part;

/// Maximum number of entries per list in the printed report.
const SHOWN_MAX: usize = 10;

/// Report of a migration.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// If true, nothing was written, and `changed` counts the changes that a migration would make.
    pub dry_run: bool,
    pub found: Found,
    /// Parts of the table that were missing and have been added.
    pub parts_added: Vec<Part>,
    pub changed: Changed,
}

/// Contents of a table.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Rows of every kind.
    pub rows: u64,
    /// Conversations with two members.
    pub conversations: u64,
    /// Messages in them.
    pub messages: u64,
    /// Messages in them by authors who are not members. They are shown.
    pub messages_of_strangers: u64,
    /// Pairs of users with several conversations.
    #[serde(rename = "several")]
    pub duplicates: Vec<DuplicateConversations>,
    /// Conversations with messages but without inbox rows. They cannot be opened.
    #[serde(rename = "nobodys")]
    pub orphaned: Vec<OrphanedMessages>,
    /// Conversations whose rows name more than two users. They cannot be opened.
    pub contradictory: Vec<conversation::Id>,
    /// Public rooms of the old app. They can no longer be opened.
    pub rooms: Vec<Room>,
    /// Hash key and range key of rows that lack an attribute or are of an unknown kind. At most a hundred are listed.
    pub unreadable: Vec<(String, String)>,
    /// Number of unreadable rows, listed or not.
    pub unreadable_count: u64,
}

/// Several conversations of one pair of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DuplicateConversations {
    pub members: [user::Id; 2],
    /// The conversation that new messages go to.
    #[serde(rename = "goes_on")]
    pub continued: conversation::Id,
    /// The others, which can be read and written at their own addresses.
    pub others: Vec<conversation::Id>,
}

/// Messages of a conversation without inbox rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrphanedMessages {
    pub conversation: conversation::Id,
    /// Number of messages.
    pub messages: u64,
}

/// Public room of the old app, named by a handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Room {
    pub handle: String,
    /// Number of messages.
    pub messages: u64,
}

/// Number of changes by kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Conversations that got a head.
    pub heads_made: u64,
    /// Pairs of users that got a pair row.
    pub pairs_made: u64,
    /// Pair rows of earlier versions that left the index of the inbox rows.
    pub pairs_rewritten: u64,
    /// Messages that got a key that sorts by time.
    pub keys_rewritten: u64,
    /// Missing inbox rows that were recreated.
    pub inbox_rows_made: u64,
    /// Duplicate inbox rows that were removed.
    pub inbox_rows_removed: u64,
    /// Inbox rows that were stale, or had a key that does not sort by time.
    pub inbox_rows_moved: u64,
}

impl Changed {
    /// Adds the counts of another report.
    pub fn add(&mut self, other: Self) {
        self.heads_made += other.heads_made;
        self.pairs_made += other.pairs_made;
        self.pairs_rewritten += other.pairs_rewritten;
        self.keys_rewritten += other.keys_rewritten;
        self.inbox_rows_made += other.inbox_rows_made;
        self.inbox_rows_removed += other.inbox_rows_removed;
        self.inbox_rows_moved += other.inbox_rows_moved;
    }
}

/// Text for a terminal.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.found)?;
        writeln!(f, "{}", if self.dry_run { "Would change (dry run, nothing was written):" } else { "Changed:" })?;
        for part in &self.parts_added {
            writeln!(f, "  {:>9} {part} added to the table", 1)?;
        }
        let Changed { heads_made, pairs_made, pairs_rewritten, keys_rewritten, .. } = self.changed;
        let Changed { inbox_rows_made, inbox_rows_removed, inbox_rows_moved, .. } = self.changed;
        for (count, label) in [
            (heads_made, "conversation heads created"),
            (pairs_made, "pair rows created"),
            (pairs_rewritten, "pair rows rewritten, to leave the index of the inbox rows"),
            (keys_rewritten, "message keys rewritten, to sort by time"),
            (inbox_rows_made, "missing inbox rows recreated"),
            (inbox_rows_removed, "duplicate inbox rows removed"),
            (inbox_rows_moved, "inbox rows moved to the newest message"),
        ] {
            writeln!(f, "  {count:>9} {label}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Found:")?;
        for (count, label) in [
            (self.rows, "rows"),
            (self.conversations, "conversations with two members"),
            (self.messages, "messages in them"),
            (self.messages_of_strangers, "of these by authors who are not members; they are shown"),
        ] {
            writeln!(f, "  {count:>9} {label}")?;
        }
        let duplicates =
            self.duplicates.iter().map(|it| format!("{} and {}: {}", it.members[0], it.members[1], it.continued));
        list(
            f,
            "pairs of users with several conversations; new messages go to the one listed, all stay readable",
            duplicates,
        )?;
        let orphaned = self.orphaned.iter().map(|it| format!("{}: {} messages", it.conversation, it.messages));
        list(f, "conversations without inbox rows; they cannot be opened", orphaned)?;
        let contradictory = self.contradictory.iter().map(ToString::to_string);
        list(f, "conversations with more than two members; they cannot be opened", contradictory)?;
        let rooms = self.rooms.iter().map(|it| format!("@{}: {} messages", it.handle, it.messages));
        list(f, "public rooms; they can no longer be opened", rooms)?;
        writeln!(f, "  {:>9} unreadable rows; they stay as they are", self.unreadable_count)?;
        for (pk, sk) in self.unreadable.iter().take(SHOWN_MAX) {
            writeln!(f, "            {} {}", pk.escape_debug(), sk.escape_debug())?;
        }
        more(f, self.unreadable_count.try_into().unwrap_or(usize::MAX))
    }
}

fn list(f: &mut fmt::Formatter<'_>, label: &str, entries: impl ExactSizeIterator<Item = String>) -> fmt::Result {
    let count = entries.len();
    writeln!(f, "  {count:>9} {label}")?;
    for entry in entries.take(SHOWN_MAX) {
        // Escaped, since users could type any text as the name of a room.
        writeln!(f, "            {}", entry.escape_debug())?;
    }
    more(f, count)
}

/// Says how many entries of a list are not shown.
fn more(f: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
    if count > SHOWN_MAX { writeln!(f, "            … and {} more", count - SHOWN_MAX) } else { Ok(()) }
}
