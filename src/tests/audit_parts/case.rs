//! Forged runs, whose ledgers and tables the tests of the judge harm.

use std::collections::{BTreeMap, HashMap};

use cruddur_messages::domain::emoji::Emoji;
use cruddur_messages::domain::message::Reaction;
use cruddur_messages::domain::user::{DisplayName, Handle, User};
use cruddur_messages::domain::{conversation, message, user};
use reqwest::header::HeaderValue;
use uuid::Uuid;

use crate::audit::judge::Judge;
use crate::audit::judged_revisions::Revisions;
use crate::audit::ledger::{Change, ChangeKind, ChangeOutcome, EMOJI, Outcome, Send};
use crate::audit::shown::{CatchUp, Reading, ShownHistory, ShownMessage, ShownQuote, ShownRow};
use crate::audit::table_reader::TableContents;
use crate::audit::texts::{FIRST_TEXT, ShownText};
use crate::audit::users::AuditUser;
use crate::audit::verdict::Column;

/// The conversation of the first two users.
pub const CONVERSATION: conversation::Id = conversation::Id(Uuid::from_u128(7));

fn audit_user(number: u128) -> AuditUser {
    let name = format!("person-{number}");
    AuditUser {
        user: User {
            id: user::Id(Uuid::from_u128(number)),
            handle: Some(Handle::stored(name.clone())),
            display_name: DisplayName::stored(name),
        },
        cookie: HeaderValue::from_static("none"),
        email: String::new(),
        address: String::new(),
    }
}

/// Two users and three messages sent one after the other, all acknowledged. The first user sent the odd ones.
pub struct Case {
    pub users: Vec<AuditUser>,
    pub sends: Vec<Send>,
    pub changes: Vec<Change>,
    pub contents: TableContents,
    pub reads: HashMap<(u16, conversation::Id), u64>,
}

impl Case {
    /// Creates the case without changes.
    pub fn new() -> Self {
        let users: Vec<_> = (0..3).map(audit_user).collect();
        let (mut sends, mut messages) = (Vec::new(), Vec::new());
        for seq in 1..=3_u32 {
            let (id, from) = (message::Id(Uuid::from_u128(100 + u128::from(seq))), (seq as u16 + 1) % 2);
            let began = u64::from(seq) * 10;
            let outcome = Outcome::Acknowledged { at: began + 5, conversation: CONVERSATION, seq: Some(seq) };
            sends.push(Send { id, from, to: 1 - from, reply_to: None, began, outcome });
            let author = users[usize::from(from)].user.id;
            messages.push(shown(id, author, seq, began as i64));
        }
        let row = row_at(&messages[2]);
        let reading = Reading {
            conversations: HashMap::from([(CONVERSATION, messages)]),
            inboxes: HashMap::from([((0, CONVERSATION), vec![row.clone()]), ((1, CONVERSATION), vec![row])]),
            ..Reading::default()
        };
        let (members, cursors) =
            (HashMap::from([(CONVERSATION, [0, 1])]), HashMap::from([((0, CONVERSATION), 3), ((1, CONVERSATION), 2)]));
        Self {
            users,
            sends,
            changes: Vec::new(),
            contents: TableContents { reading, members, cursors, ..TableContents::default() },
            reads: HashMap::from([((1, CONVERSATION), 2)]),
        }
    }

    /// Creates the case with changes, all acknowledged: the first message is edited twice, the second is deleted, and
    /// the third answers the first and has a reaction of its reader.
    pub fn changed() -> Self {
        let mut case = Self::new();
        let [first, second, third] = [0, 1, 2].map(|index| case.sends[index].id);
        case.sends[2].reply_to = Some(first);
        for (rev, (message, by, kind)) in (1..).zip([
            (first, 0, ChangeKind::Edit { edits: 0, text: 11 }),
            (first, 0, ChangeKind::Edit { edits: 1, text: 12 }),
            (second, 1, ChangeKind::Delete),
            (third, 1, ChangeKind::React { emoji: 0, on: true }),
        ]) {
            case.change(message, by, kind, ChangeOutcome::Acknowledged { rev });
        }
        let reader = case.users[1].user.id;
        let messages = case.messages();
        messages[0].text = ShownText::Number(12);
        (messages[0].edits, messages[0].edited_at, messages[0].changed) = (Some(2), Some(60), Some(2));
        (messages[1].text, messages[1].changed) = (ShownText::Deleted, Some(3));
        messages[2].changed = Some(4);
        messages[2].reactions = vec![Reaction { emoji: Emoji::stored(EMOJI[0].to_owned()), users: vec![reader] }];
        messages[2].quote = Some(ShownQuote { id: first, text: None });
        case.contents.revisions.insert(
            CONVERSATION,
            Revisions { newest: 4, changed_at: BTreeMap::from([(1, 10), (2, 10), (3, 20), (4, 30)]) },
        );
        case.contents.reading.histories = case.histories();
        case
    }

    /// Adds a change to the ledger, 10 microseconds after the one before it.
    pub fn change(&mut self, message: message::Id, by: u16, kind: ChangeKind, outcome: ChangeOutcome) -> &mut Change {
        let began = 40 + 10 * self.changes.len() as u64;
        self.changes.push(Change { message, by, kind, began, strays: 0, stray_at: 0, outcome, had_traces: false });
        self.changes.last_mut().expect("it was just added")
    }

    /// Returns the history of each message.
    fn histories(&self) -> Vec<ShownHistory> {
        let versions = [
            vec![(ShownText::Number(FIRST_TEXT), 10), (ShownText::Number(11), 50), (ShownText::Number(12), 60)],
            Vec::new(),
            vec![(ShownText::Number(FIRST_TEXT), 30)],
        ];
        let messages = self.contents.reading.conversations[&CONVERSATION].iter();
        messages.zip(versions).map(|(message, versions)| ShownHistory { message: message.clone(), versions }).collect()
    }

    /// Returns what a server shows to a page that catches up from revision 1.
    pub fn server_reading(&self) -> Reading {
        let mut messages = self.contents.reading.conversations[&CONVERSATION].clone();
        for message in &mut messages {
            if let Some(quote) = &mut message.quote {
                quote.text = Some(ShownText::Number(12));
            }
        }
        let catch_up = CatchUp { after: 1, rev: 4, is_trimmed: false, messages: messages.clone() };
        Reading {
            conversations: HashMap::from([(CONVERSATION, messages)]),
            catch_ups: Some(HashMap::from([(CONVERSATION, catch_up)])),
            inboxes: self.contents.reading.inboxes.clone(),
            histories: self.histories(),
            ..Reading::default()
        }
    }

    /// Judges what a server shows.
    pub fn server_verdict(&self, reading: &Reading) -> Column {
        self.judge().server(reading)
    }

    /// Returns a judge of the case.
    pub fn judge(&self) -> Judge<'_> {
        Judge::new(&self.users, &self.sends, &self.changes, &self.contents)
    }

    /// Returns the messages in the table.
    pub fn messages(&mut self) -> &mut Vec<ShownMessage> {
        self.contents.reading.conversations.get_mut(&CONVERSATION).expect("the messages")
    }

    /// Returns the inbox rows of a user.
    pub fn rows(&mut self, owner: u16) -> &mut Vec<ShownRow> {
        self.contents.reading.inboxes.get_mut(&(owner, CONVERSATION)).expect("the rows")
    }

    fn verdict(&self) -> Column {
        self.judge().table(&self.reads)
    }
}

/// Returns a message without changes.
pub fn shown(id: message::Id, author: user::Id, seq: u32, at: i64) -> ShownMessage {
    ShownMessage {
        id,
        author,
        seq: Some(seq),
        at,
        text: ShownText::Number(FIRST_TEXT),
        edits: Some(0),
        edited_at: None,
        changed: Some(0),
        reactions: Vec::new(),
        quote: None,
    }
}

/// Returns an inbox row at a message.
pub fn row_at(message: &ShownMessage) -> ShownRow {
    ShownRow { preview: message.preview().expect("a text"), seq: message.seq, unread: None }
}

/// Returns the labels of the counts that are not 0.
pub fn labels(column: Column) -> Vec<&'static str> {
    column.counts().into_iter().filter(|(_, count)| *count > 0).map(|(label, _)| label).collect()
}

/// Returns the labels of the counts of the table that are not 0 after `harm`.
pub fn faults_after(mut case: Case, harm: impl FnOnce(&mut Case)) -> Vec<&'static str> {
    harm(&mut case);
    labels(case.verdict())
}
