//! Tests of members, titles and receipts.

use super::*;
use crate::domain::samples;

#[test]
fn members_are_named_once_each_and_never_none() {
    let [ana, ben, cy] = [1, 2, 3].map(|n| samples::user(n, "x").id);
    let members = Members::new([ana, ben, ana, cy, ben]).expect("members");
    assert_eq!(members.ids(), [ana, ben, cy]);
    assert_eq!(members.others(ben), [ana, cy]);
    assert!(members.contains(cy) && !members.contains(samples::user(4, "dee").id));
    assert_eq!(Members::new([]), None);
}

#[test]
fn only_a_direct_conversation_has_a_peer_and_the_title_names_the_others() {
    let [ana, ben, cy] = [(1, "ana"), (2, "ben"), (3, "cy")].map(|(n, name)| samples::user(n, name));
    let direct = Conversation { members: vec![ana.clone(), ben.clone()], ..samples::conversation(1) };
    assert_eq!((direct.peer(ana.id), direct.title(ana.id).as_str()), (Some(&ben), "ben"));
    assert_eq!((direct.peer(ben.id), direct.title(ben.id).as_str()), (Some(&ana), "ana"));
    let group = Conversation { kind: Kind::Group, members: vec![ana.clone(), ben, cy], ..direct };
    assert_eq!((group.peer(ana.id), group.title(ana.id).as_str()), (None, "ben, cy"));
}

#[test]
fn a_status_applies_to_a_group_once_every_reader_has_reached_it() {
    let [ben, cy, dee] = [2, 3, 4].map(|n| samples::user(n, "x").id);
    let mut receipts = ReceiptsByReader::from_iter([(ben, Receipts::read(3)), (cy, Receipts::delivered(2))]);
    assert_eq!(receipts.of_all(), Some(Receipts::delivered(2)));
    receipts.merge(cy, Receipts::read(5));
    receipts.merge(dee, Receipts::read(1));
    assert_eq!(receipts.of_all(), Some(Receipts::read(3)), "dee shares no receipts");
    receipts.refresh(ReceiptsByReader::from_iter([(cy, Receipts::read(4)), (dee, Receipts::read(6))]));
    assert_eq!(receipts.of_all(), Some(Receipts::read(5)), "ben shares none any more, and the event was later");
    assert_eq!(ReceiptsByReader::default().of_all(), None);
}
