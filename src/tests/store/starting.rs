//! The first message between two people.

use std::collections::HashSet;

use cruddur_messages::domain::error::AppError;
use cruddur_messages::server::failure::Failure;
use futures::future::join_all;
use time::macros::datetime;

use super::{ana, ben, body, cy, new_message, server, server_at, texts};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_starts_of_one_pair_make_one_conversation_and_lose_no_message() {
    let (dynamodb, one) = server().await;
    let two = one.second(&dynamodb);
    let (ana, ben) = (ana(), ben());
    let starts = (0..64).map(|n| {
        let (server, me, other) = if n % 2 == 0 { (&one, &ana, &ben) } else { (&two, &ben, &ana) };
        async move { server.start(me, other, &format!("{n}")).await }
    });
    let talks: HashSet<_> = join_all(starts).await.into_iter().collect();

    let [talk] = talks.into_iter().collect::<Vec<_>>()[..] else { panic!("more than one conversation") };
    let messages = one.history(&ben, talk).await;
    let mut sent: Vec<u32> = texts(&messages).iter().map(|text| text.parse().expect("a number")).collect();
    sent.sort_unstable();
    assert_eq!(sent, (0..64).collect::<Vec<_>>());
    assert_eq!(messages.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=64).collect::<Vec<_>>());
    assert_eq!(two.stored_messages().await.len(), 64);
    for (me, other) in [(&ana, &ben), (&ben, &ana)] {
        assert_eq!(one.conversations.find_with(me.id, other.id).await.expect("an answer"), Some(talk));
        let [row] = &one.inbox(me).await[..] else { panic!("not one row for {}", me.handle) };
        assert_eq!((row.conversation, row.seq, row.with.id), (talk, 64, other.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_repeated_is_the_same_message_in_the_same_conversation() {
    let (_dynamodb, server) = server().await;
    let (id, hello) = (new_message(), body("hello"));
    let repeats =
        (0..16).map(|_| async { server.conversations.start(&ana(), &ben(), id, &hello).await.expect("started").0 });
    let talks = join_all(repeats).await;
    assert!(talks.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(texts(&server.history(&ana(), talks[0]).await), ["hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_starts_where_they_already_talk_appends() {
    let (_dynamodb, server) = server().await;
    let talk = server.start(&ana(), &ben(), "hello").await;
    assert_eq!(server.start(&ben(), &ana(), "hello yourself").await, talk);
    assert_eq!(texts(&server.history(&ana(), talk).await), ["hello", "hello yourself"]);
    assert_ne!(server.start(&ana(), &cy(), "hello").await, talk);
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_that_start_in_one_microsecond_do_not_overwrite_each_other() {
    let (_dynamodb, server, _clock) = server_at(datetime!(2026-11-21 9:26 UTC)).await;
    let with_ben = server.start(&ana(), &ben(), "hello").await;
    let with_cy = server.start(&ana(), &cy(), "hello").await;
    let found: HashSet<_> = server.inbox(&ana()).await.iter().map(|row| row.conversation).collect();
    assert_eq!(found, HashSet::from([with_ben, with_cy]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_starts_a_conversation_with_themselves() {
    let (_dynamodb, server) = server().await;
    let before = server.rows().await;
    let answer = server.conversations.start(&ana(), &ana(), new_message(), &body("hello")).await;
    assert!(matches!(answer, Err(Failure::Answer(AppError::Conflict(_)))), "{answer:?}");
    assert_eq!(server.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_never_talked_have_no_conversation() {
    let (_dynamodb, server) = server().await;
    server.start(&ana(), &ben(), "hello").await;
    assert_eq!(server.conversations.find_with(ana().id, cy().id).await.expect("an answer"), None);
}
