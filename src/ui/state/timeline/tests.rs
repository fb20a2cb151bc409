//! Tests of the loaded messages.

use super::*;
use crate::domain::changes::Changes;
use crate::domain::samples;
use uuid::Uuid;

#[test]
fn messages_with_equal_times_are_all_added_and_none_twice() {
    let legacy = |n, sent_at| Message { seq: 0, ..samples::message(n, "legacy", sent_at) };
    let page = |items: &[Message]| Page { items: items.to_vec(), older: None, newer: None, rev: 0 };
    let all = [legacy(1, "1"), legacy(2, "2"), legacy(3, "2"), legacy(4, "3")];
    let mut timeline = Timeline::new(conversation::Id(Uuid::nil()), page(&all[..1]));
    let pull = timeline.pull();
    timeline.extend(&pull, page(&all[1..3]));
    timeline.extend(&pull, page(&all[1..]));
    assert_eq!(timeline.messages(), all);
}

// F20
#[test]
fn a_message_of_the_old_app_that_has_got_a_number_replaces_the_loaded_one() {
    let message = |seq, n, sent_at| Message { seq, ..samples::message(n, "text", sent_at) };
    let page = |items: &[Message]| Page { items: items.to_vec(), older: None, newer: None, rev: 0 };
    let conversation = conversation::Id(Uuid::nil());
    // Numbered at its own time or, because another message came first, at a later one.
    for (sent_at, between) in [("2", None), ("4", Some(message(2, 9, "3")))] {
        let mut loaded = vec![message(1, 1, "1"), message(0, 2, "2")];
        loaded.extend(between);
        let numbered = message(loaded.last().map_or(0, |last| last.seq.max(1)) + 1, 2, sent_at);
        let mut expected = loaded.clone();
        expected.remove(1);
        expected.push(numbered.clone());

        let mut live = Timeline::new(conversation, page(&loaded));
        live.apply(&Event::MessageSent { conversation, message: numbered.clone(), rev: 0 });
        assert_eq!(live.messages(), expected);
        assert!(live.is_at_newest());

        let mut pulled = Timeline::new(conversation, page(&loaded));
        pulled.apply(&Event::Resync);
        let pull = pulled.pull();
        pulled.extend(&pull, page(if sent_at == "4" { std::slice::from_ref(&numbered) } else { &[] }));
        if sent_at == "4" {
            assert_eq!(pulled.messages(), expected);
        }
        assert!(pulled.is_at_newest());
    }
}

const CONVERSATION: conversation::Id = conversation::Id(Uuid::nil());

/// Message number `n` after some edits, the last of which was change number `changed`.
fn edited(n: u128, edits: u32, changed: u64) -> Message {
    Message { edits, changed, ..samples::message(n, &format!("text {edits}"), &format!("{n:06}")) }
}

/// Message number `n`, deleted by change number `changed`.
fn deleted(n: u128, changed: u64) -> Message {
    let message = samples::message(n, "", &format!("{n:06}"));
    Message { changed, deleted_at: Some(message.sent_at.clone()), ..message }
}

/// Message number `n`, which answers another one.
fn answer(n: u128, quoted: &Message) -> Message {
    Message { quote: Some(quoted.quoted()), ..edited(n, 0, 0) }
}

fn page_of(items: &[Message], rev: u64) -> Page<Message> {
    Page { items: items.to_vec(), older: None, newer: None, rev }
}

fn timeline(items: &[Message], rev: u64) -> Timeline {
    Timeline::new(CONVERSATION, page_of(items, rev))
}

fn change(message: Message) -> Event {
    Event::MessageChanged { conversation: CONVERSATION, message }
}

fn sent(message: Message, rev: u64) -> Event {
    Event::MessageSent { conversation: CONVERSATION, message, rev }
}

/// Changes up to `rev`, which are all that the server has.
fn changes(messages: &[Message], rev: u64) -> Changes {
    Changes { messages: messages.to_vec(), rev, has_more: false, is_trimmed: false }
}

/// Text of the quote in a loaded message.
fn quoted_text(timeline: &Timeline, at: usize) -> Option<&str> {
    timeline.messages()[at].quote.as_ref().and_then(|quote| quote.text.as_deref())
}

#[test]
fn a_late_event_of_an_earlier_edit_does_not_undo_a_later_one() {
    let mut timeline = timeline(&[edited(1, 0, 0)], 0);
    timeline.apply(&change(edited(1, 2, 2)));
    timeline.apply(&change(edited(1, 1, 1)));
    assert_eq!(timeline.messages(), [edited(1, 2, 2)]);
}

#[test]
fn events_of_changes_in_order_leave_nothing_to_ask_for_and_a_lost_one_is_asked_for() {
    let mut timeline = timeline(&[edited(1, 0, 0)], 0);
    timeline.apply(&change(edited(1, 1, 1)));
    timeline.apply(&change(edited(1, 2, 2)));
    assert_eq!(timeline.pull_changes(), None);
    timeline.apply(&change(edited(1, 4, 4)));
    assert_eq!(timeline.pull_changes(), Some(ChangesPull::After { rev: 2, gaps: 0 }));
}

#[test]
fn an_edit_that_was_made_while_the_page_was_away_is_pulled_although_no_message_was_sent() {
    let mut timeline = timeline(&[edited(1, 0, 0)], 4);
    timeline.apply(&Event::Resync);
    let pull = timeline.pull_changes().expect("a request");
    assert_eq!(pull, ChangesPull::After { rev: 4, gaps: 1 });
    timeline.apply_changes(&pull, &changes(&[edited(1, 1, 5)], 5));
    assert_eq!((timeline.messages(), timeline.lacks_changes()), (&[edited(1, 1, 5)][..], false));
}

#[test]
fn changes_are_asked_for_again_if_events_were_missed_after_the_request() {
    let mut timeline = timeline(&[edited(1, 0, 0)], 0);
    timeline.apply(&Event::Resync);
    let pull = timeline.pull_changes().expect("a request");
    timeline.apply(&Event::Resync);
    timeline.apply_changes(&pull, &changes(&[], 0));
    assert_eq!(timeline.pull_changes(), Some(ChangesPull::After { rev: 0, gaps: 2 }));
}

#[test]
fn an_edit_is_not_overwritten_by_the_event_or_a_page_of_the_message_as_it_was_sent() {
    let mut timeline = timeline(&[edited(1, 0, 0)], 0);
    timeline.apply(&Event::Resync);
    let pull = timeline.pull();
    timeline.apply(&change(edited(1, 1, 1)));
    timeline.apply(&sent(edited(1, 0, 0), 0));
    timeline.apply(&sent(edited(2, 0, 0), 1));
    timeline.extend(&pull, page_of(&[edited(1, 0, 0), edited(2, 0, 0)], 0));
    assert_eq!(timeline.messages(), [edited(1, 1, 1), edited(2, 0, 0)]);
}

#[test]
fn a_message_that_was_changed_before_it_came_is_there_once_and_its_change_is_asked_for() {
    let mut timeline = timeline(&[edited(1, 0, 0)], 0);
    timeline.apply(&change(edited(2, 1, 1)));
    timeline.apply(&sent(edited(2, 0, 0), 0));
    let pull = timeline.pull_changes().expect("a request");
    assert_eq!(pull, ChangesPull::After { rev: 0, gaps: 0 });
    timeline.apply_changes(&pull, &changes(&[edited(2, 1, 1)], 1));
    timeline.apply(&sent(edited(2, 0, 0), 0));
    timeline.apply(&change(edited(2, 1, 1)));
    assert_eq!(timeline.messages(), [edited(1, 0, 0), edited(2, 1, 1)]);
    assert_eq!(timeline.pull_changes(), None);
}

#[test]
fn an_older_page_that_was_read_before_a_change_gets_the_change() {
    let older = Cursor("before 2".to_owned());
    let first = Page { older: Some(older.clone()), ..page_of(&[edited(2, 0, 0)], 0) };
    let mut timeline = Timeline::new(CONVERSATION, first);
    timeline.apply(&change(edited(1, 1, 1)));
    timeline.prepend(&older, page_of(&[edited(1, 0, 0)], 0));
    let pull = timeline.pull_changes().expect("a request");
    timeline.apply_changes(&pull, &changes(&[edited(1, 1, 1)], 1));
    assert_eq!((timeline.messages(), timeline.lacks_changes()), (&[edited(1, 1, 1), edited(2, 0, 0)][..], false));
}

#[test]
fn where_revisions_have_expired_the_loaded_messages_are_reloaded_in_as_many_parts_as_the_server_makes() {
    let mut timeline = timeline(&[1, 2, 3].map(|n| edited(n, 0, 0)), 0);
    timeline.apply(&Event::Resync);
    let pull = timeline.pull_changes().expect("a request");
    timeline.apply_changes(&pull, &Changes { is_trimmed: true, ..changes(&[], 9) });
    let at = |n: u128| edited(n, 0, 0).sent_at;
    let pull = timeline.pull_changes().expect("a request");
    assert_eq!(pull, ChangesPull::Reload { from: at(1), to: at(3), gaps: 1 });
    let newer = Some(Cursor("newer".to_owned()));
    timeline.apply_reload(&pull, &Page { newer, ..page_of(&[edited(1, 1, 7), edited(2, 0, 0)], 9) });
    let pull = timeline.pull_changes().expect("a request");
    assert_eq!(pull, ChangesPull::Reload { from: at(2), to: at(3), gaps: 1 });
    timeline.apply_reload(&pull, &page_of(&[edited(2, 0, 0), edited(3, 1, 9)], 9));
    assert_eq!(timeline.messages(), [edited(1, 1, 7), edited(2, 0, 0), edited(3, 1, 9)]);
    assert_eq!(timeline.pull_changes(), None);
}

#[test]
fn a_message_that_comes_during_a_reload_gets_its_own_changes() {
    let mut timeline = timeline(&[edited(1, 0, 0)], 0);
    timeline.apply(&Event::Resync);
    let pull = timeline.pull_changes().expect("a request");
    timeline.apply_changes(&pull, &Changes { is_trimmed: true, ..changes(&[], 8) });
    let pull = timeline.pull_changes().expect("a request");
    let newer = timeline.pull();
    timeline.extend(&newer, page_of(&[edited(2, 0, 0)], 8));
    timeline.apply_reload(&pull, &page_of(&[edited(1, 1, 8)], 9));
    assert_eq!(timeline.pull_changes(), Some(ChangesPull::After { rev: 8, gaps: 1 }));
}

#[test]
fn a_quote_shows_the_current_text_whether_or_not_the_quoted_message_is_loaded() {
    let mut both = timeline(&[edited(1, 0, 0), answer(2, &edited(1, 0, 0))], 0);
    let mut only_answers = timeline(&[answer(2, &edited(1, 0, 0)), answer(3, &edited(1, 0, 0))], 0);
    for timeline in [&mut both, &mut only_answers] {
        timeline.apply(&change(edited(1, 1, 1)));
        assert_eq!(quoted_text(timeline, 1), Some("text 1"));
        timeline.apply(&change(deleted(1, 2)));
        timeline.apply(&change(edited(1, 1, 1)));
        assert_eq!(quoted_text(timeline, 1), None);
    }
    assert_eq!(quoted_text(&only_answers, 0), None);
}

#[test]
fn a_late_answer_does_not_bring_back_a_deleted_text() {
    let mut loaded = timeline(&[deleted(1, 1)], 1);
    loaded.apply(&sent(answer(2, &edited(1, 0, 0)), 0));
    assert_eq!(quoted_text(&loaded, 1), None, "the deleted message is loaded");
    let mut quoted = timeline(&[answer(2, &deleted(1, 1))], 1);
    quoted.apply(&sent(answer(3, &edited(1, 0, 0)), 0));
    assert_eq!(quoted_text(&quoted, 1), None, "another answer shows that it is deleted");
}

#[test]
fn a_response_that_was_read_before_a_deletion_does_not_bring_the_message_back_after_it_was_dropped() {
    let all: Vec<_> = (1..=SHOWN_MAX as u128 + 1).map(|n| edited(n, 0, 0)).collect();
    let mut full = timeline(&all[..SHOWN_MAX], 0);
    full.apply(&Event::Resync);
    let (newer, newest) = (full.pull(), full.pull());
    full.apply(&Event::Resync);
    let pull = full.pull();
    full.extend(&pull, page_of(&all[SHOWN_MAX..], 0));
    full.apply(&change(deleted(SHOWN_MAX as u128 + 1, 1)));
    assert!(full.forget_newest());
    full.extend(&newer, page_of(&all[SHOWN_MAX..], 0));
    assert!(!full.replace(&newest, page_of(&all[SHOWN_MAX..], 0)), "the page is requested again");
    assert_eq!((full.messages(), full.is_at_newest()), (&all[..SHOWN_MAX], false));
}

#[test]
fn a_newest_page_keeps_the_changes_that_came_while_it_was_on_its_way() {
    let mut timeline = timeline(&[edited(1, 0, 0), edited(2, 0, 0)], 0);
    let pull = timeline.pull();
    timeline.apply(&change(edited(2, 1, 1)));
    timeline.apply(&sent(edited(3, 0, 0), 1));
    timeline.apply(&change(edited(3, 1, 2)));
    assert!(timeline.replace(&pull, page_of(&[edited(2, 0, 0)], 0)));
    timeline.apply(&sent(edited(3, 0, 0), 1));
    assert_eq!(timeline.messages(), [edited(2, 1, 1)], "the late event does not bring back the text before the edit");
    assert!(!timeline.is_at_newest() && timeline.lacks_changes());
}

#[test]
fn a_change_is_no_new_message() {
    let mut timeline = timeline(&[edited(1, 0, 0)], 0);
    timeline.apply(&change(edited(1, 1, 1)));
    timeline.apply(&change(deleted(2, 2)));
    assert_eq!((timeline.latest_seq(), timeline.is_at_newest()), (1, true));
}
