//! Text of a message.

use leptos::prelude::*;

use crate::domain::links::{Part, ascii_host, parts};
use crate::domain::text::is_line_break;
use crate::ui::components::show::Case;

/// Number of line breaks from which a text is folded. The style shows as many lines.
const FOLDED_BREAKS_MIN: usize = 30;

/// Provided to the messages below it: true for a request that the user has not accepted, whose links are plain text.
#[derive(Clone, Copy)]
pub struct InertLinks(pub bool);

/// Text of a message with its links. A text of many lines is folded by the style alone: the document contains all of
/// it, and unfolding needs no script.
#[component]
pub fn MessageText(body: String) -> impl IntoView {
    let has_links = !use_context::<InertLinks>().is_some_and(|InertLinks(are_inert)| are_inert);
    let is_long = body.chars().filter(|c| is_line_break(*c)).count() >= FOLDED_BREAKS_MIN;
    view! {
        <p class="message__body"><span class="message__text" dir="auto">{if has_links { Case::A(with_links(&body).into_any()) } else { Case::B(body.into_any()) }}</span></p>
        {is_long.then(|| view! {
            <details class="message__more">
                <summary>
                    <span class="message__unfold">"Show more"</span>
                    <span class="message__fold">"Show less"</span>
                </summary>
            </details>
        })}
    }
}

/// Renders the links of a text as they were written. The style adds the Punycode of a host that could be mistaken.
/// `noreferrer` keeps the conversation's URL from the linked site.
fn with_links(body: &str) -> impl IntoView + use<> {
    let draw = |part| match part {
        Part::Text(text) => Case::A(text.to_owned().into_any()),
        Part::Link(url) => Case::B(
            view! {
                <a
                    class="message__link"
                    href=url.to_owned()
                    data-host=ascii_host(url)
                    target="_blank"
                    rel="noopener noreferrer nofollow ugc"
                    dir="ltr"
                >
                    {url.to_owned()}
                </a>
            }
            .into_any(),
        ),
    };
    parts(body).into_iter().map(draw).collect_view()
}
