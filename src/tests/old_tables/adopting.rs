//! A whole table is brought up to date: all at once, stopped in the middle, while people write.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::{conversation, message};
use cruddur_messages::server::store::dynamodb::legacy::report::{Changed, Nobodys, Report, Room};
use cruddur_messages::server::store::dynamodb::legacy::whole::{Progress, Purpose, adopt};
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow};
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::block_in_place;

use super::{Server, ids, person, server, shown, sorted, town, written};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::old_app::{Clocks, Inbox, OldApp, OldTalk, SHAPE, Shape};

pub(super) async fn run(server: &Server, purpose: Purpose) -> Report {
    adopt(&server.table, purpose, &|_| {}).await.expect("a report")
}

/// Asserts that each conversation is as it was written, in the order of time, and has all that a new one has.
async fn assert_all_right(server: &Server, app: &OldApp, seed: u64) {
    for talk in app.talks.iter().filter(|talk| !talk.listed_by.is_empty()) {
        for me in talk.members {
            let history = server.history(me, talk.id).await;
            assert_eq!(shown(&history), written(&talk.messages), "seed {seed}");
            assert!(history.is_sorted_by(|one, next| one.sent_at < next.sent_at), "seed {seed}: one instant each");
        }
        let last = talk.messages.last().expect("a message");
        server.assert_rows_at(talk, &last.body, 0).await;
        assert!(server.head(talk.id).await.is_some(), "seed {seed}");
    }
    for row in server.rows().await {
        if let Some(Key::Message(_, at) | Key::Inbox(_, at)) = Key::of(&row) {
            let is_nobodys =
                |talk: &OldTalk| talk.listed_by.is_empty() && row["pk"] == AttributeValue::S(Key::messages(talk.id));
            assert!(at.is_in_form() || app.talks.iter().any(is_nobodys), "seed {seed}: {row:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_adopting_everything_is_in_the_order_of_time_and_a_second_run_changes_nothing() {
    for seed in 1..=3 {
        let app = town(seed, Clocks::World);
        let (_dynamodb, server) = server(&app).await;
        let would = run(&server, Purpose::Report).await;
        let report = run(&server, Purpose::Change).await;
        assert_eq!((would.found, would.changed), (report.found, report.changed), "seed {seed}: as it said before");
        assert_all_right(&server, &app, seed).await;
        for n in 0..6 {
            let me = person(n).id;
            let listed = server.list(me).await;
            let theirs = app.talks.iter().filter(|talk| !talk.listed_by.is_empty() && talk.members.contains(&me));
            assert_eq!(
                sorted(listed.iter().map(|it| it.id).collect()),
                sorted(theirs.map(|it| it.id).collect::<Vec<_>>())
            );
            assert!(listed.is_sorted_by(|one, next| one.last_sent_at > next.last_sent_at), "seed {seed}: in order");
        }
        let rows = server.rows().await;
        assert_eq!(run(&server, Purpose::Change).await.changed, Changed::default(), "seed {seed}");
        assert_eq!(server.rows().await, rows, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing_and_says_what_is_there() {
    let mut app = OldApp::new(1);
    let one = app.talk(&person(0), &person(1), Shape { messages: 10, inbox: Inbox::Twice, ..SHAPE });
    let two = app.talk(&person(0), &person(1), Shape { messages: 10, inbox: Inbox::Lost, ..SHAPE });
    let orphans = app.talk(&person(0), &person(2), Shape { messages: 4, inbox: Inbox::None, ..SHAPE });
    let third = app.talk(&person(3), &person(4), SHAPE);
    app.inbox_row(&person(5), &person(3), third.id, "2026-11-20T09:26:28.207802", "three people?");
    app.message(one.id, &person(4), "2026-11-20T09:26:28.207802");
    app.room("bayko", &person(0));
    app.message(one.id, &person(0), "2026-11-20T09:26:28.207803");
    let (_dynamodb, server) = server(&app).await;
    let before = server.rows().await;
    let report = run(&server, Purpose::Report).await;
    assert_eq!(server.rows().await, before);

    let (older, younger) = if one.messages[0].at.at() < two.messages[0].at.at() { (&one, &two) } else { (&two, &one) };
    let found = &report.found;
    let (messages, nobodys) = ((one.messages.len() + two.messages.len() + 2) as u64, orphans.messages.len() as u64);
    assert_eq!((found.rows, found.conversations, found.messages), (before.len() as u64, 2, messages));
    assert_eq!((found.messages_of_strangers, found.unreadable_count), (1, 0));
    assert_eq!(found.rooms, [Room { handle: "bayko".to_owned(), messages: 1 }]);
    assert_eq!(found.nobodys, [Nobodys { conversation: orphans.id, messages: nobodys }]);
    assert_eq!(found.contradictory, [third.id]);
    let [several] = &found.several[..] else { panic!("{:?}", found.several) };
    assert_eq!((several.goes_on, &several.others[..]), (older.id, &[younger.id][..]));
    let changed = report.changed;
    assert_eq!((changed.heads_made, changed.pairs_made), (2, 1));
    assert_eq!((changed.inbox_rows_made, changed.inbox_rows_removed), (1, 2));
    for part in ["2 conversations of two people", "@bayko: 1 messages", "nothing has been", &orphans.id.to_string()] {
        assert!(report.to_string().contains(part), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_anywhere_is_finished_by_the_next_one() {
    let mut app = OldApp::new(2);
    for inbox in [Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        app.talk(&person(0), &person(1), Shape { messages: 30, clocks: Clocks::World, inbox, ..SHAPE });
    }
    let (_dynamodb, whole) = server(&app).await;
    let steps = AtomicUsize::new(0);
    let count = |_: Progress| {
        steps.fetch_add(1, Ordering::Relaxed);
    };
    adopt(&whole.table, Purpose::Change, &count).await.expect("a report");
    let (end, steps) = (whole.rows().await, steps.into_inner());
    assert!(steps > 8, "there is something to stop");
    for stop in 1..=steps {
        let (_dynamodb, server) = server(&app).await;
        let (made, stopped) = (AtomicUsize::new(0), Notify::new());
        let told = |_: Progress| {
            if made.fetch_add(1, Ordering::Relaxed) + 1 == stop {
                stopped.notify_one();
            }
        };
        tokio::select! {
            biased;
            () = stopped.notified() => {}
            report = adopt(&server.table, Purpose::Change, &told) => drop(report.expect("a report")),
        }
        for talk in &app.talks {
            let stored = server.stored_messages(talk.id).await.iter().map(|row| row.id).collect();
            let written = talk.messages.iter().map(|message| message.id).collect();
            assert_eq!(sorted(stored), sorted::<message::Id>(written), "stopped after {stop} of {steps} steps");
        }
        run(&server, Purpose::Change).await;
        assert_eq!(server.rows().await, end, "stopped after {stop} of {steps} steps");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_while_people_write() {
    for seed in 1..=3 {
        let mut app = OldApp::new(seed);
        for (n, inbox) in (1..).zip([Inbox::Twice, Inbox::Lost, Inbox::Behind, Inbox::Whole]) {
            app.talk(&person(0), &person(n), Shape { messages: 150, clocks: Clocks::World, inbox, ..SHAPE });
        }
        let (dynamodb, server) = server(&app).await;
        let (one, two) = (server.second(&dynamodb).await, server.second(&dynamodb).await);
        let write = async |server: &Server, offset: u128| {
            for round in 0..12 {
                for (n, talk) in (1..).zip(&app.talks) {
                    let me = if (round + n + offset).is_multiple_of(2) { person(0) } else { person(n) };
                    server.send(&me, talk.id, &format!("{offset}, {round}")).await;
                }
            }
        };
        let adopt = run(&server, Purpose::Change);
        let ((), (), _) = tokio::join!(write(&one, 0), write(&two, 1), adopt);
        run(&server, Purpose::Change).await;
        for talk in &app.talks {
            let history = server.history(person(0).id, talk.id).await;
            let (old, new) = history.split_at(talk.messages.len());
            assert_eq!(shown(old), written(&talk.messages), "seed {seed}");
            assert_eq!(new.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=24).collect::<Vec<_>>());
            assert!(new.is_sorted_by_key(|message| &message.sent_at), "seed {seed}");
            server.assert_rows_at(talk, &new[23].body, 24).await;
        }
    }
}

/// Starts a conversation of ours and leaves its inbox rows at the first of its two messages, as where the record of the
/// second was given up. Answers with the table as it would be otherwise.
async fn left_behind(server: &Server) -> (conversation::Id, Vec<Item>) {
    let talk = server.start(&person(0), &person(1), "one").await;
    let behind = server.rows().await;
    server.send(&person(1), talk, "two").await;
    let right = server.rows().await;
    let client = server.table.client();
    for row in right.iter().filter(|row| InboxRow::read(row).is_some()) {
        let key = Key::of(row).map(|key| key.item());
        client.delete_item().table_name(TABLE).set_key(key).send().await.expect("deleted");
    }
    for row in behind.into_iter().filter(|row| InboxRow::read(row).is_some()) {
        client.put_item().table_name(TABLE).set_item(Some(row)).send().await.expect("put back");
    }
    (talk, right)
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_ours_that_stayed_behind_go_to_the_newest_message() {
    let dynamodb = DynamoDb::start().await;
    let server = Server::on(dynamodb.table().await).await;
    let (_, right) = left_behind(&server).await;
    let (behind, both_move) = (server.rows().await, Changed { inbox_rows_moved: 2, ..Changed::default() });
    assert_ne!(behind, right);
    assert_eq!(run(&server, Purpose::Report).await.changed, both_move);
    assert_eq!(server.rows().await, behind, "a dry run changes nothing");
    assert_eq!(run(&server, Purpose::Change).await.changed, both_move);
    assert_eq!(server.rows().await, right, "as if the reader had moved them");
    assert_eq!(run(&server, Purpose::Change).await.changed, Changed::default());
    assert_eq!(server.rows().await, right, "a second run changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_ours_that_moved_on_after_the_table_was_read_stay_where_they_are() {
    let dynamodb = DynamoDb::start().await;
    let server = Server::on(dynamodb.table().await).await;
    let (talk, _) = left_behind(&server).await;
    let write = |progress: Progress| {
        // Every row has been looked at, and none has been touched.
        if matches!(progress, Progress::ToDo(_)) {
            let send = async { server.send(&person(0), talk, "three").await };
            block_in_place(|| Handle::current().block_on(send));
        }
    };
    let report = adopt(&server.table, Purpose::Change, &write).await.expect("a report");
    assert_eq!(report.changed, Changed::default());
    let rows = server.inbox_rows(talk).await.into_values().flatten();
    assert_eq!(rows.map(|row| (row.seq, row.body)).collect::<Vec<_>>(), vec![(3, "three".to_owned()); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queries_of_the_old_app_list_what_is_there_before_and_after() {
    let mut app = OldApp::new(3);
    let talk = app.talk(
        &person(0),
        &person(1),
        Shape { from: super::NOW - time::Duration::days(300), span: time::Duration::days(299), ..SHAPE },
    );
    let (_dynamodb, server) = server(&app).await;
    server.send(&person(1), talk.id, "from the new app").await;
    server
        .conversations
        .mark_read(&server.membership(person(0).id, talk.id).await.expect("a member"), 1)
        .await
        .expect("read");
    for round in 0..2 {
        let groups = old_query(&server, Key::inbox(person(0).id)).await;
        let [group] = &groups[..] else { panic!("{groups:?}") };
        assert_eq!(group.keys().filter(|name| OLD_GROUP.contains(&name.as_str())).count(), OLD_GROUP.len());
        let row = InboxRow::read(group).expect("an inbox row");
        assert_eq!((row.conversation, row.body.as_str(), row.with.id), (talk.id, "from the new app", person(1).id));

        let messages = old_query(&server, Key::messages(talk.id)).await;
        assert!(messages.iter().all(|row| OLD_MESSAGE.iter().all(|name| row.contains_key(*name))));
        let read: Vec<_> = messages.iter().rev().filter_map(MessageRow::read).map(|row| row.id).collect();
        let history = ids(&server.history(person(0).id, talk.id).await);
        assert_eq!(read, history[history.len() - 20..], "round {round}");
        run(&server, Purpose::Change).await;
    }
}

const OLD_GROUP: [&str; 7] =
    ["pk", "sk", "message_group_uuid", "message", "user_uuid", "user_display_name", "user_handle"];
const OLD_MESSAGE: [&str; 7] = ["pk", "sk", "message_uuid", "message", "user_uuid", "user_display_name", "user_handle"];

/// What the old app asks for.
async fn old_query(server: &Server, pk: String) -> Vec<Item> {
    let request = server.table.client().query().table_name(TABLE).scan_index_forward(false).limit(20);
    let request = request
        .key_condition_expression("pk = :pk AND begins_with(sk,:year)")
        .expression_attribute_values(":pk", AttributeValue::S(pk))
        .expression_attribute_values(":year", AttributeValue::S("2026".to_owned()));
    request.send().await.expect("an answer").items.unwrap_or_default()
}
