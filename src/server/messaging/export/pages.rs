//! Readable pages of an export. They need no server, script or style sheet.

use std::fmt::Write;

use html_escape::encode_text;

use crate::domain::conversation::{self, Conversation};
use crate::domain::message::{Message, SentAt, Version};
use crate::domain::user::{self, User};

/// Entry of a conversation on the first page.
pub(super) struct IndexEntry {
    id: conversation::Id,
    title: String,
    last_sent_at: SentAt,
}

impl IndexEntry {
    /// Creates the entry of a conversation of `me`.
    pub(super) fn new(conversation: &Conversation, me: user::Id) -> Self {
        let (id, last_sent_at) = (conversation.id, conversation.last_sent_at.clone());
        Self { id, title: conversation.title(me), last_sent_at }
    }
}

/// Returns the first page, which leads to all conversations.
pub(super) fn index(me: &User, entries: &[IndexEntry]) -> String {
    let name = encode_text(me.display_name.as_str()).into_owned();
    let mut page = start(&format!("Messages of {name}"));
    let _ = write!(page, "<p>@<bdi>{}</bdi></p><ul>", encode_text(me.handle_text()));
    for entry in entries {
        let (title, last) = (encode_text(&entry.title), encode_text(entry.last_sent_at.as_str()));
        let _ = writeln!(
            page,
            "<li><a href=\"conversations/{}.html\"><bdi>{title}</bdi></a> <small>{last}</small></li>",
            entry.id
        );
    }
    page.push_str("</ul>");
    page.push_str(conversation_end());
    page
}

/// Returns the page of a conversation up to its first message.
pub(super) fn conversation_start(title: &str) -> String {
    start(&encode_text(title))
}

/// Returns the end of a page.
pub(super) fn conversation_end() -> &'static str {
    "</body></html>\n"
}

/// Returns a message as the conversation shows it, with its earlier texts and its reactions. `versions` are empty
/// unless it has been edited.
pub(super) fn message_html(message: &Message, versions: &[Version], members: &[User]) -> String {
    let name = |id: user::Id| {
        let member = members.iter().find(|member| member.id == id).map(|member| &member.display_name);
        let stranger = message.author_name.as_ref().filter(|_| id == message.author);
        let name = member.or(stranger).map_or("Deleted user", |name| name.as_str());
        encode_text(name).into_owned()
    };
    let (author, sent_at) = (name(message.author), encode_text(message.sent_at.as_str()));
    let mut html = format!("<article><h2><bdi>{author}</bdi> <small>{sent_at}</small></h2>");
    if let Some(quote) = &message.quote {
        let text = quote.text.as_deref().unwrap_or("Message deleted");
        let _ = write!(html, "<blockquote dir=\"auto\">{}</blockquote>", encode_text(text));
    }
    let text = if message.is_deleted() { "Message deleted" } else { &message.body };
    let _ = write!(html, "<p dir=\"auto\">{}</p>", encode_text(text));
    for version in versions.iter().skip(1) {
        let (text, at) = (encode_text(&version.body), encode_text(version.written_at.as_str()));
        let _ = write!(html, "<details><summary>Earlier text, {at}</summary><p dir=\"auto\">{text}</p></details>");
    }
    for reaction in &message.reactions {
        let users: Vec<_> = reaction.users.iter().map(|user| name(*user)).collect();
        let _ = write!(html, "<p>{} {}</p>", encode_text(reaction.emoji.as_str()), users.join(", "));
    }
    html.push_str("</article>\n");
    html
}

/// Returns the beginning of a page. `title` is markup.
fn start(title: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"dark light\">\
         <title>{title}</title><style>p, blockquote {{ white-space: pre-wrap }}</style></head><body><h1>{title}</h1>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn no_text_is_markup_on_a_page() {
        let evil = "<script>alert(1)</script>&amp;";
        let (ana, mut message) = (samples::user(1, evil), samples::message(1, evil, "2026-11-21T09:26:28Z"));
        message.quote = Some(message.quoted());
        let versions = [evil, evil].map(|body| Version { body: body.to_owned(), written_at: message.sent_at.clone() });
        let entry = IndexEntry::new(&Conversation { members: vec![ana.clone()], ..samples::conversation(1) }, ana.id);
        for page in [
            message_html(&message, &versions, std::slice::from_ref(&ana)),
            conversation_start(evil),
            index(&ana, &[IndexEntry { title: evil.to_owned(), ..entry }]),
        ] {
            assert!(!page.contains("<script") && page.contains("&lt;script&gt;alert(1)"), "{page}");
            assert!(page.contains("&amp;amp;"), "{page}");
        }
    }

    #[test]
    fn a_deleted_message_has_no_text_and_an_unknown_user_a_placeholder() {
        let mut message = samples::message(1, "", "2026-11-21T09:26:28Z");
        message.deleted_at = Some(message.sent_at.clone());
        let page = message_html(&message, &[], &[]);
        assert!(page.contains("Message deleted") && page.contains("Deleted user"), "{page}");
    }
}
