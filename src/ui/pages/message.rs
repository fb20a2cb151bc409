//! `/messages/:message_group_uuid/message/:time/:id`: one message, with its history and forms for all that can be done
//! with it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use crate::api;
use crate::domain::conversation::{self, MessageView};
use crate::domain::message::{self, SentAt};
use crate::ui::components::at_once::{DrawsAnew, at_once};
use crate::ui::components::error_note::LoadError;
use crate::ui::components::message_page::MessageDetails;
use crate::ui::components::show::Case;
use crate::ui::pages::conversations::Me;
use crate::ui::state::blocking::{reload_after_block, shows};
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::heading_focus::load_again;
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::reachable::refetch_once_reachable;
use crate::ui::state::refused_form::use_refused_form;

/// Title of the tab.
const TITLE: &str = "Message · Cruddur";

/// Page of one message. Everything on it works without WASM.
#[component]
pub fn MessagePage() -> impl IntoView {
    let refused = use_refused_form();
    let params = use_params_map();
    // An invalid id or time is requested as one that does not exist, so that the server answers with the same error.
    let id = move |name| params.read().get(name).and_then(|id| id.parse().ok()).unwrap_or(Uuid::nil());
    let time = move || SentAt::stored(params.read().get("time").unwrap_or_default());
    let named = move || (conversation::Id(id("message_group_uuid")), message::Id(id("id")), time());
    let found = page_resource(named, |(conversation, message, time)| api::find_message(conversation, message, time));
    let has_member = move |it: &MessageView, user| {
        // Of the message before, while the next one loads.
        it.message.id != untrack(named).1 || it.members.iter().any(|member| member.id == user)
    };
    reload_after_block(move |user| shows(found, |it| has_member(it, user)), load_again(found));
    refetch_once_reachable(found);
    let Me(me) = expect_context::<Me>();
    let typed = RwSignal::new(None);
    let component = DrawsAnew::here();
    let details = move || {
        Suspend::new(async move {
            let (me, found) = (me.await, found.await);
            after_dry_run().await;
            at_once(match (me, found) {
                (Ok(me), Ok(view)) => {
                    let draw = move || {
                        let refused = refused.get_value();
                        view! { <Title text=TITLE/> <MessageDetails view me=me.id refused typed/> }.into_any()
                    };
                    // Drawn anew, so that the form of one message never belongs to another.
                    Case::A(component.draw(draw).into_any())
                }
                (Err(error), _) | (_, Err(error)) => {
                    Case::B(view! { <LoadError subject="This message" error/> }.into_any())
                }
            })
        })
    };
    view! {
        <Title text=TITLE/>
        <Suspense>{move || details()}</Suspense>
    }
}
