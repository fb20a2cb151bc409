//! Copying of several messages: a line for each, with its author and time. Runs in the browser only.

use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{ClipboardEvent, Element, Event, Range};

use crate::ui::state::reactive::effect;

/// Selector of what is copied: messages, and the lines of the days between them.
const COPIED: &str = ".message, .day-line";

/// Copies messages as lines such as `Ana, 14:31: hello`, from hydration on. A part of one message is copied as it is.
pub fn copy_messages_as_lines() {
    effect(move || {
        let copy = window_event_listener_untyped("copy", |event| {
            let _ = copy_lines(&event);
        });
        on_cleanup(move || copy.remove());
    });
}

fn copy_lines(event: &Event) -> Option<()> {
    let target = event.target()?.dyn_into::<Element>();
    // The selection in a field is a different one.
    if target.is_ok_and(|target| target.matches("input, textarea").unwrap_or(false)) {
        return None;
    }
    let lines = selected_lines()?;
    event.dyn_ref::<ClipboardEvent>()?.clipboard_data()?.set_data("text/plain", &lines).ok()?;
    event.prevent_default();
    Some(())
}

/// Returns the selected messages as lines; `None` if there are not several.
fn selected_lines() -> Option<String> {
    let selection = window().get_selection().ok()??;
    let ranges: Vec<_> = (0..selection.range_count()).filter_map(|n| selection.get_range_at(n).ok()).collect();
    let elements = document().query_selector_all(COPIED).ok()?;
    let (mut lines, mut day, mut count) = (Vec::new(), None, 0);
    for element in (0..elements.length()).filter_map(|n| elements.item(n)?.dyn_into::<Element>().ok()) {
        let Some(text) = element.query_selector(".message__text").ok().flatten() else {
            day = element.text_content();
            continue;
        };
        let text = selected_text(&text, &ranges);
        if text.is_empty() {
            continue;
        }
        // A day is worth a line only between two messages.
        lines.extend(day.take().filter(|_| count > 0));
        lines.push(line(&text_of(&element, ".message__author"), &text_of(&element, ".time > span"), &text));
        count += 1;
    }
    (count > 1).then(|| lines.join("\n"))
}

fn text_of(message: &Element, selector: &str) -> String {
    let found = message.query_selector(selector).ok().flatten();
    found.and_then(|found| found.get_attribute("data-copy").or(found.text_content())).unwrap_or_default()
}

/// Returns the selected part of an element's text.
fn selected_text(element: &Element, ranges: &[Range]) -> String {
    let part_in = |range: &Range| {
        let part = Range::new().ok()?;
        part.select_node_contents(element).ok()?;
        if part.compare_boundary_points(Range::START_TO_START, range).ok()? < 0 {
            part.set_start(&range.start_container().ok()?, range.start_offset().ok()?).ok()?;
        }
        if part.compare_boundary_points(Range::END_TO_END, range).ok()? > 0 {
            part.set_end(&range.end_container().ok()?, range.end_offset().ok()?).ok()?;
        }
        Some(String::from(part.to_string()))
    };
    let touched = ranges.iter().filter(|range| range.intersects_node(element).unwrap_or(false));
    touched.filter_map(part_in).collect()
}

/// Returns the line of a message. One that is still being sent has no time.
fn line(author: &str, time: &str, text: &str) -> String {
    if time.is_empty() { format!("{author}: {text}") } else { format!("{author}, {time}: {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    // F39
    #[test]
    fn a_copied_message_names_its_author_and_its_time_if_it_has_one() {
        assert_eq!(line("Ana", "14:31", "hello"), "Ana, 14:31: hello");
        assert_eq!(line("Ana", "", "hello"), "Ana: hello");
    }
}
