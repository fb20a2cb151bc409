//! Tests of the judgement of changed messages: texts, histories, reactions, quotes and previews.

use cruddur_messages::domain::emoji::Emoji;
use cruddur_messages::domain::error::Conflict;
use cruddur_messages::domain::message::Reaction;

use super::case::{self, CONVERSATION, Case, labels, row_at};
use crate::audit::ledger::{ChangeKind, ChangeOutcome, EMOJI};
use crate::audit::shown::{Reading, ShownQuote};
use crate::audit::texts::{FIRST_TEXT, ShownText, mark_of};

const DONE: ChangeOutcome = ChangeOutcome::Acknowledged { rev: 0 };

const SECOND: u64 = 1_000_000;

/// Returns the labels of the counts that are not 0 after `harm` in the table of a run with changes.
fn faults_after(harm: impl FnOnce(&mut Case)) -> Vec<&'static str> {
    case::faults_after(Case::changed(), harm)
}

/// Returns the labels of the counts that are not 0 after `harm` in the reading of a server.
fn server_faults_after(harm: impl FnOnce(&mut Reading)) -> Vec<&'static str> {
    let case = Case::changed();
    let mut reading = case.server_reading();
    harm(&mut reading);
    labels(case.server_verdict(&reading))
}

fn messages(reading: &mut Reading) -> &mut Vec<crate::audit::shown::ShownMessage> {
    reading.conversations.get_mut(&CONVERSATION).expect("the messages")
}

/// Takes the last edit of the first message back, in the table.
fn undo_last_edit(case: &mut Case) {
    let first = &mut case.messages()[0];
    (first.text, first.edits, first.edited_at) = (ShownText::Number(11), Some(1), Some(50));
    let message = first.clone();
    let history = &mut case.contents.reading.histories[0];
    history.message = message;
    history.versions.pop();
}

#[test]
fn a_faultless_run_with_changes_has_only_zero_counts() {
    assert!(faults_after(|_| {}).is_empty());
    assert!(server_faults_after(|_| {}).is_empty());
}

#[test]
fn an_acknowledged_edit_that_is_not_shown_is_a_lost_change() {
    assert_eq!(faults_after(undo_last_edit), ["changes", "histories"]);
    assert_eq!(
        server_faults_after(|reading| messages(reading)[0].text = ShownText::Number(11)),
        ["altered", "changes", "revisions"]
    );
}

#[test]
fn an_edit_with_unknown_outcome_may_be_stored_or_not_but_alike_for_all_readers() {
    let unknown = |case: &mut Case| case.changes[1].outcome = ChangeOutcome::Unknown;
    assert!(faults_after(unknown).is_empty());
    let undone = faults_after(|case| {
        unknown(case);
        undo_last_edit(case);
    });
    assert!(undone.is_empty(), "{undone:?}");
    let mut case = Case::changed();
    unknown(&mut case);
    let reading = case.server_reading();
    undo_last_edit(&mut case);
    assert!(labels(case.server_verdict(&reading)).contains(&"changes"));
}

#[test]
fn a_refused_or_unknown_text_is_altered() {
    let refused = ChangeOutcome::Refused(Conflict::MessageChanged);
    assert_eq!(faults_after(|case| case.changes[1].outcome = refused), ["doubled", "altered", "histories"]);
    assert_eq!(
        faults_after(|case| case.messages()[2].text = ShownText::Number(12)),
        ["altered", "changes", "inbox rows"]
    );
    assert_eq!(faults_after(|case| case.messages()[0].edits = Some(3)), ["altered", "changes"]);
}

#[test]
fn two_acknowledged_edits_of_the_same_state_leave_a_hole_in_the_history() {
    let faults = faults_after(|case| {
        let first = case.sends[0].id;
        case.change(first, 0, ChangeKind::Edit { edits: 0, text: 13 }, DONE);
    });
    assert_eq!(faults, ["histories"]);
    let faults = faults_after(|case| {
        let first = case.sends[0].id;
        case.change(first, 0, ChangeKind::Edit { edits: 1, text: 13 }, DONE);
    });
    assert_eq!(faults, ["changes", "histories"]);
}

#[test]
fn a_history_with_a_missing_doubled_or_misplaced_text_is_counted() {
    assert_eq!(faults_after(|case| _ = case.contents.reading.histories[0].versions.remove(1)), ["histories"]);
    assert_eq!(faults_after(|case| case.contents.reading.histories[0].versions.swap(0, 1)), ["histories"]);
    assert_eq!(faults_after(|case| case.contents.reading.histories[0].versions[1].1 = 70), ["histories"]);
    let doubled = faults_after(|case| {
        let versions = &mut case.contents.reading.histories[0].versions;
        versions.insert(1, versions[1]);
    });
    assert_eq!(doubled, ["histories"]);
    assert_eq!(server_faults_after(|reading| reading.histories[0].versions[2].0 = ShownText::Altered), ["histories"]);
}

#[test]
fn a_message_that_is_deleted_without_a_deletion_is_lost() {
    assert!(faults_after(|case| case.changes[2].outcome = ChangeOutcome::Unknown).is_empty());
    let refused = ChangeOutcome::Refused(Conflict::MessageDeleted);
    let faults = faults_after(|case| case.changes[2].outcome = refused);
    assert!(faults.contains(&"lost"), "{faults:?}");
}

#[test]
fn a_deleted_message_with_a_text_a_history_or_a_reaction_is_resurrected() {
    let shown = server_faults_after(|reading| messages(reading)[1].text = ShownText::Number(FIRST_TEXT));
    assert_eq!(shown, ["resurrected", "revisions"]);
    let left = |reading: &mut Reading| reading.histories[1].versions.push((ShownText::Number(FIRST_TEXT), 20));
    assert_eq!(server_faults_after(left), ["resurrected"]);
    assert_eq!(faults_after(|case| left(&mut case.contents.reading)), ["resurrected"]);
    let faults = faults_after(|case| case.messages()[1].reactions = case.messages()[2].reactions.clone());
    assert!(faults.contains(&"resurrected"), "{faults:?}");
}

#[test]
fn a_text_of_a_deleted_message_anywhere_in_the_table_is_resurrected() {
    let insert = |case: &mut Case, index: usize| {
        let mark = mark_of(case.sends[index].id);
        case.contents.texts.insert(mark)
    };
    assert!(faults_after(|case| _ = insert(case, 0)).is_empty(), "the message is there");
    assert_eq!(faults_after(|case| _ = insert(case, 1)), ["resurrected"]);
    let with_unknown_outcome = |case: &mut Case| {
        case.changes[2].outcome = ChangeOutcome::Unknown;
        insert(case, 1);
    };
    assert_eq!(faults_after(with_unknown_outcome), ["resurrected"], "its readers see a deleted message");
    let early = |case: &mut Case| case.changes[2].had_traces = true;
    assert_eq!(faults_after(early), ["resurrected"], "nothing may be left after the acknowledgement");
}

#[test]
fn a_reaction_that_is_missing_doubled_or_foreign_is_counted() {
    assert_eq!(faults_after(|case| case.messages()[2].reactions.clear()), ["changes"]);
    let foreign = faults_after(|case| {
        let author = case.users[0].user.id;
        case.messages()[2].reactions[0].users.push(author);
    });
    assert_eq!(foreign, ["changes"]);
    let other = faults_after(|case| {
        let (emoji, reader) = (Emoji::stored(EMOJI[1].to_owned()), case.users[1].user.id);
        case.messages()[2].reactions.push(Reaction { emoji, users: vec![reader] });
    });
    assert_eq!(other, ["changes"]);
    let doubled = faults_after(|case| {
        let reaction = case.messages()[2].reactions[0].clone();
        case.messages()[2].reactions.push(reaction);
    });
    assert!(doubled.contains(&"doubled"), "{doubled:?}");
}

#[test]
fn the_last_acknowledged_call_decides_about_a_reaction() {
    let removed = |case: &mut Case, outcome| {
        let (third, began) = (case.sends[2].id, 40 * SECOND);
        case.change(third, 1, ChangeKind::React { emoji: 0, on: false }, outcome).began = began;
    };
    assert_eq!(faults_after(|case| removed(case, DONE)), ["changes"]);
    assert!(faults_after(|case| removed(case, ChangeOutcome::Unknown)).is_empty());
    let refused = ChangeOutcome::Refused(Conflict::MessageDeleted);
    assert!(faults_after(|case| removed(case, refused)).is_empty());
    for (given_up, expected) in [(10 * SECOND, vec!["changes"]), (30 * SECOND, vec![])] {
        let faults = faults_after(|case| {
            (case.changes[3].strays, case.changes[3].stray_at) = (1, given_up);
            removed(case, DONE);
        });
        assert_eq!(faults, expected, "an attempt without a response may be late, but not for ever");
    }
}

#[test]
fn a_quote_of_another_message_or_text_is_counted() {
    let second = Case::changed().sends[1].id;
    assert_eq!(faults_after(|case| case.messages()[2].quote = None), ["quotes"]);
    assert_eq!(faults_after(|case| case.messages()[2].quote = Some(ShownQuote { id: second, text: None })), ["quotes"]);
    assert_eq!(faults_after(|case| case.sends[2].reply_to = None), ["quotes"]);
    for text in [ShownText::Number(11), ShownText::Deleted, ShownText::Altered] {
        let faults = server_faults_after(|reading| {
            messages(reading)[2].quote.as_mut().expect("a quote").text = Some(text);
        });
        assert_eq!(faults, ["quotes", "revisions"], "{text:?}");
    }
}

#[test]
fn a_quote_of_a_deleted_message_says_so() {
    let mut case = Case::changed();
    let second = case.sends[1].id;
    case.sends[2].reply_to = Some(second);
    case.messages()[2].quote = Some(ShownQuote { id: second, text: None });
    let mut reading = case.server_reading();
    assert!(labels(case.server_verdict(&reading)).contains(&"quotes"), "it shows a text");
    let quotes = reading.conversations.values_mut().flatten().chain(
        reading.catch_ups.iter_mut().flat_map(|them| them.values_mut()).flat_map(|catch_up| &mut catch_up.messages),
    );
    for message in quotes {
        message.quote = message.quote.take().map(|quote| ShownQuote { text: Some(ShownText::Deleted), ..quote });
    }
    assert!(labels(case.server_verdict(&reading)).is_empty());
}

#[test]
fn the_preview_is_the_current_text_of_the_newest_message() {
    let edited = |case: &mut Case| {
        let third = case.sends[2].id;
        case.change(third, 0, ChangeKind::Edit { edits: 0, text: 14 }, ChangeOutcome::Unknown);
        let message = &mut case.messages()[2];
        (message.text, message.edits) = (ShownText::Number(14), Some(1));
        let message = message.clone();
        let history = &mut case.contents.reading.histories[2];
        history.versions.push((message.text, 90));
        history.message = message;
    };
    let update = |case: &mut Case, owner: u16| {
        let row = row_at(&case.messages()[2]);
        *case.rows(owner) = vec![row];
    };
    assert_eq!(faults_after(edited), ["inbox rows"]);
    let of_one = faults_after(|case| {
        edited(case);
        update(case, 0);
    });
    assert_eq!(of_one, ["inbox rows"]);
    let of_both = faults_after(|case| {
        edited(case);
        update(case, 0);
        update(case, 1);
    });
    assert!(of_both.is_empty(), "{of_both:?}");
}

#[test]
fn a_refusal_needs_a_reason_in_the_ledger() {
    let wrong_after = |message: usize, kind, conflict| {
        let mut case = Case::changed();
        let id = case.sends[message].id;
        case.change(id, 0, kind, ChangeOutcome::Refused(conflict));
        case.judge().wrongly_refused()
    };
    let edit = |edits| ChangeKind::Edit { edits, text: 20 };
    let react = ChangeKind::React { emoji: 1, on: true };
    assert_eq!(wrong_after(0, edit(1), Conflict::MessageChanged), 0);
    assert_eq!(wrong_after(0, edit(2), Conflict::MessageChanged), 1, "no other edit of this state");
    assert_eq!(wrong_after(1, edit(0), Conflict::MessageDeleted), 0);
    assert_eq!(wrong_after(1, react, Conflict::MessageDeleted), 0);
    assert_eq!(wrong_after(0, react, Conflict::MessageDeleted), 1, "it is not deleted");
    assert_eq!(wrong_after(0, edit(2), Conflict::TooManyEdits), 1, "only two edits");
    assert_eq!(wrong_after(0, edit(2), Conflict::EditTooLate), 1, "no run takes a day");
    assert_eq!(wrong_after(1, ChangeKind::Delete, Conflict::MessageDeleted), 1, "a deletion may be repeated");
}
