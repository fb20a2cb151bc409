//! Forms that block a user, and remove the block.

use leptos::html::Details;
use leptos::prelude::*;

use crate::domain::refused_form::RefusedForm;
use crate::domain::user::User;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::form::PageUserField;
use crate::ui::components::message_text::MessageText;
use crate::ui::state::blocking::BlockChange;
use crate::ui::state::disclosure::close_when_left;

/// Button that blocks a user, behind a question. Without WASM it opens, closes and submits as a plain form.
#[component]
pub fn BlockForm(
    /// The user, whose name may change.
    #[prop(into)]
    user: Signal<User>,
    /// Path of the page, to which the form is posted.
    path: String,
    /// Path of the page on which the user is reported, if there is one.
    #[prop(optional_no_strip)]
    report: Option<String>,
) -> impl IntoView {
    let menu = NodeRef::<Details>::new();
    close_when_left(menu);
    let name = move || user.read().display_name.to_string();
    let id = user.with_untracked(|user| user.id);
    view! {
        <details class="disclosure" node_ref=menu>
            <summary class="button button--quiet button--icon disclosure__summary">
                <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <circle cx="12" cy="12" r="8"/>
                    <path d="M6.5 6.5l11 11"/>
                </svg>
                <span class="visually-hidden" translate="no">{move || format!("Block {}…", name())}</span>
            </summary>
            <div class="disclosure__panel block-forms__panel">
                <ChangeForm change=BlockChange::new(id, true) path>
                    <p>
                        "Block " <bdi>{name}</bdi>
                        "? Neither of you can then write to the other, react, or see when the other is online. \
                        Both of you keep the conversation."
                    </p>
                    <button class="button button--danger">"Block"</button>
                </ChangeForm>
                {report.map(|report| view! { <ReportLink report/> })}
            </div>
        </details>
    }
}

/// Note in place of the composer: the user has blocked the peer. Shows the text of a refused form, which can be copied.
#[component]
pub fn BlockedNote(
    /// The user, whose name may change.
    #[prop(into)]
    user: Signal<User>,
    /// Path of the page, to which the form is posted.
    path: String,
    /// Path of the page on which the user is reported, if there is one.
    #[prop(optional_no_strip)]
    report: Option<String>,
    refused: Option<RefusedForm>,
) -> impl IntoView {
    let fields = refused.map(|refused| refused.fields).unwrap_or_default();
    let text = fields.get("body").cloned();
    // Without script, the composer shows the text again after the block.
    let is_typed = |(name, _): &(&String, &String)| text.is_some() && !["user", "on"].contains(&name.as_str());
    let typed = fields.iter().filter(is_typed).map(|(name, value)| {
        view! { <input type="hidden" name=name.clone() value=value.clone()/> }
    });
    let typed = typed.collect_view();
    view! {
        <div class="thread__closed">
            <ChangeForm change=BlockChange::new(user.with_untracked(|user| user.id), false) path>
                {typed}
                <p>"You have blocked " <bdi>{move || user.read().display_name.to_string()}</bdi> ". Neither of you can write to the other."</p>
                <button class="button">"Unblock"</button>
            </ChangeForm>
            {report.map(|report| view! { <ReportLink report/> })}
            {text.map(|text| view! { <p>"Your message was not sent:"</p> <MessageText body=text/> })}
        </div>
    }
}

/// Link to the page on which the user is reported.
#[component]
pub fn ReportLink(report: String) -> impl IntoView {
    view! { <p><a class="button" href=report>"Report to the operator"</a></p> }
}

/// Form of one change.
#[component]
pub fn ChangeForm(change: BlockChange, path: String, children: Children) -> impl IntoView {
    let field = |(name, value)| view! { <input type="hidden" name=name value=value/> };
    view! {
        <form class="block-forms__form" method="post" action=path on:submit=move |event| change.form.submit(&event)>
            <PageUserField/>
            {change.fields().map(field).into_iter().collect_view()}
            {children()}
            {move || change.form.error().map(|error| view! { <ErrorNote error/> }.into_any())}
        </form>
    }
}
