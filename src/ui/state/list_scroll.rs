//! Scroll position of the list of conversations. A narrow screen hides the list while a conversation is open, and a
//! hidden element forgets its position.

use leptos::html::Section;
use leptos::prelude::*;

use crate::ui::state::reactive::effect;

/// Scroll position of the list.
#[derive(Clone, Copy)]
pub struct ListScroll {
    /// Element that scrolls.
    pub node: NodeRef<Section>,
    top: StoredValue<i32>,
}

impl ListScroll {
    /// Restores the position whenever `is_shown` becomes true.
    pub fn start(is_shown: Memo<bool>) -> Self {
        let (node, top) = (NodeRef::<Section>::new(), StoredValue::new(0));
        effect(move || {
            // The heading of the list gets the focus and scrolls into view, so the position is taken before that, and
            // restored after it.
            let before = top.get_value();
            if is_shown.get() && before > 0 {
                request_animation_frame(move || {
                    if let Some(node) = node.try_get_untracked().flatten() {
                        node.set_scroll_top(before);
                    }
                });
            }
        });
        Self { node, top }
    }

    /// Notes the position after the user has scrolled.
    pub fn note(&self) {
        // A hidden element is at its top, too.
        if let Some(node) = self.node.get_untracked().filter(|node| node.client_height() > 0) {
            self.top.set_value(node.scroll_top());
        }
    }
}
