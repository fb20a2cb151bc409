//! `/messages/:message_group_uuid/report` and `/messages/:message_group_uuid/message/:time/:id/report`: report of a
//! user or of a message to the operator.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use crate::api;
use crate::domain::conversation;
use crate::domain::message::{self, SentAt};
use crate::ui::components::at_once::{DrawsAnew, at_once};
use crate::ui::components::error_note::LoadError;
use crate::ui::components::report_form::ReportForm;
use crate::ui::components::show::Case;
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::page_resource::page_resource;
use crate::ui::state::reachable::refetch_once_reachable;
use crate::ui::state::refused_form::use_refused_form;
use crate::ui::state::submission::{Leave, Submission};

/// Page of a report. Everything on it works without WASM.
#[component]
pub fn ReportPage() -> impl IntoView {
    let refused = use_refused_form();
    let params = use_params_map();
    // An invalid id or time is requested as one that does not exist, so that the server answers with the same error.
    let id = move |name| params.read().get(name).map(|id| id.parse().unwrap_or(Uuid::nil()));
    let named = move || {
        let conversation = conversation::Id(id("message_group_uuid").unwrap_or(Uuid::nil()));
        (conversation, id("id").map(message::Id), params.read().get("time").map(SentAt::stored))
    };
    let found =
        page_resource(named, |(conversation, message, time)| api::find_report_subject(conversation, message, time));
    refetch_once_reachable(found);
    let component = DrawsAnew::here();
    let form = move || {
        Suspend::new(async move {
            let found = found.await;
            after_dry_run().await;
            at_once(match found {
                Ok(subject) => {
                    let draw = move || {
                        let form = Submission::of::<api::Report>(refused.get_value(), Leave::Load);
                        view! { <ReportForm subject form/> }.into_any()
                    };
                    // Drawn anew, so that the form of one subject never belongs to another.
                    Case::A(component.draw(draw).into_any())
                }
                Err(error) => Case::B(view! { <LoadError subject="This page" error/> }.into_any()),
            })
        })
    };
    view! {
        <Title text="Report · Cruddur"/>
        <Suspense>{move || form()}</Suspense>
    }
}
