//! `/messages/:message_group_uuid`: a conversation.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use crate::api;
use crate::domain::conversation::{self, ConversationView};
use crate::domain::error::AppError;
use crate::domain::message::{Message, MessageRef, SentAt};
use crate::domain::page::Cursor;
use crate::domain::paths;
use crate::domain::request::Request;
use crate::ui::components::at_once::{DrawsAnew, at_once};
use crate::ui::components::conversation_pane::ConversationPane;
use crate::ui::components::error_note::LoadError;
use crate::ui::components::message_list::MessageListSkeleton;
use crate::ui::components::show::Case;
use crate::ui::pages::conversations::Me;
use crate::ui::state::blocking::{reload_after_block, shows};
use crate::ui::state::date_cursor::from_day;
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::heading_focus::load_again;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::location::query_parameter;
use crate::ui::state::page_resource::{PageResource, page_resource};
use crate::ui::state::reachable::refetch_once_reachable;
use crate::ui::state::reactive::effect;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::request_answer::reload_with_requests;
use crate::ui::state::shown_page::open_pages;

/// Title of the tab. Rendered again with each loaded conversation, because an error may have set its own title before.
const TITLE: &str = "Conversation · Cruddur";

/// Conversation at the first unread message, or at the newest one. `?before=`, `?after=` and `?on=` (a date) select
/// another page of its messages; `?around=` is the time of a message to which a link leads. With `?reply=` the composer
/// answers a message.
#[component]
pub fn ConversationPage() -> impl IntoView {
    let refused = use_refused_form();
    let params = use_params_map();
    // An invalid id is requested as one that does not exist, so that the server answers with the same error and status.
    let id = move || params.read().get("message_group_uuid").and_then(|id| id.parse().ok()).unwrap_or(Uuid::nil());
    let (before, after, on) = (query_parameter("before"), query_parameter("after"), query_parameter("on"));
    let (around, reply) = (query_parameter("around"), query_parameter("reply"));
    let from = move || after.get().map(Cursor).or_else(|| from_day(&on.get()?));
    let at_message = move || Some(Cursor::around(&SentAt::stored(around.get()?)));
    let cursor = move || before.get().map(Cursor).or_else(at_message).or_else(from);
    let (opened, shown) = open_pages(move || (conversation::Id(id()), cursor()));
    let has_member = move |it: &ConversationView, user| {
        // Of the conversation before, while the next one loads.
        it.id.0 != untrack(id) || it.members.iter().any(|member| member.id == user)
    };
    reload_after_block(move |user| shows(opened, |it| has_member(it, user)), load_again(opened));
    refetch_once_reachable(opened);
    let shows_request = StoredValue::new(false);
    reload_answered_request(opened, shows_request, move || {
        untrack(|| api::open_conversation(conversation::Id(id()), cursor()))
    });
    let answered = page_resource(move || (conversation::Id(id()), reply.get()), |(id, reply)| find_answered(id, reply));
    let (Me(me), inbox) = (expect_context::<Me>(), expect_context::<Inbox>());
    // The answered message that a composer has taken.
    let used = StoredValue::new(None);
    let component = DrawsAnew::here();
    let pane = move || {
        Suspend::new(async move {
            let (me, opened, answered) = (me.await, opened.await, answered.await);
            after_dry_run().await;
            at_once(match (me, opened) {
                (Ok(me), Ok(conversation)) => {
                    let (around, before, from) =
                        shown.selected(|| (around.get(), before.get(), from())).unwrap_or_default();
                    let from_first = before.is_none() && opens_at_first(&conversation.messages.items, from.as_ref());
                    shows_request.set_value(Request::is_received(conversation.request));
                    let is_used = |message: &Message| used.get_value() == Some((conversation.id, message.id));
                    let reply = answered.filter(|message| !is_used(message));
                    let has_composer = !conversation.has_blocked && !Request::is_received(conversation.request);
                    let draw = move || {
                        let (form, asked) = (refused.get_value(), reply.as_ref().map(|it| (conversation.id, it.id)));
                        effect(move || {
                            if has_composer {
                                // It has taken both, and may have sent them when the page is drawn again.
                                refused.set_value(None);
                                used.update_value(|used| *used = asked.or(*used));
                            }
                        });
                        view! {
                            <Title text=TITLE/>
                            <ConversationPane conversation me=me.id inbox from_first around reply refused=form/>
                        }
                        .into_any()
                    };
                    // Drawn anew, so that no state of one conversation, above all its unsent text, gets into another.
                    Case::A(component.draw(draw).into_any())
                }
                (Err(error), _) | (_, Err(error)) => {
                    Case::B(view! { <LoadError subject="This conversation" error/> }.into_any())
                }
            })
        })
    };
    view! {
        <Title text=TITLE/>
        <Suspense fallback=MessageListSkeleton>{move || pane()}</Suspense>
    }
}

/// Returns whether a page of the messages from a time on opens at the first one. Of a time after the newest message it
/// shows the nearest messages, and opens at the newest.
fn opens_at_first(messages: &[Message], from: Option<&Cursor>) -> bool {
    messages.last().zip(from).is_some_and(|(newest, from)| !from.is_after(&newest.sent_at))
}

/// Draws an open request again once it has been answered on this or another page, and not before: the focus and the
/// reading position would be lost. `load` asks for the request.
fn reload_answered_request<F>(
    opened: PageResource<Result<ConversationView, AppError>>,
    shows_request: StoredValue<bool>,
    load: impl Fn() -> F + Send + Sync + 'static,
) where
    F: Future<Output = Result<ConversationView, AppError>> + 'static,
{
    let again = load_again(opened);
    reload_with_requests(move || {
        if shows_request.get_value() {
            let request = load();
            spawn_local(async move {
                let is_answered = match request.await {
                    Ok(now) => !Request::is_received(now.request),
                    Err(error) => error == AppError::NotFound,
                };
                if is_answered && shows_request.try_get_value() == Some(true) {
                    again();
                }
            });
        }
    });
}

/// Returns the message that the composer answers, if there is one.
async fn find_answered(conversation: conversation::Id, reply: Option<String>) -> Option<Message> {
    let MessageRef { id, sent_at } = paths::parse_reply(&reply?)?;
    let found = api::reload_messages(conversation, sent_at.clone(), sent_at).await.ok()?;
    found.items.into_iter().find(|message| message.id == id)
}
