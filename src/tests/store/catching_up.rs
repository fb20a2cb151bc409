//! Catching up with changes: by revisions, and by reloading where revisions have expired.

use cruddur_messages::domain::changes::{CHANGES_MAX, Changes};
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::Message;
use cruddur_messages::server::store::dynamodb::table::{Key, SortTime};

use super::fixtures::{Server, ana, ben, server};
use crate::support::dynamodb::TABLE;

async fn changes_after(server: &Server, conversation: conversation::Id, rev: u64) -> Changes {
    let membership = server.membership(&ben(), conversation).await;
    let mut changes = server.messages.changes_after(&membership, rev).await.expect("changes");
    changes.messages.sort_by(|one, other| one.sent_at.cmp(&other.sent_at));
    changes
}

/// Deletes the row of a revision, as DynamoDB does when it has expired.
async fn expire(server: &Server, conversation: conversation::Id, rev: u64) {
    let key = Key::Revision(conversation, rev).item();
    server.table.client().delete_item().table_name(TABLE).set_key(Some(key)).send().await.expect("deleted");
}

fn stored(message: &Message) -> SortTime {
    SortTime::stored(message.sent_at.as_str()).expect("a time")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_changed_message_is_returned_once_and_as_it_is_now() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    assert_eq!(
        changes_after(&server, conversation, 0).await,
        Changes { messages: Vec::new(), rev: 0, has_more: false, is_trimmed: false }
    );
    let one = server.send(&ana(), conversation, "one").await;
    let two = server.send(&ana(), conversation, "two").await;
    server.edit(&ana(), (conversation, &one), "edited").await;
    server.react(&ben(), (conversation, &two), "👍", true).await;
    server.react(&ben(), (conversation, &one), "👍", true).await;
    let answer = server.reply(&ben(), (conversation, &one), "an answer").await;
    server.delete(&ana(), (conversation, &one)).await;
    server.react(&ana(), (conversation, &answer), "👍", true).await;

    let history = server.history(&ben(), conversation).await;
    assert!(history[3].quote.as_ref().expect("a quote").version.is_deleted());
    for (rev, expected) in [(0, &history[1..]), (1, &history[1..]), (3, &[history[1].clone(), history[3].clone()][..])]
    {
        let changes = changes_after(&server, conversation, rev).await;
        assert_eq!((changes.messages.as_slice(), changes.rev), (expected, 5), "after {rev}");
        assert!(!changes.has_more && !changes.is_trimmed);
    }
    assert_eq!(changes_after(&server, conversation, 4).await.messages, history[3..]);
    assert_eq!(changes_after(&server, conversation, 5).await.messages, []);
    let newer = changes_after(&server, conversation, 6).await;
    assert!(newer.is_trimmed && newer.rev == 5, "a revision that the conversation has not had: {newer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_missing_revision_is_noticed() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let message = server.send(&ana(), conversation, "one").await;
    const COUNT: u64 = 5;
    let mut rows = Vec::new();
    for rev in 1..=COUNT {
        server.react(&ben(), (conversation, &message), &format!("emoji {rev}"), true).await;
        rows.push(server.table.get(&Key::Revision(conversation, rev)).await.expect("an answer").expect("a row"));
    }
    for subset in 0..1_u64 << COUNT {
        let is_there = |rev: u64| subset >> (rev - 1) & 1 == 1;
        for rev in 1..=COUNT {
            expire(&server, conversation, rev).await;
        }
        server.put((1..=COUNT).filter(|rev| is_there(*rev)).map(|rev| rows[rev as usize - 1].clone())).await;
        for after in 0..=COUNT {
            let changes = changes_after(&server, conversation, after).await;
            let is_whole = (after + 1..=COUNT).all(is_there);
            assert_eq!(changes.is_trimmed, !is_whole, "{subset:b} after {after}: {changes:?}");
            assert_eq!(changes.rev, COUNT);
            assert_eq!(changes.messages.is_empty(), changes.is_trimmed || after == COUNT);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_changes_come_in_parts() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    let mut messages = Vec::new();
    for n in 0..30 {
        messages.push(server.send(&ana(), conversation, &format!("{n}")).await);
    }
    let count = 2 * CHANGES_MAX as u64 + 20;
    for n in 0..count {
        let message = &messages[n as usize * 7 % 30];
        server.react(&ben(), (conversation, message), &format!("emoji {}", n / 60), (n / 30) % 2 == 0).await;
    }
    let (mut rev, mut calls) = (0, 0);
    loop {
        let changes = changes_after(&server, conversation, rev).await;
        assert!(!changes.is_trimmed && changes.messages.len() <= 30);
        (rev, calls) = (changes.rev, calls + 1);
        if !changes.has_more {
            break;
        }
    }
    assert_eq!((rev, calls), (count, 3));
    // A hole in a later part shows itself there.
    expire(&server, conversation, 150).await;
    assert!(!changes_after(&server, conversation, 0).await.is_trimmed);
    assert!(changes_after(&server, conversation, 100).await.is_trimmed);
    assert!(!changes_after(&server, conversation, 150).await.is_trimmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_messages_between_two_times_are_reloaded() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "0").await;
    for n in 1..=310 {
        server.send(&ana(), conversation, &format!("{n}")).await;
    }
    let all = server.history(&ben(), conversation).await;
    server.react(&ben(), (conversation, &all[7]), "👍", true).await;
    let membership = server.membership(&ben(), conversation).await;
    let between = async |from: usize, to: usize| {
        let (from, to) = (stored(&all[from]), stored(&all[to]));
        server.messages.between(&membership, &from, &to).await.expect("a page")
    };
    for (from, to) in [(0, 0), (5, 9), (3, 302), (310, 310)] {
        let page = between(from, to).await;
        let ids: Vec<_> = page.items.iter().map(|message| message.id).collect();
        assert_eq!(ids, all[from..=to].iter().map(|message| message.id).collect::<Vec<_>>());
        assert_eq!((page.rev, page.newer), (1, None), "{from} to {to}");
    }
    assert_eq!(between(5, 9).await.items[2].reactions.len(), 1);
    let whole = between(0, 310).await;
    assert_eq!((whole.items.len(), whole.newer.is_some()), (300, true));
    assert_eq!(between(9, 5).await.items, []);
}
