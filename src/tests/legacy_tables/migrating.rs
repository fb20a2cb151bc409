//! Migration of a whole table: in one run, interrupted, and while users write.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::{conversation, message};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow};
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::block_in_place;

use super::fixtures::{Server, app_with_every_kind, ids, person, server, shown, sorted, written};
use crate::support::admin_code::legacy::migration::{Progress, migrate};
use crate::support::admin_code::legacy::purpose::Purpose;
use crate::support::admin_code::legacy::report::{Changed, OrphanedMessages, Report, Room};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::legacy_app::{Clocks, Inbox, LegacyApp, LegacyConversation, SHAPE, Shape};

pub(super) async fn run(server: &Server, purpose: Purpose) -> Report {
    migrate(&server.table, purpose, &|_| {}).await.expect("a report")
}

/// Asserts that each conversation has its messages, sorted by time, and all rows that a new conversation has.
async fn assert_migrated(server: &Server, app: &LegacyApp, seed: u64) {
    for conversation in app.conversations.iter().filter(|conversation| !conversation.listed_by.is_empty()) {
        for me in conversation.members {
            let history = server.history(me, conversation.id).await;
            assert_eq!(shown(&history), written(&conversation.messages), "seed {seed}");
            assert!(history.is_sorted_by(|one, next| one.sent_at < next.sent_at), "seed {seed}: one instant each");
        }
        let last = conversation.messages.last().expect("a message");
        server.assert_rows_at(conversation, &last.body, 0).await;
        assert!(server.head(conversation.id).await.is_some(), "seed {seed}");
    }
    for row in server.rows().await {
        if let Some(Key::Message(_, at) | Key::Inbox(_, at)) = Key::of(&row) {
            let is_orphaned = |conversation: &LegacyConversation| {
                conversation.listed_by.is_empty() && row["pk"] == AttributeValue::S(Key::messages(conversation.id))
            };
            assert!(at.is_canonical() || app.conversations.iter().any(is_orphaned), "seed {seed}: {row:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_migration_everything_is_sorted_by_time_and_a_second_run_changes_nothing() {
    for seed in 1..=3 {
        let app = app_with_every_kind(seed, Clocks::World);
        let (_dynamodb, server) = server(&app).await;
        let planned = run(&server, Purpose::Report).await;
        let report = run(&server, Purpose::Change).await;
        assert_eq!((planned.found, planned.changed), (report.found, report.changed), "seed {seed}: as predicted");
        assert_migrated(&server, &app, seed).await;
        for n in 0..6 {
            let me = person(n).id;
            let listed = server.list(me).await;
            let theirs = app
                .conversations
                .iter()
                .filter(|conversation| !conversation.listed_by.is_empty() && conversation.members.contains(&me));
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
async fn rows_that_are_imported_into_a_migrated_table_are_migrated_by_the_next_run() {
    let (_dynamodb, server) = server(&LegacyApp::new(1)).await;
    run(&server, Purpose::Change).await;
    let later = app_with_every_kind(7, Clocks::World);
    later.write_to(&server.table).await;
    run(&server, Purpose::Change).await;
    assert_migrated(&server, &later, 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_cannot_be_read_is_replaced_and_an_unreadable_head_or_pair_stays_as_it_is() {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let odd = [text("5"), AttributeValue::Null(true), AttributeValue::N("1.5".to_owned())];
    let mut app = LegacyApp::new(1);
    let healed: Vec<_> = odd.iter().map(|_| app.add_conversation(&person(0), &person(1), SHAPE)).collect();
    let unreadable = app.add_conversation(&person(2), &person(3), SHAPE);
    app.add_conversation(&person(4), &person(5), SHAPE);
    let (_dynamodb, server) = server(&app).await;
    let put = async |row: Item| {
        let request = server.table.client().put_item().table_name(TABLE).set_item(Some(row));
        request.send().await.expect("stored");
    };
    for (conversation, odd) in healed.iter().zip(odd) {
        let rows = server.inbox_rows(conversation.id).await.into_values().flatten().next().expect("a row");
        let stale = [("message".to_owned(), text("stale")), ("seq".to_owned(), odd)];
        put(rows.item().into_iter().chain(stale).collect()).await;
    }
    let mut head = Key::Head(unreadable.id).item();
    head.insert("seq".to_owned(), text("x"));
    put(head.clone()).await;
    let mut pair = Key::Pair(person(4).id, person(5).id).item();
    pair.insert("conversation_id".to_owned(), AttributeValue::N("1".to_owned()));
    put(pair.clone()).await;
    let planned = run(&server, Purpose::Report).await;
    let report = run(&server, Purpose::Change).await;
    assert_eq!((planned.changed, &planned.found), (report.changed, &report.found), "as predicted");
    assert_eq!((report.changed.heads_made, report.changed.inbox_rows_moved >= 3), (4, true));
    assert_eq!((report.found.unreadable_count, report.found.orphaned.len(), report.changed.pairs_made), (2, 0, 1));
    for conversation in healed {
        server.assert_rows_at(&conversation, &conversation.messages.last().expect("a message").body, 0).await;
    }
    let rows = server.rows().await;
    assert!(rows.contains(&head) && rows.contains(&pair));
    let answer = server.conversations.membership(person(2).id, unreadable.id).await;
    let Err(Failure::Unexpected(cause)) = answer else { panic!("opened without its head") };
    assert!(cause.to_string().contains(&format!("MSG#{}, HEAD", unreadable.id)), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing_and_reports_the_contents() {
    let mut app = LegacyApp::new(1);
    let one = app.add_conversation(&person(0), &person(1), Shape { messages: 10, inbox: Inbox::Twice, ..SHAPE });
    let two = app.add_conversation(&person(0), &person(1), Shape { messages: 10, inbox: Inbox::Lost, ..SHAPE });
    let orphaned = app.add_conversation(&person(0), &person(2), Shape { messages: 4, inbox: Inbox::None, ..SHAPE });
    let third = app.add_conversation(&person(3), &person(4), SHAPE);
    app.inbox_row(&person(5), &person(3), third.id, "2026-11-20T09:26:28.207802", "three members?");
    app.message(one.id, &person(4), "2026-11-20T09:26:28.207802");
    app.room("bayko", &person(0));
    app.message(one.id, &person(0), "2026-11-20T09:26:28.207803");
    let (_dynamodb, server) = server(&app).await;
    let before = server.rows().await;
    let report = run(&server, Purpose::Report).await;
    assert_eq!(server.rows().await, before);

    let (older, younger) = if one.messages[0].at.at() < two.messages[0].at.at() { (&one, &two) } else { (&two, &one) };
    let found = &report.found;
    let messages = (one.messages.len() + two.messages.len() + 2) as u64;
    assert_eq!((found.rows, found.conversations, found.messages), (before.len() as u64, 2, messages));
    assert_eq!((found.messages_of_strangers, found.unreadable_count), (1, 0));
    assert_eq!(found.rooms, [Room { handle: "bayko".to_owned(), messages: 1 }]);
    let without_rows = OrphanedMessages { conversation: orphaned.id, messages: orphaned.messages.len() as u64 };
    assert_eq!(found.orphaned, [without_rows]);
    assert_eq!(found.contradictory, [third.id]);
    let [duplicates] = &found.duplicates[..] else { panic!("{:?}", found.duplicates) };
    assert_eq!((duplicates.continued, &duplicates.others[..]), (older.id, &[younger.id][..]));
    let changed = report.changed;
    assert_eq!((changed.heads_made, changed.pairs_made), (2, 1));
    assert_eq!((changed.inbox_rows_made, changed.inbox_rows_removed), (1, 2));
    for part in
        ["2 conversations with two members", "@bayko: 1 messages", "nothing was written", &orphaned.id.to_string()]
    {
        assert!(report.to_string().contains(part), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_anywhere_is_finished_by_the_next_one() {
    let mut app = LegacyApp::new(2);
    for inbox in [Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        app.add_conversation(&person(0), &person(1), Shape { messages: 30, clocks: Clocks::World, inbox, ..SHAPE });
    }
    let (_dynamodb, uninterrupted) = server(&app).await;
    let steps = AtomicUsize::new(0);
    let count = |_: Progress| {
        steps.fetch_add(1, Ordering::Relaxed);
    };
    migrate(&uninterrupted.table, Purpose::Change, &count).await.expect("a report");
    let (end, steps) = (uninterrupted.rows().await, steps.into_inner());
    assert!(steps > 8, "there are steps to stop after");
    for stop in 1..=steps {
        let (_dynamodb, server) = server(&app).await;
        let (done, stopped) = (AtomicUsize::new(0), Notify::new());
        let on_progress = |_: Progress| {
            if done.fetch_add(1, Ordering::Relaxed) + 1 == stop {
                stopped.notify_one();
            }
        };
        tokio::select! {
            biased;
            () = stopped.notified() => {}
            report = migrate(&server.table, Purpose::Change, &on_progress) => drop(report.expect("a report")),
        }
        for conversation in &app.conversations {
            let stored = server.stored_messages(conversation.id).await.iter().map(|row| row.id).collect();
            let written = conversation.messages.iter().map(|message| message.id).collect();
            assert_eq!(sorted(stored), sorted::<message::Id>(written), "stopped after {stop} of {steps} steps");
        }
        run(&server, Purpose::Change).await;
        assert_eq!(server.rows().await, end, "stopped after {stop} of {steps} steps");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_can_write_during_a_migration() {
    for seed in 1..=3 {
        let mut app = LegacyApp::new(seed);
        for (n, inbox) in (1..).zip([Inbox::Twice, Inbox::Lost, Inbox::Behind, Inbox::Whole]) {
            app.add_conversation(
                &person(0),
                &person(n),
                Shape { messages: 150, clocks: Clocks::World, inbox, ..SHAPE },
            );
        }
        let (dynamodb, server) = server(&app).await;
        let (one, two) = (server.second(&dynamodb).await, server.second(&dynamodb).await);
        let write = async |server: &Server, offset: u128| {
            for round in 0..12 {
                for (n, conversation) in (1..).zip(&app.conversations) {
                    let me = if (round + n + offset).is_multiple_of(2) { person(0) } else { person(n) };
                    server.send(&me, conversation.id, &format!("{offset}, {round}")).await;
                }
            }
        };
        let migration = run(&server, Purpose::Change);
        let ((), (), _) = tokio::join!(write(&one, 0), write(&two, 1), migration);
        run(&server, Purpose::Change).await;
        for conversation in &app.conversations {
            let history = server.history(person(0).id, conversation.id).await;
            let (old, new) = history.split_at(conversation.messages.len());
            assert_eq!(shown(old), written(&conversation.messages), "seed {seed}");
            assert_eq!(new.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=24).collect::<Vec<_>>());
            assert!(new.is_sorted_by_key(|message| &message.sent_at), "seed {seed}");
            server.assert_rows_at(conversation, &new[23].body, 24).await;
        }
    }
}

/// Starts a new conversation and leaves its inbox rows at the first of its two messages, as if the stream's reader had
/// given up the record of the second. Returns the conversation, and the rows of the table as they should be.
async fn with_stale_rows(server: &Server) -> (conversation::Id, Vec<Item>) {
    let conversation = server.start(&person(0), &person(1), "one").await;
    let stale = server.rows().await;
    server.send(&person(1), conversation, "two").await;
    let correct = server.rows().await;
    let client = server.table.client();
    for row in correct.iter().filter(|row| InboxRow::from_item(row).is_some()) {
        let key = Key::of(row).map(|key| key.item());
        client.delete_item().table_name(TABLE).set_key(key).send().await.expect("deleted");
    }
    for row in stale.into_iter().filter(|row| InboxRow::from_item(row).is_some()) {
        client.put_item().table_name(TABLE).set_item(Some(row)).send().await.expect("put back");
    }
    (conversation, correct)
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_rows_of_the_new_app_are_moved_to_the_newest_message() {
    let dynamodb = DynamoDb::start().await;
    let server = Server::on(dynamodb.table().await).await;
    let (_, correct) = with_stale_rows(&server).await;
    let (stale, both_moved) = (server.rows().await, Changed { inbox_rows_moved: 2, ..Changed::default() });
    assert_ne!(stale, correct);
    assert_eq!(run(&server, Purpose::Report).await.changed, both_moved);
    assert_eq!(server.rows().await, stale, "a dry run changes nothing");
    assert_eq!(run(&server, Purpose::Change).await.changed, both_moved);
    assert_eq!(server.rows().await, correct, "as if the stream's reader had moved them");
    assert_eq!(run(&server, Purpose::Change).await.changed, Changed::default());
    assert_eq!(server.rows().await, correct, "a second run changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_leaves_a_request_as_it_is_and_lists_it_for_its_sender_alone() {
    let dynamodb = DynamoDb::start().await;
    let server = Server::on(dynamodb.table().await).await;
    let conversation = server.request(&person(0), &person(1), "hello").await;
    let rows = server.rows().await;
    for purpose in [Purpose::Report, Purpose::Change] {
        assert_eq!(run(&server, purpose).await.changed, Changed::default());
        let listed: Vec<_> = server.inbox_rows(conversation).await.into_keys().collect();
        assert_eq!(listed, [person(0).id]);
    }
    assert_eq!(server.rows().await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_new_app_that_move_after_the_scan_are_left_alone() {
    let dynamodb = DynamoDb::start().await;
    let server = Server::on(dynamodb.table().await).await;
    let (conversation, _) = with_stale_rows(&server).await;
    let write = |progress: Progress| {
        // All rows have been scanned, and none has been changed yet.
        if matches!(progress, Progress::ConversationsFound(_)) {
            let send = async { server.send(&person(0), conversation, "three").await };
            block_in_place(|| Handle::current().block_on(send));
        }
    };
    let report = migrate(&server.table, Purpose::Change, &write).await.expect("a report");
    assert_eq!(report.changed, Changed::default());
    let rows = server.inbox_rows(conversation).await.into_values().flatten();
    assert_eq!(rows.map(|row| (row.seq, row.body)).collect::<Vec<_>>(), vec![(3, "three".to_owned()); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queries_of_the_old_app_work_before_and_after_a_migration() {
    let mut app = LegacyApp::new(3);
    let conversation = app.add_conversation(
        &person(0),
        &person(1),
        Shape { from: super::fixtures::NOW - time::Duration::days(300), span: time::Duration::days(299), ..SHAPE },
    );
    let (_dynamodb, server) = server(&app).await;
    server.send(&person(1), conversation.id, "from the new app").await;
    server
        .conversations
        .mark_read(&server.membership(person(0).id, conversation.id).await.expect("a member"), 1)
        .await
        .expect("read");
    for round in 0..2 {
        let groups = legacy_query(&server, Key::inbox(person(0).id)).await;
        let [group] = &groups[..] else { panic!("{groups:?}") };
        assert_eq!(group.keys().filter(|name| LEGACY_GROUP.contains(&name.as_str())).count(), LEGACY_GROUP.len());
        let row = InboxRow::from_item(group).expect("an inbox row");
        assert_eq!(
            (row.conversation, row.body.as_str(), row.named.user().id),
            (conversation.id, "from the new app", person(1).id)
        );

        let messages = legacy_query(&server, Key::messages(conversation.id)).await;
        assert!(messages.iter().all(|row| LEGACY_MESSAGE.iter().all(|name| row.contains_key(*name))));
        let read: Vec<_> = messages.iter().rev().filter_map(MessageRow::from_item).map(|row| row.id).collect();
        let history = ids(&server.history(person(0).id, conversation.id).await);
        assert_eq!(read, history[history.len() - 20..], "round {round}");
        run(&server, Purpose::Change).await;
    }
}

const LEGACY_GROUP: [&str; 7] =
    ["pk", "sk", "message_group_uuid", "message", "user_uuid", "user_display_name", "user_handle"];
const LEGACY_MESSAGE: [&str; 7] =
    ["pk", "sk", "message_uuid", "message", "user_uuid", "user_display_name", "user_handle"];

/// Runs a query of the old app.
async fn legacy_query(server: &Server, pk: String) -> Vec<Item> {
    let request = server.table.client().query().table_name(TABLE).scan_index_forward(false).limit(20);
    let request = request
        .key_condition_expression("pk = :pk AND begins_with(sk,:year)")
        .expression_attribute_values(":pk", AttributeValue::S(pk))
        .expression_attribute_values(":year", AttributeValue::S("2026".to_owned()));
    request.send().await.expect("a response").items.unwrap_or_default()
}
