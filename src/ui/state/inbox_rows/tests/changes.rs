//! Tests of the changes of newest messages.

use super::*;

/// Message `seq` of the sample conversation number 2, by ben, after a change.
fn changed(seq: u128, body: &str, edits: u32, deleted: bool) -> Event {
    let message = Message {
        author: samples::user(2, "ben").id,
        edits,
        changed: 1,
        deleted_at: deleted.then(|| SentAt::stored(LATER.to_owned())),
        ..samples::message(seq, body, "2026-11-20T09:26:28.207802+00:00")
    };
    Event::MessageChanged { conversation: samples::conversation(2).id, message }
}

fn preview(inbox: &InboxRows, conversation: u128) -> &str {
    &inbox.rows().iter().find(|row| row.id == samples::conversation(conversation).id).expect("a row").preview
}

#[test]
fn a_change_of_the_newest_message_corrects_the_preview_and_neither_moves_the_row_nor_counts_as_unread() {
    let mut inbox = inbox(&[1, 2], None);
    let unread = inbox.unread();
    inbox.apply(&changed(2, "hello again", 1, false));
    assert_eq!((preview(&inbox, 2), ids(&inbox), inbox.unread()), ("hello again", vec![1, 2], unread));
    inbox.apply(&changed(2, "", 0, true));
    assert_eq!((preview(&inbox, 2), ids(&inbox), inbox.unread()), ("", vec![1, 2], unread));
    assert!(inbox.rows()[1].version.is_deleted() && !inbox.is_incomplete());
}

#[test]
fn an_older_text_of_the_newest_message_does_not_come_back_by_event_or_list() {
    let mut inbox = inbox(&[1, 2], None);
    inbox.apply(&changed(2, "", 0, true));
    inbox.apply(&changed(2, "hello again", 1, false));
    inbox.apply(&Event::Resync);
    inbox.refresh(&inbox.pull(), page(&[1, 2], None));
    assert_eq!((preview(&inbox, 2), inbox.is_incomplete()), ("", false));
}

#[test]
fn a_change_of_an_older_message_or_a_reaction_leaves_the_row_as_it_is() {
    let mut inbox = inbox(&[1, 2], None);
    let before = inbox.clone();
    inbox.apply(&changed(1, "hello again", 1, false));
    inbox.apply(&changed(2, "hello", 0, false));
    assert_eq!(inbox, before);
}

#[test]
fn an_edit_that_comes_before_the_row_of_its_conversation_is_its_preview() {
    let mut inbox = inbox(&[1], None);
    inbox.apply(&changed(2, "hello again", 1, false));
    inbox.refresh(&inbox.pull(), page(&[1, 2], None));
    assert_eq!((preview(&inbox, 2), inbox.is_incomplete()), ("hello again", false));
}

#[test]
fn a_row_that_is_a_microsecond_after_its_message_is_not_moved_by_a_change() {
    let mut newest = page(&[1, 2], None);
    newest.items[1].last_sent_at = SentAt::stored("2026-11-20T09:26:28.207803+00:00".to_owned());
    newest.items[0].last_sent_at = SentAt::stored("2026-11-20T09:26:28.207804+00:00".to_owned());
    let mut inbox = InboxRows::new(samples::user(1, "ana").id, newest.clone());
    inbox.apply(&changed(2, "hello again", 1, false));
    assert_eq!(inbox.rows()[1].last_sent_at, newest.items[1].last_sent_at);
}
