//! Tests of the counts: 0 without faults, and not 0 for each kind of fault.

use std::collections::HashMap;

use cruddur_messages::domain::user::{DisplayName, Handle, User};
use cruddur_messages::domain::{conversation, message, user};
use reqwest::header::HeaderValue;
use uuid::Uuid;

use crate::audit::judge::{Judge, Reading, ShownMessage, ShownRow, preview};
use crate::audit::ledger::{Outcome, Send, text_of};
use crate::audit::table_reader::TableContents;
use crate::audit::users::AuditUser;
use crate::audit::verdict::Column;

const CONVERSATION: conversation::Id = conversation::Id(Uuid::from_u128(7));

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
struct Case {
    users: Vec<AuditUser>,
    sends: Vec<Send>,
    contents: TableContents,
    reads: HashMap<(u16, conversation::Id), u64>,
}

impl Case {
    fn new() -> Self {
        let users: Vec<_> = (0..3).map(audit_user).collect();
        let (mut sends, mut messages) = (Vec::new(), Vec::new());
        for seq in 1..=3_u32 {
            let (id, from) = (message::Id(Uuid::from_u128(100 + u128::from(seq))), (seq as u16 + 1) % 2);
            let began = u64::from(seq) * 10;
            let outcome = Outcome::Acknowledged { at: began + 5, conversation: CONVERSATION, seq: Some(seq) };
            sends.push(Send { id, from, to: 1 - from, began, outcome });
            let author = users[usize::from(from)].user.id;
            messages.push(ShownMessage { id, author, seq: Some(seq), at: began as i64, is_faithful: true });
        }
        let row = ShownRow { preview: preview(&text_of(sends[2].id)), seq: Some(3), unread: None };
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
            contents: TableContents { reading, members, cursors },
            reads: HashMap::from([((1, CONVERSATION), 2)]),
        }
    }

    fn messages(&mut self) -> &mut Vec<ShownMessage> {
        self.contents.reading.conversations.get_mut(&CONVERSATION).expect("the messages")
    }

    fn rows(&mut self, owner: u16) -> &mut Vec<ShownRow> {
        self.contents.reading.inboxes.get_mut(&(owner, CONVERSATION)).expect("the rows")
    }

    fn verdict(&self) -> Column {
        Judge::new(&self.users, &self.sends, &self.contents).table(&self.reads)
    }
}

/// Returns the labels of the counts that are not 0 after `harm`.
fn faults_after(harm: impl FnOnce(&mut Case)) -> Vec<&'static str> {
    let mut case = Case::new();
    harm(&mut case);
    case.verdict().counts().into_iter().filter(|(_, count)| *count > 0).map(|(label, _)| label).collect()
}

#[test]
fn a_faultless_run_has_only_zero_counts() {
    assert!(faults_after(|_| {}).is_empty());
}

#[test]
fn a_missing_message_is_lost_and_leaves_a_gap() {
    assert_eq!(faults_after(|case| _ = case.messages().remove(1)), ["lost", "gaps in seq"]);
}

#[test]
fn a_send_with_unknown_outcome_may_be_stored_or_not() {
    for is_stored in [true, false] {
        let faults = faults_after(|case| {
            case.sends.push(Send {
                id: message::Id(Uuid::nil()),
                from: 0,
                to: 1,
                began: 90,
                outcome: Outcome::Unknown,
            });
            if is_stored {
                let author = case.users[0].user.id;
                let message =
                    ShownMessage { id: message::Id(Uuid::nil()), author, seq: Some(4), at: 95, is_faithful: true };
                case.messages().push(message);
                for owner in [0, 1] {
                    *case.rows(owner) =
                        vec![ShownRow { preview: preview(&text_of(message.id)), seq: Some(4), unread: None }];
                }
            }
        });
        assert!(faults.is_empty(), "{is_stored}: {faults:?}");
    }
}

#[test]
fn a_message_that_is_shown_twice_is_doubled() {
    let faults = faults_after(|case| {
        let again = ShownMessage { seq: Some(2), at: 25, ..case.messages()[0] };
        case.messages()[1] = again;
    });
    assert!(faults.contains(&"doubled") && faults.contains(&"lost"), "{faults:?}");
}

#[test]
fn a_second_conversation_of_two_users_is_doubled() {
    let faults = faults_after(|case| {
        let other = conversation::Id(Uuid::from_u128(8));
        case.contents.members.insert(other, [1, 0]);
        case.contents.reading.conversations.insert(other, Vec::new());
    });
    assert_eq!(faults, ["doubled"]);
}

#[test]
fn an_order_that_contradicts_the_order_of_sending_is_reordered() {
    let swapped = faults_after(|case| {
        let (first, second) = (case.sends[0].id, case.sends[1].id);
        let authors = (case.messages()[0].author, case.messages()[1].author);
        (case.messages()[0].id, case.messages()[1].id) = (second, first);
        (case.messages()[0].author, case.messages()[1].author) = (authors.1, authors.0);
        // The responses did not contain sequence numbers.
        for send in &mut case.sends {
            if let Outcome::Acknowledged { seq, .. } = &mut send.outcome {
                *seq = None;
            }
        }
    });
    assert_eq!(swapped, ["reordered"]);
    assert_eq!(
        faults_after(|case| case.messages()[1].at = 5),
        ["reordered"],
        "times must grow with the sequence numbers"
    );
}

#[test]
fn a_reader_without_sequence_numbers_is_checked_by_the_rest() {
    let without_seq = |harm: fn(&mut Vec<ShownMessage>)| {
        let case = Case::new();
        let mut reading = Reading { inboxes: case.contents.reading.inboxes.clone(), ..Reading::default() };
        let mut messages = case.contents.reading.conversations[&CONVERSATION].clone();
        messages.iter_mut().for_each(|message| message.seq = None);
        harm(&mut messages);
        reading.conversations.insert(CONVERSATION, messages);
        let column = Judge::new(&case.users, &case.sends, &case.contents).server(&reading);
        column.counts().into_iter().filter(|(_, count)| *count > 0).map(|(label, _)| label).collect::<Vec<_>>()
    };
    assert!(without_seq(|_| {}).is_empty());
    assert_eq!(without_seq(|messages| messages.swap(0, 1)), ["reordered"]);
    assert_eq!(without_seq(|messages| _ = messages.pop()), ["lost"]);
}

#[test]
fn a_message_by_or_for_another_user_is_with_the_wrong_user() {
    let stranger = faults_after(|case| case.messages()[0].author = case.users[2].user.id);
    assert_eq!(stranger, ["wrong user"]);
    assert_eq!(faults_after(|case| case.sends[0].to = 2), ["wrong user"]);
    assert_eq!(faults_after(|case| case.contents.reading.intrusions = 1), ["wrong user"]);
}

#[test]
fn a_message_that_was_not_sent_or_has_another_text_is_altered() {
    assert_eq!(faults_after(|case| case.messages()[0].is_faithful = false), ["altered"]);
    let faults = faults_after(|case| case.messages()[0].id = message::Id(Uuid::nil()));
    assert_eq!(faults, ["lost", "altered"]);
}

#[test]
fn an_inbox_row_that_is_missing_duplicate_stale_or_foreign_is_counted() {
    assert_eq!(faults_after(|case| case.rows(1).clear()), ["inbox rows"]);
    let doubled = faults_after(|case| {
        let row = case.rows(1)[0].clone();
        case.rows(1).push(row);
    });
    assert_eq!(doubled, ["inbox rows"]);
    assert_eq!(faults_after(|case| case.rows(0)[0].seq = Some(2)), ["inbox rows"]);
    let foreign = faults_after(|case| {
        let rows = case.rows(0).clone();
        case.contents.reading.inboxes.insert((2, CONVERSATION), rows);
    });
    assert_eq!(foreign, ["inbox rows"]);
}

#[test]
fn the_unread_count_is_newest_minus_read_and_0_for_the_last_author() {
    assert!(faults_after(|case| case.rows(1)[0].unread = Some(1)).is_empty());
    assert!(faults_after(|case| case.rows(0)[0].unread = Some(0)).is_empty());
    assert_eq!(faults_after(|case| case.rows(1)[0].unread = Some(2)), ["unread"]);
    assert_eq!(
        faults_after(|case| _ = case.reads.insert((1, CONVERSATION), 3)),
        ["unread"],
        "an acknowledged read is lost"
    );
}
