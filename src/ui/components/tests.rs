//! Tests of the HTML that components render.

use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;
use uuid::Uuid;

use crate::api;
use crate::domain::conversation::{self, Conversation, ConversationView};
use crate::domain::emoji::Emoji;
use crate::domain::error::{AppError, Conflict};
use crate::domain::field_error::FieldCode;
use crate::domain::message::{self, Message, Reaction, SentAt};
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
use crate::ui::state::emoji::emoji_data::EmojiData;
use crate::ui::state::inbox_window::{Inbox, InboxWindow};
use crate::ui::state::list_filter::ListFilter;
use crate::ui::state::outbox::queue::{Shown, State};
use crate::ui::state::outbox::unsent::{Content, Unsent};
use crate::ui::state::refusal::Refusal;
use crate::ui::state::shown_page::ShownPage;
use crate::ui::state::submission::{Leave, Submission};
use crate::ui::state::{Drafts, LiveEvents, Outbox};

const EVIL: &str = "</textarea></title><script>window.pwned=1</script>\"'><script>window.pwned=2</script>";

/// Returns the HTML that the server sends for `view` at `path`.
fn html<V: IntoView + 'static>(path: &str, view: impl FnOnce() -> V + Send + 'static) -> String {
    let path = format!("http://localhost{path}");
    Owner::new().with(|| {
        provide_context(RequestUrl::new(&path));
        let live = LiveEvents::new(None);
        provide_context(live);
        provide_context(Outbox::new(live));
        provide_context(Drafts::new());
        provide_context(EmojiData::empty());
        provide_context(ShownPage::none());
        view! { <Router>{view()}</Router> }.to_html()
    })
}

fn page<T>(items: Vec<T>, cursor: &str) -> Page<T> {
    Page { items, older: Some(Cursor(cursor.to_owned())), newer: Some(Cursor(cursor.to_owned())), rev: 0 }
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
        last_seen: Vec::new(),
        next_message: message::Id(Uuid::from_u128(10)),
        has_blocked: false,
        request: None,
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
        error: Some(AppError::invalid("email", FieldCode::EmailMalformed)),
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
    refused_html(target, Content::Body(body.to_owned()), refusal)
}

/// HTML of an entry of the outbox that the server has refused.
fn refused_html(target: Target, content: Content, refusal: Refusal) -> String {
    let (id, to, refused) = (message::Id(Uuid::from_u128(1)), "Ben".to_owned(), Some(refusal.clone()));
    let (reply_to, replaced) = (None, Vec::new());
    let item = Unsent { id, target, peer: None, to, order: 1, written_at_ms: 0, content, reply_to, replaced, refused };
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
        html(
            "/messages",
            || view! { <ConversationList window=window(EVIL) filter=ListFilter::new() me=samples::user(1, EVIL).id/> },
        ),
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
        let refused =
            RefusedForm { error: Some(AppError::RateLimited { retry_after_secs: 7 }), fields: Default::default() };
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
fn a_refused_edit_keeps_its_text_and_can_be_retried_unless_it_is_too_late() {
    let message = samples::message(1, "theirs", "2026-11-21T09:26").reference();
    let edit = Content::Edit { message, edits: 1, body: "mine".to_owned() };
    for (conflict, can_retry) in [
        (Conflict::MessageChanged, true),
        (Conflict::EditTooLate, false),
        (Conflict::TooManyEdits, false),
        (Conflict::MessageDeleted, false),
    ] {
        let target = Target::Conversation(conversation::Id(Uuid::from_u128(9)));
        let page = refused_html(target, edit.clone(), Refusal::from(&AppError::Conflict(conflict)));
        for text in ["mine", "Edit not saved.", "Copy", "Discard"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert_eq!(page.contains("Try again"), can_retry, "{conflict:?}: {page}");
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

/// Conversation of three messages: Ana's, which was edited and has reactions; Ben's, deleted; and Ana's answer to it.
fn changed_conversation_html() -> String {
    let mut conversation = conversation_view("hello");
    let (ana, ben) = (samples::user(1, "ana").id, samples::user(2, "ben").id);
    let [edited, deleted, answer] = &mut conversation.messages.items[..] else { panic!("three messages") };
    edited.edited_at = Some(SentAt::stored("2026-11-21T10:00:00.000000+00:00".to_owned()));
    edited.reactions = [("👍", vec![ben, ana]), ("🎉", vec![ben])]
        .map(|(emoji, users)| Reaction { emoji: Emoji::stored(emoji.to_owned()), users })
        .to_vec();
    deleted.deleted_at = edited.edited_at.clone();
    answer.quote = Some(deleted.quoted());
    html("/messages/9", move || {
        view! { <ConversationPane conversation me=ana inbox=inbox() from_first=false refused=None/> }
    })
}

#[test]
fn a_changed_message_shows_what_has_become_of_it_without_script() {
    let page = changed_conversation_html();
    let id = |n: u128| format!("{}", Uuid::from_u128(n));
    for part in [
        format!("/messages/{}/message/2026-11-21T09:26:28.207802Z/{}", id(9), id(1)),
        ">Edited<".to_owned(),
        "👍 2, you and hello".to_owned(),
        "🎉 1, hello".to_owned(),
        ">Deleted message<".to_owned(),
        format!("/messages/{}?around=2026-11-21T09:26:28.207802Z#m-{}", id(9), id(2)),
        ">Original message deleted<".to_owned(),
    ] {
        assert!(page.contains(&part), "{part} in {page}");
    }
    assert_eq!(page.matches(">Options<").count(), 3, "each message leads to its page: {page}");
    assert!(!page.contains("data-react"), "no button without a script that gives it a meaning: {page}");
    assert!(page.find("👍") < page.find("🎉"), "in the order of their first use: {page}");
}

#[test]
fn no_element_carries_an_inline_style() {
    assert!(!conversation_html("hello", None).contains("style="));
    assert!(!changed_conversation_html().contains("style="));
}
