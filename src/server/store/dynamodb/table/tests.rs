//! Tests of the keys and of the times in them.

use super::*;
use time::macros::datetime;
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

#[test]
fn every_key_can_be_parsed_from_its_text() {
    let (conversation, ana, ben) = (conversation::Id(id(1)), user::Id(id(2)), user::Id(id(3)));
    let at = SortTime::from(datetime!(2026-11-21 09:26:28.207802 UTC));
    let (one, two, three) = (
        "00000000-0000-0000-0000-000000000001",
        "00000000-0000-0000-0000-000000000002",
        "00000000-0000-0000-0000-000000000003",
    );
    let time = "2026-11-21T09:26:28.207802+00:00";
    for (key, pk, sk) in [
        (Key::Message(conversation, at.clone()), format!("MSG#{one}"), time.to_owned()),
        (Key::Inbox(ana, at.clone()), format!("GRP#{two}"), time.to_owned()),
        (Key::Head(conversation), format!("MSG#{one}"), "HEAD".to_owned()),
        (Key::SendMarker(conversation, message::Id(id(3))), format!("MSG#{one}"), format!("CID#{three}")),
        (Key::Revision(conversation, 42), format!("MSG#{one}"), "REV#000000000042".to_owned()),
        (Key::EarlierText(conversation, message::Id(id(3)), 3), format!("MSG#{one}"), format!("HIST#{three}#03")),
        (Key::Milestone(conversation, 65), format!("MSG#{one}"), "SEQ#000000000065".to_owned()),
        (Key::ReadCursor(ana, conversation), format!("GRP#{two}"), format!("READ#{one}")),
        (Key::Pair(ana, ben), format!("PAIR#{two}#{three}"), "HEAD".to_owned()),
        (Key::Block(ana, ben), format!("GRP#{two}"), format!("BLOCK#{three}")),
        (Key::Request(ana, conversation), format!("GRP#{two}"), format!("REQ#{one}")),
        (Key::Migrated, "TABLE#".to_owned(), "ADOPTED".to_owned()),
    ] {
        assert_eq!(key.text(), (pk, sk));
        assert_eq!(Key::of(&key.item()), Some(key));
    }
    assert_eq!(Key::Pair(ben, ana).text(), Key::Pair(ana, ben).text());
}

#[test]
fn keys_of_other_kinds_of_rows_are_not_parsed() {
    for (pk, sk) in [("MSG#@bayko", "HEAD"), ("MSG#", "x"), ("USER#1", "HEAD"), ("", ""), ("GRP#1#2", "READ#")] {
        assert_eq!(Key::parse(pk, sk), None, "{pk} {sk}");
    }
}

#[test]
fn only_times_sort_between_the_bounds_of_times() {
    let (conversation, ana) = (conversation::Id(id(1)), user::Id(id(2)));
    let among = |sk: &str| TIMES.0 <= sk && sk <= TIMES.1;
    for at in [datetime!(2023-01-01 0:00 UTC), datetime!(9999-12-31 23:59:59.999999 UTC)] {
        assert!(among(&Key::Inbox(ana, SortTime::from(at)).text().1));
    }
    let (marker, read) = (Key::SendMarker(conversation, message::Id(id(3))), Key::ReadCursor(ana, conversation));
    let of_changes = [Key::Revision(conversation, 1), Key::EarlierText(conversation, message::Id(id(3)), 0)];
    let milestone = Key::Milestone(conversation, 65);
    let (pair, block, request) = (Key::Pair(ana, ana), Key::Block(ana, ana), Key::Request(ana, conversation));
    let others = [Key::Head(conversation), marker, read, milestone, pair, block, request, Key::Migrated];
    for key in others.into_iter().chain(of_changes) {
        assert!(!among(&key.text().1), "{key:?}");
    }
}

#[test]
fn a_stored_time_keeps_its_text_and_clients_get_the_canonical_form() {
    for (text, read) in [
        ("2026-11-21T09:26:28.207802+00:00", "2026-11-21T09:26:28.207802+00:00"),
        ("2026-11-21T09:26:28.207802", "2026-11-21T09:26:28.207802+00:00"),
        ("2026-11-21T09:26:28", "2026-11-21T09:26:28.000000+00:00"),
        ("2026-11-21T04:26:28.207802-05:00", "2026-11-21T09:26:28.207802+00:00"),
    ] {
        let time = SortTime::stored(text).expect(text);
        assert_eq!((time.as_str(), time.sent_at().as_str()), (text, read));
        assert_eq!((time.canonical().as_str(), time.is_canonical()), (read, text == read));
        assert_eq!(SortTime::from(time.wall_clock()).as_str()[..19], text[..19]);
    }
    assert_eq!(SortTime::stored("HEAD"), None);
}

#[test]
fn the_next_time_is_later_even_when_the_clock_is_not() {
    let last = SortTime::from(datetime!(2026-12-31 23:59:59.999999 UTC));
    for now in [datetime!(2020-01-01 0:00 UTC), last.at(), datetime!(2027-01-01 0:00:00.000000999 UTC)] {
        assert_eq!(last.next(now).as_str(), "2027-01-01T00:00:00.000000+00:00");
    }
    assert_eq!(last.next(datetime!(2027-02-03 4:05 +01:00)).as_str(), "2027-02-03T03:05:00.000000+00:00");
}

#[test]
fn a_stored_time_leaves_room_for_a_later_one() {
    let now = datetime!(2026-11-21 09:26:28.207802 UTC);
    for text in ["9999-12-31T23:59:59.999999", "9999-12-31T00:00:00+00:00", "0000-12-31T23:59:59"] {
        assert_eq!(SortTime::stored(text), None, "{text}");
    }
    assert!(SortTime::parse("9999-12-31T00:00:00.000Z").is_some(), "a reader may ask for it");
    let late = SortTime::stored("9999-12-30T09:26:28.207802+00:00").expect("a time");
    let next = late.next(now);
    assert!(next > late && SortTime::stored(next.as_str()).is_some(), "{next:?}");
}
