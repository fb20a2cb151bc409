//! Tests of the judgement of revisions and of pages that catch up by them.

use super::case::{self, CONVERSATION, Case, labels};
use crate::audit::judged_revisions::Revisions;
use crate::audit::ledger::ChangeOutcome;
use crate::audit::shown::{CatchUp, Reading};
use crate::audit::texts::ShownText;

/// Returns the labels of the counts that are not 0 after `harm` to the revisions in the table.
fn faults_after(harm: impl FnOnce(&mut Revisions)) -> Vec<&'static str> {
    case::faults_after(Case::changed(), |case| {
        harm(case.contents.revisions.get_mut(&CONVERSATION).expect("the revisions"));
    })
}

/// Returns the labels of the counts that are not 0 after `harm` to the answers of a server.
fn server_faults_after(harm: impl FnOnce(&mut Reading)) -> Vec<&'static str> {
    let case = Case::changed();
    let mut reading = case.server_reading();
    harm(&mut reading);
    labels(case.server_verdict(&reading))
}

fn catch_up(reading: &mut Reading) -> &mut CatchUp {
    reading.catch_ups.as_mut().and_then(|them| them.get_mut(&CONVERSATION)).expect("an answer")
}

#[test]
fn a_gap_or_a_head_with_another_revision_is_counted() {
    assert_eq!(faults_after(|revisions| _ = revisions.changed_at.remove(&1)), ["revisions"]);
    for newest in [3, 5] {
        assert_eq!(faults_after(|revisions| revisions.newest = newest), ["revisions"]);
    }
}

#[test]
fn each_message_names_its_last_revision() {
    let faults = case::faults_after(Case::changed(), |case| {
        case.messages()[0].changed = Some(1);
        case.contents.reading.histories[0].message.changed = Some(1);
    });
    assert_eq!(faults, ["revisions"]);
    let of_no_message = faults_after(|revisions| {
        revisions.changed_at.insert(5, 99);
        revisions.newest = 5;
    });
    assert_eq!(of_no_message, ["revisions"]);
}

#[test]
fn an_acknowledged_change_has_the_revision_of_its_response() {
    let faults = case::faults_after(Case::changed(), |case| {
        case.changes[0].outcome = ChangeOutcome::Acknowledged { rev: 3 };
    });
    assert_eq!(faults, ["revisions"], "revision 3 is of another message");
}

#[test]
fn a_change_that_is_stored_twice_is_doubled() {
    let again = |case: &mut Case| {
        let revisions = case.contents.revisions.get_mut(&CONVERSATION).expect("the revisions");
        revisions.changed_at.insert(5, 30);
        revisions.newest = 5;
        case.messages()[2].changed = Some(5);
        case.contents.reading.histories[2].message.changed = Some(5);
    };
    assert_eq!(case::faults_after(Case::changed(), again), ["doubled"]);
    let with_a_stray = |case: &mut Case| {
        again(case);
        case.changes[3].strays = 1;
    };
    assert!(case::faults_after(Case::changed(), with_a_stray).is_empty());
}

#[test]
fn a_page_that_catches_up_gets_every_change_as_it_is_now() {
    assert_eq!(server_faults_after(|reading| _ = catch_up(reading).messages.remove(0)), ["revisions"]);
    assert_eq!(
        server_faults_after(|reading| catch_up(reading).messages[0].text = ShownText::Number(11)),
        ["revisions"]
    );
    assert_eq!(server_faults_after(|reading| catch_up(reading).rev = 3), ["revisions"]);
    assert_eq!(server_faults_after(|reading| catch_up(reading).is_trimmed = true), ["revisions"]);
    assert_eq!(server_faults_after(|reading| catch_up(reading).after = 2), ["revisions"], "a message too many");
    assert_eq!(server_faults_after(|reading| reading.catch_ups = Some(Default::default())), ["revisions"]);
    assert!(server_faults_after(|reading| reading.catch_ups = None).is_empty(), "the JSON API cannot be asked");
}
