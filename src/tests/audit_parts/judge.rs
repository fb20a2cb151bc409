//! Tests of the counts: 0 without faults, and not 0 for each kind of fault.

use cruddur_messages::domain::{conversation, message};
use uuid::Uuid;

use super::case::{self, CONVERSATION, Case, labels, row_at, shown};
use crate::audit::ledger::{Outcome, Send};
use crate::audit::shown::{Reading, ShownMessage};
use crate::audit::texts::ShownText;

/// Returns the labels of the counts that are not 0 after `harm`.
fn faults_after(harm: impl FnOnce(&mut Case)) -> Vec<&'static str> {
    case::faults_after(Case::new(), harm)
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
                reply_to: None,
                began: 90,
                outcome: Outcome::Unknown,
            });
            if is_stored {
                let author = case.users[0].user.id;
                let message = shown(message::Id(Uuid::nil()), author, 4, 95);
                for owner in [0, 1] {
                    *case.rows(owner) = vec![row_at(&message)];
                }
                case.messages().push(message);
            }
        });
        assert!(faults.is_empty(), "{is_stored}: {faults:?}");
    }
}

#[test]
fn a_message_that_is_shown_twice_is_doubled() {
    let faults = faults_after(|case| {
        let again = ShownMessage { seq: Some(2), at: 25, ..case.messages()[0].clone() };
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
        labels(case.server_verdict(&reading))
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
    assert_eq!(faults_after(|case| case.messages()[0].text = ShownText::Altered), ["altered"]);
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
