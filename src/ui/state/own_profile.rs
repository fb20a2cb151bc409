//! The signed-in user as the page shows them.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::event::Event;
use crate::domain::user::User;
use crate::ui::state::LiveEvents;

/// Returns the user, with the name and handle that they choose on another page while this one is open.
pub fn follow_changes(me: User) -> RwSignal<User> {
    let (id, shown) = (me.id, RwSignal::new(me));
    if let Some(live) = use_context::<LiveEvents>() {
        live.listen(Callback::new(move |event: Event| {
            if event == Event::Resync {
                spawn_local(async move {
                    if let Ok(now) = api::current_user().await
                        && now.id == id
                        && shown.try_with_untracked(|before| *before != now) == Some(true)
                    {
                        shown.set(now);
                    }
                });
            }
        }));
    }
    shown
}
