//! `/messages/:message_group_uuid`: a conversation.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use crate::api;
use crate::domain::conversation::{self, ConversationView};
use crate::domain::page::Cursor;
use crate::ui::components::conversation_pane::ConversationPane;
use crate::ui::components::error_note::LoadError;
use crate::ui::components::message_list::MessageListSkeleton;
use crate::ui::pages::conversations::Me;
use crate::ui::state::date_cursor::from_day;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::location::query_parameter;
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::refused_form::use_refused_form;

/// Title of the tab. Rendered again with each loaded conversation, because an error may have set its own title before.
const TITLE: &str = "Conversation · Cruddur";

/// Conversation at the first unread message, or at the newest one. `?before=`, `?after=` and `?on=` (a date) select
/// another page of its messages.
#[component]
pub fn ConversationPage() -> impl IntoView {
    let refused = use_refused_form();
    let params = use_params_map();
    // An invalid id is requested as one that does not exist, so that the server answers with the same error and status.
    let id = move || params.read().get("message_group_uuid").and_then(|id| id.parse().ok()).unwrap_or(Uuid::nil());
    let (before, after, on) = (query_parameter("before"), query_parameter("after"), query_parameter("on"));
    let from = move || after.get().map(Cursor).or_else(|| from_day(&on.get()?));
    let cursor = move || before.get().map(Cursor).or_else(from);
    let opened = page_resource(move || (conversation::Id(id()), cursor()), |(id, at)| api::open_conversation(id, at));
    let (Me(me), inbox) = (expect_context::<Me>(), expect_context::<Inbox>());
    let pane = move || {
        Suspend::new(async move {
            match (me.await, opened.await) {
                (Ok(me), Ok(conversation)) => {
                    let draw = move |conversation| {
                        let from_first = untrack(|| before.get().is_none() && from().is_some());
                        view! { <ConversationPane conversation me=me.id inbox from_first refused=refused.get_value()/> }
                    };
                    // Keyed, so that no state of one conversation, above all its unsent text, gets into another one.
                    Either::Left(view! {
                        <Title text=TITLE/>
                        <For each=move || [conversation.clone()] key=page_key children=draw/>
                    })
                }
                (Err(error), _) | (_, Err(error)) => {
                    Either::Right(view! { <LoadError subject="This conversation" error/> })
                }
            }
        })
    };
    view! {
        <Title text=TITLE/>
        <Suspense fallback=MessageListSkeleton>{pane}</Suspense>
    }
}

/// Identifies the conversation and the page of its messages.
fn page_key(conversation: &ConversationView) -> (conversation::Id, [Option<String>; 2]) {
    let ends = [&conversation.messages.older, &conversation.messages.newer];
    (conversation.id, ends.map(|cursor| cursor.as_ref().map(Cursor::to_string)))
}
