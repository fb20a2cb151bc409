//! Position of the page in the events of the server.

use leptos::prelude::*;

use crate::domain::position::{Position, PositionSource};
use crate::ui::state::page_resource::Json;

/// Returns the position of the page, if the server has rendered it. The browser takes the value over from the server
/// during hydration, and has none for a page that it opens itself. To be called before the resources of the page are
/// created: events that come while the server reads are after this position.
pub fn use_page_position() -> Option<Position> {
    let read = || use_context::<PositionSource>().and_then(|source| (source.0)()).map(|position| position.to_string());
    let position: SharedValue<Option<String>, Json> = SharedValue::new_with_encoding(read);
    position.into_inner().as_deref().and_then(Position::parse)
}
