//! Presence of a user.

use leptos::prelude::*;

use crate::domain::message::SentAt;
use crate::domain::user;
use crate::ui::components::time::{Time, TimeFormat};
use crate::ui::state::Presence;
use crate::ui::state::reactive::memo;

/// Mark beside the name of a user who is online.
#[component]
pub fn PresenceMark(user: user::Id) -> impl IntoView {
    let presence = use_context::<Presence>();
    let is_online = memo(move || presence.is_some_and(|presence| presence.is_online(user)));
    move || is_online.get().then(|| online_mark().into_any())
}

/// Time at which a user who is not online was last online. `rendered` is what the server has rendered.
#[component]
pub fn LastSeen(user: user::Id, rendered: Option<SentAt>) -> impl IntoView {
    let presence = use_context::<Presence>();
    let gaps = presence.map_or(0, |presence| presence.gaps());
    let at = memo(move || match presence {
        Some(presence) => presence.last_seen(user, rendered.as_ref(), gaps),
        None => rendered.clone(),
    });
    let line =
        |at| view! { <span class="thread__seen">"Last seen " <Time at format=TimeFormat::Short/></span> }.into_any();
    move || at.get().map(line)
}

/// The mark itself, for a view that draws itself again when the user comes or goes.
pub fn online_mark() -> impl IntoView {
    view! { <span class="presence" translate="no" title="Online"><span class="visually-hidden">"Online"</span></span> }
}
