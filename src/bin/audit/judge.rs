//! Compares what was acknowledged with what is shown.

use std::collections::{HashMap, HashSet};

use cruddur_messages::domain::conversation::{self, PREVIEW_LEN_MAX};
use cruddur_messages::domain::{message, user};

use crate::ledger::{Outcome, Send, text_of};
use crate::people::Person;
use crate::table_reader::Found;
use crate::verdict::Column;

/// A message as one reader shows it.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// Which message.
    pub id: message::Id,
    /// Who wrote it, as shown.
    pub author: user::Id,
    /// Its place, where the reader shows it.
    pub seq: Option<u32>,
    /// Its time, in microseconds since 1970.
    pub at: i64,
    /// Whether it says what was sent.
    pub is_faithful: bool,
}

/// A row of somebody's list as one reader shows it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The beginning of the newest message.
    pub preview: String,
    /// The place of the newest message, where the reader shows it.
    pub seq: Option<u32>,
    /// How many messages are unread, where the reader shows it.
    pub unread: Option<u64>,
}

/// All that one reader shows.
#[derive(Debug, Default)]
pub struct Reading {
    /// Conversations, each from its beginning.
    pub talks: HashMap<conversation::Id, Vec<Line>>,
    /// Rows of lists, by owner and conversation.
    pub lists: HashMap<(u16, conversation::Id), Vec<Row>>,
    /// How often a stranger got any other answer than that nothing is there.
    pub intrusions: u64,
    /// Rows of which nobody can say what they are.
    pub riddles: u64,
}

/// Who knows what was sent, and what the table holds.
pub struct Judge<'a> {
    people: &'a [Person],
    sends: &'a [Send],
    by_id: HashMap<message::Id, usize>,
    found: &'a Found,
}

impl<'a> Judge<'a> {
    /// Knows these.
    pub fn new(people: &'a [Person], sends: &'a [Send], found: &'a Found) -> Self {
        let by_id = sends.iter().enumerate().map(|(place, send)| (send.id, place)).collect();
        Self { people, sends, by_id, found }
    }

    /// What is wrong in the table, given how far people have read.
    pub fn table(&self, reads: &HashMap<(u16, conversation::Id), u64>) -> Column {
        let mut column = self.judge(&self.found.reading);
        for (place, read) in reads {
            column.unread += u64::from(self.found.cursors.get(place).is_none_or(|cursor| cursor < read));
        }
        for ((_, conversation), cursor) in &self.found.cursors {
            let newest = self.newest(*conversation).and_then(|newest| newest.seq);
            column.unread += u64::from(*cursor > newest.unwrap_or(0).into());
        }
        column
    }

    /// What is wrong with what a server shows, on its pages or to programs.
    pub fn server(&self, reading: &Reading) -> Column {
        self.judge(reading)
    }

    fn judge(&self, reading: &Reading) -> Column {
        let mut column = Column { altered: reading.riddles, wrong_person: reading.intrusions, ..Column::default() };
        let mut seen = vec![false; self.sends.len()];
        for (conversation, lines) in &reading.talks {
            self.judge_places(lines, &mut column);
            self.judge_order(lines, &mut column);
            for line in lines {
                self.judge_line(*conversation, line, &mut seen, &mut column);
            }
        }
        let lost = |(send, seen): &(&Send, &bool)| !**seen && matches!(send.outcome, Outcome::Acknowledged { .. });
        column.lost = self.sends.iter().zip(&seen).filter(lost).count() as u64;
        self.judge_pairs(reading, &mut column);
        self.judge_lists(reading, &mut column);
        column
    }

    /// One message: known, whole, once, and where it belongs.
    fn judge_line(&self, conversation: conversation::Id, line: &Line, seen: &mut [bool], column: &mut Column) {
        let Some(place) = self.by_id.get(&line.id).copied() else {
            column.altered += 1;
            return;
        };
        let send = &self.sends[place];
        column.doubled += u64::from(std::mem::replace(&mut seen[place], true));
        column.altered += u64::from(!line.is_faithful);
        let members = self.found.members.get(&conversation);
        let is_theirs = members.is_some_and(|them| them.contains(&send.from) && them.contains(&send.to));
        let is_by_them = self.people[usize::from(send.from)].user.id == line.author;
        let is_where_told = match send.outcome {
            Outcome::Acknowledged { conversation: told, .. } => told == conversation,
            Outcome::Unknown => true,
        };
        column.wrong_person += u64::from(!(is_theirs && is_by_them && is_where_told));
        if let Outcome::Acknowledged { seq: Some(told), .. } = send.outcome {
            column.reordered += u64::from(line.seq.is_some_and(|shown| shown != told));
        }
    }

    /// Places are 1, 2, 3, …; places and times grow together. A reader that shows no places shows times.
    fn judge_places(&self, lines: &[Line], column: &mut Column) {
        let places: HashSet<u32> = lines.iter().filter_map(|line| line.seq).collect();
        let last = places.iter().copied().max().unwrap_or(0);
        column.gaps += (1..=last).filter(|place| !places.contains(place)).count() as u64;
        let in_place = |pair: &[Line]| pair[0].seq.is_none() || pair[0].seq < pair[1].seq;
        let grows = |pair: &[Line]| in_place(pair) && pair[0].at < pair[1].at;
        column.reordered += lines.windows(2).filter(|pair| !grows(pair)).count() as u64;
    }

    /// What was acknowledged before something else was begun stands before it, whoever sent the two, through whatever
    /// server: the order of a conversation is one that everybody could have seen happen.
    fn judge_order(&self, lines: &[Line], column: &mut Column) {
        let mut earliest_after = u64::MAX;
        for line in lines.iter().rev() {
            let Some(place) = self.by_id.get(&line.id) else { continue };
            let send = &self.sends[*place];
            column.reordered += u64::from(earliest_after < send.began);
            if let Outcome::Acknowledged { at, .. } = send.outcome {
                earliest_after = earliest_after.min(at);
            }
        }
    }

    /// Two people have one conversation.
    fn judge_pairs(&self, reading: &Reading, column: &mut Column) {
        let mut pairs = HashSet::new();
        for members in reading.talks.keys().filter_map(|conversation| self.found.members.get(conversation)) {
            column.doubled += u64::from(!pairs.insert([members[0].min(members[1]), members[0].max(members[1])]));
        }
    }

    /// Both people have one row of each conversation, which shows its newest message, and how much of it is unread.
    fn judge_lists(&self, reading: &Reading, column: &mut Column) {
        for (conversation, members) in &self.found.members {
            let Some(newest) = self.newest(*conversation) else { continue };
            let preview = preview(&text_of(newest.id));
            for owner in members {
                let rows = reading.lists.get(&(*owner, *conversation)).map_or(&[][..], Vec::as_slice);
                let [row] = rows else {
                    column.inbox += 1;
                    continue;
                };
                let is_newest = row.preview == preview && row.seq.is_none_or(|seq| Some(seq) == newest.seq);
                column.inbox += u64::from(!is_newest);
                let is_own = self.people[usize::from(*owner)].user.id == newest.author;
                let read = self.found.cursors.get(&(*owner, *conversation)).copied().unwrap_or(0);
                let unread = if is_own { 0 } else { u64::from(newest.seq.unwrap_or(0)).saturating_sub(read) };
                column.unread += u64::from(row.unread.is_some_and(|shown| shown != unread));
            }
        }
        let is_foreign = |(owner, conversation): &&(u16, conversation::Id)| {
            !self.found.members.get(conversation).is_some_and(|members| members.contains(owner))
        };
        column.inbox += reading.lists.keys().filter(is_foreign).count() as u64;
    }

    fn newest(&self, conversation: conversation::Id) -> Option<&Line> {
        self.found.reading.talks.get(&conversation)?.last()
    }
}

/// What a list shows of a text.
pub fn preview(text: &str) -> String {
    text.chars().take(PREVIEW_LEN_MAX).collect()
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
