//! Any text: what is stored and shown of a message is what was written.

use cruddur_messages::domain::message::{BODY_LEN_MAX, Body};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::fixtures::new_user;
use crate::support::app::TestApp;

/// Number of messages: the rate limit allows 30 at once.
const MESSAGES: usize = 26;

/// Returns valid messages of random characters of all planes, mixed with what has a meaning in HTML, links and lines.
fn random_bodies() -> Vec<String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "\\PC",
        "[<>&\"'\\\\;#=/ ]",
        Just("https://example.com/".to_owned()),
        Just("資料はhttps://例え.jpです。".to_owned()),
        Just("&amp;<!--<br>".to_owned()),
        Just("\r\n".to_owned()),
        Just("👩\u{200d}👩\u{200d}👧".to_owned()),
    ];
    let text = prop::collection::vec(piece, 1..400).prop_map(|pieces| pieces.concat());
    let body = text.prop_map(|text| {
        let text: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(BODY_LEN_MAX).collect();
        text
    });
    let body = body.prop_filter("valid", |text| Body::parse(text).is_ok());
    let mut runner = TestRunner::deterministic();
    (0..MESSAGES).map(|_| body.new_tree(&mut runner).expect("a text").current()).collect()
}

/// Returns the texts of the messages on a page as a browser shows them.
fn shown(page: &str) -> Vec<String> {
    let texts = page.split("class=\"message__text\"").skip(1).filter_map(|text| text.split_once('>'));
    texts.map(|(_, text)| without_markup(text.split_once("</p>").expect("the end of a text").0)).collect()
}

fn without_markup(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag.split_once('>').expect("the end of a tag").1;
    }
    html_escape::decode_html_entities(&(text + rest)).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_is_stored_and_shown_as_it_was_written() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    let (mut ben, _) = new_user(&app, "ben").await;
    let texts = random_bodies();
    let conversation = ana.start("ben", &texts[0]).await;
    for (number, text) in texts.iter().enumerate().skip(1) {
        match number % 2 {
            0 => drop(ana.say(&conversation, text).await),
            _ => {
                let sent = client.post(&json!({ "message": text, "message_group_uuid": conversation })).await;
                assert_eq!(sent.status, StatusCode::OK, "{text:?}: {}", sent.text);
            }
        }
    }
    let stored: Vec<_> = texts.iter().map(|text| Body::parse(text).expect("valid").as_str().to_owned()).collect();
    let newest = &stored[MESSAGES - 20..];
    assert_eq!(ben.texts(&conversation).await.last(), stored.last());
    let listed: Vec<Value> = client.get(&format!("/api/messages/{conversation}")).await.json();
    let listed: Vec<_> = listed.iter().map(|message| message["message"].as_str().expect("a text")).collect();
    assert_eq!(listed, newest);
    let page = ana.get(&format!("/messages/{conversation}?before=newest")).await.text;
    assert_eq!(shown(&page), newest);
}

// F35, F45
#[tokio::test(flavor = "multi_thread")]
async fn a_blank_text_is_rejected_and_every_line_break_is_a_line_feed() {
    let app = TestApp::start().await;
    let (mut ana, client) = new_user(&app, "ana").await;
    app.sign_in("ben").await;
    for blank in ["\u{3164}", "\u{200b}", "\u{2800}\n\u{115f}", "\u{e0062}\u{fe0f}", "\u{202e}"] {
        let answer = client.post(&json!({ "message": blank, "handle": "ben" })).await;
        assert_eq!(answer.text, json!(["message_blank"]).to_string(), "{blank:?}");
        let fields = [("to", &*ana.id_of("ben").await), ("id", &*crate::support::app::new_id()), ("body", blank)];
        assert_eq!(ana.call("send_first_message", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{blank:?}");
    }
    let lines = json!({ "message": "a\u{b}b\u{c}c\u{2028}d\u{2029}e\rf\r\ng\u{85}h", "handle": "ben" });
    let conversation =
        client.post(&lines).await.json::<Value>()["message_group_uuid"].as_str().expect("an id").to_owned();
    assert_eq!(ana.texts(&conversation).await, ["a\nb\nc\nd\ne\nf\ng\nh"]);
    let answer = client.post(&json!({ "message": "a\u{0}b", "handle": "ben" })).await;
    assert_eq!(answer.text, json!(["message_control_characters"]).to_string());
}

// F35
#[tokio::test(flavor = "multi_thread")]
async fn a_blank_or_misleading_name_is_rejected_at_the_sign_up() {
    let app = TestApp::start().await;
    for (name, sentence) in [
        ("\u{3164}", "Enter your name."),
        ("\u{200b}\u{2060}", "Enter your name."),
        ("\u{202e}Eva nebA", "A name can't contain control, text-direction or private-use characters."),
        ("Ana \u{e000}", "A name can't contain control, text-direction or private-use characters."),
    ] {
        let fields = [("name", name), ("handle", "ana"), ("email", "a@example.com"), ("password", "correct horse")];
        let page = app.browser().submit("/signup", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
        assert!(page.text.replace("&#x27;", "'").contains(sentence), "{name:?}: {}", page.text);
    }
}
