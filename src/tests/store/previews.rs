//! Previews in the inboxes of all members: they follow edits and deletions of the newest message, and move nothing.

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{Message, TextVersion};
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::inbox;
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow};
use cruddur_messages::server::store::dynamodb::starting::NewGroup;
use cruddur_messages::server::stream::change::{Change, SequenceNumber};
use cruddur_messages::server::stream::{batch, projections};
use uuid::Uuid;

use super::fixtures::{Server, ana, ben, body, cy, new_message_id, server};
use crate::support::dynamodb::TABLE;

/// Creates a conversation of these users.
async fn conversation_of(server: &Server, members: &[User]) -> conversation::Id {
    if let [me, peer] = members {
        return server.start(me, peer, "hello").await;
    }
    let conversation = conversation::Id(Uuid::now_v7());
    let hello = body("hello");
    let group = NewGroup { conversation, others: &members[1..], message: new_message_id(), body: &hello };
    server.conversations.create_group(&members[0], &group).await.expect("a group is created");
    conversation
}

async fn row_of(server: &Server, owner: &User, conversation: conversation::Id) -> InboxRow {
    let rows: Vec<_> = server.inbox(owner).await.into_iter().filter(|row| row.conversation == conversation).collect();
    let [row] = &rows[..] else { panic!("{} has {rows:?}", owner.handle_text()) };
    row.clone()
}

async fn stored(server: &Server, message: &Message) -> MessageRow {
    server.stored_messages().await.into_iter().find(|row| row.id == message.id).expect("a stored message")
}

/// Returns the record of a row after a change.
fn record(number: usize, row: &MessageRow) -> Change {
    Change::new(SequenceNumber(format!("{number}")), None, Some(row.item()))
}

fn members_of_each_kind() -> [Vec<User>; 2] {
    [vec![ana(), ben()], vec![ana(), ben(), cy()]]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_follows_the_newest_message_and_no_row_moves() {
    let (_dynamodb, server) = server().await;
    for members in members_of_each_kind() {
        let conversation = conversation_of(&server, &members).await;
        let older = server.send(&ana(), conversation, "older").await;
        let newest = server.send(&ben(), conversation, "newest").await;
        let mut expected = Vec::new();
        for owner in &members {
            expected.push(row_of(&server, owner, conversation).await);
        }
        let check = async |body: &str, version: TextVersion| {
            for (owner, before) in members.iter().zip(&expected) {
                let after = InboxRow { body: body.to_owned(), version, ..before.clone() };
                assert_eq!(row_of(&server, owner, conversation).await, after);
            }
        };
        server.edit(&ana(), (conversation, &older), "older, edited").await;
        check("newest", TextVersion::default()).await;
        server.edit(&ben(), (conversation, &newest), "newest, edited").await;
        check("newest, edited", TextVersion::edited(1)).await;
        server.react(&ana(), (conversation, &newest), "👍", true).await;
        server.delete(&ana(), (conversation, &older)).await;
        check("newest, edited", TextVersion::edited(1)).await;
        server.delete(&ben(), (conversation, &newest)).await;
        check("", TextVersion::DELETED).await;
        let next = server.send(&ana(), conversation, "next").await;
        for owner in &members {
            let row = row_of(&server, owner, conversation).await;
            assert_eq!((row.body.as_str(), row.version, row.seq), ("next", TextVersion::default(), next.seq));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_move_with_an_old_image_brings_no_old_text_back() {
    let (_dynamodb, server) = server().await;
    for members in members_of_each_kind() {
        let conversation = conversation_of(&server, &members).await;
        let message = server.send(&ben(), conversation, "sent-secret").await;
        let sent = stored(&server, &message).await;
        let message = server.edit(&ben(), (conversation, &message), "edited-secret").await;
        let edited = stored(&server, &message).await;
        inbox::move_inbox_rows(&server.table, &sent).await.expect("moved");
        for owner in &members {
            assert_eq!(row_of(&server, owner, conversation).await.body, "edited-secret");
        }
        server.delete(&ben(), (conversation, &message)).await;
        for old in [&sent, &edited, &sent] {
            inbox::move_inbox_rows(&server.table, old).await.expect("moved");
            server.assert_nowhere(&["sent-secret", "edited-secret"]).await;
        }
        // A row that is lost is restored, with the text of today.
        for lost in &members {
            let key = row_of(&server, lost, conversation).await.key().item();
            server.table.client().delete_item().table_name(TABLE).set_key(Some(key)).send().await.expect("deleted");
        }
        inbox::move_inbox_rows(&server.table, &sent).await.expect("restored");
        for owner in &members {
            let row = row_of(&server, owner, conversation).await;
            assert_eq!((row.body.as_str(), row.version), ("", TextVersion::DELETED));
        }
    }
}

/// Makes the changes of a message in the table as a server does that dies right after each transaction. Returns the
/// states of the message.
async fn die_after_each_commit(server: &Server, conversation: conversation::Id) -> [MessageRow; 3] {
    let message = server.send(&ben(), conversation, "sent-secret").await;
    let mut rows = Vec::new();
    for member in [ana(), ben(), cy()] {
        rows.extend(server.inbox(&member).await.into_iter().filter(|row| row.conversation == conversation));
    }
    let sent = stored(server, &message).await;
    let message = server.edit(&ben(), (conversation, &message), "edited-secret").await;
    let edited = stored(server, &message).await;
    let texts = server.rows().await;
    let texts = texts.into_iter().filter(|row| row["sk"].as_s().is_ok_and(|sk| sk.starts_with("HIST#")));
    let texts: Vec<_> = texts.collect();
    server.delete(&ben(), (conversation, &message)).await;
    // Texts that the clean-up has removed or replaced.
    server.put(texts.into_iter().chain(rows.iter().map(InboxRow::item))).await;
    [sent, edited, stored(server, &message).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_alone_removes_every_text_of_a_deleted_message_in_any_order() {
    let (_dynamodb, server) = server().await;
    let orders = [&[0, 1, 2][..], &[2, 1, 0], &[2, 0, 1, 2, 1, 0], &[1, 2], &[2]];
    for members in members_of_each_kind() {
        for (number, order) in orders.iter().enumerate() {
            let conversation = conversation_of(&server, &members).await;
            let states = die_after_each_commit(&server, conversation).await;
            let before = row_of(&server, &ana(), conversation).await;
            assert_eq!(before.body, "sent-secret");
            let records: Vec<_> = order.iter().enumerate().map(|(at, state)| record(at, &states[*state])).collect();
            let projections = projections::all(&server.table);
            if number % 2 == 0 {
                batch::apply(&projections, &records).await.expect("applied");
            } else {
                for record in records {
                    batch::apply(&projections, &[record]).await.expect("applied");
                }
            }
            server.assert_nowhere(&["sent-secret", "edited-secret"]).await;
            for owner in &members {
                let row = row_of(&server, owner, conversation).await;
                assert_eq!((row.at.as_str(), row.version), (before.at.as_str(), TextVersion::DELETED));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_a_newer_message_moves_on_and_still_removes_the_texts() {
    let (_dynamodb, server) = server().await;
    let conversation = conversation_of(&server, &[ana(), ben()]).await;
    let states = die_after_each_commit(&server, conversation).await;
    let next = stored(&server, &server.send(&ana(), conversation, "next").await).await;
    let records = [record(0, &states[0]), record(1, &next), record(2, &states[2]), record(3, &states[1])];
    batch::apply(&projections::all(&server.table), &records).await.expect("applied");
    server.assert_nowhere(&["sent-secret", "edited-secret"]).await;
    for owner in [ana(), ben()] {
        assert_eq!(row_of(&server, &owner, conversation).await.body, "next");
    }
}
