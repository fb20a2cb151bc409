//! Changes of legacy messages, whose keys have many forms and change, and of all messages beside the old app.

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::emoji::Emoji;
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::page::Cursor;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::legacy::numbering::number;
use cruddur_messages::server::store::dynamodb::rows::InboxRow;
use cruddur_messages::server::store::dynamodb::table::{Item, Key, SortTime, text};
use cruddur_messages::server::stream::change::{Change, SequenceNumber};
use cruddur_messages::server::stream::{batch, projections};
use time::Duration;

use super::fixtures::{NOW, Server, body, new_message, new_server, person, server};
use super::migrating::run;
use crate::support::admin_code::legacy::purpose::Purpose;
use crate::support::items;
use crate::support::legacy_app::{Clocks, LegacyApp, LegacyConversation, SHAPE, Shape};
use crate::support::old_back_end::{OldBackEnd, Version};
use crate::support::old_stream_handler::OldStreamHandler;

/// Ten messages of the last hours, under keys in every form.
const RECENT: Shape = Shape {
    messages: 10,
    from: NOW.saturating_sub(Duration::hours(3)),
    span: Duration::hours(2),
    clocks: Clocks::World,
    ..SHAPE
};

impl Server {
    async fn edit(&self, me: &User, of: conversation::Id, message: &Message, text: &str) -> Result<Message, Failure> {
        let access = self.write_access(me.id, of).await;
        self.messages.edit(&access, &message.reference(), message.edits, &body(text)).await
    }

    async fn delete(&self, me: &User, of: conversation::Id, message: &Message) -> Message {
        let membership = self.membership(me.id, of).await.expect("a member");
        self.messages.delete(&membership, &message.reference()).await.expect("deleted")
    }

    async fn react(&self, me: &User, of: conversation::Id, message: &Message) -> Message {
        let (access, emoji) = (self.write_access(me.id, of).await, Emoji::stored("👍".to_owned()));
        self.messages.react(&access, &message.reference(), &emoji, true).await.expect("a reaction")
    }

    async fn answer(&self, me: &User, of: conversation::Id, message: &Message, text: &str) -> Message {
        let access = self.write_access(me.id, of).await;
        let reference = message.reference();
        self.messages.append(&access, me, new_message(), &body(text), Some(reference.into())).await.expect("an answer")
    }

    async fn assert_nowhere(&self, texts: &[&str]) {
        for row in self.rows().await {
            let json = items::json(&row).to_string();
            for text in texts {
                assert!(!json.contains(&format!("\"{text}\"")), "{text} in {json}");
            }
        }
    }
}

fn author(message: &Message) -> User {
    (0..3).map(person).find(|user| user.id == message.author).expect("a known author")
}

fn app_with(seed: u64, shape: Shape) -> (LegacyApp, LegacyConversation) {
    let mut app = LegacyApp::new(seed);
    let conversation = app.add_conversation(&person(0), &person(1), shape);
    (app, conversation)
}

/// Applies the records of these rows as a server does that reads the stream.
async fn stream(server: &Server, rows: impl IntoIterator<Item = Item>) {
    let record = |(number, row)| Change::new(SequenceNumber(format!("{number}")), None, Some(row));
    let records: Vec<_> = rows.into_iter().enumerate().map(record).collect();
    batch::apply(&projections::all(&server.table), &records).await.expect("done");
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_messages_under_keys_in_any_form_are_changed_like_others() {
    for seed in 0..4 {
        let (app, LegacyConversation { id, .. }) = app_with(seed, RECENT);
        let (_dynamodb, server) = server(&app).await;
        for migrate in [false, true] {
            if migrate {
                run(&server, Purpose::Change).await;
            }
            let mut expected = server.history(person(0).id, id).await;
            for (at, message) in
                expected.iter_mut().enumerate().filter(|(_, message)| message.seq == 0 && !message.is_deleted())
            {
                let author = author(message);
                *message = match (at + usize::from(migrate)) % 3 {
                    0 => server.edit(&author, id, message, &format!("edit of {at}, {migrate}")).await.expect("edited"),
                    1 => server.react(&person(1), id, message).await,
                    _ => server.delete(&author, id, message).await,
                };
            }
            assert_eq!(server.history(person(1).id, id).await, expected, "seed {seed}");
            for message in &expected {
                let membership = server.membership(person(0).id, id).await.expect("a member");
                let found = server.messages.find(&membership, &message.reference()).await.expect("an answer");
                assert_eq!(found.as_ref(), Some(message), "seed {seed}");
                let page = server.messages.page(&membership, Some(&Cursor::around(&message.sent_at))).await;
                assert!(page.expect("a page").items.contains(message), "seed {seed}: the page around it");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_legacy_message_is_too_old_to_be_edited_only() {
    let (app, LegacyConversation { id, .. }) = app_with(1, Shape { messages: 3, ..SHAPE });
    let (_dynamodb, server) = server(&app).await;
    let message = server.history(person(0).id, id).await.remove(0);
    let edited = server.edit(&author(&message), id, &message, "too late").await;
    assert!(matches!(edited, Err(Failure::Public(AppError::Conflict(Conflict::EditTooLate)))), "{edited:?}");
    server.react(&person(1), id, &message).await;
    let answer = server.answer(&person(0), id, &message, "an answer").await;
    assert_eq!(answer.quote.expect("a quote").text.as_deref(), Some(message.body.as_str()));
    assert_eq!(answer.seq, 1);
    server.delete(&author(&message), id, &message).await;
    server.assert_nowhere(&[&message.body]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_survives_the_migration_with_its_history_its_quotes_and_its_revision() {
    for seed in 0..4 {
        let (app, LegacyConversation { id, .. }) = app_with(seed, RECENT);
        let (_dynamodb, server) = server(&app).await;
        let before = server.history(person(0).id, id).await;
        let (mut answers, mut texts) = (Vec::new(), Vec::new());
        for (at, message) in before.iter().enumerate() {
            texts.extend([message.body.clone(), format!("edited-{seed}-{at}")]);
            server.edit(&author(message), id, message, &texts[2 * at + 1]).await.expect("edited");
            answers.push(server.answer(&person(1), id, message, &format!("answer {at}")).await);
        }
        run(&server, Purpose::Change).await;
        let membership = server.membership(person(1).id, id).await.expect("a member");
        let mut changes = server.messages.changes_after(&membership, 0).await.expect("changes");
        changes.messages.sort_by(|one, other| one.sent_at.cmp(&other.sent_at));
        let history = server.history(person(0).id, id).await;
        let (legacy, answered): (Vec<_>, Vec<_>) = history.into_iter().partition(|message| message.seq == 0);
        assert_eq!((changes.is_trimmed, changes.messages), (false, legacy.clone()), "seed {seed}");
        for (at, message) in legacy.iter().enumerate() {
            let versions = server.messages.versions(&membership, &message.reference()).await.expect("a history");
            let versions: Vec<_> = versions.into_iter().map(|version| version.body).collect();
            let expected = before.iter().find(|it| it.id == message.id).expect("it was there").body.clone();
            assert_eq!(versions, [message.body.clone(), expected], "seed {seed}, {at}");
        }
        for (answer, sent) in answered.iter().zip(&answers) {
            let quoted = legacy.iter().find(|it| Some(it.id) == sent.quote.as_ref().map(|quote| quote.message.id));
            let quote = answer.quote.as_ref().expect("a quote");
            assert_eq!(quote.text.as_deref(), quoted.map(|it| it.body.as_str()), "seed {seed}");
        }
        // A page that was rendered before the migration has the old times.
        for message in &before {
            server.delete(&author(message), id, message).await;
        }
        server.assert_nowhere(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_loses_no_change_that_is_made_meanwhile() {
    for seed in 0..3 {
        let (app, LegacyConversation { id, .. }) = app_with(seed, Shape { messages: 60, ..RECENT });
        let (_dynamodb, server) = server(&app).await;
        let before = server.history(person(0).id, id).await;
        let change = async {
            for (at, message) in before.iter().enumerate() {
                match at % 2 {
                    0 => drop(server.delete(&author(message), id, message).await),
                    _ => drop(server.edit(&author(message), id, message, &format!("edit {at}")).await.expect("edited")),
                }
            }
        };
        tokio::join!(change, run(&server, Purpose::Change));
        let after = server.history(person(1).id, id).await;
        assert_eq!(after.len(), before.len(), "seed {seed}");
        for (at, message) in before.iter().enumerate() {
            let now = after.iter().find(|it| it.id == message.id).expect("it is still there");
            let expected = if at % 2 == 0 { String::new() } else { format!("edit {at}") };
            assert_eq!((now.is_deleted(), &now.body), (at % 2 == 0, &expected), "seed {seed}, {at}");
        }
        let deleted: Vec<_> = before.iter().step_by(2).map(|message| message.body.as_str()).collect();
        server.assert_nowhere(&deleted).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbering_loses_no_change_and_the_changes_follow_the_message() {
    for version in [Version::First, Version::Last] {
        let (_dynamodb, server) = new_server().await;
        let id = server.start(&person(0), &person(1), "hello").await;
        let old = OldBackEnd::new(server.table.client().clone(), version);
        // Before the next message of this program, so that numbering moves it.
        for n in 0..3 {
            old.create_message_at(id, &person(1), &format!("old-{n}"), NOW + Duration::milliseconds(1 + n)).await;
        }
        let records = server.stored_messages(id).await;
        let records: Vec<_> = records.into_iter().filter(|row| row.seq == 0).collect();
        let history = server.history(person(0).id, id).await;
        let edited = server.edit(&person(1), id, &history[1], "edited-0").await.expect("edited");
        let deleted = server.delete(&person(1), id, &history[2]).await;
        let answer = server.answer(&person(0), id, &edited, "an answer").await;
        for record in &records {
            let numbered = number(&server.table, record).await.expect("an answer").expect("numbered").message;
            let expected = match record.id {
                id if id == edited.id => "edited-0",
                id if id == deleted.id => "",
                _ => "old-2",
            };
            assert_eq!(numbered.body, expected, "what is published is the state of today");
        }
        let after = server.history(person(1).id, id).await;
        assert_eq!(after.iter().map(|it| it.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5], "{after:#?}");
        assert_eq!(
            after.iter().map(|it| it.body.as_str()).collect::<Vec<_>>()[..3],
            ["hello", "an answer", "edited-0"]
        );
        assert_eq!(after[1].quote.as_ref().expect("a quote").text.as_deref(), Some("edited-0"), "{}", answer.id);
        assert!(after[3].is_deleted());

        // A page that still shows the message at its old place.
        let again = server.edit(&person(1), id, &edited, "edited-1").await.expect("edited");
        assert_eq!((again.seq, again.edits), (3, 2));
        let membership = server.membership(person(0).id, id).await.expect("a member");
        let changes = server.messages.changes_after(&membership, 0).await.expect("changes");
        assert_eq!((changes.messages.len(), changes.is_trimmed, changes.rev), (2, false, 3));
        assert!(changes.messages.contains(&again));
        server.delete(&person(1), id, &edited).await;
        stream(&server, records.iter().map(|row| row.item())).await;
        server.assert_nowhere(&["old-0", "old-1", "edited-0", "edited-1"]).await;
    }
}

/// Returns the inbox rows of a conversation, without their times.
async fn rows(server: &Server, id: conversation::Id) -> Vec<InboxRow> {
    let mut rows: Vec<_> = server.inbox_rows(id).await.into_values().flatten().collect();
    rows.sort_by_key(|row| row.owner);
    rows
}

/// Lets the old stream handler catch up, and then this program with what the handler has written.
async fn let_both_catch_up(server: &Server, handler: &mut OldStreamHandler, id: conversation::Id) {
    handler.catch_up().await;
    let damaged: Vec<_> = rows(server, id).await.iter().map(InboxRow::item).collect();
    stream(server, damaged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_app_beside_changes_damages_and_hides_nothing_for_good() {
    let (dynamodb, server) = new_server().await;
    let (ana, ben) = (person(0), person(1));
    let mut handler = OldStreamHandler::on(&dynamodb);
    let id = server.start(&ana, &ben, "hello").await;
    let older = server.send(&ana, id, "older").await;
    let newest = server.send(&ben, id, "newest").await;
    let_both_catch_up(&server, &mut handler, id).await;

    let edited = server.edit(&ana, id, &older, "older, edited").await.expect("edited");
    server.react(&ben, id, &edited).await;
    server.edit(&ben, id, &newest, "newest, edited").await.expect("edited");
    let others = |rows: Vec<Item>| -> Vec<_> {
        rows.into_iter().filter(|row| !matches!(Key::of(row), Some(Key::Inbox(..)))).collect()
    };
    let before = others(server.rows().await);
    assert!(before.iter().any(|row| text(row, "sk").is_some_and(|sk| sk.starts_with("HIST#"))));
    // It takes each change for a new message, and moves the rows to it.
    let_both_catch_up(&server, &mut handler, id).await;
    assert_eq!(others(server.rows().await), before);
    for row in rows(&server, id).await {
        assert_eq!((row.body.as_str(), row.seq, row.version.is_deleted()), ("newest, edited", 3, false));
    }
    let old = OldBackEnd::new(server.table.client().clone(), Version::First);
    let listed = |rows: Vec<Item>| -> Vec<String> {
        rows.iter().map(|row| text(row, "message").expect("a text").to_owned()).collect()
    };
    assert_eq!(listed(old.list_messages(id).await), ["hello", "older, edited", "newest, edited"]);
    assert_eq!(listed(old.list_message_groups(&ana).await), ["newest, edited"]);

    server.delete(&ana, id, &older).await;
    server.delete(&ben, id, &newest).await;
    let_both_catch_up(&server, &mut handler, id).await;
    server.assert_nowhere(&["older", "older, edited", "newest", "newest, edited"]).await;
    assert_eq!(listed(old.list_messages(id).await), ["hello", "", ""], "all rows are listed");
    for user in [&ana, &ben] {
        assert_eq!(listed(old.list_message_groups(user).await), [""]);
        assert_eq!(server.list(user.id).await.len(), 1);
    }
    for row in rows(&server, id).await {
        assert_eq!((row.body.as_str(), row.seq, row.version.is_deleted()), ("", 3, true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_app_beside_changes_of_a_legacy_conversation_keeps_its_rows_at_the_newest_message() {
    for seed in 0..4 {
        let (app, LegacyConversation { id, .. }) = app_with(seed, RECENT);
        let (dynamodb, server) = server(&app).await;
        // It has handled the messages when they were written.
        let mut handler = OldStreamHandler::on(&dynamodb);
        handler.skip().await;
        let history = server.history(person(0).id, id).await;
        let (oldest, newest) = (&history[0], history.last().expect("a message"));
        server.react(&person(1), id, oldest).await;
        let edited = server.edit(&author(newest), id, newest, "edited").await.expect("edited");
        server.edit(&author(oldest), id, oldest, "oldest, edited").await.expect("edited");
        let_both_catch_up(&server, &mut handler, id).await;
        for row in rows(&server, id).await {
            assert_eq!(row.body, "edited", "seed {seed}");
            assert!(row.at.at() >= SortTime::stored(edited.sent_at.as_str()).expect("a time").at(), "seed {seed}");
        }
        server.delete(&author(newest), id, newest).await;
        server.delete(&author(oldest), id, oldest).await;
        let_both_catch_up(&server, &mut handler, id).await;
        assert!(rows(&server, id).await.iter().all(|row| row.body.is_empty()), "seed {seed}");
        assert_eq!(rows(&server, id).await.len(), 2);
        server.assert_nowhere(&["edited", "oldest, edited", &oldest.body, &newest.body]).await;
    }
}
