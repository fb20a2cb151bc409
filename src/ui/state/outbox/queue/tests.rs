//! Tests of the rules of the outbox.

use uuid::Uuid;

use super::*;
use crate::domain::emoji::Emoji;
use crate::domain::error::{AppError, Conflict};
use crate::domain::message::MessageRef;
use crate::domain::samples;
use crate::ui::state::outbox::unsent::{Content, NewUnsent};

const NOW: Now = Now { page_ms: 1, wall_ms: 1 };

fn id(n: u128) -> message::Id {
    message::Id(Uuid::from_u128(n))
}

/// Message 7 with a text and a number of edits, as the server has it.
fn stored(body: &str, edits: u32) -> Message {
    Message { edits, ..samples::message(7, body, "2026-11-21T09:26") }
}

fn reference() -> MessageRef {
    stored("", 0).reference()
}

fn push(queue: &mut Queue, n: u128, content: Content, edited: Option<&str>) {
    let (target, peer, to) = (Target::Conversation(samples::conversation(1).id), None, String::new());
    let edited = edited.map(ToOwned::to_owned);
    queue.push(NewUnsent { id: id(n), target, peer, to, content, reply_to: None, edited }, NOW);
}

fn edit(queue: &mut Queue, n: u128, before: (&str, u32), body: &str) {
    let content = Content::Edit { message: reference(), edits: before.1, body: body.to_owned() };
    push(queue, n, content, Some(before.0));
}

fn react(queue: &mut Queue, n: u128, emoji: &str, on: bool) {
    let content = Content::React { message: reference(), emoji: Emoji::stored(emoji.to_owned()), on };
    push(queue, n, content, None);
}

fn done(message: Message) -> Outcome {
    Outcome::Done(samples::conversation(1).id, Box::new(message))
}

/// The ids of the entries, in order.
fn ids(queue: &Queue) -> Vec<u128> {
    queue.shown(NOW).iter().map(|shown| shown.item.id.0.as_u128()).collect()
}

/// The first entry, as an edit.
fn first_edit(queue: &Queue) -> Option<(String, u32)> {
    match queue.shown(NOW).first()?.item.content.clone() {
        Content::Edit { body, edits, .. } => Some((body, edits)),
        _ => None,
    }
}

#[test]
fn the_last_reaction_with_an_emoji_and_the_last_text_of_an_edit_count() {
    let mut queue = Queue::default();
    react(&mut queue, 1, "🎈", true);
    react(&mut queue, 2, "🚀", true);
    react(&mut queue, 3, "🎈", false);
    assert_eq!(ids(&queue), [2, 3]);
    edit(&mut queue, 4, ("one", 0), "two");
    edit(&mut queue, 5, ("two", 1), "three");
    assert_eq!(ids(&queue), [2, 3, 4]);
    edit(&mut queue, 6, ("one", 0), "unaware of the others");
    assert_eq!(ids(&queue), [2, 3, 4, 6], "the server finds the conflict");
}

#[test]
fn a_deletion_takes_the_place_of_the_other_changes_of_its_message() {
    let mut queue = Queue::default();
    push(&mut queue, 1, Content::Body("a message".to_owned()), None);
    react(&mut queue, 2, "🎈", true);
    edit(&mut queue, 3, ("one", 0), "two");
    push(&mut queue, 4, Content::Delete(reference()), None);
    assert_eq!(ids(&queue), [1, 4]);
}

#[test]
fn an_edit_that_is_changed_on_its_way_is_saved_after_the_first_text() {
    let mut queue = Queue::default();
    edit(&mut queue, 1, ("one", 0), "two");
    let sent = queue.start_due(NOW).remove(0);
    edit(&mut queue, 2, ("two", 1), "three");
    queue.answered(&sent, done(stored("two", 1)), NOW);
    assert_eq!(first_edit(&queue), Some(("three".to_owned(), 1)));
}

#[test]
fn an_edit_whose_answer_was_lost_is_no_conflict_with_the_text_that_follows_it() {
    let mut queue = Queue::default();
    edit(&mut queue, 1, ("one", 0), "two");
    let sent = queue.start_due(NOW).remove(0);
    queue.answered(&sent, Outcome::Later(Duration::ZERO), NOW);
    edit(&mut queue, 2, ("two", 1), "three");
    let sent = queue.start_due(NOW).remove(0);
    queue.answered(&sent, Outcome::Edited(Box::new(stored("two", 1))), NOW);
    assert_eq!(first_edit(&queue), Some(("three".to_owned(), 1)));
    assert_eq!(queue.shown(NOW)[0].state, State::Sending);
}

#[test]
fn an_edit_that_contradicts_another_one_is_refused_and_replaces_it_only_on_request() {
    let mut queue = Queue::default();
    edit(&mut queue, 1, ("one", 0), "mine");
    let sent = queue.start_due(NOW).remove(0);
    queue.answered(&sent, Outcome::Edited(Box::new(stored("theirs", 3))), NOW);
    let refusal = Refusal::from(&AppError::Conflict(Conflict::MessageChanged));
    assert_eq!(queue.shown(NOW)[0].state, State::Refused(refusal));
    assert_eq!(queue.start_due(NOW), []);
    queue.retry(id(1), id(9));
    assert_eq!(first_edit(&queue), Some(("mine".to_owned(), 3)));
    assert_eq!(queue.start_due(NOW).len(), 1);
}

#[test]
fn a_message_is_edited_in_the_outbox_or_at_the_server_if_it_has_stored_an_earlier_text() {
    let mut queue = Queue::default();
    push(&mut queue, 7, Content::Body("one".to_owned()), None);
    queue.edit(id(7), "two", id(9));
    let sent = queue.start_due(NOW).remove(0);
    assert_eq!(sent.content, Content::Body("two".to_owned()));
    queue.answered(&sent, done(stored("one", 0)), NOW);
    assert_eq!(first_edit(&queue), Some(("two".to_owned(), 0)));
    let sent = queue.start_due(NOW).remove(0);
    queue.answered(&sent, done(stored("two", 1)), NOW);
    assert_eq!(ids(&queue), [0; 0]);
}

#[test]
fn an_edited_first_message_that_is_stored_already_is_edited_in_the_conversation_that_it_has_started() {
    let mut queue = Queue::default();
    let (target, content) = (Target::Person(samples::user(2, "ben").id), Content::Body("one".to_owned()));
    let (peer, to, reply_to, edited) = (None, String::new(), None, None);
    queue.push(NewUnsent { id: id(7), target, peer, to, content, reply_to, edited }, NOW);
    queue.edit(id(7), "two", id(9));
    queue.stored(samples::conversation(1).id, &stored("one", 0));
    let item = queue.shown(NOW).remove(0).item;
    assert_eq!((item.target, item.is_change()), (Target::Conversation(samples::conversation(1).id), true));
}

#[test]
fn a_text_survives_the_notice_that_another_page_has_removed_the_one_before_it() {
    let mut queue = Queue::default();
    push(&mut queue, 7, Content::Body("one".to_owned()), None);
    let before = queue.shown(NOW).remove(0).item;
    queue.edit(id(7), "two", id(9));
    queue.removed_elsewhere(&before);
    assert_eq!(ids(&queue), [7]);
    let after = queue.shown(NOW).remove(0).item;
    queue.removed_elsewhere(&after);
    assert_eq!(ids(&queue), [0; 0]);
}
