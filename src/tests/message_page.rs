//! The page of one message, links to messages and answers, as a browser without script uses them.

use cruddur_messages::domain::conversation::{MessageView, SentMessage};
use cruddur_messages::domain::message::Message;
use reqwest::StatusCode;

use crate::support::app::{Browser, TestApp, new_id};
use crate::support::cognito::PASSWORD;

const UNKNOWN_ID: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";

async fn say(browser: &mut Browser, conversation: &str, body: &str) -> Message {
    let fields = [("conversation", conversation), ("id", &*new_id()), ("body", body)];
    let sent: SentMessage = browser.call("send_message", &fields).await.json();
    sent.message
}

/// Path of the page of a message.
fn page_of(conversation: &str, message: &Message) -> String {
    format!("/messages/{conversation}/message/{}/{}", message.sent_at.url_safe(), message.id)
}

/// Link to a message in its conversation, as far as a server sees it.
fn link_to(conversation: &str, message: &Message) -> String {
    format!("/messages/{conversation}?around={}", message.sent_at.url_safe())
}

async fn find(browser: &mut Browser, conversation: &str, message: &Message) -> MessageView {
    let (id, sent_at) = (message.id.to_string(), message.sent_at.as_str());
    let fields = [("conversation", conversation), ("message", &*id), ("sent_at", sent_at)];
    browser.call("find_message", &fields).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_edited_reacted_to_and_deleted_on_its_page_without_script() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let message = say(&mut ana, &conversation, "helo <b>").await;
    let path = page_of(&conversation, &message);
    let back = format!("{}#m-{}", link_to(&conversation, &message), message.id);

    let page = ana.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for part in ["helo &lt;b&gt;", "Delete message", ">\nhelo &lt;b></textarea>", "name=\"edits\" value=\"0\""] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let page = ben.get(&path).await.text;
    assert!(!page.contains("Delete message") && !page.contains("name=\"body\""), "the message is not Ben's: {page}");

    let saved = ana.submit(&path, &[("edits", "0"), ("body", "hello")]).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, &*back), "{}", saved.text);
    for (emoji, on) in [("👍", "true"), ("🦀", "true"), ("👍", "true")] {
        let answer = ben.submit(&path, &[("emoji", emoji), ("on", on)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*path), "{}", answer.text);
    }
    let page = ben.get(&path).await.text;
    for part in ["History", "helo &lt;b&gt;", "hello", "👍<!> <bdi>You", "Remove <!></span>"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let refused = ben.submit(&path, &[("emoji", "no emoji"), ("on", "true")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("This is not a single emoji."), "{}", refused.text);

    let deleted = ana.submit(&path, &[("delete", "true")]).await;
    assert_eq!((deleted.status, deleted.location()), (StatusCode::SEE_OTHER, &*back), "{}", deleted.text);
    let page = ben.get(&path).await.text;
    assert!(page.contains("Message deleted") && !page.contains("hello") && !page.contains("🦀"), "{page}");
    let refused = ben.submit(&path, &[("emoji", "👍"), ("on", "true")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("This message has been deleted."), "{}", refused.text);
    assert!(ben.get("/messages").await.text.contains("Message deleted"), "the list says so, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_a_known_command_changes_nothing() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let message = say(&mut ana, &conversation, "one").await;
    let path = page_of(&conversation, &message);
    let forms: [&[(&str, &str)]; 6] =
        [&[], &[("edits", "0")], &[("on", "true")], &[("delete", "false")], &[("delete", "")], &[("x", "true")]];
    for fields in forms {
        let answer = ana.submit(&path, fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}: {}", answer.text);
        assert_eq!(find(&mut ana, &conversation, &message).await.message.body, "one", "{fields:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_form_overwrites_nothing_and_shows_both_texts() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let conversation = ana.start("ben", "first").await;
    let message = say(&mut ana, &conversation, "one").await;
    let path = page_of(&conversation, &message);
    ana.submit(&path, &[("edits", "0"), ("body", "two")]).await;

    let stale = ana.submit(&path, &[("edits", "0"), ("body", "three")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text);
    for part in ["This message has changed since you opened it.", ">two<", ">\nthree</textarea>", "value=\"1\""] {
        assert!(stale.text.contains(part), "{part}: {}", stale.text);
    }
    for form in [&[("edits", "0"), ("delete", "true")][..], &[("edits", "0"), ("emoji", "👍"), ("on", "true")]] {
        let stale = ana.submit(&path, form).await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "{form:?}: {}", stale.text);
        assert!(stale.text.contains("This message has changed since you opened it."), "{form:?}: {}", stale.text);
    }
    let now = find(&mut ana, &conversation, &message).await.message;
    assert_eq!((now.body.as_str(), now.reactions.len()), ("two", 0));
    let blank = ana.submit(&path, &[("edits", "1"), ("body", " ")]).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(blank.text.contains("Write a message first."), "{}", blank.text);

    ana.submit(&path, &[("edits", "1"), ("delete", "true")]).await;
    let late = ana.submit(&path, &[("edits", "1"), ("body", "four")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    for part in ["This message has been deleted.", "Your text was not saved:", ">four<"] {
        assert!(late.text.contains(part), "{part}: {}", late.text);
    }
    assert_eq!(find(&mut ana, &conversation, &message).await.message.body, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_message_is_not_found_for_strangers_and_for_others_texts() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let (conversation, other) = (ana.start("ben", "between us").await, cy.start("ben", "another one").await);
    let message = say(&mut ana, &conversation, "a secret").await;
    let path = page_of(&conversation, &message);
    let forms: [&[(&str, &str)]; 3] =
        [&[("edits", "0"), ("body", "changed")], &[("emoji", "👍"), ("on", "true")], &[("delete", "true")]];
    let missing = [
        page_of(&other, &message),
        page_of(UNKNOWN_ID, &message),
        format!("/messages/{conversation}/message/{}/{UNKNOWN_ID}", message.sent_at.url_safe()),
        format!("/messages/{conversation}/message/yesterday/{}", message.id),
        format!("/messages/{conversation}/message/2026-11-21T09:26:28.207802Z/{}", message.id),
        path.clone(),
    ];
    for path in &missing {
        let page = cy.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text.contains("Page not found") && !page.text.contains("a secret"), "{path}: {}", page.text);
        for form in forms {
            assert_eq!(cy.submit(path, form).await.status, StatusCode::NOT_FOUND, "{path} {form:?}");
        }
    }
    // Ben reads and reacts, but changes no text of Ana's.
    for form in [forms[0], forms[2]] {
        assert_eq!(ben.submit(&path, form).await.status, StatusCode::NOT_FOUND, "{form:?}");
    }
    let now = find(&mut ana, &conversation, &message).await.message;
    assert_eq!((now.body.as_str(), now.reactions.len()), ("a secret", 0));
    let signed_out = app.browser().get(&path).await;
    assert_eq!(signed_out.status, StatusCode::SEE_OTHER);
    assert!(signed_out.location().starts_with("/signin?next=%2Fmessages%2F"), "{}", signed_out.location());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_at_its_message_also_after_the_sign_in_and_when_it_is_gone() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let conversation = ana.start("ben", "first").await;
    let mut messages = Vec::new();
    for n in 1..=25 {
        messages.push(say(&mut ana, &conversation, &format!("number {n}")).await);
    }
    let link = link_to(&conversation, &messages[1]);
    let linked = |page: &str, message: &Message| {
        let row = page.split("<li ").find(|row| row.contains(&format!("id=\"m-{}\"", message.id)));
        row.is_some_and(|row| row.contains("message--linked") && row.contains("autofocus"))
    };
    let page = ben.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(linked(&page.text, &messages[1]) && !linked(&page.text, &messages[2]), "{}", page.text);
    assert!(page.text.contains("?before=newest"), "a way back to the newest: {}", page.text);
    assert!(!page.text.contains("not here any more"), "{}", page.text);

    let mut laptop = app.browser();
    let to_sign_in = laptop.get(&link).await;
    let next = to_sign_in.location().strip_prefix("/signin?next=").expect("a way back").to_owned();
    let next: Vec<(String, String)> = serde_urlencoded::from_str(&format!("next={next}")).expect("a query");
    let fields = [("email", "ben@example.com"), ("password", PASSWORD), ("next", &*next[0].1)];
    let mut location = laptop.submit("/signin", &fields).await.location().to_owned();
    if location.contains("signed_in") {
        location = laptop.get(&location).await.location().to_owned();
    }
    assert_eq!(location, link);
    assert!(linked(&laptop.get(&location).await.text, &messages[1]));

    ana.submit(&page_of(&conversation, &messages[1]), &[("delete", "true")]).await;
    let page = ben.get(&link).await.text;
    assert!(linked(&page, &messages[1]) && !page.contains("not here any more"), "the tombstone is shown: {page}");
    let gone = link_to(&conversation, &messages[1]).replace(":", "%3A").replace("Z", "9Z");
    let page = ben.get(&gone).await;
    assert!(page.status == StatusCode::OK && page.text.contains("This message is not here any more."), "{}", page.text);
    assert!(page.text.contains(">number 3<") && !page.text.contains("message--linked"), "{}", page.text);
    assert_eq!(cy.get(&link).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_script_keeps_its_reference_even_if_it_is_refused() {
    let app = TestApp::start().await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let (conversation, other) = (ana.start("ben", "first").await, ben.start("cy", "to Cy").await);
    let (asked, elsewhere) =
        (say(&mut ana, &conversation, "Shall we meet?").await, say(&mut cy, &other, "a secret").await);
    let reply =
        |message: &Message| format!("/messages/{conversation}?reply={}_{}", message.sent_at.url_safe(), message.id);
    let path = reply(&asked);
    let page = ben.get(&path).await.text;
    for part in ["Replying to ", "name=\"reply_to\"", &format!("action=\"{path}\""), "Cancel reply"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let own = ana.get(&path).await.text;
    assert!(own.contains("Replying to ") && own.contains(">yourself<"), "{own}");
    let (id, sent_at) = (asked.id.to_string(), asked.sent_at.url_safe());
    let own_id = new_id();
    let form = |body| {
        [
            ("conversation", &*conversation),
            ("id", &*own_id),
            ("body", body),
            ("reply_to", &*id),
            ("reply_to_sent_at", &*sent_at),
        ]
    };
    let refused = ben.submit(&path, &form(" ")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Replying to ") && refused.text.contains(&id), "{}", refused.text);
    let sent = ben.submit(&path, &form("Yes")).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, &*format!("/messages/{conversation}")));
    let view: cruddur_messages::domain::conversation::ConversationView =
        ana.call("open_conversation", &[("conversation", &conversation)]).await.json();
    let quote = view.messages.items.last().and_then(|answer| answer.quote.clone()).expect("a quote");
    assert_eq!((quote.message.id, quote.text.as_deref()), (asked.id, Some("Shall we meet?")));
    // A message of another conversation is no message here.
    let page = ben.get(&reply(&elsewhere)).await;
    assert!(page.status == StatusCode::OK && !page.text.contains("Replying to "), "{}", page.text);
}
