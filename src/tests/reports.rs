//! Reports of messages and users, as a browser without script sends them.

use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::report::ReportSubject;
use reqwest::StatusCode;

use crate::support::app::{Browser, TestApp};

/// Path of the page on which a message is reported.
fn page_of(conversation: &str, message: &Message) -> String {
    format!("/messages/{conversation}/message/{}/{}/report", message.sent_at.url_safe(), message.id)
}

/// Returns the copied texts of the newest report, oldest first.
async fn copied(app: &TestApp) -> Vec<String> {
    let query = "select body from report_messages join reports on uuid = report_uuid
        where uuid = (select uuid from reports order by created_at desc limit 1) order by position";
    sqlx::query_scalar(query).fetch_all(&app.database.pool).await.expect("the texts")
}

/// Sends eight messages of Ana to Ben. Returns the conversation and the messages.
async fn conversation(ana: &mut Browser) -> (String, Vec<Message>) {
    let conversation = ana.start("ben", "text 0").await;
    let mut messages = Vec::new();
    for number in 1..8 {
        messages.push(ana.say(&conversation, &format!("text {number}")).await);
    }
    (conversation, messages)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_reported_once_with_the_five_before_it() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (conversation, messages) = conversation(&mut ana).await;
    let path = page_of(&conversation, &messages[5]);
    let link = format!("href=\"{path}\"");
    assert!(ben.get(path.trim_end_matches("/report")).await.text.contains(&link));
    assert!(!ana.get(path.trim_end_matches("/report")).await.text.contains(&link), "not one's own message");

    let page = ben.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for part in ["Report a message", "text 6", "five messages before it", "learns your name"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let refused = ben.submit(&path, &[("reason", ""), ("details", "look <here>")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["Choose a reason.", "look &lt;here>"] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    for _ in 0..2 {
        let sent = ben.submit(&path, &[("reason", "harassment"), ("details", "look <here>")]).await;
        assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, &*path), "{}", sent.text);
    }
    let page = ben.get(&path).await.text;
    assert!(page.contains("Report sent.") && !page.contains("<select"), "{page}");
    assert_eq!(app.database.number("select count(*) from reports").await, 1);
    let stored = "select count(*) from reports join users as reporter on reporter.uuid = reporter_uuid
        join users as reported on reported.uuid = reported_uuid
        where reporter.handle = 'ben' and reported.handle = 'ana' and reason = 'harassment' and details = 'look <here>'";
    assert_eq!(app.database.number(stored).await, 1);
    assert_eq!(copied(&app).await, (1..=6).map(|number| format!("text {number}")).collect::<Vec<_>>());

    ana.call_about("delete_message", (&conversation, &messages[5]), &[]).await;
    assert_eq!(copied(&app).await[5], "text 6", "the copy stays");
    app.database.execute("update reports set closed_at = now()").await;
    assert!(ben.get(&path).await.text.contains("<select"), "it can be reported again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_reported_from_the_conversation_and_from_the_note_about_a_block() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (conversation, _) = conversation(&mut ana).await;
    let (of, her) = (format!("/messages/{conversation}"), ben.id_of("ana").await);
    let (path, link) = (format!("{of}/report"), format!("href=\"{of}/report\""));
    assert!(ben.get(&of).await.text.contains(&link));
    assert_eq!(ben.submit(&of, &[("user", &her), ("on", "true")]).await.status, StatusCode::SEE_OTHER);
    assert!(ben.get(&of).await.text.contains(&link), "after the block");
    let page = ben.get(&path).await.text;
    assert!(page.contains("Report a user") && page.contains("last six messages"), "{page}");
    let sent = ben.submit(&path, &[("reason", "spam"), ("details", " ")]).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, &*path), "{}", sent.text);
    assert!(ben.get(&path).await.text.contains("Report sent."));
    assert_eq!(copied(&app).await, (2..8).map(|number| format!("text {number}")).collect::<Vec<_>>());
    assert_eq!(app.database.number("select count(*) from reports where message_uuid is null").await, 1);
    let subject: ReportSubject = ana.call("find_report_subject", &[("conversation", &conversation)]).await.json();
    assert!(!subject.is_reported, "each user has reports of their own, and nobody sees those of others");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_report_nothing_and_users_not_themselves() {
    let app = TestApp::start().await;
    let (mut ana, _ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let mut cy = app.sign_in("cy").await;
    let (conversation, messages) = conversation(&mut ana).await;
    let (of_message, of_user) = (page_of(&conversation, &messages[0]), format!("/messages/{conversation}/report"));
    for (browser, path) in [(&mut cy, &of_message), (&mut ana, &of_message)] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(browser.submit(path, &[("reason", "spam")]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(cy.submit(&of_user, &[("reason", "spam")]).await.status, StatusCode::NOT_FOUND);
    // The path counts, and not the fields of the form.
    let id = messages[0].id.to_string();
    let fields = [("reason", "spam"), ("conversation", &conversation), ("message", &id)];
    let elsewhere = "/messages/5ae290ed-55d1-47a0-bc6d-fe2bc2700399/report";
    assert_eq!(ana.submit(elsewhere, &fields).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.database.number("select count(*) from reports").await, 0);
    let signed_out = app.browser().get(&of_user).await;
    assert_eq!(signed_out.status, StatusCode::SEE_OTHER);
    let answer = cy.call("report", &[("conversation", &conversation), ("reason", "spam")]).await;
    assert_eq!(answer.error(), AppError::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_deleted_90_days_after_it_has_been_closed() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (conversation, messages) = conversation(&mut ana).await;
    for message in &messages[..3] {
        let sent = ben.submit(&page_of(&conversation, message), &[("reason", "spam")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    }
    app.database.execute("update reports set created_at = now() - interval '1 year'").await;
    let close = |message: &Message, days: u8| {
        format!("update reports set closed_at = now() - interval '{days} days' where message_uuid = '{}'", message.id)
    };
    app.database.execute(&close(&messages[0], 89)).await;
    app.database.execute(&close(&messages[1], 91)).await;
    assert_eq!(app.state.store.reports.delete_closed().await.expect("an answer"), 1);
    let left = "select count(*) from reports where message_uuid in";
    let left = format!("{left} ('{}', '{}')", messages[0].id, messages[2].id);
    assert_eq!(app.database.number(&left).await, 2, "one is open, and one has been closed for less");
    let orphans = "select count(*) from report_messages where report_uuid not in (select uuid from reports)";
    assert_eq!(app.database.number(orphans).await, 0);
    assert_eq!(app.state.store.reports.delete_closed().await.expect("an answer"), 0);
}
