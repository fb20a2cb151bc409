//! Messages of a conversation, oldest first, grouped by day and author.

use leptos::prelude::*;

use crate::domain::conversation::Receipts;
use crate::domain::message::Message;
use crate::domain::user::User;
use crate::ui::components::message_item::{MessageItem, Surroundings};
use crate::ui::components::on_demand::prepare_layers;
use crate::ui::components::show::For;
use crate::ui::components::time::{Calendar, day_label};
use crate::ui::state::clock::use_today;
use crate::ui::state::copied_messages::copy_messages_as_lines;
use crate::ui::state::link_target::LinkedMessage;
use crate::ui::state::message_jump::Jumps;
use crate::ui::state::message_lines::{Key, Line, first_unread, lines};
use crate::ui::state::message_menu::MessageMenu;
use crate::ui::state::message_pointer::LongPress;
use crate::ui::state::message_rows::{Marks, RowSignals, Rows};
use crate::ui::state::moment::Day;
use crate::ui::state::reactive::{effect, memo};
use crate::ui::state::receipt_marks::ReceiptMarks;

/// List of messages.
#[component]
pub fn MessageList(
    /// Messages, oldest first.
    #[prop(into)]
    messages: Signal<Vec<Message>>,
    /// The user's read position when the conversation was opened; `None` if there were no unread messages.
    #[prop(into)]
    read_before: Signal<Option<u64>>,
    /// Positions that all other members have reached; `None` if they are not shown.
    #[prop(into)]
    receipts: Signal<Option<Receipts>>,
    /// All members of the conversation.
    members: Memo<Vec<User>>,
    menu: MessageMenu,
    jumps: Jumps,
) -> impl IntoView {
    let (calendar, me) = (Calendar::current(), menu.me);
    let receipts = memo(move || ReceiptMarks::of(&messages.read(), me, receipts.get()));
    let linked = use_context::<LinkedMessage>().and_then(|linked| linked.0);
    let around = Surroundings { members, calendar, menu, linked };
    let draw = move |(_, line): (Key, Line<RowSignals>)| match line {
        Line::Day(day) => view! { <DayLine day/> }.into_any(),
        Line::Unread => view! { <li class="unread-line"><span>"New messages"</span></li> }.into_any(),
        Line::Message(row) => view! { <MessageItem row around/> }.into_any(),
    };
    let unread = first_unread(messages, read_before, me);
    let rows = StoredValue::new(Rows::default());
    let drawn = move || {
        let lines = lines(&messages.read(), calendar.zone.get(), unread.get());
        let marks = untrack(|| Marks { active: menu.active.get(), receipts: receipts.get() });
        rows.try_update_value(|rows| rows.update(lines, marks)).unwrap_or_default()
    };
    effect(move || {
        let marks = Marks { active: menu.active.get(), receipts: receipts.get() };
        rows.try_update_value(|rows| rows.mark(marks));
    });
    let press = LongPress::new(menu);
    copy_messages_as_lines();
    view! {
        <ol
            class="message-list"
            class=("message-list--live", move || menu.hydrated.get())
            on:click=move |event| {
                jumps.on_click(&event, menu);
                menu.on_click(&event);
            }
            on:mousedown=move |event| menu.on_mouse_down(&event)
            on:focusin=move |event| {
                prepare_layers();
                menu.on_focus_in(&event);
            }
            on:pointerover=move |event| menu.on_pointer_over(&event)
            on:pointerleave=move |_| menu.on_pointer_leave()
            on:pointerdown=move |event| {
                prepare_layers();
                press.start(&event);
            }
            on:pointermove=move |event| press.on_move(&event)
            on:pointerup=move |_| press.end()
            on:pointercancel=move |_| press.end()
            on:touchend=move |event| press.on_touch_end(&event)
            on:contextmenu=move |event| press.on_context_menu(&event)
        >
            <For each=drawn key=|(key, _)| *key children=draw/>
        </ol>
    }
}

#[component]
fn DayLine(day: Day) -> impl IntoView {
    let today = use_today();
    view! { <li class="day-line" translate="no"><span>{move || day_label(day, today.get())}</span></li> }
}

/// Placeholder for a conversation while it loads.
#[component]
pub fn MessageListSkeleton() -> impl IntoView {
    view! {
        <div class="thread" aria-busy="true" aria-label="Loading messages">
            <div class="thread__head"><div class="skeleton skeleton--header"></div></div>
            <div class="thread__scroller">
                <div class="skeleton skeleton--mine"></div>
                <div class="skeleton skeleton--theirs"></div>
                <div class="skeleton skeleton--mine"></div>
            </div>
        </div>
    }
}
