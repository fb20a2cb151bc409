//! Answers: a stored reference, and a quote that shows the message as it is now.

use cruddur_messages::domain::message::{QUOTE_LEN_MAX, TextVersion};
use cruddur_messages::server::store::dynamodb::rows::MessageRow;

use super::fixtures::{ana, ben, new_message_id, server, texts};
use crate::support::dynamodb::TABLE;

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_shows_the_beginning_of_the_message_as_it_is_now_at_any_distance() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let long = "🎈".repeat(QUOTE_LEN_MAX + 1);
    let original = server.send(&ana(), conversation, &long).await;
    let near = server.reply(&ben(), (conversation, &original), "near").await;
    for n in 0..45 {
        server.send(&ben(), conversation, &format!("{n}")).await;
    }
    let far = server.reply(&ben(), (conversation, &original), "far").await;
    let nested = server.reply(&ana(), (conversation, &far), "nested").await;
    assert_eq!(nested.quote.as_ref().expect("a quote").text.as_deref(), Some("far"));
    let quotes = async || {
        let history = server.history(&ana(), conversation).await;
        let of = |id| history.iter().find(|it| it.id == id).and_then(|it| it.quote.clone()).expect("a quote");
        let [one, other] = [of(near.id), of(far.id)];
        assert_eq!(one, other);
        assert_eq!((one.message.id, &one.message.sent_at, one.author), (original.id, &original.sent_at, ana().id));
        (one.text, one.version)
    };
    assert_eq!(quotes().await, (Some("🎈".repeat(QUOTE_LEN_MAX)), TextVersion::default()));
    server.edit(&ana(), (conversation, &original), "short").await;
    assert_eq!(quotes().await, (Some("short".to_owned()), TextVersion::edited(1)));
    server.delete(&ana(), (conversation, &original)).await;
    assert_eq!(quotes().await, (None, TextVersion::DELETED));
    for row in server.rows().await.iter().filter_map(MessageRow::from_item).filter(|row| row.id == near.id) {
        let reply_to = row.reply_to.expect("a reference");
        assert_eq!((reply_to.message_uuid, reply_to.user_uuid), (original.id, ana().id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_deleted_while_its_answer_was_written_can_be_answered() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let original = server.send(&ana(), conversation, "question").await;
    server.delete(&ana(), (conversation, &original)).await;
    let id = new_message_id();
    let answer = server.try_reply(&ben(), (conversation, &original), id, "answer").await.expect("sent");
    let quote = answer.quote.as_ref().expect("a quote");
    assert_eq!((quote.message.id, &quote.text, quote.version), (original.id, &None, TextVersion::DELETED));
    let again = server.try_reply(&ben(), (conversation, &original), id, "answer").await.expect("sent once");
    assert_eq!(again, answer);
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["hello", "", "answer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quote_of_a_row_that_is_gone_says_deleted() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let original = server.send(&ana(), conversation, "question").await;
    let answer = server.reply(&ben(), (conversation, &original), "answer").await;
    for row in server.rows().await {
        if MessageRow::from_item(&row).is_some_and(|row| row.id == original.id) {
            let key = ["pk", "sk"].map(|name| (name.to_owned(), row[name].clone()));
            let delete = server.table.client().delete_item().table_name(TABLE).set_key(Some(key.into()));
            delete.send().await.expect("deleted");
        }
    }
    let history = server.history(&ana(), conversation).await;
    let quote = history[1].quote.as_ref().expect("a quote");
    assert_eq!((history[1].id, &quote.message, quote.author), (answer.id, &original.reference(), ana().id));
    assert_eq!((&quote.text, quote.version), (&None, TextVersion::DELETED));
    // Its author may delete the answer, whose reference goes, too.
    let deleted = server.delete(&ben(), (conversation, &answer)).await;
    assert_eq!(deleted.quote, None);
}
