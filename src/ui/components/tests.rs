//! Tests of the HTML that components render.

use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;
use uuid::Uuid;

use crate::api;
use crate::domain::conversation::{self, Conversation, ConversationView};
use crate::domain::error::{AppError, Conflict};
use crate::domain::field_error::FieldCode;
use crate::domain::message::{self, Message};
use crate::domain::page::{Cursor, Page};
use crate::domain::refused_form::RefusedForm;
use crate::domain::samples;
use crate::ui::components::account_menu::AccountMenu;
use crate::ui::components::conversation_list::ConversationList;
use crate::ui::components::conversation_pane::ConversationPane;
use crate::ui::components::field::{Field, Kind};
use crate::ui::components::form::FieldForm;
use crate::ui::components::unsent_messages::UnsentMessage;
use crate::ui::state::compose_target::Target;
use crate::ui::state::inbox_window::{Inbox, InboxWindow};
use crate::ui::state::outbox::queue::{Shown, State};
use crate::ui::state::outbox::unsent::Unsent;
use crate::ui::state::refusal::Refusal;
use crate::ui::state::submission::{Leave, Submission};
use crate::ui::state::{Drafts, LiveEvents, Outbox};

const EVIL: &str = "</textarea></title><script>window.pwned=1</script>\"'><script>window.pwned=2</script>";

/// Returns the HTML that the server sends for `view` at `path`.
fn html<V: IntoView + 'static>(path: &str, view: impl FnOnce() -> V + Send + 'static) -> String {
    let path = format!("http://localhost{path}");
    Owner::new().with(|| {
        provide_context(RequestUrl::new(&path));
        let live = LiveEvents::new();
        provide_context(live);
        provide_context(Outbox::new(live));
        provide_context(Drafts::new());
        view! { <Router>{view()}</Router> }.to_html()
    })
}

fn page<T>(items: Vec<T>, cursor: &str) -> Page<T> {
    Page { items, older: Some(Cursor(cursor.to_owned())), newer: Some(Cursor(cursor.to_owned())) }
}

fn messages(text: &str) -> Vec<Message> {
    let mut messages: Vec<_> = (1..4).map(|n| samples::message(n, text, "2026-11-21T09:26:28.207802+00:00")).collect();
    messages[1].author = samples::user(2, text).id;
    messages
}

fn conversation_view(text: &str) -> ConversationView {
    ConversationView {
        id: conversation::Id(Uuid::from_u128(9)),
        kind: conversation::Kind::Direct,
        members: vec![samples::user(1, text), samples::user(2, text)],
        messages: page(messages(text), text),
        newest: 3,
        read: 3,
        marked: false,
        receipts: Default::default(),
        next_message: message::Id(Uuid::from_u128(10)),
    }
}

fn inbox() -> Inbox {
    Inbox::new()
}

fn window(text: &str) -> InboxWindow {
    let row =
        Conversation { members: vec![samples::user(2, text)], preview: text.to_owned(), ..samples::conversation(1) };
    InboxWindow::new(samples::user(1, "ana").id, page(vec![row], text), true)
}

fn refused(text: &str) -> Option<RefusedForm> {
    let fields = ["email", "code", "body", "next"].map(|name| (name.to_owned(), text.to_owned()));
    let conversation = ("conversation".to_owned(), conversation::Id(Uuid::from_u128(9)).to_string());
    Some(RefusedForm {
        error: AppError::invalid("email", FieldCode::EmailMalformed),
        fields: fields.into_iter().chain([conversation]).collect(),
    })
}

fn conversation_html(text: &'static str, refused: Option<RefusedForm>) -> String {
    let (conversation, me) = (conversation_view(text), samples::user(1, text).id);
    html("/messages/9", move || {
        view! { <ConversationPane conversation me inbox=inbox() from_first=false refused/> }
    })
}

fn unsent_html(body: &'static str, refusal: Refusal) -> String {
    let target = Target::Person(samples::user(2, "ben").id);
    let (id, body) = (message::Id(Uuid::from_u128(1)), body.to_owned());
    let (to, refused) = ("Ben".to_owned(), Some(refusal.clone()));
    let item = Unsent { id, target, peer: None, to, order: 1, written_at_ms: 0, body, refused };
    let shown = Shown { item, state: State::Refused(refusal), is_kept: true };
    html("/messages/9", || {
        let outbox: Outbox = expect_context();
        view! { <UnsentMessage outbox shown/> }
    })
}

#[test]
fn user_input_cannot_inject_a_script_into_a_page() {
    let pages = [
        conversation_html(EVIL, refused(EVIL)),
        html("/messages", || view! { <ConversationList window=window(EVIL) me=samples::user(1, EVIL).id/> }),
        html("/messages", || view! { <AccountMenu user=samples::user(1, EVIL)/> }),
        unsent_html(EVIL, Refusal::from(format!("{EVIL}.").as_str())),
        html("/signin", || {
            let form = Submission::of::<api::SignIn>(refused(EVIL), Leave::Load);
            view! {
                <FieldForm action="/signin" fields=&["email"] form>
                    <Field form name="email" label="E-mail" kind=Kind::Email value=Some(EVIL.to_owned())/>
                </FieldForm>
            }
        }),
    ];
    for page in pages {
        assert!(page.contains("window.pwned"), "the text is there: {page}");
        assert!(!page.contains("<script>window"), "{page}");
        assert_eq!(page.matches("</textarea>").count(), page.matches("<textarea").count(), "{page}");
    }
}

#[test]
fn a_refused_message_returns_to_the_field() {
    let page = conversation_html("hello <ben> & co", refused("\nhello <ben> & co"));
    assert!(page.contains(">\n\nhello &lt;ben> &amp; co</textarea>"), "{page}");
}

#[test]
fn a_message_refused_in_one_conversation_is_not_in_the_field_of_another() {
    let mut other = refused("for cy only").expect("made here");
    other.fields.insert("conversation".to_owned(), Uuid::from_u128(8).to_string());
    assert!(conversation_html("hello", Some(other)).contains("></textarea>"));
}

#[test]
fn a_form_works_before_hydration() {
    let page = conversation_html("hello", None);
    assert!(page.contains(r#"method="post" action="/messages/00000000-0000-0000-0000-000000000009""#), "{page}");
    assert!(page.contains(r#"name="conversation" value="00000000-0000-0000-0000-000000000009""#), "{page}");
    assert!(page.contains(r#"name="id" value="00000000-0000-0000-0000-00000000000a""#), "{page}");
    assert!(!page.contains("disabled"), "{page}");
}

#[test]
fn an_invalid_field_is_marked_and_refers_to_its_error() {
    let page = html("/signin", || {
        let form = Submission::of::<api::SignIn>(refused("ana@"), Leave::Load);
        view! {
            <FieldForm action="/signin" fields=&["email"] form>
                <Field form name="email" label="E-mail" kind=Kind::Email/>
            </FieldForm>
        }
    });
    for part in [r#"aria-invalid="true""#, r#"aria-describedby="email-hint email-error""#, r#"value="ana@""#] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("error-note"), "the error is shown once, beside the field: {page}");
}

#[test]
fn an_error_of_no_field_is_shown_above_the_form() {
    let page = html("/signin", || {
        let refused = RefusedForm { error: AppError::RateLimited { retry_after_secs: 7 }, fields: Default::default() };
        let form = Submission::of::<api::SignIn>(Some(refused), Leave::Load);
        view! { <FieldForm action="/signin" fields=&["email"] form>"fields"</FieldForm> }
    });
    assert!(page.contains("Try again in 7 seconds"), "{page}");
}

#[test]
fn a_refused_message_shows_the_sentence_of_its_code_or_the_one_that_an_earlier_version_kept() {
    for (refusal, sentence) in [
        (Refusal::from(&AppError::Conflict(Conflict::MessageRemoved)), "already sent, but no longer exists."),
        (Refusal::from("This cannot be."), "This cannot be."),
        (Refusal::from("{}"), "Something went wrong."),
    ] {
        let page = unsent_html("hello", refusal);
        assert!(page.contains(sentence) && page.contains("Not sent."), "{page}");
    }
}

#[test]
fn own_messages_differ_by_more_than_color() {
    let page = conversation_html("hello", None);
    assert_eq!(page.matches("message--mine").count(), 2, "{page}");
    assert_eq!(page.matches("<bdi>You").count(), 2, "{page}");
}

#[test]
fn the_unread_line_is_shown_only_above_the_first_unread_message() {
    let has_line = |read: u64, without: usize| {
        let mut conversation = ConversationView { read, ..conversation_view("hello") };
        conversation.messages.items.drain(..without);
        let me = samples::user(1, "ana").id;
        let page = html("/messages/9", move || {
            view! { <ConversationPane conversation me inbox=inbox() from_first=false refused=None/> }
        });
        page.contains("unread-line")
    };
    assert!(has_line(0, 0) && has_line(1, 0) && has_line(1, 1));
    assert!(!has_line(0, 1), "the first unread message is on an earlier page");
    assert!(!has_line(2, 0), "the rest are own messages");
}

#[test]
fn no_element_carries_an_inline_style() {
    assert!(!conversation_html("hello", None).contains("style="));
}
