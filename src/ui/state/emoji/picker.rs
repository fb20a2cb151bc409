//! Behavior of the emoji picker: search, drawing on demand, keys. Runs in the browser only.

use std::fmt::Write;

use leptos::html::{Dialog, Div};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Event, HtmlElement, KeyboardEvent};

use crate::domain::emoji::Emoji;
use crate::ui::state::composer::has_touch_keyboard;
use crate::ui::state::emoji::emoji_data::EmojiData;
use crate::ui::state::emoji::table::{find, groups, search};
use crate::ui::state::focus::focus;
use crate::ui::state::reactive::effect;

/// Number of emoji in a row. The style has the same number.
const COLUMNS: usize = 8;

/// Maximum number of emoji that a search finds.
const FOUND_MAX: usize = 80;

/// State of an open picker.
#[derive(Clone, Copy)]
pub struct Picker {
    pub data: EmojiData,
    pub dialog: NodeRef<Dialog>,
    /// The scrolling list of sections.
    pub list: NodeRef<Div>,
    pub query: RwSignal<String>,
    /// Number of groups that are drawn. The others are drawn as the user comes near them.
    pub drawn: RwSignal<usize>,
    /// Characters, name and shortcode of the emoji that has the focus or is pointed at.
    pub described: RwSignal<String>,
    pick: Callback<Emoji>,
}

impl Picker {
    /// Creates a picker, which opens as soon as its dialog is drawn. It loads the emoji table if necessary.
    pub fn open(pick: Callback<Emoji>) -> Self {
        let picker = Self {
            data: expect_context(),
            dialog: NodeRef::new(),
            list: NodeRef::new(),
            query: RwSignal::new(String::new()),
            drawn: RwSignal::new(1),
            described: RwSignal::new(String::new()),
            pick,
        };
        picker.data.load();
        effect(move || {
            if let Some(dialog) = picker.dialog.get() {
                let _ = dialog.show_modal();
                // The search would open the keyboard on the screen, which hides half of the picker.
                if has_touch_keyboard() {
                    let _ = dialog.focus();
                }
            }
        });
        picker
    }

    /// Closes the dialog, which returns the focus to the element that had it before.
    pub fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    /// Closes the dialog if the click was on its backdrop.
    pub fn close_if_outside(self, event: &Event) {
        if let (Some(dialog), Some(target)) = (self.dialog.get_untracked(), element(event))
            && target == **dialog
        {
            self.close();
        }
    }

    /// Returns the first emoji and the heading of each group.
    pub fn group_headings(self) -> Vec<(String, String)> {
        let table = self.data.text().unwrap_or_default();
        let groups = groups(&table).into_iter();
        let heading = |(heading, entries): (&str, Vec<_>)| {
            let first = entries.first().map(|it: &super::table::Entry| it.with_tone("").to_string());
            (first.unwrap_or_default(), heading.to_owned())
        };
        groups.map(heading).collect()
    }

    /// Returns the rows of a group, as HTML.
    pub fn group_rows(self, number: usize) -> String {
        let (table, tone) = (self.data.text().unwrap_or_default(), self.data.tone());
        let group = groups(&table).into_iter().nth(number).map(|(_, entries)| entries).unwrap_or_default();
        rows(&mut group.iter().map(|entry| (entry.with_tone(&tone), entry.name)))
    }

    /// Returns the rows of the emoji that the user has picked lately, as HTML; empty if there are none.
    pub fn recent_rows(self) -> String {
        let table = self.data.text().unwrap_or_default();
        let recent = self.data.recent();
        rows(&mut recent.iter().filter_map(|it| Some((Emoji::stored(it.clone()), find(&table, it)?.name))))
    }

    /// Returns the number of emoji that the search finds, and their rows, as HTML.
    pub fn found_rows(self) -> (usize, String) {
        let (table, tone) = (self.data.text().unwrap_or_default(), self.data.tone());
        let found = search(&table, &self.query.read(), FOUND_MAX);
        (found.len(), rows(&mut found.iter().map(|entry| (entry.with_tone(&tone), entry.name))))
    }

    /// Draws one more group if the end of the drawn ones is near.
    pub fn on_scroll(self) {
        if let Some(list) = self.list.get_untracked()
            && list.scroll_top() + 2 * list.client_height() >= list.scroll_height()
        {
            self.drawn.update(|drawn| *drawn += 1);
        }
    }

    /// Scrolls to a group, and moves the focus there.
    pub fn show_group(self, number: usize) {
        self.query.set(String::new());
        self.drawn.update(|drawn| *drawn = (*drawn).max(number + 1));
        // Afterwards the group is drawn.
        request_animation_frame(move || {
            let selector = format!("[data-group='{number}']");
            let section = self.list.get_untracked().and_then(|list| list.query_selector(&selector).ok().flatten());
            if let Some(section) = section {
                section.scroll_into_view();
                focus_cell(section.query_selector("[role=gridcell]").ok().flatten());
            }
        });
    }

    /// Picks the emoji that was pressed.
    pub fn on_click(self, event: &Event) {
        self.pick(cell(event));
    }

    /// Describes the emoji that has got the focus or is pointed at.
    pub fn describe(self, event: &Event) {
        let Some(emoji) = cell(event).and_then(|cell| cell.text_content()) else { return };
        let table = self.data.text().unwrap_or_default();
        if let Some(entry) = find(&table, &emoji) {
            self.described.set(format!("{emoji} {} :{}:", entry.name, entry.shortcode()));
        }
    }

    /// Handles a key in the search field: down leads to the emoji, and Enter picks the first one that was found.
    pub fn on_search_key(self, event: &KeyboardEvent) {
        match event.key().as_str() {
            "ArrowDown" => focus_cell(self.first_cell()),
            "Enter" if event.is_composing() || event.key_code() == 229 => return,
            "Enter" if self.query.with_untracked(|query| query.trim().is_empty()) => {}
            "Enter" => self.pick(self.first_cell()),
            _ => return,
        }
        event.prevent_default();
    }

    /// Moves the focus among the emoji.
    pub fn on_list_key(self, event: &KeyboardEvent) {
        let Some(cell) = cell(event) else { return };
        let Some(row) = cell.parent_element() else { return };
        let is_rtl = cell.matches(":dir(rtl)").unwrap_or(false);
        let target = match event.key().as_str() {
            "ArrowLeft" => beside(&cell, &row, !is_rtl),
            "ArrowRight" => beside(&cell, &row, is_rtl),
            "ArrowDown" => below(&cell, &row, false),
            "ArrowUp" => match below(&cell, &row, true) {
                None => return focus(".emoji-picker__search"),
                above => above,
            },
            "Home" => row.first_element_child(),
            "End" => row.last_element_child(),
            _ => return,
        };
        event.prevent_default();
        focus_cell(target);
    }

    fn first_cell(self) -> Option<Element> {
        self.list.get_untracked()?.query_selector("[role=gridcell]").ok().flatten()
    }

    fn pick(self, cell: Option<Element>) {
        if let Some(emoji) = cell.and_then(|cell| cell.text_content()) {
            let emoji = Emoji::stored(emoji);
            self.data.add_recent(&emoji);
            self.close();
            self.pick.run(emoji);
        }
    }
}

/// Returns the HTML of rows of emoji with their names. In each grid one emoji is in the tab order. The table contains
/// no character that HTML would have to escape.
fn rows(emoji: &mut dyn Iterator<Item = (Emoji, &str)>) -> String {
    let mut html = String::new();
    for (n, (emoji, name)) in emoji.enumerate() {
        if n % COLUMNS == 0 {
            html.push_str(if n == 0 { ROW } else { "</div>" });
            if n > 0 {
                html.push_str(ROW);
            }
        }
        let tab_index = if n == 0 { 0 } else { -1 };
        let _ = write!(
            html,
            r#"<button class="emoji-picker__emoji" type="button" role="gridcell" tabindex="{tab_index}" aria-label="{name}">{emoji}</button>"#
        );
    }
    html
}

const ROW: &str = r#"<div class="emoji-picker__row" role="row">"#;

fn element(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// Returns the emoji at which an event happens.
fn cell(event: &Event) -> Option<Element> {
    element(event)?.closest("[role=gridcell]").ok().flatten()
}

/// Returns the next emoji, or the previous one.
fn beside(cell: &Element, row: &Element, backwards: bool) -> Option<Element> {
    sibling(cell, backwards).or_else(|| {
        let row = next_row(row, backwards)?;
        if backwards { row.last_element_child() } else { row.first_element_child() }
    })
}

/// Returns the emoji in the row below or above, in the same column or else in the last one.
fn below(cell: &Element, row: &Element, backwards: bool) -> Option<Element> {
    let row = next_row(row, backwards)?;
    let column = std::iter::successors(Some(cell.clone()), |it| it.previous_element_sibling()).count();
    let same = row.query_selector(&format!(":nth-child({column})")).ok().flatten();
    same.or_else(|| row.last_element_child())
}

/// Returns the row below or above, in the same section or the next one.
fn next_row(row: &Element, backwards: bool) -> Option<Element> {
    sibling(row, backwards).or_else(|| {
        let section = sibling(&row.closest("section").ok()??, backwards)?;
        let selector = if backwards { "[role=row]:last-child" } else { "[role=row]" };
        section.query_selector(selector).ok().flatten()
    })
}

fn sibling(element: &Element, backwards: bool) -> Option<Element> {
    if backwards { element.previous_element_sibling() } else { element.next_element_sibling() }
}

/// Focuses an emoji, which becomes the one of its grid in the tab order.
fn focus_cell(cell: Option<Element>) {
    let Some(cell) = cell.and_then(|cell| cell.dyn_into::<HtmlElement>().ok()) else { return };
    let grid = cell.closest("[role=grid]").ok().flatten();
    if let Some(before) = grid.and_then(|grid| grid.query_selector("[tabindex='0']").ok().flatten()) {
        let _ = before.set_attribute("tabindex", "-1");
    }
    cell.set_tab_index(0);
    let _ = cell.focus();
}
