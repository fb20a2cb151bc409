//! Layers above the page whose code the browser loads when it is first needed, or some seconds after hydration: the
//! menu of a message, the question before a deletion, and the emoji picker. A page without that code works otherwise,
//! and says so if the code cannot be loaded.
//!
//! The code is in the part of the pages that are not shown first (`pages/lazy.rs`). In a part of its own it would cut
//! the code that the parts share into twice as many files, of which a conversation would load three more.
// The attribute expands to the calls of a part that is not loaded yet.
#![cfg_attr(
    split,
    allow(unsafe_code, reason = "the attribute imports and exports functions, which are unsafe to declare")
)]

use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
#[cfg(split)]
use wasm_split_helpers::wasm_split;

use crate::domain::emoji::Emoji;
use crate::domain::error::AppError;
use crate::domain::message::Message;
use crate::ui::components::emoji_picker::EmojiPicker;
use crate::ui::components::message_menu::{DeleteQuestion, Menu};
use crate::ui::state::message_menu::MessageMenu;
use crate::ui::state::reactive::effect;

/// Time after hydration at which the code is loaded in any case: the user may be offline when it is needed, or the
/// server may have been updated.
const LOADED_AFTER: Duration = Duration::from_secs(2);

/// Layer that is drawn on demand.
pub enum Layer {
    Menu(MessageMenu, Box<Message>),
    DeleteQuestion(MessageMenu),
    EmojiPicker {
        /// Called with the picked emoji, after the dialog has closed.
        pick: Callback<Emoji>,
        /// Called when the dialog has closed.
        close: Callback<()>,
    },
}

/// Draws a layer as soon as its code is loaded.
#[component]
pub fn OnDemand(
    layer: Layer,
    /// Called if the code cannot be loaded. The next attempt loads it again.
    fail: Callback<()>,
) -> impl IntoView {
    let is_loaded = RwSignal::new(matches!(load().now_or_never(), Some(Ok(()))));
    if !is_loaded.get_untracked() {
        spawn_local(async move {
            match load().await {
                Ok(()) => {
                    is_loaded.try_set(true);
                }
                Err(_) => {
                    fail.try_run(());
                }
            }
        });
    }
    let layer = Mutex::new(Some(layer));
    move || {
        let layer = layer.lock().ok().filter(|_| is_loaded.get())?.take()?;
        draw(layer).now_or_never()?.ok()
    }
}

/// Loads the code before the user asks for a layer, which is likely now.
pub fn prepare_layers() {
    spawn_local(async {
        // If this fails, the layer loads it again, and says so if that fails, too.
        let _ = load().await;
    });
}

/// Loads the code some time after hydration.
pub fn prepare_layers_later() {
    effect(|| set_timeout(prepare_layers, LOADED_AFTER));
}

fn layer_view(layer: Layer) -> AnyView {
    match layer {
        Layer::Menu(menu, message) => view! { <Menu menu message=*message/> }.into_any(),
        Layer::DeleteQuestion(menu) => view! { <DeleteQuestion menu/> }.into_any(),
        Layer::EmojiPicker { pick, close } => view! { <EmojiPicker pick close/> }.into_any(),
    }
}

#[cfg(split)]
#[wasm_split(rest, fallible, preload(load))]
fn draw(layer: Layer) -> Result<AnyView, AppError> {
    Ok(layer_view(layer))
}

#[cfg(not(split))]
async fn draw(layer: Layer) -> Result<AnyView, AppError> {
    Ok(layer_view(layer))
}

#[cfg(not(split))]
async fn load() -> Result<(), AppError> {
    Ok(())
}
