//! What adopting a table found, and what it changed.

use std::fmt;

use serde::Serialize;

use crate::domain::{conversation, user};

/// The most entries of a list that are written out for a person to read.
const SHOWN_MAX: usize = 10;

/// The whole of it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing was written: `changed` says what would be.
    pub dry_run: bool,
    /// What is in the table.
    pub found: Found,
    /// What was not as it should be, and is now.
    pub changed: Changed,
}

/// What is in a table.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Rows of every kind.
    pub rows: u64,
    /// Conversations that belong to two people.
    pub conversations: u64,
    /// Messages in them.
    pub messages: u64,
    /// Messages in them by people who are not members. They are shown.
    pub messages_of_strangers: u64,
    /// People who have several conversations with each other.
    pub several: Vec<Several>,
    /// Messages that no inbox row leads to. Nobody can open them.
    pub nobodys: Vec<Nobodys>,
    /// Conversations whose rows name more than two people. Nobody can open them.
    pub contradictory: Vec<conversation::Id>,
    /// Rooms that were open to everybody. Nobody can open them any more.
    pub rooms: Vec<Room>,
    /// Rows that lack something, or are of no known kind: hash key and range key. Not more than a hundred are named.
    pub unreadable: Vec<(String, String)>,
    /// How many such rows there are.
    pub unreadable_count: u64,
}

/// Two people, and their conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Several {
    /// The two.
    pub members: [user::Id; 2],
    /// The one that a new message goes to.
    pub goes_on: conversation::Id,
    /// The others, which can be read and written at their own addresses.
    pub others: Vec<conversation::Id>,
}

/// Messages without an inbox row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nobodys {
    /// Where they are.
    pub conversation: conversation::Id,
    /// How many.
    pub messages: u64,
}

/// A room of the old app, named by a handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Room {
    /// The handle.
    pub handle: String,
    /// How many messages are in it.
    pub messages: u64,
}

/// What was changed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Conversations that got a head.
    pub heads_made: u64,
    /// Two people for whom it is settled which conversation they go on with.
    pub pairs_made: u64,
    /// Messages that got a key that sorts by time.
    pub keys_rewritten: u64,
    /// Inbox rows that had been lost.
    pub inbox_rows_made: u64,
    /// Inbox rows that were there twice.
    pub inbox_rows_removed: u64,
    /// Inbox rows that had stayed behind, or that had a key that does not sort by time.
    pub inbox_rows_moved: u64,
}

impl Changed {
    /// Counts both.
    pub fn add(&mut self, other: Self) {
        self.heads_made += other.heads_made;
        self.pairs_made += other.pairs_made;
        self.keys_rewritten += other.keys_rewritten;
        self.inbox_rows_made += other.inbox_rows_made;
        self.inbox_rows_removed += other.inbox_rows_removed;
        self.inbox_rows_moved += other.inbox_rows_moved;
    }
}

/// For a person at a terminal.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.found)?;
        writeln!(f, "{}", if self.dry_run { "To be changed (nothing has been):" } else { "Changed:" })?;
        let Changed { heads_made, pairs_made, keys_rewritten, .. } = self.changed;
        let Changed { inbox_rows_made, inbox_rows_removed, inbox_rows_moved, .. } = self.changed;
        for (count, what) in [
            (heads_made, "conversations get a head"),
            (pairs_made, "pairs of people get the conversation that they go on with"),
            (keys_rewritten, "messages get a key that sorts by time"),
            (inbox_rows_made, "lost inbox rows are made again"),
            (inbox_rows_removed, "inbox rows were there twice, and go"),
            (inbox_rows_moved, "inbox rows go to the newest message"),
        ] {
            writeln!(f, "  {count:>9} {what}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Found:")?;
        for (count, what) in [
            (self.rows, "rows"),
            (self.conversations, "conversations of two people"),
            (self.messages, "messages in them"),
            (self.messages_of_strangers, "of these by people who are no members; they are shown"),
        ] {
            writeln!(f, "  {count:>9} {what}")?;
        }
        let several =
            self.several.iter().map(|it| format!("{} and {} go on with {}", it.members[0], it.members[1], it.goes_on));
        list(f, "pairs of people have several conversations; all stay readable", several)?;
        let nobodys = self.nobodys.iter().map(|it| format!("{}: {} messages", it.conversation, it.messages));
        list(f, "groups of messages belong to nobody", nobodys)?;
        let contradictory = self.contradictory.iter().map(ToString::to_string);
        list(f, "conversations name more than two people, and belong to nobody", contradictory)?;
        let rooms = self.rooms.iter().map(|it| format!("@{}: {} messages", it.handle, it.messages));
        list(f, "rooms were open to everybody, and belong to nobody", rooms)?;
        writeln!(f, "  {:>9} rows that cannot be read, and stay as they are", self.unreadable_count)?;
        for (pk, sk) in self.unreadable.iter().take(SHOWN_MAX) {
            writeln!(f, "            {} {}", pk.escape_debug(), sk.escape_debug())?;
        }
        Ok(())
    }
}

fn list(f: &mut fmt::Formatter<'_>, what: &str, entries: impl ExactSizeIterator<Item = String>) -> fmt::Result {
    let count = entries.len();
    writeln!(f, "  {count:>9} {what}")?;
    for entry in entries.take(SHOWN_MAX) {
        // A room is named by what somebody typed.
        writeln!(f, "            {}", entry.escape_debug())?;
    }
    if count > SHOWN_MAX { writeln!(f, "            … and {} more", count - SHOWN_MAX) } else { Ok(()) }
}
