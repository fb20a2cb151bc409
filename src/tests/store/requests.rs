//! Message requests: a conversation with a user who has never answered stays out of their list, and is short, until
//! they accept it.

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::request::{REQUEST_MESSAGES_MAX, Request};
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::inbox::move_inbox_rows;
use cruddur_messages::server::store::dynamodb::rows::{Head, RequestRow};
use cruddur_messages::server::store::dynamodb::table::Key;

use super::fixtures::{Server, ana, ben, cy, new_message_id, server, texts};

impl Server {
    /// Returns the requests whose rows a user has.
    async fn request_rows(&self, owner: &User) -> Vec<RequestRow> {
        let rows = self.rows().await;
        rows.iter().filter_map(RequestRow::from_item).filter(|row| row.owner == owner.id).collect()
    }

    async fn count_requests(&self, me: &User) -> u64 {
        self.conversations.count_requests(me.id).await.expect("a number")
    }

    /// Returns the texts of a user's inbox rows.
    async fn listed(&self, me: &User) -> Vec<String> {
        self.inbox(me).await.into_iter().map(|row| row.body).collect()
    }
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T, Failure>, conflict: Conflict) {
    let is_refused = matches!(&result, Err(Failure::Public(AppError::Conflict(found))) if *found == conflict);
    assert!(is_refused, "{conflict:?}: {result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_message_is_a_request_that_only_its_sender_has_in_the_list() {
    let (_dynamodb, server) = server().await;
    let conversation = server.request(&ana(), &ben(), "hello").await;
    assert_eq!((server.listed(&ana()).await, server.listed(&ben()).await), (vec!["hello".to_owned()], vec![]));
    assert_eq!((server.count_requests(&ana()).await, server.count_requests(&ben()).await), (0, 1));
    let (hers, his) = (server.membership(&ana(), conversation).await, server.membership(&ben(), conversation).await);
    assert_eq!((hers.request(), his.request()), (Some(Request::Sent { left: 2 }), Some(Request::Received)));
    assert_eq!((hers.audience(), his.audience()), (vec![ana().id], vec![ben().id]));
    assert_eq!(texts(&server.history(&ben(), conversation).await), ["hello"], "the recipient can read it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_can_send_three_messages_until_the_recipient_accepts() {
    let (dynamodb, server) = server().await;
    let other = server.second_server(&dynamodb);
    let conversation = server.request(&ana(), &ben(), "1").await;
    server.send(&ana(), conversation, "2").await;
    let last = new_message_id();
    other.try_send(&ana(), conversation, last, "3").await.expect("the last one");
    for server in [&server, &other] {
        let refused = server.try_send(&ana(), conversation, new_message_id(), "4").await;
        assert_refused(refused, Conflict::RequestPending);
        assert_refused(server.try_start(&ana(), &ben(), new_message_id(), "4").await, Conflict::RequestPending);
    }
    let again = server.try_send(&ana(), conversation, last, "3").await.expect("a repeated call gets its result");
    assert_eq!((again.id, again.seq), (last, REQUEST_MESSAGES_MAX));
    assert_eq!(server.listed(&ben()).await, [""; 0]);
    assert!(other.accept(&ben(), conversation).await);
    server.send(&ana(), conversation, "4").await;
    assert_eq!(texts(&server.history(&ben(), conversation).await), ["1", "2", "3", "4"]);
    assert_eq!(
        (server.listed(&ana()).await, server.listed(&ben()).await),
        (vec!["4".to_owned()], vec!["4".to_owned()])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_request_is_a_conversation_like_any_other() {
    let (_dynamodb, server) = server().await;
    let conversation = server.request(&ana(), &ben(), "hello").await;
    let hers = server.membership(&ana(), conversation).await;
    let refused = server.conversations.accept_request(&hers).await;
    assert!(matches!(refused, Err(Failure::Public(AppError::NotFound))), "her own: {refused:?}");
    assert!(server.accept(&ben(), conversation).await);
    assert!(!server.accept(&ben(), conversation).await, "once");
    assert_eq!((server.request_rows(&ana()).await, server.request_rows(&ben()).await), (vec![], vec![]));
    let row = server.inbox(&ben()).await.pop().expect("a row");
    assert_eq!((row.peer().cloned(), row.seq, row.body.as_str()), (Some(ana()), 1, "hello"));
    let membership = server.membership(&ben(), conversation).await;
    assert_eq!((membership.request(), membership.audience().len()), (None, 2));
    assert_eq!(server.request(&ben(), &ana(), "hello yourself").await, conversation);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_accepts_in_its_own_transaction() {
    let (_dynamodb, server) = server().await;
    let conversation = server.request(&ana(), &ben(), "hello").await;
    // By the other way, too: the first message to a user who has written already.
    assert_eq!(server.request(&ben(), &ana(), "hello yourself").await, conversation);
    assert_eq!((server.count_requests(&ben()).await, server.request_rows(&ana()).await), (0, vec![]));
    assert_eq!((server.listed(&ana()).await, server.listed(&ben()).await), {
        let newest = || vec!["hello yourself".to_owned()];
        (newest(), newest())
    });
    for text in ["3", "4", "5"] {
        server.send(&ana(), conversation, text).await;
    }
    assert_eq!(server.history(&ben(), conversation).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_request_comes_back_with_the_next_message_and_loses_nothing() {
    let (_dynamodb, server) = server().await;
    let conversation = server.request(&ana(), &ben(), "1").await;
    let delete = async |me: &User| {
        let membership = server.membership(me, conversation).await;
        server.conversations.delete_request(&membership).await
    };
    assert!(matches!(delete(&ana()).await, Err(Failure::Public(AppError::NotFound))), "her own");
    assert!(delete(&ben()).await.expect("deleted"));
    assert_eq!((server.count_requests(&ben()).await, server.listed(&ana()).await.len()), (0, 1));
    server.send(&ana(), conversation, "2").await;
    assert_eq!(server.count_requests(&ben()).await, 1);
    assert!(delete(&ben()).await.expect("deleted again"));
    assert!(server.accept(&ben(), conversation).await, "the page of the conversation still offers it");
    assert_eq!(texts(&server.history(&ben(), conversation).await), ["1", "2"]);
    assert!(!delete(&ben()).await.expect("nothing to delete"));
    assert_eq!(server.listed(&ben()).await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mover_of_inbox_rows_gives_the_recipient_of_a_request_no_row() {
    let (_dynamodb, server) = server().await;
    let conversation = server.request(&ana(), &ben(), "1").await;
    server.send(&ana(), conversation, "2").await;
    let newest = server.stored_messages().await.into_iter().max_by_key(|row| row.seq).expect("a message");
    move_inbox_rows(&server.table, &newest).await.expect("moved");
    assert_eq!((server.listed(&ana()).await, server.listed(&ben()).await), (vec!["2".to_owned()], vec![]));
    server.accept(&ben(), conversation).await;
    // A late record of the stream.
    move_inbox_rows(&server.table, &newest).await.expect("moved");
    assert_eq!(server.listed(&ben()).await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_request_shows_the_text_as_its_sender_has_left_it() {
    let (_dynamodb, server) = server().await;
    let conversation = server.request(&ana(), &ben(), "secret").await;
    let message = server.history(&ana(), conversation).await.pop().expect("a message");
    let edited = server.edit(&ana(), (conversation, &message), "edited").await;
    assert_refused(server.try_react(&ben(), (conversation, &edited), "👍", true).await, Conflict::RequestNotAccepted);
    server.delete(&ana(), (conversation, &edited)).await;
    server.accept(&ben(), conversation).await;
    server.assert_nowhere(&["secret", "edited"]).await;
    server.react(&ben(), (conversation, &server.send(&ana(), conversation, "2").await), "👍", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_sees_the_presence_of_the_other_until_the_request_is_accepted() {
    let (_dynamodb, server) = server().await;
    let with_cy = server.start(&ana(), &cy(), "hello").await;
    let with_ben = server.request(&ana(), &ben(), "hello").await;
    let peers = async |me: &User| {
        let recent = server.conversations.recent_peers(me.id).await.expect("peers");
        let watched = server.conversations.peers_in(me.id, &[with_ben, with_cy]).await.expect("peers");
        assert_eq!(recent.len(), watched.len());
        recent
    };
    assert_eq!((peers(&ana()).await, peers(&ben()).await), (vec![cy().id], vec![]));
    let is_requested = async || server.conversations.is_requested(ben().id, ana().id).await.expect("an answer");
    assert!(is_requested().await);
    server.accept(&ben(), with_ben).await;
    assert_eq!((peers(&ana()).await.len(), peers(&ben()).await), (2, vec![ana().id]));
    assert!(!is_requested().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_hides_a_request_and_refuses_its_messages() {
    let (_dynamodb, server) = server().await;
    let conversation = server.request(&ana(), &ben(), "hello").await;
    server.conversations.set_block(&ben(), &ana(), true).await.expect("blocked");
    assert_eq!(server.count_requests(&ben()).await, 0);
    assert_refused(server.try_send(&ana(), conversation, new_message_id(), "x").await, Conflict::Undeliverable);
    server.conversations.set_block(&ben(), &ana(), false).await.expect("unblocked");
    assert_eq!(server.count_requests(&ben()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_a_request_is_that_of_an_accepted_conversation() {
    let (_dynamodb, server) = server().await;
    let conversation: conversation::Id = server.request(&ana(), &ben(), "hello").await;
    let mut row = server.table.get(&Key::Head(conversation)).await.expect("an answer").expect("a head");
    row.remove("requested_by").expect("it names the sender");
    let head = Head::from_item(&row).expect("a head");
    assert_eq!((head.requester(), head.is_open()), (None, true));
}
