//! Receipts: delivery and read positions, unread marks, and the setting that turns receipts off.

use cruddur_messages::domain::conversation::{Conversation, ConversationView, Receipts, ReceiptsByReader};
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::settings::{Settings, Starters};
use reqwest::StatusCode;

use crate::live::Stream;
use crate::support::app::{Browser, TestApp};

async fn visible_receipts(browser: &mut Browser, conversation: &str) -> Option<Receipts> {
    let view: ConversationView = browser.call("open_conversation", &[("conversation", conversation)]).await.json();
    let receipts: ReceiptsByReader = browser.call("find_receipts", &[("conversation", conversation)]).await.json();
    assert_eq!(view.receipts, receipts);
    receipts.of_all()
}

async fn mark(browser: &mut Browser, endpoint: &str, conversation: &str, seq: &str) {
    let answer = browser.call(endpoint, &[("conversation", conversation), ("seq", seq)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_sees_delivery_and_read_positions_and_neither_moves_back() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "1").await;
    ana.say(&conversation, "2").await;
    assert_eq!(visible_receipts(&mut ana, &conversation).await, Some(Receipts::default()));
    let mut hers = Stream::open(&ana).await;
    mark(&mut ben, "mark_delivered", &conversation, "2").await;
    assert!(matches!(hers.next().await, Some(Event::MessagesDelivered { seq: 2, .. })));
    assert_eq!(visible_receipts(&mut ana, &conversation).await, Some(Receipts::delivered(2)));
    mark(&mut ben, "mark_read", &conversation, "1").await;
    assert!(matches!(hers.next().await, Some(Event::ConversationRead { seq: 1, .. })));
    assert_eq!(visible_receipts(&mut ana, &conversation).await, Some(Receipts { delivered: 2, read: 1 }));
    // A lower position, one beyond the newest message, and a late one.
    mark(&mut ben, "mark_delivered", &conversation, "1").await;
    mark(&mut ben, "mark_read", &conversation, "99").await;
    assert!(matches!(hers.next().await, Some(Event::ConversationRead { seq: 2, .. })));
    mark(&mut ben, "mark_read", &conversation, "1").await;
    assert_eq!(visible_receipts(&mut ana, &conversation).await, Some(Receipts::read(2)));
    // ana has read the conversation up to her own newest message.
    assert_eq!(visible_receipts(&mut ben, &conversation).await, Some(Receipts::read(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_receipts_turned_off_neither_publishes_nor_sees_any() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "1").await;
    assert_eq!(
        ben.call("load_settings", &[]).await.json::<Settings>(),
        Settings { receipts: true, presence: true, starters: Starters::Everyone }
    );
    let mut his = Stream::open(&ben).await;
    assert_eq!(ben.call("save_settings", &[]).await.status, StatusCode::OK);
    assert_eq!(
        ben.call("load_settings", &[]).await.json::<Settings>(),
        Settings { receipts: false, presence: false, starters: Starters::Everyone }
    );
    assert_eq!(his.next().await, Some(Event::Resync));
    assert!(matches!(his.next().await, Some(Event::PresenceSwitched { on: false, .. })));
    let mut hers = Stream::open(&ana).await;
    mark(&mut ben, "mark_delivered", &conversation, "1").await;
    mark(&mut ben, "mark_read", &conversation, "1").await;
    // The user's own pages still get the read position.
    assert!(matches!(his.next().await, Some(Event::ConversationRead { seq: 1, .. })));
    let sent = ana.say(&conversation, "2").await;
    assert_eq!(hers.next_message().await, sent, "no event about receipts before it");
    assert_eq!(
        (visible_receipts(&mut ana, &conversation).await, visible_receipts(&mut ben, &conversation).await),
        (None, None)
    );
    assert_eq!(ben.call("save_settings", &[("receipts", "true")]).await.status, StatusCode::OK);
    assert_eq!(visible_receipts(&mut ana, &conversation).await, Some(Receipts::read(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_marked_as_unread_stays_unread_until_it_is_read() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "1").await;
    mark(&mut ben, "mark_read", &conversation, "1").await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    for round in 1..=2 {
        for _ in 0..2 {
            mark(&mut ben, "mark_unread", &conversation, "").await;
        }
        assert!(matches!(his.next().await, Some(Event::ConversationMarked { marked, .. }) if marked == round));
        let row = only_row(&mut ben).await;
        assert_eq!((row.is_marked(), row.unread(), only_row(&mut ana).await.is_marked()), (true, 0, false));
        // The read position does not change, but the mark is removed.
        mark(&mut ben, "mark_read", &conversation, "1").await;
        assert!(matches!(his.next().await, Some(Event::ConversationRead { unmarked, .. }) if unmarked == round));
        assert!(
            matches!(hers.next().await, Some(Event::ConversationRead { unmarked: 0, .. })),
            "unread marks are private"
        );
        assert!(!only_row(&mut ben).await.is_marked());
    }
    mark(&mut ben, "mark_unread", &conversation, "").await;
    ana.say(&conversation, "2").await;
    assert_eq!((only_row(&mut ben).await.unread(), only_row(&mut ben).await.is_marked()), (1, true));
    mark(&mut ben, "mark_read", &conversation, "2").await;
    assert_eq!((only_row(&mut ben).await.unread(), only_row(&mut ben).await.is_marked()), (0, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_the_list_tells_whether_its_newest_message_must_be_reported_as_delivered() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "1").await;
    assert_eq!(only_row(&mut ben).await.delivered, 0);
    mark(&mut ben, "mark_delivered", &conversation, "1").await;
    assert_eq!(only_row(&mut ben).await.delivered, 1);
    ana.say(&conversation, "2").await;
    assert_eq!((only_row(&mut ben).await.delivered, only_row(&mut ben).await.unread()), (1, 2));
    // If either of them has turned receipts off, there is nothing to report.
    for mut turning_off in [ana, ben.clone()] {
        assert_eq!(turning_off.call("save_settings", &[]).await.status, StatusCode::OK);
        assert_eq!(only_row(&mut ben).await.delivered, 2);
        assert_eq!(turning_off.call("save_settings", &[("receipts", "true")]).await.status, StatusCode::OK);
    }
    assert_eq!(only_row(&mut ben).await.delivered, 1);
}

async fn only_row(browser: &mut Browser) -> Conversation {
    let page: Page<Conversation> = browser.call("list_conversations", &[]).await.json();
    page.items.into_iter().next().expect("a conversation")
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_can_be_changed_without_javascript() {
    let app = TestApp::start().await;
    let signed_out = app.browser().get("/settings").await;
    assert_eq!((signed_out.status, signed_out.location()), (StatusCode::SEE_OTHER, "/signin?next=%2Fsettings"));
    let signed_out = app.browser().submit("/settings", &[("receipts", "true")]).await;
    assert_eq!((signed_out.status, signed_out.location()), (StatusCode::SEE_OTHER, "/signin?next=%2Fsettings"));
    let mut ana = app.sign_in("ana").await;
    let is_ticked = |text: &str| {
        let input = text.split("<input").find(|input| input.contains("name=\"receipts\"")).expect("the checkbox");
        input.split_once('>').expect("a tag").0.contains("checked")
    };
    assert!(is_ticked(&ana.get("/settings").await.text));
    let saved = ana.submit("/settings", &[]).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/settings?saved=1"));
    let page = ana.get("/settings?saved=1").await.text;
    assert!(!is_ticked(&page) && page.contains("Settings saved."));
    let rejected = ana.submit("/settings", &[("receipts", "perhaps")]).await;
    assert_eq!(rejected.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!is_ticked(&rejected.text), "the setting is unchanged");
}
