//! Live events and pages of a conversation of three.

use cruddur_messages::domain::conversation::{self, Conversation, ConversationView, Kind, Receipts, ReceiptsByReader};
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::{self, Body};
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::dynamodb::starting::NewGroup;
use reqwest::StatusCode;
use uuid::Uuid;

use crate::live::Stream;
use crate::presence::{wait_for, whoami};
use crate::support::app::{Browser, TestApp};

/// A group of three users, and a stranger.
struct Group {
    app: TestApp,
    id: String,
    browsers: [Browser; 3],
    users: [User; 3],
    stranger: Browser,
}

impl Group {
    async fn create() -> Self {
        let app = TestApp::start().await;
        let mut browsers = [app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await];
        let [ana, ben, cy] = &mut browsers;
        let users = [whoami(ana).await, whoami(ben).await, whoami(cy).await];
        let stranger = app.sign_in("dee").await;
        let (conversation, message) = (conversation::Id(Uuid::now_v7()), message::Id(Uuid::now_v7()));
        let body = Body::parse("hello").expect("a text");
        let group = NewGroup { conversation, others: &users[1..], message, body: &body };
        app.state.store.conversations.create_group(&users[0], &group).await.expect("a group is created");
        Self { id: conversation.to_string(), app, browsers, users, stranger }
    }

    async fn mark(&mut self, member: usize, endpoint: &str, seq: &str) {
        let fields = [("conversation", self.id.as_str()), ("seq", seq)];
        let answer = self.browsers[member].call(endpoint, &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    async fn visible_receipts(&mut self, member: usize) -> ReceiptsByReader {
        let fields = [("conversation", self.id.as_str())];
        let view: ConversationView = self.browsers[member].call("open_conversation", &fields).await.json();
        let receipts: ReceiptsByReader = self.browsers[member].call("find_receipts", &fields).await.json();
        assert_eq!(view.receipts, receipts);
        receipts
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_typing_and_receipts_reach_the_other_members_of_a_group_and_no_stranger() {
    let mut group = Group::create().await;
    group.browsers[0].start("dee", "the first message, which is a request").await;
    let [ana, ben, cy] = group.browsers.clone();
    let (mut hers, mut his, mut theirs) = (Stream::open(&ana).await, Stream::open(&ben).await, Stream::open(&cy).await);
    let mut strangers = Stream::open(&group.stranger).await;

    let (id, her) = (group.id.clone(), group.users[0].id);
    let sent = group.browsers[0].say(&id, "to both of you").await;
    for stream in [&mut hers, &mut his, &mut theirs] {
        assert_eq!(stream.next_message().await, sent);
    }
    group.browsers[0].call("typing", &[("conversation", &id)]).await;
    for stream in [&mut his, &mut theirs] {
        assert!(matches!(stream.next().await, Some(Event::Typing { author, .. }) if author == her));
    }
    let him = group.users[1].id;
    group.mark(1, "mark_delivered", "2").await;
    for stream in [&mut hers, &mut theirs] {
        let event = stream.next().await;
        assert!(matches!(event, Some(Event::MessagesDelivered { reader, seq: 2, .. }) if reader == him), "{event:?}");
    }
    group.mark(1, "mark_read", "2").await;
    for stream in [&mut his, &mut hers, &mut theirs] {
        let event = stream.next().await;
        assert!(matches!(event, Some(Event::ConversationRead { reader, seq: 2, .. }) if reader == him), "{event:?}");
    }
    let denied = group.stranger.call("typing", &[("conversation", &id)]).await;
    assert_eq!(denied.status, StatusCode::NOT_FOUND);
    // The first event of the stranger is a message sent to the stranger.
    group.browsers[0].start("dee", "to you").await;
    assert_eq!(strangers.next_message().await.body, "to you");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_member_of_a_group_sees_the_receipts_of_those_who_share_theirs() {
    let mut group = Group::create().await;
    let [her, him, them] = group.users.clone().map(|user| user.id);
    group.mark(1, "mark_read", "1").await;
    group.mark(2, "mark_delivered", "1").await;
    let (read, delivered) = (Receipts::read(1), Receipts::delivered(1));
    assert_eq!(group.visible_receipts(0).await, ReceiptsByReader::from_iter([(him, read), (them, delivered)]));
    assert_eq!(group.visible_receipts(1).await, ReceiptsByReader::from_iter([(her, read), (them, delivered)]));

    // Ben turns receipts off: the others see each other's, and he sees none.
    assert_eq!(group.browsers[1].call("save_settings", &[]).await.status, StatusCode::OK);
    assert_eq!(group.visible_receipts(0).await, ReceiptsByReader::from_iter([(them, delivered)]));
    assert_eq!(group.visible_receipts(1).await, ReceiptsByReader::default());
    let (mut hers, mut theirs) = (Stream::open(&group.browsers[0]).await, Stream::open(&group.browsers[2]).await);
    group.mark(1, "mark_read", "1").await;
    group.mark(2, "mark_read", "1").await;
    for stream in [&mut theirs, &mut hers] {
        let event = stream.next().await;
        assert!(matches!(event, Some(Event::ConversationRead { reader, .. }) if reader == them), "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_members_of_a_group_see_each_others_presence() {
    let group = Group::create().await;
    let [ana, ben, cy] = &group.browsers;
    let [_, him, them] = group.users.clone().map(|user| user.id);
    let mut hers = Stream::open(ana).await;
    let _his = Stream::open(ben).await;
    wait_for(&mut hers, &Event::PersonArrived { person: him }).await;
    let _theirs = Stream::open(cy).await;
    wait_for(&mut hers, &Event::PersonArrived { person: them }).await;
    drop(group.app);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_group_names_its_members_and_the_authors_of_its_messages() {
    let mut group = Group::create().await;
    let id = group.id.clone();
    group.browsers[2].say(&id, "from cy").await;
    let view: ConversationView = group.browsers[1].call("open_conversation", &[("conversation", &id)]).await.json();
    assert_eq!((view.kind, &view.members[..]), (Kind::Group, &group.users[..]));
    // Without the marks that separate parts of the page for hydration.
    let page = group.browsers[1].get(&format!("/messages/{id}")).await.text.replace("<!>", "");
    for text in ["Messages with ana, cy", "<bdi>ana</bdi>", "<bdi>cy</bdi>", "from cy"] {
        assert!(page.contains(text), "{text} in {page}");
    }
    // The list names them, too.
    assert!(group.browsers[1].get("/messages").await.text.contains("ana, cy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_found_by_the_names_of_their_other_members() {
    async fn found(browser: &mut Browser, query: &str) -> Vec<String> {
        let page: Page<Conversation> = browser.call("find_conversations", &[("query", query)]).await.json();
        page.items.into_iter().map(|conversation| conversation.id.to_string()).collect()
    }
    let mut group = Group::create().await;
    let ana = &mut group.browsers[0];
    let direct = ana.start("dee", "only us").await;
    for (query, expected) in [
        ("be", vec![&group.id]),
        ("CY", vec![&group.id]),
        ("@Dee", vec![&direct]),
        ("ana", vec![]),
        ("dee x", vec![]),
        ("ee", vec![]),
        (" ", vec![]),
    ] {
        assert_eq!(found(ana, query).await.iter().collect::<Vec<_>>(), expected, "{query:?}");
    }
    assert_eq!(found(&mut group.stranger, "ana").await, std::slice::from_ref(&direct), "the group is not hers");
    for (query, count, sentence) in [("dee", 1, "1 conversation found"), ("xyzzy", 0, "No conversation found")] {
        let page = ana.get(&format!("/messages?q={query}")).await.text;
        let rows = page.matches("class=\"conversation\"").count();
        assert_eq!((rows, page.contains(sentence)), (count, true), "{query}: {page}");
    }
}
