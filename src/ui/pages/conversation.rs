//! `/messages/:message_group_uuid`

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use crate::api;
use crate::domain::conversation::{self, Thread};
use crate::domain::page::Cursor;
use crate::ui::components::account_page::asked;
use crate::ui::components::date_form::from_day;
use crate::ui::components::error_note::Missing;
use crate::ui::components::message_list::MessageListSkeleton;
use crate::ui::components::thread::ThreadPane;
use crate::ui::pages::conversations::Me;
use crate::ui::state::inbox_window::Inbox;
use crate::ui::state::refused_form::refused_of_page;

/// What the tab is called; also again once it is there, after one that was not.
const TITLE: &str = "Conversation · Cruddur";

/// A conversation: what has been written, and where to write. `?before=`, `?after=` and `?on=` (a date) show a part of it
/// rather than where the unread begin.
#[component]
pub fn ConversationPage() -> impl IntoView {
    let refused = refused_of_page();
    let params = use_params_map();
    // What is no id is asked for as an id that nobody has: the server then gives the same answer, with its status.
    let id = move || params.read().get("message_group_uuid").and_then(|id| id.parse().ok()).unwrap_or(Uuid::nil());
    let (before, after, on) = (asked("before"), asked("after"), asked("on"));
    let from = move || after.get().map(Cursor).or_else(|| from_day(&on.get()?));
    let part = move || before.get().map(Cursor).or_else(from);
    let thread = Resource::new(move || (conversation::Id(id()), part()), |(id, part)| api::open_conversation(id, part));
    let (Me(me), inbox) = (expect_context::<Me>(), expect_context::<Inbox>());
    let pane = move || {
        Suspend::new(async move {
            match (me.await, thread.await) {
                (Ok(me), Ok(thread)) => {
                    let draw = move |thread| {
                        let from_first = untrack(|| before.get().is_none() && from().is_some());
                        view! { <ThreadPane thread me=me.id inbox from_first refused=refused.get_value()/> }
                    };
                    // Keyed, so that nothing of one conversation, least of all what is being written, gets into another.
                    Either::Left(view! {
                        <Title text=TITLE/>
                        <For each=move || [thread.clone()] key=shown_part children=draw/>
                    })
                }
                (Err(error), _) | (_, Err(error)) => Either::Right(view! { <Missing what="This conversation" error/> }),
            }
        })
    };
    view! {
        <Title text=TITLE/>
        <Suspense fallback=MessageListSkeleton>{pane}</Suspense>
    }
}

fn shown_part(thread: &Thread) -> (conversation::Id, [Option<String>; 2]) {
    let ends = [&thread.messages.older, &thread.messages.newer];
    (thread.id, ends.map(|cursor| cursor.as_ref().map(Cursor::to_string)))
}
