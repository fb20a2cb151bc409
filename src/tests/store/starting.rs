//! The first message between two users.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::rows::Pair;
use cruddur_messages::server::store::dynamodb::starting::NewGroup;
use futures::future::join_all;
use time::macros::datetime;
use uuid::Uuid;

use super::fixtures::{ana, ben, body, cy, new_message_id, server, server_with_clock, texts};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_starts_of_one_pair_make_one_conversation_and_lose_no_message() {
    let (dynamodb, one) = server().await;
    let two = one.second_server(&dynamodb);
    let (ana, ben) = (ana(), ben());
    // The first message is a request, and at most three messages of its sender precede the first of the other user.
    let start = async |n: u32| {
        let (server, me, other) = if n.is_multiple_of(2) { (&one, &ana, &ben) } else { (&two, &ben, &ana) };
        match server.try_start(me, other, new_message_id(), &format!("{n}")).await {
            Ok(sent) => Ok(sent.conversation),
            Err(Failure::Public(AppError::Conflict(Conflict::RequestPending))) => Err(n),
            Err(failure) => panic!("{failure:?}"),
        }
    };
    let answers = join_all((0..64).map(start)).await;
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.err()).collect();
    assert!(refused.iter().all(|n| n % 2 == refused[0] % 2), "only the sender of the request waits: {refused:?}");
    let repeats = join_all(refused.into_iter().map(start)).await;
    assert!(repeats.iter().all(Result::is_ok), "the request is accepted by now: {repeats:?}");
    let conversations: HashSet<_> = answers.into_iter().chain(repeats).flatten().collect();

    let [conversation] = conversations.into_iter().collect::<Vec<_>>()[..] else {
        panic!("more than one conversation")
    };
    let messages = one.history(&ben, conversation).await;
    let mut sent: Vec<u32> = texts(&messages).iter().map(|text| text.parse().expect("a number")).collect();
    sent.sort_unstable();
    assert_eq!(sent, (0..64).collect::<Vec<_>>());
    assert_eq!(messages.iter().map(|message| message.seq).collect::<Vec<_>>(), (1..=64).collect::<Vec<_>>());
    assert_eq!(two.stored_messages().await.len(), 64);
    for (me, peer) in [(&ana, &ben), (&ben, &ana)] {
        assert_eq!(one.conversations.find_direct(me.id, peer.id).await.expect("an answer"), Some(conversation));
        let [row] = &one.inbox(me).await[..] else { panic!("not one row for {}", me.handle_text()) };
        assert_eq!((row.conversation, row.seq, row.peer().map(|it| it.id)), (conversation, 64, Some(peer.id)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeating_a_start_returns_the_same_message_and_conversation() {
    let (_dynamodb, server) = server().await;
    let id = new_message_id();
    let repeats =
        (0..16).map(|_| async { server.try_start(&ana(), &ben(), id, "hello").await.expect("started").conversation });
    let conversations = join_all(repeats).await;
    assert!(conversations.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(texts(&server.history(&ana(), conversations[0]).await), ["hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_an_existing_conversation_appends_to_it() {
    let (_dynamodb, server) = server().await;
    let conversation = server.start(&ana(), &ben(), "hello").await;
    assert_eq!(server.start(&ben(), &ana(), "hello yourself").await, conversation);
    assert_eq!(texts(&server.history(&ana(), conversation).await), ["hello", "hello yourself"]);
    assert_ne!(server.start(&ana(), &cy(), "hello").await, conversation);
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_that_start_in_one_microsecond_do_not_overwrite_each_other() {
    let (_dynamodb, server, _clock) = server_with_clock(datetime!(2026-11-21 9:26 UTC)).await;
    let with_ben = server.start(&ana(), &ben(), "hello").await;
    let with_cy = server.start(&ana(), &cy(), "hello").await;
    let found: HashSet<_> = server.inbox(&ana()).await.iter().map(|row| row.conversation).collect();
    assert_eq!(found, HashSet::from([with_ben, with_cy]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_cannot_start_a_conversation_with_themselves() {
    let (_dynamodb, server) = server().await;
    let before = server.rows().await;
    let answer = server.try_start(&ana(), &ana(), new_message_id(), "hello").await;
    assert!(matches!(answer, Err(Failure::Public(AppError::Conflict(Conflict::MessageToSelf)))), "{answer:?}");
    assert_eq!(server.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_without_messages_between_them_have_no_conversation() {
    let (_dynamodb, server) = server().await;
    server.start(&ana(), &ben(), "hello").await;
    assert_eq!(server.conversations.find_direct(ana().id, cy().id).await.expect("an answer"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_row_of_another_conversation_or_none_sends_no_message() {
    let (_dynamodb, server) = server().await;
    let with_ben = server.start(&ana(), &ben(), "for Ben").await;
    let with_cy = server.start(&ana(), &cy(), "for Cy").await;
    let of_cy = Pair { conversation: with_cy }.item(ana().id, cy().id);
    let mut unreadable = of_cy.clone();
    unreadable.insert("conversation_id".to_owned(), AttributeValue::N("1".to_owned()));
    let group = conversation::Id(Uuid::now_v7());
    let others = [cy(), ben()];
    let new = NewGroup { conversation: group, others: &others, message: new_message_id(), body: &body("for both") };
    server.conversations.create_group(&ana(), &new).await.expect("a group");
    let of = |conversation| Pair { conversation }.item(ana().id, cy().id);
    for wrong in [of(with_ben), of(group), of(conversation::Id(Uuid::now_v7())), unreadable] {
        server.put([wrong.clone()]).await;
        let answer = server.try_start(&ana(), &cy(), new_message_id(), "for Cy only").await;
        assert!(matches!(answer, Err(Failure::Unexpected(_))), "{wrong:?}: {answer:?}");
    }
    assert_eq!(texts(&server.history(&ben(), with_ben).await), ["for Ben"]);
    assert_eq!(texts(&server.history(&ben(), group).await), ["for both"]);
    server.put([of_cy]).await;
    server.try_start(&ana(), &cy(), new_message_id(), "and more").await.expect("sent");
    assert_eq!(texts(&server.history(&cy(), with_cy).await), ["for Cy", "and more"]);
}
