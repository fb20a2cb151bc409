//! First reads of a request in a conversation: the steps that they take, and that nothing is missing from them.

use cruddur_messages::domain::conversation::{self, Members};
use cruddur_messages::domain::emoji::Emoji;
use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::message::{Message, MessageRef};
use cruddur_messages::domain::page::{Cursor, PAGE_SIZE, Page};
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::inbox::InboxUpdates;
use cruddur_messages::server::store::dynamodb::messages::Messages;
use cruddur_messages::server::store::dynamodb::rows::Head;
use cruddur_messages::server::store::dynamodb::table::SortTime;
use cruddur_messages::server::store::dynamodb::visits::{Visit, Wanted, WantedCursors};
use cruddur_messages::server::store::postgres::users::Users;
use time::macros::datetime;

use super::fixtures::{Server, ana, ben, body, cy, new_message_id, server, texts};
use crate::support::admin_code::capacity::{Meter, metered};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::fault_proxy::FaultProxy;
use crate::support::postgres::Database;
use crate::support::series::{Series, in_series};

/// Answer to a request: the page, and the receipts of the other member.
struct Opened {
    page: Page<Message>,
    newest: u64,
    peer_has_read: u64,
}

/// Opens a conversation as a page does; `None` if the user is no member.
async fn open(server: &Server, me: &User, conversation: conversation::Id) -> Option<Opened> {
    try_open(server, me, conversation, Wanted::Opening).await.expect("an answer")
}

async fn try_open(
    server: &Server,
    me: &User,
    conversation: conversation::Id,
    wanted: Wanted<'_>,
) -> Result<Option<Opened>, Failure> {
    let visit = server.messages.visit(me.id, conversation, wanted, WantedCursors::OfMembers).await?;
    let Some(Visit { membership, cursors, messages }) = visit else { return Ok(None) };
    let others = membership.others();
    let (page, receipts) = tokio::try_join!(
        server.messages.visited_page(&membership, &cursors, messages),
        server.conversations.receipts(&membership, &others, &cursors)
    )?;
    let peer_has_read = receipts.of_all().map_or(0, |receipts| receipts.read);
    Ok(Some(Opened { page, newest: membership.newest_seq(), peer_has_read }))
}

/// Starts a server that is measured, and one on the same table that is not.
async fn measured() -> (DynamoDb, Server, Server, Meter, Series) {
    let (dynamodb, other) = server().await;
    let (client, meter) = metered(other.table.client());
    let (client, series) = in_series(&client, &dynamodb);
    (dynamodb, Server::new(Table::new(client, TABLE)), other, meter, series)
}

/// Starts a server behind a proxy that holds requests, and one without.
async fn held() -> (DynamoDb, FaultProxy, Server, Server) {
    let (dynamodb, other) = server().await;
    let proxy = FaultProxy::start(&dynamodb).await;
    let server = Server::new(Table::new(proxy.client().await, TABLE));
    (dynamodb, proxy, server, other)
}

/// Starts a conversation with more messages than a page has, all of which have been read.
async fn long_conversation(server: &Server) -> (conversation::Id, Vec<Message>) {
    let conversation = server.start(&ana(), &ben(), "1").await;
    let mut messages = server.history(&ana(), conversation).await;
    for n in 2..=30 {
        messages.push(server.send(&ana(), conversation, &format!("{n}{}", "x".repeat(98))).await);
    }
    let membership = server.membership(&ben(), conversation).await;
    server.conversations.mark_read(&membership, 30).await.expect("read");
    (conversation, messages)
}

fn ends(page: &Page<Message>) -> (u64, u64) {
    let seq = |message: Option<&Message>| message.map_or(0, |message| message.seq);
    (seq(page.items.first()), seq(page.items.last()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_conversation_opens_in_one_step_and_an_unknown_one_in_two() {
    let (_dynamodb, server, other, meter, series) = measured().await;
    let (conversation, _) = long_conversation(&other).await;

    let opened = open(&server, &ana(), conversation).await.expect("a member");
    assert_eq!((ends(&opened.page), opened.newest, opened.peer_has_read), ((11, 30), 30, 30));
    let consumed = meter.take();
    assert_eq!((series.take(), consumed.calls, consumed.read_units()), (2, 3, 5.0), "{consumed:?}");

    let again = open(&server, &ana(), conversation).await.expect("a member");
    assert_eq!((again.page, again.peer_has_read), (opened.page, 30));
    let consumed = meter.take();
    assert_eq!((series.take(), consumed.calls, consumed.read_units()), (1, 2, 5.0), "{consumed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newest_page_is_read_once_until_something_is_sent_or_changed() {
    let (_dynamodb, server, other, meter, series) = measured().await;
    let server = Server::with_users(server.table, Users::new(Database::fresh().await.pool));
    let (conversation, messages) = long_conversation(&other).await;
    server.conversations.list(cy().id, None).await.expect("the table has been migrated");
    let first = open(&server, &ana(), conversation).await.expect("a member").page;
    meter.take();
    series.take();
    for reader in [ana(), ben()] {
        let opened = open(&server, &reader, conversation).await.expect("a member");
        let consumed = meter.take();
        assert_eq!((series.take(), consumed.calls, consumed.read_units()), (1, 1, 3.0), "{consumed:?}");
        assert_eq!(opened.page, first);
    }
    assert!(open(&server, &cy(), conversation).await.is_none(), "a stranger");

    let last = &messages[29];
    let answer = other.reply(&ben(), (conversation, last), "an answer").await;
    let opened = open(&server, &ana(), conversation).await.expect("a member");
    assert_eq!((opened.page.items.last(), opened.newest), (Some(&answer), 31));
    other.delete(&ana(), (conversation, last)).await;
    for _ in 0..2 {
        let opened = open(&server, &ana(), conversation).await.expect("a member").page;
        assert_eq!((opened.rev, opened.items[18].is_deleted()), (1, true));
        let quote = opened.items[19].quote.as_ref().expect("a quote");
        assert_eq!(quote.text, None, "the page keeps no text of a deleted message");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_old_table_or_with_messages_of_the_old_app_is_always_read() {
    let (_dynamodb, server, other, meter, _) = measured().await;
    let (conversation, messages) = long_conversation(&other).await;
    for _ in 0..2 {
        open(&server, &ana(), conversation).await.expect("a member");
    }
    meter.take();
    open(&server, &ana(), conversation).await.expect("a member");
    assert_eq!(meter.take().calls, 2, "it is not known whether the old app writes to the table");

    let server = Server::with_users(server.table, Users::new(Database::fresh().await.pool));
    server.conversations.list(cy().id, None).await.expect("the table has been migrated");
    let mut item = other.stored_messages().await.into_iter().find(|row| row.id == messages[29].id).expect("it").item();
    item.remove("seq");
    other.put([item]).await;
    meter.take();
    for _ in 0..2 {
        open(&server, &ana(), conversation).await.expect("a member");
        assert_eq!(meter.take().calls, 2, "its number is still to come");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_catch_ups_of_a_known_conversation_take_one_step() {
    let (_dynamodb, server, other, _, series) = measured().await;
    let (conversation, messages) = long_conversation(&other).await;
    server.membership(&ana(), conversation).await;
    series.take();
    let (newest, before) = (Cursor::newest(), Cursor::before(&messages[9].sent_at));
    let after = SortTime::stored(messages[9].sent_at.as_str()).expect("a time");
    for (wanted, expected) in [
        (Wanted::Page(&newest), (11, 30)),
        (Wanted::Page(&before), (1, 9)),
        (Wanted::After(Some(&after)), (11, 30)),
        (Wanted::After(None), (1, 30)),
    ] {
        let visit = server.messages.visit(ana().id, conversation, wanted, WantedCursors::None).await;
        let Visit { membership, cursors, messages } = visit.expect("an answer").expect("a member");
        let page = server.messages.visited_page(&membership, &cursors, messages).await.expect("a page");
        assert_eq!((ends(&page), series.take()), (expected, 1), "{wanted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_unread_messages_than_a_page_has_take_a_second_step() {
    let (_dynamodb, server, other, _, series) = measured().await;
    let (conversation, _) = long_conversation(&other).await;
    open(&server, &ben(), conversation).await.expect("a member");
    for n in 31..=60 {
        other.send(&ana(), conversation, &format!("{n}")).await;
    }
    server.membership(&ben(), conversation).await;
    series.take();
    let opened = open(&server, &ben(), conversation).await.expect("a member");
    assert_eq!((ends(&opened.page), series.take()), ((28, 60), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn own_messages_and_changes_leave_a_conversation_known() {
    let (_dynamodb, server, other, _, series) = measured().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    series.take();
    open(&server, &ana(), conversation).await.expect("a member");
    assert_eq!(series.take(), 1, "it has just been started here");
    let sent = server.send(&ana(), conversation, "more").await;
    server.react(&ben(), (conversation, &sent), "👍", true).await;
    series.take();
    let opened = open(&server, &ben(), conversation).await.expect("a member");
    assert_eq!((texts(&opened.page.items), opened.page.rev, series.take()), (vec!["hello", "more"], 1, 1));

    other.send(&ben(), conversation, "from elsewhere").await;
    let opened = open(&server, &ana(), conversation).await.expect("a member");
    assert_eq!((ends(&opened.page), series.take()), ((1, 3), 1), "the page has the newest message of the head");
    other.react(&ben(), (conversation, &sent), "🎉", true).await;
    let opened = open(&server, &ana(), conversation).await.expect("a member");
    assert_eq!((opened.page.rev, opened.page.items[1].reactions.len(), series.take()), (2, 2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_after_the_page_and_before_the_head_is_on_the_page() {
    let (_dynamodb, proxy, server, other) = held().await;
    let (conversation, messages) = long_conversation(&other).await;
    let last = messages.last().expect("a message");
    open(&server, &ben(), conversation).await.expect("a member");
    proxy.take_answers();
    proxy.hold_operation("BatchGetItem");
    let reader = ben();
    let (opened, ()) = tokio::join!(open(&server, &reader, conversation), async {
        // The page has been read, and the head has not.
        proxy.until_held_and_answered(1, 1).await;
        other.edit(&ana(), (conversation, last), "edited").await;
        other.send(&ana(), conversation, "more").await;
        proxy.release();
    });
    let opened = opened.expect("a member");
    assert_eq!((opened.newest, opened.page.rev), (31, 1));
    let newest: Vec<_> = texts(&opened.page.items).into_iter().rev().take(2).collect();
    assert_eq!(newest, ["more", "edited"], "the page shows all changes up to its revision");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_after_the_head_and_before_the_page_does_not_raise_its_revision() {
    let (_dynamodb, proxy, server, other) = held().await;
    let (conversation, messages) = long_conversation(&other).await;
    let last = messages.last().expect("a message");
    open(&server, &ben(), conversation).await.expect("a member");
    proxy.take_answers();
    proxy.hold_operation("Query");
    let reader = ben();
    let (opened, ()) = tokio::join!(open(&server, &reader, conversation), async {
        // The head has been read, and the page has not.
        proxy.until_held_and_answered(1, 1).await;
        other.edit(&ana(), (conversation, last), "edited").await;
        proxy.release();
    });
    let opened = opened.expect("a member");
    assert_eq!((opened.page.rev, texts(&opened.page.items).last().copied()), (0, Some("edited")));
    let membership = server.membership(&ben(), conversation).await;
    let changes = server.messages.changes_after(&membership, opened.page.rev).await.expect("changes");
    assert_eq!(texts(&changes.messages), ["edited"], "a catch-up brings it again");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_sent_after_a_catch_up_was_read_and_before_the_head_are_in_it() {
    let (_dynamodb, proxy, server, other) = held().await;
    let (conversation, messages) = long_conversation(&other).await;
    open(&server, &ben(), conversation).await.expect("a member");
    proxy.take_answers();
    let after = SortTime::stored(messages[27].sent_at.as_str()).expect("a time");
    proxy.hold_operation("BatchGetItem");
    let reader = ben();
    let (opened, ()) = tokio::join!(try_open(&server, &reader, conversation, Wanted::After(Some(&after))), async {
        proxy.until_held_and_answered(1, 1).await;
        other.send(&ana(), conversation, "more").await;
        proxy.release();
    });
    let opened = opened.expect("an answer").expect("a member");
    assert_eq!((opened.newest, ends(&opened.page)), (31, (29, 31)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_conversation_shows_nothing_to_strangers_and_former_members() {
    let (_dynamodb, server, other, ..) = measured().await;
    let (conversation, messages) = long_conversation(&other).await;
    open(&server, &ana(), conversation).await.expect("a member");
    assert!(open(&server, &cy(), conversation).await.is_none(), "a stranger");
    for cursor in [Cursor::newest(), Cursor("broken".to_owned())] {
        let answer = try_open(&server, &cy(), conversation, Wanted::Page(&cursor)).await;
        assert!(answer.expect("an answer").is_none(), "not even whether a cursor is valid");
    }

    // The members of a group can change, and another server has changed them.
    let last = SortTime::stored(messages[29].sent_at.as_str()).expect("a time");
    let group = |members: &[User]| {
        Head::group(Members::new(members.iter().map(|it| it.id)).expect("members"), 30, last.clone())
    };
    other.put([group(&[ana(), cy()]).item(conversation)]).await;
    open(&server, &cy(), conversation).await.expect("a member");
    other.put([group(&[ana(), ben()]).item(conversation)]).await;
    assert!(open(&server, &cy(), conversation).await.is_none(), "a former member");
    open(&server, &ben(), conversation).await.expect("a new member");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_restored_is_read_as_it_is() {
    let (_dynamodb, server, other, ..) = measured().await;
    let (conversation, messages) = long_conversation(&other).await;
    other.react(&ana(), (conversation, &messages[29]), "👍", true).await;
    open(&server, &ana(), conversation).await.expect("a member");
    let at = SortTime::from(datetime!(2026-11-21 9:26 UTC));
    other.put([Head::direct([ana().id, ben().id], 30, at).expect("two members").item(conversation)]).await;
    let opened = open(&server, &ana(), conversation).await.expect("a member");
    assert_eq!((opened.page.rev, opened.page.items.len()), (0, PAGE_SIZE));
    let reference = MessageRef { id: messages[29].id, sent_at: messages[29].sent_at.clone() };
    assert_eq!(opened.page.items[19].reference(), reference);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_in_two_steps_and_one_that_names_another_in_three() {
    let (_dynamodb, server, other, meter, series) = measured().await;
    let (conversation, sent) = long_conversation(&other).await;
    // The updates that follow are not waited for in the web server, so they are not counted.
    let messages = Messages::new(server.table.clone()).with_updates(InboxUpdates::inline(other.table.clone()));

    let access = server.write_access(&ben(), conversation).await;
    messages.append(&access, &ben(), new_message_id(), &body("no answer"), None).await.expect("sent");
    let consumed = meter.take();
    assert_eq!((series.take(), consumed.calls), (2, 2), "the head, and the transaction");

    let answered = sent[3].reference();
    let found = messages.membership_with_message(ben().id, conversation, answered.clone()).await.expect("an answer");
    let (membership, found) = found.expect("a member");
    let access = server.conversations.write_access(membership).await.expect("a right to write");
    let answer = messages.append(&access, &ben(), new_message_id(), &body("answer"), Some(found)).await.expect("sent");
    let consumed = meter.take();
    assert_eq!((series.take(), consumed.calls, consumed.read_units()), (3, 3, 3.0), "and the quote: {consumed:?}");
    assert_eq!(answer.quote.as_ref().map(|quote| &quote.message), Some(&answered));

    let found = messages.membership_with_message(ben().id, conversation, answer.reference()).await.expect("an answer");
    let (membership, found) = found.expect("a member");
    let access = server.conversations.write_access(membership).await.expect("a right to write");
    messages.react(&access, found, &Emoji::stored("👍".to_owned()), true).await.expect("a reaction");
    assert_eq!((series.take(), meter.take().calls), (3, 3), "a reaction, and the quote of the message");

    let refused = messages.membership_with_message(cy().id, conversation, answered).await.expect("an answer");
    assert!(refused.is_none(), "a stranger");
    let unknown = MessageRef { id: new_message_id(), sent_at: sent[3].sent_at.clone() };
    let found = messages.membership_with_message(ben().id, conversation, unknown).await.expect("an answer");
    let (_, found) = found.expect("a member");
    let refused = messages.append(&access, &ben(), new_message_id(), &body("to nothing"), Some(found)).await;
    assert!(matches!(refused, Err(Failure::Public(AppError::NotFound))), "{refused:?}");
}
