//! Receipts: who is told how far somebody has got, and who is not.

use cruddur_messages::domain::conversation::{Conversation, Receipts, Thread};
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::page::Page;
use cruddur_messages::domain::settings::Settings;
use reqwest::StatusCode;

use crate::live::Stream;
use crate::support::app::{Browser, TestApp};

async fn seen(browser: &mut Browser, talk: &str) -> Option<Receipts> {
    let thread: Thread = browser.call("open_conversation", &[("conversation", talk)]).await.json();
    let asked: Option<Receipts> = browser.call("find_receipts", &[("conversation", talk)]).await.json();
    assert_eq!(thread.receipts, asked);
    asked
}

async fn mark(browser: &mut Browser, how: &str, talk: &str, seq: &str) {
    let answer = browser.call(how, &[("conversation", talk), ("seq", seq)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wrote_sees_what_has_arrived_and_what_is_read_and_neither_goes_back() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "1").await;
    ana.say(&talk, "2").await;
    assert_eq!(seen(&mut ana, &talk).await, Some(Receipts::default()));
    let mut hers = Stream::open(&ana).await;
    mark(&mut ben, "mark_delivered", &talk, "2").await;
    assert!(matches!(hers.next().await, Some(Event::MessagesDelivered { seq: 2, .. })));
    assert_eq!(seen(&mut ana, &talk).await, Some(Receipts::delivered(2)));
    mark(&mut ben, "mark_read", &talk, "1").await;
    assert!(matches!(hers.next().await, Some(Event::ConversationRead { seq: 1, .. })));
    assert_eq!(seen(&mut ana, &talk).await, Some(Receipts { delivered: 2, read: 1 }));
    // Said again, said late, said of what nobody has written.
    mark(&mut ben, "mark_delivered", &talk, "1").await;
    mark(&mut ben, "mark_read", &talk, "99").await;
    assert!(matches!(hers.next().await, Some(Event::ConversationRead { seq: 2, .. })));
    mark(&mut ben, "mark_read", &talk, "1").await;
    assert_eq!(seen(&mut ana, &talk).await, Some(Receipts::read(2)));
    // What ben has not been sent has not reached him.
    assert_eq!(seen(&mut ben, &talk).await, Some(Receipts::read(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_show_receipts_sees_none_and_nobody_is_told() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "1").await;
    assert_eq!(ben.call("load_settings", &[]).await.json::<Settings>(), Settings { receipts: true });
    let mut his = Stream::open(&ben).await;
    assert_eq!(ben.call("save_settings", &[]).await.status, StatusCode::OK);
    assert_eq!(ben.call("load_settings", &[]).await.json::<Settings>(), Settings { receipts: false });
    assert_eq!(his.next().await, Some(Event::Resync));
    let mut hers = Stream::open(&ana).await;
    mark(&mut ben, "mark_delivered", &talk, "1").await;
    mark(&mut ben, "mark_read", &talk, "1").await;
    // His own other pages are told all the same.
    assert!(matches!(his.next().await, Some(Event::ConversationRead { seq: 1, .. })));
    let told = ana.say(&talk, "2").await;
    assert_eq!(hers.sent().await, told, "the first that she hears of");
    assert_eq!((seen(&mut ana, &talk).await, seen(&mut ben, &talk).await), (None, None));
    assert_eq!(ben.call("save_settings", &[("receipts", "true")]).await.status, StatusCode::OK);
    assert_eq!(seen(&mut ana, &talk).await, Some(Receipts::read(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_marked_as_unread_is_so_until_it_is_read() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let talk = ana.start("ben", "1").await;
    mark(&mut ben, "mark_read", &talk, "1").await;
    let (mut hers, mut his) = (Stream::open(&ana).await, Stream::open(&ben).await);
    for round in 1..=2 {
        for _ in 0..2 {
            mark(&mut ben, "mark_unread", &talk, "").await;
        }
        assert!(matches!(his.next().await, Some(Event::ConversationMarked { marked, .. }) if marked == round));
        let row = only_row(&mut ben).await;
        assert_eq!((row.is_marked(), row.unread(), only_row(&mut ana).await.is_marked()), (true, 0, false));
        // Nothing new was read: the place stays, and the mark goes.
        mark(&mut ben, "mark_read", &talk, "1").await;
        assert!(matches!(his.next().await, Some(Event::ConversationRead { unmarked, .. }) if unmarked == round));
        assert!(matches!(hers.next().await, Some(Event::ConversationRead { unmarked: 0, .. })), "marks are his own");
        assert!(!only_row(&mut ben).await.is_marked());
    }
    mark(&mut ben, "mark_unread", &talk, "").await;
    ana.say(&talk, "2").await;
    assert_eq!((only_row(&mut ben).await.unread(), only_row(&mut ben).await.is_marked()), (1, true));
    mark(&mut ben, "mark_read", &talk, "2").await;
    assert_eq!((only_row(&mut ben).await.unread(), only_row(&mut ben).await.is_marked()), (0, false));
}

async fn only_row(browser: &mut Browser) -> Conversation {
    let page: Page<Conversation> = browser.call("list_conversations", &[]).await.json();
    page.items.into_iter().next().expect("a conversation")
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_changed_without_script() {
    let app = TestApp::start().await;
    let anonymous = app.browser().get("/settings").await;
    assert_eq!((anonymous.status, anonymous.location()), (StatusCode::SEE_OTHER, "/signin?next=%2Fsettings"));
    let nobody = app.browser().submit("/settings", &[("receipts", "true")]).await;
    assert_eq!((nobody.status, nobody.location()), (StatusCode::SEE_OTHER, "/signin?next=%2Fsettings"));
    let mut ana = app.sign_in("ana").await;
    let is_ticked = |text: &str| {
        let input = text.split("<input").find(|input| input.contains("name=\"receipts\"")).expect("the box");
        input.split_once('>').expect("a tag").0.contains("checked")
    };
    assert!(is_ticked(&ana.get("/settings").await.text));
    let saved = ana.submit("/settings", &[]).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/settings?saved=1"));
    let page = ana.get("/settings?saved=1").await.text;
    assert!(!is_ticked(&page) && page.contains("Saved."));
    let odd = ana.submit("/settings", &[("receipts", "perhaps")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!is_ticked(&odd.text), "nothing has changed");
}
