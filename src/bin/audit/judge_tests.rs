//! Each number is 0 for what is right, and not 0 for what is wrong.

use reqwest::header::HeaderValue;
use uuid::Uuid;

use super::*;
use cruddur_messages::domain::user::{DisplayName, Handle, User};

const TALK: conversation::Id = conversation::Id(Uuid::from_u128(7));

fn person(number: u128) -> Person {
    let name = format!("person-{number}");
    Person {
        user: User {
            id: user::Id(Uuid::from_u128(number)),
            handle: Handle::stored(name.clone()),
            display_name: DisplayName::stored(name),
        },
        cookie: HeaderValue::from_static("none"),
        email: String::new(),
        address: String::new(),
    }
}

/// Two people, three messages one after the other, all acknowledged; the first person wrote the odd ones.
struct Case {
    people: Vec<Person>,
    sends: Vec<Send>,
    found: Found,
    reads: HashMap<(u16, conversation::Id), u64>,
}

impl Case {
    fn new() -> Self {
        let people: Vec<_> = (0..3).map(person).collect();
        let (mut sends, mut lines) = (Vec::new(), Vec::new());
        for seq in 1..=3_u32 {
            let (id, from) = (message::Id(Uuid::from_u128(100 + u128::from(seq))), (seq as u16 + 1) % 2);
            let began = u64::from(seq) * 10;
            let outcome = Outcome::Acknowledged { at: began + 5, conversation: TALK, seq: Some(seq) };
            sends.push(Send { id, from, to: 1 - from, began, outcome });
            let author = people[usize::from(from)].user.id;
            lines.push(Line { id, author, seq: Some(seq), at: began as i64, is_faithful: true });
        }
        let row = Row { preview: preview(&text_of(sends[2].id)), seq: Some(3), unread: None };
        let reading = Reading {
            talks: HashMap::from([(TALK, lines)]),
            lists: HashMap::from([((0, TALK), vec![row.clone()]), ((1, TALK), vec![row])]),
            ..Reading::default()
        };
        let (members, cursors) = (HashMap::from([(TALK, [0, 1])]), HashMap::from([((0, TALK), 3), ((1, TALK), 2)]));
        Self { people, sends, found: Found { reading, members, cursors }, reads: HashMap::from([((1, TALK), 2)]) }
    }

    fn lines(&mut self) -> &mut Vec<Line> {
        self.found.reading.talks.get_mut(&TALK).expect("the talk")
    }

    fn rows(&mut self, owner: u16) -> &mut Vec<Row> {
        self.found.reading.lists.get_mut(&(owner, TALK)).expect("the rows")
    }

    fn verdict(&self) -> Column {
        Judge::new(&self.people, &self.sends, &self.found).table(&self.reads)
    }
}

/// Which numbers are not 0 after `harm`.
fn numbers_after(harm: impl FnOnce(&mut Case)) -> Vec<&'static str> {
    let mut case = Case::new();
    harm(&mut case);
    case.verdict().numbers().into_iter().filter(|(_, number)| *number > 0).map(|(name, _)| name).collect()
}

#[test]
fn what_is_right_makes_every_number_0() {
    assert!(numbers_after(|_| {}).is_empty());
}

#[test]
fn a_message_that_is_not_there_is_lost_and_leaves_a_gap() {
    assert_eq!(numbers_after(|case| _ = case.lines().remove(1)), ["lost", "gaps in seq"]);
}

#[test]
fn what_nobody_knows_of_may_be_there_or_not() {
    for is_there in [true, false] {
        let numbers = numbers_after(|case| {
            case.sends.push(Send {
                id: message::Id(Uuid::nil()),
                from: 0,
                to: 1,
                began: 90,
                outcome: Outcome::Unknown,
            });
            if is_there {
                let author = case.people[0].user.id;
                let line = Line { id: message::Id(Uuid::nil()), author, seq: Some(4), at: 95, is_faithful: true };
                case.lines().push(line);
                for owner in [0, 1] {
                    *case.rows(owner) = vec![Row { preview: preview(&text_of(line.id)), seq: Some(4), unread: None }];
                }
            }
        });
        assert!(numbers.is_empty(), "{is_there}: {numbers:?}");
    }
}

#[test]
fn a_message_that_is_there_twice_is_doubled() {
    let numbers = numbers_after(|case| {
        let again = Line { seq: Some(2), at: 25, ..case.lines()[0] };
        case.lines()[1] = again;
    });
    assert!(numbers.contains(&"doubled") && numbers.contains(&"lost"), "{numbers:?}");
}

#[test]
fn a_second_conversation_of_two_people_is_doubled() {
    let numbers = numbers_after(|case| {
        let other = conversation::Id(Uuid::from_u128(8));
        case.found.members.insert(other, [1, 0]);
        case.found.reading.talks.insert(other, Vec::new());
    });
    assert_eq!(numbers, ["doubled"]);
}

#[test]
fn an_order_that_nobody_could_have_seen_is_reordered() {
    let swapped = numbers_after(|case| {
        let (first, second) = (case.sends[0].id, case.sends[1].id);
        let authors = (case.lines()[0].author, case.lines()[1].author);
        (case.lines()[0].id, case.lines()[1].id) = (second, first);
        (case.lines()[0].author, case.lines()[1].author) = (authors.1, authors.0);
        // The answers did not say at which place.
        for send in &mut case.sends {
            if let Outcome::Acknowledged { seq, .. } = &mut send.outcome {
                *seq = None;
            }
        }
    });
    assert_eq!(swapped, ["reordered"]);
    assert_eq!(numbers_after(|case| case.lines()[1].at = 5), ["reordered"], "time goes the way of seq");
}

#[test]
fn a_reader_that_shows_no_places_is_held_to_what_it_shows() {
    let places_hidden = |harm: fn(&mut Vec<Line>)| {
        let case = Case::new();
        let mut reading = Reading { lists: case.found.reading.lists.clone(), ..Reading::default() };
        let mut lines = case.found.reading.talks[&TALK].clone();
        lines.iter_mut().for_each(|line| line.seq = None);
        harm(&mut lines);
        reading.talks.insert(TALK, lines);
        let column = Judge::new(&case.people, &case.sends, &case.found).server(&reading);
        column.numbers().into_iter().filter(|(_, number)| *number > 0).map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert!(places_hidden(|_| {}).is_empty());
    assert_eq!(places_hidden(|lines| lines.swap(0, 1)), ["reordered"]);
    assert_eq!(places_hidden(|lines| _ = lines.pop()), ["lost"]);
}

#[test]
fn a_message_of_or_for_somebody_else_is_with_the_wrong_person() {
    let stranger = numbers_after(|case| case.lines()[0].author = case.people[2].user.id);
    assert_eq!(stranger, ["wrong person"]);
    assert_eq!(numbers_after(|case| case.sends[0].to = 2), ["wrong person"]);
    assert_eq!(numbers_after(|case| case.found.reading.intrusions = 1), ["wrong person"]);
}

#[test]
fn what_was_never_sent_or_says_something_else_is_altered() {
    assert_eq!(numbers_after(|case| case.lines()[0].is_faithful = false), ["altered"]);
    let numbers = numbers_after(|case| case.lines()[0].id = message::Id(Uuid::nil()));
    assert_eq!(numbers, ["lost", "altered"]);
}

#[test]
fn a_row_that_is_missing_doubled_old_or_somebody_elses_is_counted() {
    assert_eq!(numbers_after(|case| case.rows(1).clear()), ["inbox rows"]);
    let doubled = numbers_after(|case| {
        let row = case.rows(1)[0].clone();
        case.rows(1).push(row);
    });
    assert_eq!(doubled, ["inbox rows"]);
    assert_eq!(numbers_after(|case| case.rows(0)[0].seq = Some(2)), ["inbox rows"]);
    let foreign = numbers_after(|case| {
        let rows = case.rows(0).clone();
        case.found.reading.lists.insert((2, TALK), rows);
    });
    assert_eq!(foreign, ["inbox rows"]);
}

#[test]
fn unread_is_newest_less_read_and_nothing_for_who_wrote_last() {
    assert!(numbers_after(|case| case.rows(1)[0].unread = Some(1)).is_empty());
    assert!(numbers_after(|case| case.rows(0)[0].unread = Some(0)).is_empty());
    assert_eq!(numbers_after(|case| case.rows(1)[0].unread = Some(2)), ["unread"]);
    assert_eq!(numbers_after(|case| _ = case.reads.insert((1, TALK), 3)), ["unread"], "an acknowledged read is lost");
}
