//! Blocks: once one is acknowledged, no message, edit or reaction of either user is stored, on any server.

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation::{self, Members};
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::message::TextVersion;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::rows::{Block, Head, InboxRow, MessageRow, NamedUser, NamesAtBlock};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, SortTime};
use cruddur_messages::server::store::postgres::users::Users;
use time::macros::datetime;
use uuid::Uuid;

use super::fixtures::{Server, ana, ben, body, cy, new_message_id, new_user, server, texts};
use crate::support::items;
use crate::support::postgres::Database;

impl Server {
    async fn set_block(&self, me: &User, peer: &User, on: bool) -> Vec<conversation::Id> {
        self.conversations.set_block(me, peer, on).await.expect("the block is changed")
    }

    async fn blockers(&self, me: &User) -> Vec<User> {
        let found = self.conversations.blockers(me.id).await.expect("blocks");
        [ana(), ben(), cy()].into_iter().filter(|user| found.contains(&user.id)).collect()
    }

    /// Returns the rows of all blocks.
    async fn blocks(&self) -> Vec<Block> {
        self.rows().await.iter().filter_map(Block::from_item).collect()
    }
}

fn assert_undeliverable<T: std::fmt::Debug>(result: Result<T, Failure>, what: &str) {
    let is_refused = matches!(&result, Err(Failure::Public(AppError::Conflict(Conflict::Undeliverable))));
    assert!(is_refused, "{what}: {result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_refuses_messages_edits_and_reactions_of_both_on_every_server_until_it_is_removed() {
    let (dynamodb, server) = server().await;
    let other = server.second_server(&dynamodb);
    let conversation = server.start(&ana(), &ben(), "first").await;
    let hers = server.send(&ana(), conversation, "hers").await;
    let his = other.send(&ben(), conversation, "his").await;
    assert_eq!(server.set_block(&ana(), &ben(), true).await, [conversation]);
    let before = server.membership(&ana(), conversation).await;
    for (server, me, own) in [(&server, ana(), &hers), (&other, ben(), &his), (&other, ana(), &hers)] {
        let me = &me;
        assert_undeliverable(server.try_send(me, conversation, new_message_id(), "x").await, "a message");
        assert_undeliverable(
            server.try_reply(me, (conversation, &his), new_message_id(), "x").await,
            "an answer to a message",
        );
        let peer = if me.id == ana().id { ben() } else { ana() };
        assert_undeliverable(server.try_start(me, &peer, new_message_id(), "x").await, "a first message");
        assert_undeliverable(server.try_edit(me, (conversation, own), 0, "x").await, "an edit");
        assert_undeliverable(server.try_react(me, (conversation, &his), "👍", true).await, "a reaction");
    }
    let after = server.membership(&ben(), conversation).await;
    assert_eq!((after.newest_seq(), after.rev()), (before.newest_seq(), before.rev()));
    assert!(after.is_blocked() && !after.has_blocked() && before.has_blocked());
    other.delete(&ben(), (conversation, &his)).await;
    assert_eq!(texts(&other.history(&ben(), conversation).await), ["first", "hers", ""], "both can read and delete");

    server.set_block(&ana(), &ben(), false).await;
    other.send(&ben(), conversation, "again").await;
    other.edit(&ana(), (conversation, &hers), "hers, edited").await;
    server.react(&ben(), (conversation, &hers), "👍", true).await;
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["first", "hers, edited", "", "again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_made_the_right_to_write_before_the_block_stores_nothing_after_it() {
    let (dynamodb, server) = server().await;
    let other = server.second_server(&dynamodb);
    let conversation = server.start(&ana(), &ben(), "first").await;
    let message = server.send(&ben(), conversation, "his").await;
    let access = other.write_access(&ben(), conversation).await;
    let to_ana = other.conversations.direct_access(&ben(), &ana()).await.expect("a right to start");
    server.set_block(&ana(), &ben(), true).await;
    let reference = message.reference();
    let sent = other.messages.append(&access, &ben(), new_message_id(), &body("late"), None).await;
    assert_undeliverable(sent, "a message");
    assert_undeliverable(other.messages.edit(&access, &reference, 0, &body("late")).await, "an edit");
    let started = other.conversations.start(&to_ana, new_message_id(), &body("late")).await;
    assert_undeliverable(started, "a first message");
    server.assert_nowhere(&["late"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_gets_its_first_result_after_a_block() {
    let (_dynamodb, server) = server().await;
    let (first, second) = (new_message_id(), new_message_id());
    let started = server.try_start(&ana(), &ben(), first, "first").await.expect("started");
    let conversation = started.conversation;
    let sent = server.try_send(&ana(), conversation, second, "second").await.expect("sent");
    let edited = server.edit(&ana(), (conversation, &sent), "edited").await;
    server.react(&ana(), (conversation, &sent), "👍", true).await;
    server.set_block(&ben(), &ana(), true).await;
    let again = server.try_start(&ana(), &ben(), first, "first").await.expect("the first result");
    assert_eq!((again.conversation, again.message.id), (conversation, first));
    assert_eq!(server.try_send(&ana(), conversation, second, "second").await.expect("the first result").id, second);
    assert_eq!(server.try_edit(&ana(), (conversation, &sent), 0, "edited").await.expect("it").edits, edited.edits);
    server.try_react(&ana(), (conversation, &edited), "👍", true).await.expect("the first result");
    assert_undeliverable(server.try_send(&ana(), conversation, new_message_id(), "second").await, "another message");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_without_a_conversation_cannot_start_one_while_there_is_a_block() {
    let (_dynamodb, server) = server().await;
    assert!(server.set_block(&ana(), &ben(), true).await.is_empty());
    for (me, peer) in [(ana(), ben()), (ben(), ana())] {
        assert_undeliverable(server.try_start(&me, &peer, new_message_id(), "hello").await, "a first message");
    }
    server.start(&ben(), &cy(), "to somebody else").await;
    assert!(server.conversations.has_blocked(ana().id, ben().id).await.expect("an answer"));
    assert!(!server.conversations.has_blocked(ben().id, ana().id).await.expect("an answer"));
    server.set_block(&ana(), &ben(), false).await;
    server.start(&ben(), &ana(), "hello").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_two_users_removes_only_their_own_block() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "first").await;
    for (me, peer) in [(ana(), ben()), (ben(), ana()), (ana(), ben())] {
        server.set_block(&me, &peer, true).await;
    }
    assert_eq!((server.blockers(&ana()).await, server.blockers(&ben()).await), (vec![ben()], vec![ana()]));
    server.set_block(&ana(), &ben(), false).await;
    assert_eq!((server.blockers(&ana()).await, server.blockers(&ben()).await), (vec![ben()], vec![]));
    for me in [ana(), ben()] {
        assert_undeliverable(server.try_send(&me, conversation, new_message_id(), "x").await, "a message");
    }
    server.set_block(&ben(), &ana(), false).await;
    server.set_block(&ben(), &ana(), false).await;
    server.send(&ana(), conversation, "second").await;
    assert!(server.blocks().await.iter().all(|block| !block.is_active()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_in_the_head_and_in_a_row_of_each_of_the_two() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "first").await;
    server.set_block(&ben(), &ana(), true).await;
    let names = NamesAtBlock::of([&ana(), &ben()]);
    let block = |owner: User, peer: User| Block {
        owner: owner.id,
        peer: peer.id,
        blocked_by: vec![ben().id],
        names: names.clone(),
    };
    let mut blocks = server.blocks().await;
    blocks.sort_unstable_by_key(|block| block.owner);
    assert_eq!(blocks, [block(ana(), ben()), block(ben(), ana())]);
    let rows = server.rows().await;
    let row = |key: Key| rows.iter().find(|row| Key::of(row) == Some(key.clone())).expect("a row");
    let head = Head::from_item(row(Key::Head(conversation))).expect("a head");
    assert!(head.is_blocked_by(ben().id) && !head.is_blocked_by(ana().id));
    let names = |row: &Item| items::json(row).as_object().expect("a row").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(row(Key::Block(ana().id, ben().id))), ["blocked_at", "blocked_by", "names_at_block", "pk", "sk"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_names_at_a_block_are_those_of_the_first_one_and_are_removed_with_the_last() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "first").await;
    let (new_ana, new_ben) = (new_user(1, "ana.new", "Ana N."), new_user(2, "ben.new", "Ben N."));
    let shown = async || {
        let membership = server.membership(&ana(), conversation).await;
        (membership.as_shown(new_ben.clone()), membership.as_shown(new_ana.clone()))
    };
    let names = async || server.blocks().await.into_iter().map(|block| block.names).collect::<Vec<_>>();
    assert_eq!(shown().await, (new_ben.clone(), new_ana.clone()));
    server.set_block(&ana(), &ben(), true).await;
    server.set_block(&new_ben, &new_ana, true).await;
    assert_eq!(shown().await, (ben(), new_ana.clone()), "her own names are the current ones");
    server.set_block(&new_ana, &new_ben, false).await;
    assert_eq!(shown().await, (ben(), new_ana.clone()));
    assert_eq!(names().await, [NamesAtBlock::of([&ana(), &ben()]), NamesAtBlock::of([&ana(), &ben()])]);
    server.set_block(&new_ben, &new_ana, false).await;
    assert_eq!(shown().await, (new_ben.clone(), new_ana.clone()));
    assert_eq!(names().await, [NamesAtBlock::default(), NamesAtBlock::default()]);
    server.set_block(&new_ben, &new_ana, true).await;
    assert_eq!(shown().await.0, new_ben);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_of_an_earlier_version_has_no_names_and_a_head_that_is_created_after_a_block_has_them() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &cy(), "first").await;
    let mut head = server.table.get(&Key::Head(conversation)).await.expect("an answer").expect("a head");
    head.insert("blocked_by".to_owned(), AttributeValue::Ss(vec![ana().id.to_string()]));
    server.put([head]).await;
    let new_cy = new_user(3, "cy.new", "Cy N.");
    let membership = server.membership(&ana(), conversation).await;
    assert!(membership.is_blocked());
    assert_eq!(membership.as_shown(new_cy.clone()), new_cy);

    server.set_block(&ana(), &ben(), true).await;
    let (legacy, rows) = legacy_rows(1);
    server.put(rows).await;
    let membership = server.membership(&ana(), legacy).await;
    assert_eq!(membership.as_shown(new_user(2, "ben.new", "Ben N.")), ben());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_with_more_blocks_than_one_query_reads_finds_their_read_cursors() {
    let (_dynamodb, server) = server().await;
    let users = Users::new(Database::fresh().await.pool);
    let server = Server::with_users(server.table.clone(), users);
    let conversation = server.start(&ben(), &ana(), "first").await;
    server.conversations.mark_read(&server.membership(&ana(), conversation).await, 1).await.expect("read");
    let mut blocks = Vec::new();
    for n in 0..600 {
        let mut row = Key::Block(ana().id, new_user(1_000 + n, "x", "X").id).item();
        row.insert("blocked_by".to_owned(), AttributeValue::Ss(vec![ana().id.to_string()]));
        blocks.push(row);
    }
    server.put(blocks).await;
    let list = server.conversations.list(ana().id, None).await.expect("a list").items;
    assert_eq!(list.iter().map(|it| it.unread()).collect::<Vec<_>>(), [0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_with_a_block_are_not_notified_of_presence() {
    let (_dynamodb, server) = server().await;
    let with_ben = server.start(&ana(), &ben(), "hello").await;
    let with_cy = server.start(&ana(), &cy(), "hello").await;
    let peers = async |me: &User| {
        let recent = server.conversations.recent_peers(me.id).await.expect("peers");
        let watched = server.conversations.peers_in(me.id, &[with_ben, with_cy]).await.expect("peers");
        assert_eq!(recent.len(), watched.len());
        recent
    };
    server.set_block(&ben(), &ana(), true).await;
    assert_eq!((peers(&ana()).await, peers(&ben()).await), (vec![cy().id], vec![]));
    server.set_block(&ben(), &ana(), false).await;
    assert_eq!((peers(&ana()).await.len(), peers(&ben()).await), (2, vec![ana().id]));
}

/// Rows of a conversation of the old app, without a head: the members' inbox rows and a message.
fn legacy_rows(n: u128) -> (conversation::Id, Vec<Item>) {
    let conversation = conversation::Id(Uuid::from_u128(n));
    let at = SortTime::stored(&format!("2023-01-{n:02}T09:26:28.207802")).expect("a time");
    let first = MessageRow::new(conversation, at, new_message_id(), ben(), "old".to_owned(), 0);
    let row = |owner: User, peer: User| InboxRow {
        owner: owner.id,
        at: first.at.clone(),
        conversation,
        named: NamedUser::Peer(peer),
        body: first.body.clone(),
        version: TextVersion::default(),
        seq: 0,
        last_author: None,
        unreadable: Default::default(),
    };
    (conversation, vec![row(ana(), ben()).item(), row(ben(), ana()).item(), first.item()])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_covers_all_conversations_that_the_old_app_has_started_between_the_two() {
    let (_dynamodb, server) = server().await;
    let ((first, one), (second, other)) = (legacy_rows(1), legacy_rows(2));
    server.put(one.into_iter().chain(other)).await;
    let mut found = server.set_block(&ana(), &ben(), true).await;
    found.sort_unstable();
    assert_eq!(found, [first, second]);
    let (third, later) = legacy_rows(3);
    server.put(later).await;
    for conversation in [first, second, third] {
        for me in [ana(), ben()] {
            assert_undeliverable(server.try_send(&me, conversation, new_message_id(), "x").await, "a message");
        }
    }
    server.set_block(&ana(), &ben(), false).await;
    for conversation in [first, second, third] {
        server.send(&ben(), conversation, "again").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_no_blocks() {
    let (_dynamodb, server) = server().await;
    let at = SortTime::from(datetime!(2026-11-21 9:26 UTC));
    let members = Members::new([ana().id, ben().id]).expect("members");
    let conversation = conversation::Id(Uuid::from_u128(7));
    server.put([Head::group(members, 0, at).item(conversation)]).await;
    assert!(server.set_block(&ana(), &ben(), true).await.is_empty());
    server.send(&ben(), conversation, "to the group").await;
}
