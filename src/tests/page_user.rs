//! Pages of a user in a browser in which another one has signed in since: nothing that they send counts as the other's.

use cruddur_messages::domain::error::AppError;
use cruddur_messages::domain::page_user::{FIELD, HEADER};
use cruddur_messages::domain::settings::Settings;
use cruddur_messages::domain::user::User;
use reqwest::{Method, StatusCode};

use crate::support::app::{Answer, Browser, TestApp, form, new_id};

/// Pages with forms, but for those that have an id in their path.
const PAGES: [&str; 13] = [
    "/messages",
    "/messages/new",
    "/messages/requests",
    "/settings",
    "/settings/authenticator",
    "/settings/blocked",
    "/settings/delete",
    "/settings/email",
    "/settings/email?sent=1",
    "/settings/export",
    "/settings/password",
    "/settings/profile",
    "/settings/sessions",
];

/// Calls a server function as the script of a page of this user does.
async fn call_from(browser: &mut Browser, page_user: &str, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
    let request = browser.request(Method::POST, &format!("/rpc/{endpoint}")).header(HEADER, page_user);
    browser.send(form(request, fields)).await
}

/// Returns the field that names the user of a page.
fn of(page_user: &str) -> [(&str, &str); 1] {
    [(FIELD, page_user)]
}

async fn id(browser: &mut Browser) -> String {
    browser.call("current_user", &[]).await.json::<User>().id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_and_every_document_names_the_user_of_its_page() {
    let app = TestApp::start_with(|config| config.budgets_factor = 10).await;
    let (mut ana, mut ben, mut cy) = (app.sign_in("ana").await, app.sign_in("ben").await, app.sign_in("cy").await);
    let (me, ben_id) = (id(&mut ana).await, id(&mut ben).await);
    let conversation = ana.start("ben", "hello").await;
    let message = ana.say(&conversation, "mine").await;
    let request = cy.request_conversation("ana", "a request").await;
    ana.call("block_user", &[("user", &ana.clone().id_of("cy").await), ("on", "true")]).await;
    let path = format!("/messages/{conversation}");
    let page_of_message = format!("{path}/message/{}/{}", message.sent_at.url_safe(), message.id);
    let more = [
        path.clone(),
        format!("{path}/report"),
        page_of_message.clone(),
        format!("/messages/{request}"),
        format!("/messages/new/user/{ben_id}"),
    ];
    let named = format!("name=\"{FIELD}\" value=\"{me}\"");
    let mut forms = 0;
    for path in PAGES.into_iter().chain(more.iter().map(String::as_str)) {
        let page = ana.get(path).await;
        let page = if page.status == StatusCode::SEE_OTHER { ana.get(page.location()).await } else { page };
        assert!(page.text.contains(&format!("data-user=\"{me}\"")), "{path}: {}", page.text);
        for posted in page
            .text
            .split("<form ")
            .skip(1)
            .filter(|it| it.split('>').next().is_some_and(|tag| tag.contains("method=\"post\"")))
        {
            let posted = posted.split("</form>").next().unwrap_or_default();
            assert!(posted.contains(&named), "{path}: {posted}");
            forms += 1;
        }
    }
    assert!(forms > 40, "{forms}");
    let signed_out = app.browser().get("/signin").await.text;
    assert!(!signed_out.contains("data-user") && !signed_out.contains(FIELD), "{signed_out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_users_page_changes_nothing_and_returns_its_text() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (ana_id, ben_id) = (id(&mut ana).await, id(&mut ben).await);
    let conversation = ana.start("ben", "hello").await;
    let path = format!("/messages/{conversation}");
    let new = new_id();
    let message = [("conversation", &*conversation), ("id", &*new), ("body", "written by <Ana>")];

    let refused = ben.submit(&path, &[&message as &[_], &of(&ana_id)].concat()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("written by &lt;Ana>"), "the text comes back: {}", refused.text);
    let before = ben.call("load_settings", &[]).await.json::<Settings>();
    let forms: [(&str, &[(&str, &str)]); 4] = [
        ("/settings", &[("starters", "nobody")]),
        ("/settings/profile", &[("name", "Ana's new name"), ("handle", "anas_handle")]),
        ("/settings/export", &[]),
        ("/signout", &[]),
    ];
    for (path, fields) in forms {
        for page_user in [&*ana_id, "", "not an id"] {
            let refused = ben.submit(path, &[fields, &of(page_user)].concat()).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}: {}", refused.text);
            assert!(refused.text.contains("Nothing has been changed"), "{path}: {}", refused.text);
        }
    }
    let me: User = ben.call("current_user", &[]).await.json();
    assert_eq!((me.handle_text(), ben.call("load_settings", &[]).await.json::<Settings>()), ("ben", before));
    assert_eq!(ana.texts(&conversation).await, ["hello"]);

    let sent = ben.submit(&path, &[&message as &[_], &of(&ben_id)].concat()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "a form of his own page: {}", sent.text);
    assert_eq!(ana.texts(&conversation).await, ["hello", "written by <Ana>"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_another_users_page_is_as_if_signed_out_and_ends_no_session() {
    let app = TestApp::start().await;
    let (mut ana, mut ben) = (app.sign_in("ana").await, app.sign_in("ben").await);
    let (ana_id, ben_id) = (id(&mut ana).await, id(&mut ben).await);
    let conversation = ana.start("ben", "hello").await;
    let new = new_id();
    let calls: [(&str, &[(&str, &str)]); 6] = [
        ("current_user", &[]),
        ("list_conversations", &[]),
        ("open_conversation", &[("conversation", &conversation)]),
        ("send_message", &[("conversation", &conversation), ("id", &new), ("body", "by Ana")]),
        ("save_profile", &[("name", "Ana's new name"), ("handle", "anas_handle")]),
        ("end_other_sessions", &[]),
    ];
    for (endpoint, fields) in calls {
        let refused = call_from(&mut ben, &ana_id, endpoint, fields).await;
        assert_eq!(
            (refused.status, refused.error()),
            (StatusCode::UNAUTHORIZED, AppError::Unauthenticated),
            "{endpoint}"
        );
    }
    for endpoint in ["sign_out", "sign_out_everywhere"] {
        let refused = call_from(&mut ben, &ana_id, endpoint, &[]).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::FORBIDDEN, AppError::Forbidden), "{endpoint}");
    }
    let me: User = call_from(&mut ben, &ben_id, "current_user", &[]).await.json();
    assert_eq!((me.handle_text(), me.id.to_string()), ("ben", ben_id));
    assert_eq!(ana.texts(&conversation).await, ["hello"]);
}
